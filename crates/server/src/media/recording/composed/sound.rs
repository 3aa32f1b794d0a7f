//! The sound of all, mixed.

use super::child::Child;
use super::stage::{Entrance, Stage};
use super::{ComposeFault, Work, limits, timeline, words};

/// Bytes of a sample: two channels of 16 bits.
const SAMPLE: usize = 4;

/// Mixes everybody's sound and encodes it by `encoder`, for `muxer`, into `file`.
pub(super) async fn make(work: &Work<'_>, encoder: &str, muxer: &str, file: &str) -> Result<(), ComposeFault> {
    let bytes = usize::try_from(limits::RATE * limits::SOUND_MS / 1_000).unwrap_or(0) * SAMPLE;
    let rate = limits::RATE;
    let pipeline = words(&format!(
        "fdsrc fd=0 blocksize={bytes} ! rawaudioparse format=pcm pcm-format=s16le sample-rate={rate} num-channels=2 \
         ! audioconvert ! {encoder} ! {muxer} ! filesink location={file}"
    ));
    let mut sink = Child::encoder(work.dir, "the encoder of sound", &pipeline)?;
    let mut meter = work.meter(file);
    let (mut stage, mut sum, mut mixed) = (Stage::default(), vec![0_i32; bytes / 2], Vec::with_capacity(bytes));
    let mut tick = 0;
    for scene in timeline::scenes(work.clips, limits::VOICES, |clip| clip.sound) {
        let enter = |clip: usize| enter(work, clip, tick, bytes);
        stage.set(&scene.cast, enter).await?;
        while tick * limits::SOUND_MS < scene.end {
            sum.fill(0);
            for voice in stage.go_on().await?.iter().filter(|voice| voice.seen && !voice.has_ended()) {
                for (sum, sample) in sum.iter_mut().zip(voice.last.chunks_exact(2)) {
                    if let [low, high] = *sample {
                        *sum += i32::from(i16::from_le_bytes([low, high]));
                    }
                }
            }
            mixed.clear();
            for sample in &sum {
                mixed.extend(clipped(*sample).to_le_bytes());
            }
            sink.give(&mixed).await?;
            tick += 1;
            if tick % (1_000 / limits::SOUND_MS) == 0 {
                meter.look()?;
            }
        }
    }
    sink.close().await?;
    meter.look()
}

fn enter(work: &Work<'_>, clip: usize, tick: u64, bytes: usize) -> Result<Entrance, ComposeFault> {
    let clip = work.clips.get(clip).ok_or(ComposeFault::Nothing)?;
    let (file, rate) = (&clip.file, limits::RATE);
    let pipeline = words(&format!(
        "filesrc location={file} ! matroskademux name=file file.audio_0 ! queue ! decodebin force-sw-decoders=true \
         ! audioconvert ! audioresample ! audiorate \
         ! audio/x-raw,format=S16LE,rate={rate},channels=2,layout=interleaved ! fdsink fd=1 sync=false"
    ));
    let child = Child::decoder(work.dir, "a decoder of sound", &pipeline)?;
    Ok(Entrance { child, bytes, late: tick.saturating_sub(clip.start.div_ceil(limits::SOUND_MS)) })
}

/// The loudest that there is, for what is louder.
fn clipped(sample: i32) -> i16 {
    i16::try_from(sample).unwrap_or(if sample < 0 { i16::MIN } else { i16::MAX })
}
