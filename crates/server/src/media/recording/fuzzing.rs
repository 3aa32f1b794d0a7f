//! Packets, pictures and files that others wrote.

use std::time::Instant;

use zvonok_sfu::{AudioCodec, Codec, MediaPacket, VideoCodec};

use super::frames::Lane;
use super::payload::Picture;
use super::picture;

const VIDEO: [VideoCodec; 3] = [VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::H264];

/// A picture of the first byte's codec, of payloads that each have a byte of length before them.
pub fn picture(data: &[u8]) {
    let Some((codec, payloads)) = codec(data) else { return };
    let mut made = Picture::default();
    for payload in pieces(payloads) {
        made.add(codec, payload);
    }
    if made.is_whole() {
        picture::is_keyframe(codec, &made.data);
        picture::size(codec, &made.data);
        picture::avc_configuration(&made.data);
        let units: usize = picture::units(&made.data).map(<[u8]>::len).sum();
        assert!(units <= made.data.len(), "no byte is in two units");
    }
}

/// Packets of the first byte's codec in any order: each piece is run, number, time, mark, and payload.
pub fn frames(data: &[u8]) {
    let Some((video, packets)) = codec(data) else { return };
    let (mut lane, now) = (Lane::default(), Instant::now());
    let (mut sent, mut made) = (0, 0);
    for packet in pieces(packets) {
        let [run, seq, time, flags, payload @ ..] = packet else { continue };
        let codec = if flags & 2 == 0 { Codec::Video(video) } else { Codec::Audio(AudioCodec::Opus) };
        sent += payload.len() + 5;
        made += size(&lane.push(MediaPacket {
            codec,
            run: u64::from(run & 3),
            // Steps small and large.
            seq: u64::from(*seq) * if flags & 4 == 0 { 1 } else { 1 << 40 },
            time: u32::from(*time) * if flags & 8 == 0 { 3_000 } else { u32::MAX / 255 },
            captured: now,
            marker: flags & 1 != 0,
            payload: payload.into(),
        }));
    }
    made += size(&lane.end());
    // An H.264 unit gets four bytes of length in place of at least two.
    assert!(made <= sent * 4, "{made} bytes of {sent}");
}

fn size(made: &super::frames::Made) -> usize {
    made.frames.iter().map(|frame| frame.data.len()).sum()
}

/// A file that a crash left. Whatever it is, it can be read, and read again when it was finished.
///
/// # Panics
/// Where that is not so.
#[expect(clippy::expect_used, reason = "a panic is what a fuzz target tells by")]
pub fn repair(data: &[u8]) {
    // A file in memory: the target writes thousands of them a second.
    let path = std::path::Path::new("/dev/shm").join(format!("zvonok-fuzz-{}", std::process::id()));
    std::fs::write(&path, data).expect("the file can be written");
    if let Some((length, _)) = super::repair::repair(&path).expect("any file can be read") {
        let found = std::fs::metadata(&path).expect("it is there").len();
        assert!(found >= length, "{found} bytes of {length}");
        super::repair::repair(&path).expect("any file can be read");
    }
    std::fs::remove_file(&path).expect("it can be removed");
}

/// The size of a stream's picture, as its publisher tells it.
pub fn dimensions(text: &str) {
    super::recorder::size(text);
}

fn codec(data: &[u8]) -> Option<(VideoCodec, &[u8])> {
    let (first, rest) = data.split_first()?;
    VIDEO.get(usize::from(first % 3)).map(|codec| (*codec, rest))
}

fn pieces(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, behind) = rest.split_first()?;
        let (piece, behind) = behind.split_at(usize::from(*length).min(behind.len()));
        rest = behind;
        Some(piece)
    })
}
