//! The sound's way: microphone blocks to Opus packets, Opus packets to blocks to play. No I/O.
//!
//! The only clock in here is the jitter buffer's own (`neteq` reads it to measure how late packets are).

mod counters;
mod decoder;
mod engine;
mod playout;
mod receiver;
mod sender;
mod voice;

pub(crate) use counters::AudioCounters;
#[cfg(test)]
pub(crate) use counters::AudioFigures;
pub(crate) use engine::{AudioIn, AudioOut, Engine};
pub use playout::Playout;

use crate::defaults::BLOCK;

/// 10 ms of mono sound.
pub(crate) type Block = [f32; BLOCK];

/// Root mean square of a block, 0 to 1.
pub(crate) fn level(block: &Block) -> f32 {
    let sum: f32 = block.iter().map(|sample| sample * sample).sum();
    #[expect(clippy::cast_precision_loss, reason = "480 is exact")]
    let count = BLOCK as f32;
    (sum / count).sqrt()
}

/// One received Opus packet.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    /// Extended RTP sequence number.
    pub(crate) sequence: u64,
    /// Extended RTP time at 48 kHz.
    pub(crate) rtp_time: u64,
    /// Opus.
    pub(crate) data: std::sync::Arc<[u8]>,
}
