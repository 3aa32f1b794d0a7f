//! The Opus decoder as the jitter buffer uses it, with the loss it cannot see made good.
//!
//! `neteq` hands over payloads without their sequence numbers and skips lost ones. So a payload here begins with its
//! sequence number, and a gap is filled before the packet that ends it: all but the last lost packet by Opus' own
//! concealment, the last from the redundancy inside the packet that did arrive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use neteq::codec::AudioDecoder;
use ropus::{Channels, DecodeMode, Decoder};

use crate::defaults::{MAX_CONCEALED_PACKETS, PACKET, SAMPLE_RATE};
use crate::error::AudioError;

/// The longest packet's samples (120 ms, RFC 6716, 2.1.4).
const LONGEST: usize = 5760;

/// A payload for the jitter buffer.
pub(super) fn payload(sequence: u64, opus: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + opus.len());
    bytes.extend_from_slice(&sequence.to_le_bytes());
    bytes.extend_from_slice(opus);
    bytes
}

pub(super) struct OpusDecoder {
    decoder: Decoder,
    last: Option<u64>,
    /// Samples made up, for the receiver to see.
    concealed: Arc<AtomicU64>,
}

impl OpusDecoder {
    pub(super) fn new(concealed: Arc<AtomicU64>) -> Result<Self, AudioError> {
        let decoder = Decoder::new(SAMPLE_RATE, Channels::Mono).map_err(AudioError::Decoder)?;
        Ok(Self { decoder, last: None, concealed })
    }

    /// Appends what one call of the decoder gives; nothing when it refuses.
    fn append(&mut self, sound: &mut Vec<f32>, opus: &[u8], mode: DecodeMode, length: usize) -> usize {
        let mut samples = [0.0; LONGEST];
        let Some(room) = samples.get_mut(..length) else { return 0 };
        match self.decoder.decode_float(opus, room, mode) {
            Ok(count) => {
                sound.extend(room.iter().take(count));
                count
            }
            Err(error) => {
                tracing::trace!(%error, "sound that cannot be decoded");
                0
            }
        }
    }
}

impl AudioDecoder for OpusDecoder {
    fn sample_rate(&self) -> u32 {
        SAMPLE_RATE
    }

    fn channels(&self) -> u8 {
        1
    }

    fn decode(&mut self, encoded: &[u8]) -> neteq::Result<Vec<f32>> {
        let Some((sequence, opus)) = encoded.split_first_chunk::<8>() else { return Ok(Vec::new()) };
        let sequence = u64::from_le_bytes(*sequence);
        let lost = self.last.map_or(0, |last| sequence.saturating_sub(last).saturating_sub(1));
        self.last = Some(sequence);
        let mut sound = Vec::with_capacity(PACKET);
        if (1..=MAX_CONCEALED_PACKETS).contains(&lost) {
            for _ in 1..lost {
                self.append(&mut sound, &[], DecodeMode::Normal, PACKET);
            }
            self.append(&mut sound, opus, DecodeMode::Fec, PACKET);
            self.concealed.fetch_add(sound.len() as u64, Ordering::Relaxed);
        }
        if self.append(&mut sound, opus, DecodeMode::Normal, LONGEST) == 0 {
            let made_up = self.append(&mut sound, &[], DecodeMode::Normal, PACKET);
            self.concealed.fetch_add(made_up as u64, Ordering::Relaxed);
        }
        Ok(sound)
    }
}
