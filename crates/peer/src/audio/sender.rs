//! Microphone blocks to Opus packets.

use ropus::{Application, Bitrate, Channels, Encoder, InbandFec, Signal};

use super::playout::Reader;
use super::voice::Voice;
use super::{Block, Playout};
use crate::defaults::{BLOCK, OPUS_BITRATE, OPUS_COMPLEXITY, OPUS_EXPECTED_LOSS, PACKET, SAMPLE_RATE};
use crate::error::AudioError;
use crate::wire::Processing;

/// The longest Opus packet (RFC 6716, 3.2: 1275 bytes a frame, one frame here).
const LONGEST: usize = 1276;

/// Shortest Opus packet that carries sound; shorter ones mean that nothing need be sent (discontinuous transmission).
const SHORTEST: usize = 3;

/// One microphone's way out.
pub(super) struct Sender {
    playout: Reader,
    voice: Voice,
    encoder: Encoder,
    half: Option<Block>,
    rtp_time: u64,
}

impl Sender {
    pub(super) fn new(playout: &Playout, processing: Processing) -> Result<Self, AudioError> {
        let encoder = Encoder::builder(SAMPLE_RATE, Channels::Mono, Application::Voip)
            .bitrate(Bitrate::Bits(OPUS_BITRATE))
            .complexity(OPUS_COMPLEXITY)
            .signal(Signal::Voice)
            .inband_fec(InbandFec::Enabled)
            .packet_loss_perc(OPUS_EXPECTED_LOSS)
            .dtx(true)
            .build()
            .map_err(AudioError::Encoder)?;
        Ok(Self { playout: playout.reader(), voice: Voice::new(processing), encoder, half: None, rtp_time: 0 })
    }

    pub(super) fn set_processing(&mut self, processing: Processing) {
        self.voice = Voice::new(processing);
    }

    /// Takes 10 ms; gives RTP time and packet at every second one, unless there is nothing to say.
    pub(super) fn capture(&mut self, captured: &Block) -> Result<Option<(u64, Vec<u8>)>, AudioError> {
        let clean = self.voice.process(captured, &self.playout.read())?;
        let Some(first) = self.half.take() else {
            self.half = Some(clean);
            return Ok(None);
        };
        let mut pcm = [0.0; PACKET];
        for (to, from) in pcm.iter_mut().zip(first.iter().chain(&clean)) {
            *to = *from;
        }
        let rtp_time = self.rtp_time;
        self.rtp_time += PACKET as u64;
        let mut packet = vec![0; LONGEST];
        let length = self.encoder.encode_float(&pcm, &mut packet).map_err(AudioError::Encode)?;
        packet.truncate(length);
        Ok((length >= SHORTEST).then_some((rtp_time, packet)))
    }
}

const _: () = assert!(PACKET == 2 * BLOCK, "a packet is two blocks");
