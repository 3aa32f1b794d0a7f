//! Opus packets to blocks to play.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use neteq::neteq::SpeechType;
use neteq::{AudioPacket, NetEq, NetEqConfig, RtpHeader};

use super::counters::{LineCounters, add};
use super::decoder::{OpusDecoder, payload};
use super::playout::Source;
use super::{Block, Packet, Playout, level};
use crate::defaults::{AUDIBLE_RMS, BLOCK, JITTER_PACKETS, PACKET, SAMPLE_RATE};
use crate::error::AudioError;

/// The payload type the jitter buffer knows Opus by; only it sees the number.
const OPUS: u8 = 111;

/// Largest step of RTP time that the jitter buffer is shown: 10 s. It multiplies steps by 1000 in 32 bits, so longer
/// ones (a pause of discontinuous transmission, a changed source) would overflow.
const LONGEST_STEP: u64 = 10 * SAMPLE_RATE as u64;

/// One received voice.
pub(super) struct Receiver {
    playout: Source,
    jitter: NetEq,
    made_up: Arc<AtomicU64>,
    made_up_seen: u64,
    /// RTP time of the newest packet: the sender's, and as the jitter buffer was told.
    newest: Option<(u64, u32)>,
    concealing: bool,
}

impl Receiver {
    pub(super) fn new(playout: &Playout) -> Result<Self, AudioError> {
        let config = NetEqConfig {
            sample_rate: SAMPLE_RATE,
            channels: 1,
            max_packets_in_buffer: JITTER_PACKETS,
            ..NetEqConfig::default()
        };
        let mut jitter = NetEq::new(config).map_err(AudioError::Jitter)?;
        let made_up = Arc::new(AtomicU64::new(0));
        jitter.register_decoder(OPUS, Box::new(OpusDecoder::new(Arc::clone(&made_up))?));
        Ok(Self { playout: playout.source(), jitter, made_up, made_up_seen: 0, newest: None, concealing: false })
    }

    /// The RTP time to tell the jitter buffer; none for a packet too old to matter.
    fn time(&mut self, rtp_time: u64) -> Option<u32> {
        let Some((newest, told)) = self.newest else {
            self.newest = Some((rtp_time, 0));
            return Some(0);
        };
        if rtp_time >= newest {
            // At most LONGEST_STEP, which fits.
            let step = u32::try_from((rtp_time - newest).min(LONGEST_STEP)).unwrap_or(u32::MAX);
            let time = told.wrapping_add(step);
            self.newest = Some((rtp_time, time));
            return Some(time);
        }
        let back = newest - rtp_time;
        if back > LONGEST_STEP {
            // Another source took over with times of its own.
            let time = told.wrapping_add(u32::try_from(PACKET).unwrap_or(0));
            self.newest = Some((rtp_time, time));
            return Some(time);
        }
        u32::try_from(back).ok().map(|back| told.wrapping_sub(back))
    }

    pub(super) fn insert(&mut self, packet: &Packet) -> Result<(), AudioError> {
        let Some(time) = self.time(packet.rtp_time) else { return Ok(()) };
        let [low, high, ..] = packet.sequence.to_le_bytes();
        let header = RtpHeader::new(u16::from_le_bytes([low, high]), time, 1, OPUS, false);
        let packet = AudioPacket::new(header, payload(packet.sequence, &packet.data), SAMPLE_RATE, 1, 20);
        self.jitter.insert_packet(packet).map_err(AudioError::Jitter)
    }

    /// The next 10 ms to play, counted.
    pub(super) fn pull(&mut self, counters: &LineCounters) -> Result<Block, AudioError> {
        let frame = self.jitter.get_audio().map_err(AudioError::Jitter)?;
        let mut block = [0.0; BLOCK];
        for (to, from) in block.iter_mut().zip(&frame.samples) {
            *to = if from.is_finite() { from.clamp(-1.0, 1.0) } else { 0.0 };
        }
        self.playout.play(&block);
        if self.newest.is_none() {
            // Nothing was ever received: silence before the call is not concealment.
            return Ok(block);
        }
        let made_up = self.made_up.load(Ordering::Relaxed);
        let filled = made_up - std::mem::replace(&mut self.made_up_seen, made_up);
        let concealed = frame.speech_type != SpeechType::Normal;
        let audible = level(&block) > AUDIBLE_RMS;
        add(&counters.received, BLOCK as u64);
        if concealed || filled > 0 {
            add(&counters.concealed, if concealed { BLOCK as u64 } else { filled });
            if !audible {
                add(&counters.silent_concealed, BLOCK as u64);
            }
            if !self.concealing {
                add(&counters.events, 1);
            }
        } else if audible {
            add(&counters.audible, BLOCK as u64);
        }
        self.concealing = concealed || filled > 0;
        Ok(block)
    }
}
