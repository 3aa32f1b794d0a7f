//! The parts of a WebM or Matroska file of one stream, in the order in which they are written.
//!
//! ```text
//! EBML head | Segment (size unknown until the end) | Void or SeekHead | Info (Void or Duration) | Tracks | Cluster … | Cues
//! ```
//!
//! Whatever is cut off at the end leaves a file that plays: the segment's size is unknown, and each cluster is whole
//! or not there. What is only known at the end has a place of its own at the beginning, filled with a Void until then.

use super::cluster::Written;
use super::ebml::{self, id, put, put_float, put_id, put_uint, wide_size};

/// Track numbers. Pictures come first, as players expect.
pub(super) const VIDEO_TRACK: u8 = 1;
/// See [`VIDEO_TRACK`].
pub(super) const AUDIO_TRACK: u8 = 2;

/// Bytes that the SeekHead with the one entry for the cues takes, with its head.
const SEEK_HEAD_BYTES: usize = 5 + SEEK_BYTES;
/// Bytes of its entry.
const SEEK_BYTES: usize = 3 + 7 + 11;
/// Bytes of the duration, with its head.
const DURATION_BYTES: usize = 11;
/// Length of the segment's head: id and the size's eight bytes.
const SEGMENT_HEAD: u64 = 12;
/// Opus asks players to decode this much before where they jump to; RFC 7845, section 4.6. Nanoseconds.
const OPUS_PRE_ROLL: u64 = 80_000_000;

/// What a track is coded with, as the container has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Track {
    /// `V_VP8` or `V_VP9` and the like: name, private data, width, height.
    Video { codec: &'static str, private: Vec<u8>, width: u32, height: u32 },
    /// `A_OPUS` and the like: name, private data, samples a second, channels.
    Audio { codec: &'static str, private: Vec<u8>, rate: u32, channels: u8 },
}

impl Track {
    /// Opus as WebRTC sends it: two channels, whatever is in them.
    pub(super) fn opus() -> Self {
        // RFC 7845, section 5.1: version 1, two channels, nothing to skip, 48 kHz, no gain, mapping family 0.
        let mut private = b"OpusHead\x01\x02\x00\x00".to_vec();
        private.extend_from_slice(&48_000_u32.to_le_bytes());
        private.extend_from_slice(&[0, 0, 0]);
        Self::Audio { codec: "A_OPUS", private, rate: 48_000, channels: 2 }
    }

    /// G.711, which Matroska carries with a `WAVEFORMATEX`; `format` is 6 for A-law and 7 for µ-law.
    pub(super) fn g711(format: u16) -> Self {
        let mut private = Vec::with_capacity(18);
        private.extend_from_slice(&format.to_le_bytes());
        private.extend_from_slice(&1_u16.to_le_bytes());
        private.extend_from_slice(&8_000_u32.to_le_bytes());
        private.extend_from_slice(&8_000_u32.to_le_bytes());
        private.extend_from_slice(&[1, 0, 8, 0, 0, 0]);
        Self::Audio { codec: "A_MS/ACM", private, rate: 8_000, channels: 1 }
    }

    fn entry(&self) -> Vec<u8> {
        let mut entry = Vec::new();
        let (number, kind, codec, private) = match self {
            Self::Video { codec, private, .. } => (VIDEO_TRACK, 1, codec, private),
            Self::Audio { codec, private, .. } => (AUDIO_TRACK, 2, codec, private),
        };
        put_uint(&mut entry, id::TRACK_NUMBER, number.into());
        put_uint(&mut entry, id::TRACK_UID, number.into());
        put_uint(&mut entry, id::TRACK_TYPE, kind);
        put_uint(&mut entry, id::FLAG_LACING, 0);
        put(&mut entry, id::CODEC_ID, codec.as_bytes());
        if !private.is_empty() {
            put(&mut entry, id::CODEC_PRIVATE, private);
        }
        let mut of_kind = Vec::new();
        match self {
            Self::Video { width, height, .. } => {
                put_uint(&mut of_kind, id::PIXEL_WIDTH, (*width).into());
                put_uint(&mut of_kind, id::PIXEL_HEIGHT, (*height).into());
                put(&mut entry, id::VIDEO, &of_kind);
            }
            Self::Audio { codec, rate, channels, .. } => {
                if *codec == "A_OPUS" {
                    put_uint(&mut entry, id::SEEK_PRE_ROLL, OPUS_PRE_ROLL);
                }
                put_float(&mut of_kind, id::SAMPLING_FREQUENCY, (*rate).into());
                put_uint(&mut of_kind, id::CHANNELS, (*channels).into());
                put(&mut entry, id::AUDIO, &of_kind);
            }
        }
        entry
    }

    /// Whether WebM allows it; Matroska carries everything.
    fn is_webm(&self) -> bool {
        match self {
            Self::Video { codec, .. } | Self::Audio { codec, .. } => matches!(*codec, "V_VP8" | "V_VP9" | "A_OPUS"),
        }
    }
}

/// Whether a file of these tracks is WebM; else it is Matroska.
pub(super) fn is_webm(tracks: &[Track]) -> bool {
    tracks.iter().all(Track::is_webm)
}

/// Everything before the first cluster.
pub(super) fn head(tracks: &[Track]) -> Vec<u8> {
    let mut ebml = Vec::new();
    // EBMLVersion, EBMLReadVersion, EBMLMaxIDLength, EBMLMaxSizeLength (RFC 8794, section 11.2).
    for (element, value) in [(0x4286, 1), (0x42f7, 1), (0x42f2, 4), (0x42f3, 8)] {
        put_uint(&mut ebml, element, value);
    }
    put(&mut ebml, 0x4282, if is_webm(tracks) { b"webm" } else { b"matroska" });
    // DocTypeVersion and DocTypeReadVersion: what SeekPreRoll and SimpleBlock need.
    put_uint(&mut ebml, 0x4287, 4);
    put_uint(&mut ebml, 0x4285, 2);
    let mut out = Vec::new();
    put(&mut out, id::EBML, &ebml);
    put_id(&mut out, id::SEGMENT);
    out.extend_from_slice(&ebml::UNKNOWN_SIZE);
    out.extend_from_slice(&void(SEEK_HEAD_BYTES));
    let mut info = void(DURATION_BYTES);
    // Milliseconds, in nanoseconds.
    put_uint(&mut info, id::TIMESTAMP_SCALE, 1_000_000);
    put(&mut info, id::MUXING_APP, b"Zvonok");
    put(&mut info, id::WRITING_APP, concat!("Zvonok ", env!("CARGO_PKG_VERSION")).as_bytes());
    put(&mut out, id::INFO, &info);
    let mut entries = Vec::new();
    for track in tracks {
        put(&mut entries, id::TRACK_ENTRY, &track.entry());
    }
    put(&mut out, id::TRACKS, &entries);
    out
}

/// An element of `bytes` bytes that says nothing.
fn void(bytes: usize) -> Vec<u8> {
    let mut out = vec![0; bytes];
    if let Some(size) = out.get_mut(..9) {
        size.copy_from_slice(&[&[0xec][..], &wide_size(bytes as u64 - 9)].concat());
    }
    out
}

/// What is written over the places kept for it: offset and bytes.
pub(super) type Patch = (u64, Vec<u8>);

/// The end of a file of `length` bytes whose EBML head takes `ebml` bytes: the cues, to be appended, and what is then
/// known of the beginning. `clusters` are their offsets, and what is in them; `pictures` says whether there are any.
pub(super) fn finish(ebml: u64, length: u64, clusters: &[(u64, Written)], pictures: bool) -> (Vec<u8>, Vec<Patch>) {
    let segment = ebml + SEGMENT_HEAD;
    let mut points = Vec::new();
    for (offset, written) in clusters {
        let (time, track) = if pictures {
            let Some(time) = written.keyframe else { continue };
            (time, VIDEO_TRACK)
        } else {
            (written.start, AUDIO_TRACK)
        };
        let (mut point, mut position) = (Vec::new(), Vec::new());
        put_uint(&mut position, id::CUE_TRACK, track.into());
        put_uint(&mut position, id::CUE_CLUSTER_POSITION, offset.saturating_sub(segment));
        put_uint(&mut point, id::CUE_TIME, time);
        put(&mut point, id::CUE_TRACK_POSITIONS, &position);
        put(&mut points, id::CUE_POINT, &point);
    }
    let mut cues = Vec::new();
    let mut patches = Vec::new();
    if !points.is_empty() {
        put(&mut cues, id::CUES, &points);
        patches.push((segment, seek_head(length.saturating_sub(segment))));
    }
    let duration = clusters.iter().map(|(_, written)| written.last).max().unwrap_or(0);
    let mut element = Vec::new();
    put_float(&mut element, id::DURATION, duration as f64);
    // Behind the SeekHead, and the id and one byte of size of the Info.
    patches.push((segment + SEEK_HEAD_BYTES as u64 + 5, element));
    let size = (length + cues.len() as u64).saturating_sub(segment);
    patches.push((ebml + 4, wide_size(size).to_vec()));
    (cues, patches)
}

fn seek_head(cues: u64) -> Vec<u8> {
    let mut seek = Vec::new();
    put(&mut seek, id::SEEK_ID, &id::CUES.to_be_bytes());
    put(&mut seek, id::SEEK_POSITION, &cues.to_be_bytes());
    let (mut entry, mut out) = (Vec::new(), Vec::new());
    put(&mut entry, id::SEEK, &seek);
    put(&mut out, id::SEEK_HEAD, &entry);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_at_the_end_fits_where_there_was_room_for_it() {
        let tracks = [Track::Video { codec: "V_VP8", private: Vec::new(), width: 640, height: 480 }, Track::opus()];
        let file = head(&tracks);
        let ebml = ebml::head(&file).unwrap();
        let ebml = ebml.length as u64 + ebml.size.unwrap();
        let written = Written { start: 0, last: 900, keyframe: Some(0) };
        let (cues, patches) = finish(ebml, file.len() as u64, &[(file.len() as u64, written)], true);
        assert_eq!(ebml::head(&cues).unwrap().id, id::CUES);
        for (offset, bytes) in &patches {
            let place = &file[usize::try_from(*offset).unwrap()..];
            if place.starts_with(&ebml::UNKNOWN_SIZE) {
                assert_eq!(bytes.len(), 8);
            } else {
                let room = ebml::head(place).unwrap();
                assert_eq!(room.id, id::VOID);
                assert_eq!(room.length as u64 + room.size.unwrap(), bytes.len() as u64);
            }
        }
        assert_eq!(patches.len(), 3);
    }

    #[test]
    fn a_file_of_h264_or_g711_is_matroska() {
        let h264 = Track::Video { codec: "V_MPEG4/ISO/AVC", private: vec![1], width: 2, height: 2 };
        assert!(is_webm(&[Track::opus()]) && !is_webm(&[h264, Track::opus()]) && !is_webm(&[Track::g711(6)]));
    }
}
