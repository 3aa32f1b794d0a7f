//! Every number of composed recordings, with where it comes from.

use std::time::Duration;

/// How long `gst-inspect-1.0` may take: it reads every plugin when it runs for the first time.
pub(super) const PROBE: Duration = Duration::from_secs(20);
/// How long a child may neither give nor take anything: it may have little of a machine that is busy with calls.
pub(super) const STALL: Duration = Duration::from_secs(60);
/// How long composing may take before it is given up, for each second of the recording: on one slow core with its lowest
/// priority 1280x720 at 25 pictures/s was made in half a second.
pub(super) const PATIENCE: u32 = 20;
/// And besides, for the children's starts.
pub(super) const PATIENCE_FIRST: Duration = Duration::from_secs(120);
/// Pictures at a time, and so children that decode them. Who came after them is heard only.
pub(super) const TILES: usize = 36;
/// Voices at a time, and so children that decode them.
pub(super) const VOICES: usize = 64;
/// Bits of a pixel: what `x264enc` needs for faces at its speed `veryfast`.
pub(super) const BITS_PER_PIXEL: f64 = 0.08;
/// Kilobits of a second, at least and at most.
pub(super) const KBITS: (u32, u32) = (150, 6_000);
/// Seconds between key frames: how exactly players find a place.
pub(super) const KEYFRAMES: u32 = 2;
/// Samples of sound in a second.
pub(super) const RATE: u64 = 48_000;
/// Milliseconds of sound that are mixed at a time.
pub(super) const SOUND_MS: u64 = 20;
/// Of what a child complains this much is told, bytes.
pub(super) const COMPLAINT: usize = 300;
