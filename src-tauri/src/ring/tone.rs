//! The ringtone: two strokes of a small bell and a pause, made from sines so that nothing has to be shipped.

/// Samples a second.
pub(super) const RATE: u32 = 44_100;
/// One round: two strokes and a pause, in seconds.
const ROUND: f32 = 3.0;
/// When the bell is struck, in seconds.
const STROKES: [f32; 2] = [0.0, 0.45];
/// Partials of a bell: multiple of the strike note, loudness, and how fast it fades (per second).
const PARTIALS: [(f32, f32, f32); 4] = [(0.5, 0.35, 2.2), (1.0, 0.5, 3.0), (1.2, 0.2, 4.0), (2.0, 0.15, 6.0)];
/// The strike note, in hertz: E5, where small loudspeakers are loud.
const NOTE: f32 = 659.25;
/// How loud the whole is; leaves room for both strokes to overlap.
const LOUDNESS: f32 = 0.45;

/// One round, mono.
#[expect(clippy::cast_precision_loss, reason = "three seconds of samples are counted exactly by an f32")]
pub(super) fn round() -> Vec<f32> {
    let samples = ROUND as usize * RATE as usize;
    (0..samples)
        .map(|at| at as f32 / RATE as f32)
        .map(|time| STROKES.iter().map(|start| stroke(time - start)).sum())
        .collect()
}

/// The bell `time` seconds after it was struck.
fn stroke(time: f32) -> f32 {
    if time < 0.0 {
        return 0.0;
    }
    // Five milliseconds of rise keep the stroke from clicking.
    let rise = (time / 0.005).min(1.0);
    let sum: f32 = PARTIALS
        .iter()
        .map(|(multiple, loudness, fade)| {
            loudness * (-fade * time).exp() * (std::f32::consts::TAU * NOTE * multiple * time).sin()
        })
        .sum();
    sum * rise * LOUDNESS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_rings_twice_fades_and_never_clips() {
        let round = round();
        assert_eq!(round.len(), 3 * RATE as usize);
        assert!(round.iter().all(|sample| sample.abs() <= 1.0));
        let loud = |from: usize, to: usize| round[from..to].iter().fold(0.0_f32, |top, sample| top.max(sample.abs()));
        let second = RATE as usize;
        assert!(loud(0, second / 4) > 0.1 && loud(second / 2, second) > 0.1);
        assert!(loud(second * 3 - second / 10, second * 3) < 0.01, "the round ends in silence");
    }
}
