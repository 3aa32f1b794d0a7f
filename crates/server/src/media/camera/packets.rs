//! From the frames of a camera to RTP packets that every path takes (H.264: RFC 6184; G.711: RFC 3551).

use std::sync::Arc;
use std::time::Instant;

use zvonok_sfu::{AudioCodec, Codec, MediaPacket, VideoCodec};

use super::defaults;

/// Packets of one run of a camera.
#[derive(Debug)]
pub(super) struct Packets {
    run: u64,
    /// Next sequence numbers of sound and of pictures.
    next: (u64, u64),
}

impl Packets {
    /// `run` differs from all runs of the stream before.
    pub(super) fn new(run: u64) -> Self {
        Self { run, next: (0, 0) }
    }

    /// A frame of sound.
    pub(super) fn sound(&mut self, codec: AudioCodec, data: &[u8], time: u32, captured: Instant) -> MediaPacket {
        let seq = self.next.0;
        self.next.0 += 1;
        let (codec, payload) = (Codec::Audio(codec), data.into());
        MediaPacket { codec, run: self.run, seq, time, captured, marker: false, payload }
    }

    /// A picture: its units, each behind four bytes of length.
    pub(super) fn picture(&mut self, data: &[u8], time: u32, captured: Instant) -> Vec<MediaPacket> {
        let mut payloads: Vec<Arc<[u8]>> = Vec::new();
        let mut rest = data;
        while let Some((length, behind)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            let Some((unit, behind)) = behind.split_at_checked(length) else { break };
            add_unit(&mut payloads, unit);
            rest = behind;
        }
        let last = payloads.len();
        let codec = Codec::Video(VideoCodec::H264);
        let packets = payloads.into_iter().enumerate().map(|(nth, payload)| {
            let seq = self.next.1 + nth as u64;
            MediaPacket { codec, run: self.run, seq, time, captured, marker: nth + 1 == last, payload }
        });
        let packets = packets.collect();
        self.next.1 += last as u64;
        packets
    }
}

fn add_unit(payloads: &mut Vec<Arc<[u8]>>, unit: &[u8]) {
    /// Delimiters and fillers say nothing (H.264, table 7-1).
    const DELIMITER: u8 = 9;
    const FILLER: u8 = 12;
    let Some((first, body)) = unit.split_first() else { return };
    let kind = first & 0x1f;
    if matches!(kind, DELIMITER | FILLER) {
        return;
    }
    if unit.len() <= defaults::PAYLOAD {
        payloads.push(unit.into());
        return;
    }
    // FU-A: an indicator with the unit's importance, a header with its kind, start and end.
    let mut chunks = body.chunks(defaults::PAYLOAD - 2).peekable();
    let mut start = 0x80;
    while let Some(chunk) = chunks.next() {
        let end = if chunks.peek().is_none() { 0x40 } else { 0 };
        payloads.push([&[first & 0xe0 | 28, start | end | kind][..], chunk].concat().into());
        start = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(kind: u8, length: usize) -> Vec<u8> {
        let unit: Vec<u8> =
            std::iter::once(kind).chain((1..length).map(|at| u8::try_from(at % 251).unwrap())).collect();
        [&u32::try_from(unit.len()).unwrap().to_be_bytes()[..], &unit].concat()
    }

    #[test]
    fn a_picture_becomes_packets_that_end_with_a_mark() {
        let mut packets = Packets::new(3);
        let data = [unit(0x09, 2), unit(0x67, 20), unit(0x68, 5), unit(0x65, 3_000)].concat();
        let made = packets.picture(&data, 90, Instant::now());
        assert_eq!(made.iter().map(|it| it.seq).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(made.iter().map(|it| it.marker).collect::<Vec<_>>(), [false, false, false, false, true]);
        assert_eq!(
            made.iter().skip(2).map(|it| [it.payload[0], it.payload[1]]).collect::<Vec<_>>(),
            [[0x7c, 0x85], [0x7c, 0x05], [0x7c, 0x45]]
        );
        let body: usize = made.iter().skip(2).map(|it| it.payload.len() - 2).sum();
        assert_eq!(body, 2_999);
        assert_eq!(packets.picture(&unit(0x41, 10), 91, Instant::now())[0].seq, 5);
    }

    proptest! {
        #[test]
        fn no_frame_makes_it_panic_or_too_long(data in prop::collection::vec(any::<u8>(), 0..4_000)) {
            for packet in Packets::new(1).picture(&data, 0, Instant::now()) {
                prop_assert!(packet.payload.len() <= defaults::PAYLOAD);
            }
        }
    }
}
