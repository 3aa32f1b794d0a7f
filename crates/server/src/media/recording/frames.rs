//! From packets in the order of their arrival to frames in the order of their making.
//!
//! What is lost for good spoils one picture and all up to the next key frame: these are left out, and a key frame is asked
//! for.

use std::collections::BTreeMap;
use std::time::Instant;

use zvonok_sfu::{Codec, MediaPacket, VideoCodec};

use super::payload::Picture;
use super::picture;

/// How long a missing packet is waited for, in packets behind it and in seconds of their RTP clock: retransmissions
/// come within a few round trips, or not at all.
const WAIT_PACKETS: usize = 1_000;
/// See [`WAIT_PACKETS`].
const WAIT_SECONDS: u32 = 1;

/// A frame: some sound, or one picture.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) codec: Codec,
    /// See [`MediaPacket::run`].
    pub(super) run: u64,
    /// RTP time.
    pub(super) time: u32,
    pub(super) captured: Instant,
    pub(super) keyframe: bool,
    pub(super) data: Vec<u8>,
}

/// Puts the frames of one kind of a stream together.
#[derive(Debug, Default)]
pub(super) struct Lane {
    run: Option<u64>,
    /// The run before this one, and what came next in it.
    before: Option<(u64, u64)>,
    next: u64,
    waiting: BTreeMap<u64, MediaPacket>,
    picture: Option<(u32, Picture)>,
    /// Pictures are left out until the next key frame.
    spoilt: bool,
}

/// What came of a packet.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) frames: Vec<Frame>,
    /// Nothing can be decoded before a key frame.
    pub(super) wants_keyframe: bool,
}

impl Lane {
    /// A packet came.
    pub(super) fn push(&mut self, packet: MediaPacket) -> Made {
        let mut made = Made::default();
        if self.run != Some(packet.run) {
            // What comes late of the run before is too late.
            if self.before.is_some_and(|(run, next)| run == packet.run && packet.seq < next) {
                return made;
            }
            self.drain(&mut made);
            self.before = self.run.replace(packet.run).map(|run| (run, self.next));
            self.next = packet.seq;
            self.picture = None;
            // It may be in the middle of pictures that refer to others.
            self.spoilt = true;
        }
        if packet.seq < self.next {
            return made;
        }
        self.waiting.insert(packet.seq, packet);
        self.release(&mut made);
        if self.waited_enough() {
            self.skip(&mut made);
        }
        made
    }

    /// Nothing more comes.
    pub(super) fn end(&mut self) -> Made {
        let mut made = Made::default();
        self.drain(&mut made);
        made
    }

    fn drain(&mut self, made: &mut Made) {
        while !self.waiting.is_empty() {
            self.skip(made);
        }
    }

    /// Takes what follows without a gap.
    fn release(&mut self, made: &mut Made) {
        while let Some(packet) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.take(&packet, made);
        }
    }

    fn waited_enough(&self) -> bool {
        let (Some((_, oldest)), Some((_, newest))) = (self.waiting.first_key_value(), self.waiting.last_key_value())
        else {
            return false;
        };
        let span = newest.time.wrapping_sub(oldest.time);
        // More than half of the clock's range is a time that went backwards.
        let long = span < u32::MAX / 2 && span > WAIT_SECONDS * oldest.codec.clock_rate();
        long || self.waiting.len() > WAIT_PACKETS
    }

    /// Gives up what is missing.
    fn skip(&mut self, made: &mut Made) {
        let Some((&first, packet)) = self.waiting.first_key_value() else { return };
        if matches!(packet.codec, Codec::Video(_)) {
            self.picture = None;
            self.spoilt = true;
            made.wants_keyframe = true;
        }
        self.next = first;
        self.release(made);
    }

    fn take(&mut self, packet: &MediaPacket, made: &mut Made) {
        match packet.codec {
            Codec::Audio(_) if packet.payload.is_empty() => {}
            Codec::Audio(_) => made.frames.push(frame(packet, false, packet.payload.to_vec())),
            Codec::Video(codec) => self.take_picture(codec, packet, made),
        }
    }

    fn take_picture(&mut self, codec: VideoCodec, packet: &MediaPacket, made: &mut Made) {
        // A packet without payload is padding, by which bandwidth is probed.
        if packet.payload.is_empty() {
            return;
        }
        if self.picture.as_ref().is_some_and(|(time, _)| *time != packet.time) {
            // The last packet of the picture before was not marked: whether it is whole cannot be known.
            self.picture = None;
            self.spoilt = true;
            made.wants_keyframe = true;
        }
        let (_, picture) = self.picture.get_or_insert_with(|| (packet.time, Picture::default()));
        if !picture.add(codec, &packet.payload) {
            self.spoilt = true;
            made.wants_keyframe = true;
        }
        if !packet.marker {
            return;
        }
        let Some((_, whole)) = self.picture.take().filter(|(_, picture)| picture.is_whole()) else { return };
        let keyframe = picture::is_keyframe(codec, &whole.data);
        if self.spoilt && !keyframe {
            made.wants_keyframe = true;
            return;
        }
        self.spoilt = false;
        made.frames.push(frame(packet, keyframe, whole.data));
    }
}

fn frame(packet: &MediaPacket, keyframe: bool, data: Vec<u8>) -> Frame {
    let MediaPacket { codec, run, time, captured, .. } = *packet;
    Frame { codec, run, time, captured, keyframe, data }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    /// The nth packet of VP8 pictures of two packets each; every tenth picture is a key frame.
    fn packet(seq: u64, start: Instant) -> MediaPacket {
        let (picture, second) = (seq / 2, seq % 2 == 1);
        let payload = match (second, picture % 10 == 0) {
            // Begins as a key frame does.
            (true, _) => vec![0x00, 0xba],
            (false, true) => vec![0x10, 0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01],
            (false, false) => vec![0x10, 0x11, 0xaa],
        };
        MediaPacket {
            codec: Codec::Video(VideoCodec::Vp8),
            run: 1,
            seq,
            time: u32::try_from(picture * 3_000).unwrap(),
            captured: start + Duration::from_millis(picture * 33),
            marker: second,
            payload: payload.into(),
        }
    }

    #[test]
    fn a_loss_leaves_pictures_out_up_to_the_next_key_frame() {
        [30, 31].into_iter().for_each(loses);
    }

    fn loses(lost: u64) {
        let (mut lane, start) = (Lane::default(), Instant::now());
        let (mut frames, mut asked) = (Vec::new(), 0);
        for seq in (0..100).filter(|seq| *seq != lost) {
            let made = lane.push(packet(seq, start));
            asked += usize::from(made.wants_keyframe);
            frames.extend(made.frames);
        }
        frames.extend(lane.end().frames);
        let times: Vec<u32> = frames.iter().map(|frame| frame.time / 3_000).collect();
        let expected: Vec<u32> = (0..15).chain(20..50).collect();
        assert_eq!(times, expected);
        assert!(asked >= 1);
        assert!(frames.iter().all(|frame| frame.keyframe == (frame.time / 3_000 % 10 == 0)));
    }

    #[test]
    fn a_layer_that_comes_back_is_recorded_again() {
        let (mut lane, start) = (Lane::default(), Instant::now());
        let mut frames = Vec::new();
        for (run, seqs) in [(1, 0..20), (2, 100..120), (1, 20..60)] {
            for seq in seqs {
                frames.extend(lane.push(MediaPacket { run, ..packet(seq, start) }).frames);
            }
        }
        let runs: Vec<u64> = frames.iter().map(|frame| frame.run).collect();
        assert_eq!(runs, [[1; 10].as_slice(), &[2; 10], &[1; 20]].concat());
    }

    proptest! {
        #[test]
        fn what_comes_out_of_order_and_twice_comes_out_in_order_and_once(
            swaps in prop::collection::vec((0_usize..200, 1_usize..12), 0..60),
            twice in prop::collection::vec(0_usize..200, 0..20),
        ) {
            let start = Instant::now();
            let mut order: Vec<u64> = (0..200).collect();
            for (at, by) in swaps {
                // The first one says where numbers begin.
                let at = at.max(1);
                order.swap(at.min(199), (at + by).min(199));
            }
            for at in twice {
                order.insert(at.max(1), order[at]);
            }
            let mut lane = Lane::default();
            let mut frames: Vec<Frame> = order.iter().flat_map(|seq| lane.push(packet(*seq, start)).frames).collect();
            frames.extend(lane.end().frames);
            let times: Vec<u32> = frames.iter().map(|frame| frame.time / 3_000).collect();
            prop_assert_eq!(times, (0..100).collect::<Vec<u32>>());
        }
    }
}
