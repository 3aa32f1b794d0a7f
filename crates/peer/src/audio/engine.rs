//! All voices of one connection: what the audio thread runs.

use std::collections::HashMap;
use std::sync::Arc;

use super::counters::add;
use super::receiver::Receiver;
use super::sender::Sender;
use super::{AudioCounters, Block, Packet, Playout};
use crate::defaults::{BLOCK, MAX_PULL};
use crate::error::AudioError;
use crate::wire::{self, Processing};

/// What the audio thread is given.
#[derive(Debug)]
pub(crate) enum AudioIn {
    /// A microphone block of the page.
    Captured { line: u8, block: Box<Block> },
    /// How to process a microphone.
    Processing { line: u8, processing: Processing },
    /// A packet of the other side.
    Received { line: u8, packet: Packet },
    /// The page is about to play that many blocks.
    Pull { line: u8, count: u8 },
}

/// What the audio thread gives.
#[derive(Debug)]
pub(crate) enum AudioOut {
    /// A packet to send.
    Opus { line: u8, rtp_time: u64, data: Vec<u8> },
    /// A message for the page.
    Play(Vec<u8>),
}

/// Every sender and receiver, made when first needed.
pub(crate) struct Engine {
    playout: Playout,
    counters: Arc<AudioCounters>,
    processing: HashMap<u8, Processing>,
    senders: HashMap<u8, Sender>,
    receivers: HashMap<u8, Receiver>,
    played: HashMap<u8, u64>,
}

impl Engine {
    pub(crate) fn new(playout: Playout, counters: Arc<AudioCounters>) -> Self {
        Self {
            playout,
            counters,
            processing: HashMap::new(),
            senders: HashMap::new(),
            receivers: HashMap::new(),
            played: HashMap::new(),
        }
    }

    /// Takes one input and gives what follows from it to `out`.
    pub(crate) fn handle(&mut self, input: AudioIn, out: &mut impl FnMut(AudioOut)) -> Result<(), AudioError> {
        match input {
            AudioIn::Captured { line, block } => self.captured(line, &block, out),
            AudioIn::Processing { line, processing } => {
                self.processing.insert(line, processing);
                if let Some(sender) = self.senders.get_mut(&line) {
                    sender.set_processing(processing);
                }
                Ok(())
            }
            AudioIn::Received { line, packet } => self.receiver(line)?.insert(&packet),
            AudioIn::Pull { line, count } => self.pull(line, count, out),
        }
    }

    fn captured(&mut self, line: u8, block: &Block, out: &mut impl FnMut(AudioOut)) -> Result<(), AudioError> {
        let sender = match self.senders.entry(line) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let processing = self.processing.get(&line).copied().unwrap_or_default();
                entry.insert(Sender::new(&self.playout, processing)?)
            }
        };
        if let Some(counters) = self.counters.line(line) {
            add(&counters.sent, BLOCK as u64);
        }
        if let Some((rtp_time, data)) = sender.capture(block)? {
            out(AudioOut::Opus { line, rtp_time, data });
        }
        Ok(())
    }

    fn receiver(&mut self, line: u8) -> Result<&mut Receiver, AudioError> {
        match self.receivers.entry(line) {
            std::collections::hash_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            std::collections::hash_map::Entry::Vacant(entry) => Ok(entry.insert(Receiver::new(&self.playout)?)),
        }
    }

    fn pull(&mut self, line: u8, count: u8, out: &mut impl FnMut(AudioOut)) -> Result<(), AudioError> {
        let counters = Arc::clone(&self.counters);
        let Some(counters) = counters.line(line) else { return Ok(()) };
        for _ in 0..count.min(MAX_PULL) {
            let block = self.receiver(line)?.pull(counters)?;
            let played = self.played.entry(line).or_default();
            out(AudioOut::Play(wire::audio_message(line, *played * 10_000, &block)));
            *played += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defaults::SAMPLE_RATE;

    /// Something like a voice: a buzz that comes and goes four times a second.
    fn voice(index: u32) -> Box<Block> {
        let mut block = Box::new([0.0; BLOCK]);
        for (offset, sample) in block.iter_mut().enumerate() {
            let time = (f64::from(index) * BLOCK as f64 + offset as f64) / f64::from(SAMPLE_RATE);
            let envelope = (time * 4.0 * std::f64::consts::TAU).sin().max(0.0);
            let buzz: f64 =
                (1..8).map(|n| (time * 140.0 * f64::from(n) * std::f64::consts::TAU).sin() / f64::from(n)).sum();
            *sample = (0.3 * envelope * buzz) as f32;
        }
        block
    }

    fn talk(lose: impl Fn(u64) -> bool) -> super::super::AudioFigures {
        let counters = Arc::new(AudioCounters::default());
        let mut near = Engine::new(Playout::default(), Arc::new(AudioCounters::default()));
        let mut far = Engine::new(Playout::default(), Arc::clone(&counters));
        let mut sequence = 0;
        for index in 0..1000 {
            let mut packets = Vec::new();
            near.handle(AudioIn::Captured { line: 0, block: voice(index) }, &mut |out| {
                if let AudioOut::Opus { rtp_time, data, .. } = out {
                    packets.push(Packet { sequence, rtp_time, data: data.into() });
                    sequence += 1;
                }
            })
            .unwrap();
            for packet in packets.into_iter().filter(|packet| !lose(packet.sequence)) {
                far.handle(AudioIn::Received { line: 0, packet }, &mut |_| {}).unwrap();
            }
            let mut played = 0;
            far.handle(AudioIn::Pull { line: 0, count: 1 }, &mut |out| {
                played += usize::from(matches!(out, AudioOut::Play(_)));
            })
            .unwrap();
            assert_eq!(played, 1, "every request is answered by as many blocks as it asked for");
        }
        counters.figures(0)
    }

    #[test]
    fn a_voice_arrives_audibly() {
        let heard = talk(|_| false);
        assert!(heard.received > 470_000, "nearly ten seconds are played: {heard:?}");
        assert!(heard.audible > 100_000, "the voiced part is heard: {heard:?}");
        assert!(heard.concealed < heard.received / 4, "little is made up without loss: {heard:?}");
    }

    #[test]
    fn a_voice_with_loss_is_concealed_and_still_heard() {
        let heard = talk(|sequence| sequence % 10 == 9);
        assert!(heard.audible > 80_000, "most is still heard: {heard:?}");
        assert!(heard.concealed > talk(|_| false).concealed, "what was lost is counted as made up: {heard:?}");
    }

    #[test]
    fn silence_is_never_audible() {
        let counters = Arc::new(AudioCounters::default());
        let mut engine = Engine::new(Playout::default(), Arc::clone(&counters));
        for _ in 0..50 {
            engine.handle(AudioIn::Pull { line: 1, count: 2 }, &mut |_| {}).unwrap();
        }
        assert_eq!(counters.figures(1), super::super::AudioFigures::default());
    }

    #[test]
    fn packets_with_wild_times_and_contents_do_no_harm() {
        let mut engine = Engine::new(Playout::default(), Arc::new(AudioCounters::default()));
        for (sequence, rtp_time) in [(0, 0), (1, u64::MAX), (9, 5), (3, 1 << 40), (2, 1 << 33), (70_000, 960)] {
            for data in [&[][..], &[0xff; 3], &[0x78; 1200], &[3, 255, 255]] {
                let packet = Packet { sequence, rtp_time, data: data.into() };
                engine.handle(AudioIn::Received { line: 0, packet }, &mut |_| {}).unwrap();
                engine.handle(AudioIn::Pull { line: 0, count: 3 }, &mut |_| {}).unwrap();
            }
        }
    }
}
