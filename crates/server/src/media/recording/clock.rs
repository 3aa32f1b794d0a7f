//! When a frame is, on the clock of its file: even as the publisher's own clock is, and together with the stream's other kind.

use std::time::{Duration, Instant};

use super::frames::Frame;

/// Where frames are on the file's clock.
#[derive(Debug, Default)]
pub(super) struct Clock {
    anchor: Option<Anchor>,
    last: u64,
}

#[derive(Debug)]
struct Anchor {
    run: u64,
    time: u32,
    captured: Instant,
}

/// By how much the RTP clock may be off the moments of capture, milliseconds, before it is set anew: less is the noise of
/// arrivals, more is a sound that leaves its picture.
const DRIFT: u64 = 80;

impl Clock {
    /// Milliseconds since `start`; never less than the time before.
    pub(super) fn place(&mut self, frame: &Frame, start: Instant) -> u64 {
        let captured = millis(frame.captured.saturating_duration_since(start));
        let by_rtp = self.anchor.as_ref().filter(|anchor| anchor.run == frame.run).and_then(|anchor| {
            let ticks = u64::from(frame.time.wrapping_sub(anchor.time));
            let since = millis(anchor.captured.saturating_duration_since(start));
            (ticks < u64::from(u32::MAX / 2)).then(|| since + ticks * 1_000 / u64::from(frame.codec.clock_rate()))
        });
        let time = match by_rtp.filter(|time| time.abs_diff(captured) <= DRIFT) {
            Some(time) => time,
            None => {
                self.anchor = Some(Anchor { run: frame.run, time: frame.time, captured: frame.captured });
                captured
            }
        };
        self.last = self.last.max(time);
        self.last
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use zvonok_sfu::{AudioCodec, Codec};

    use super::*;

    proptest! {
        #[test]
        fn times_never_go_back(steps in prop::collection::vec((any::<u32>(), 0_u64..5_000, 0_u64..3), 1..50)) {
            let start = Instant::now();
            let (mut clock, mut last) = (Clock::default(), 0);
            for (time, ms, run) in steps {
                let frame = Frame {
                    codec: Codec::Audio(AudioCodec::Opus),
                    run,
                    time,
                    captured: start + Duration::from_millis(ms),
                    keyframe: false,
                    data: Vec::new(),
                };
                let place = clock.place(&frame, start);
                prop_assert!(place >= last && place <= 5_000 + DRIFT);
                last = place;
            }
        }
    }

    #[test]
    fn arrivals_that_jitter_do_not_shake_the_clock() {
        let start = Instant::now();
        let mut clock = Clock::default();
        for at in 0..100_u64 {
            let frame = Frame {
                codec: Codec::Audio(AudioCodec::Opus),
                run: 1,
                time: u32::try_from(at * 960).unwrap(),
                captured: start + Duration::from_millis(at * 20 + at % 7 * 10),
                keyframe: false,
                data: Vec::new(),
            };
            assert_eq!(clock.place(&frame, start), at * 20);
        }
    }
}
