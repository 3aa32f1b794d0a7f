//! EBML (RFC 8794): the few elements that a Matroska or WebM file (RFC 9559) of one stream needs, written and read.

/// Element ids of RFC 9559 that are written here.
pub(super) mod id {
    pub(crate) const EBML: u32 = 0x1a45_dfa3;
    pub(crate) const SEGMENT: u32 = 0x1853_8067;
    pub(crate) const SEEK_HEAD: u32 = 0x114d_9b74;
    pub(crate) const SEEK: u32 = 0x4dbb;
    pub(crate) const SEEK_ID: u32 = 0x53ab;
    pub(crate) const SEEK_POSITION: u32 = 0x53ac;
    #[cfg(test)]
    pub(crate) const VOID: u32 = 0xec;
    pub(crate) const INFO: u32 = 0x1549_a966;
    pub(crate) const TIMESTAMP_SCALE: u32 = 0x2a_d7b1;
    pub(crate) const DURATION: u32 = 0x4489;
    pub(crate) const MUXING_APP: u32 = 0x4d80;
    pub(crate) const WRITING_APP: u32 = 0x5741;
    pub(crate) const TRACKS: u32 = 0x1654_ae6b;
    pub(crate) const TRACK_ENTRY: u32 = 0xae;
    pub(crate) const TRACK_NUMBER: u32 = 0xd7;
    pub(crate) const TRACK_UID: u32 = 0x73c5;
    pub(crate) const TRACK_TYPE: u32 = 0x83;
    pub(crate) const FLAG_LACING: u32 = 0x9c;
    pub(crate) const CODEC_ID: u32 = 0x86;
    pub(crate) const CODEC_PRIVATE: u32 = 0x63a2;
    pub(crate) const SEEK_PRE_ROLL: u32 = 0x56bb;
    pub(crate) const VIDEO: u32 = 0xe0;
    pub(crate) const PIXEL_WIDTH: u32 = 0xb0;
    pub(crate) const PIXEL_HEIGHT: u32 = 0xba;
    pub(crate) const AUDIO: u32 = 0xe1;
    pub(crate) const SAMPLING_FREQUENCY: u32 = 0xb5;
    pub(crate) const CHANNELS: u32 = 0x9f;
    pub(crate) const CLUSTER: u32 = 0x1f43_b675;
    pub(crate) const TIMESTAMP: u32 = 0xe7;
    pub(crate) const SIMPLE_BLOCK: u32 = 0xa3;
    pub(crate) const CUES: u32 = 0x1c53_bb6b;
    pub(crate) const CUE_POINT: u32 = 0xbb;
    pub(crate) const CUE_TIME: u32 = 0xb3;
    pub(crate) const CUE_TRACK_POSITIONS: u32 = 0xb7;
    pub(crate) const CUE_TRACK: u32 = 0xf7;
    pub(crate) const CUE_CLUSTER_POSITION: u32 = 0xf1;
}

/// The size of an element that goes on to the end of the file.
pub(super) const UNKNOWN_SIZE: [u8; 8] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/// Writes an element's id.
pub(super) fn put_id(out: &mut Vec<u8>, id: u32) {
    let bytes = id.to_be_bytes();
    let leading = bytes.iter().take_while(|byte| **byte == 0).count();
    out.extend(bytes.iter().skip(leading));
}

/// A size in eight bytes: what is longer than this would be no file.
pub(super) fn wide_size(size: u64) -> [u8; 8] {
    (size & 0x00ff_ffff_ffff_ffff | 1 << 56).to_be_bytes()
}

/// Writes an element.
pub(super) fn put(out: &mut Vec<u8>, id: u32, content: &[u8]) {
    put_id(out, id);
    put_size(out, content.len() as u64);
    out.extend_from_slice(content);
}

/// Writes a size in as few bytes as it takes.
pub(super) fn put_size(out: &mut Vec<u8>, size: u64) {
    // All ones means "unknown", so a length of n bytes carries up to 2^(7n) - 2.
    let length = (1..8_usize).find(|length| size < (1 << (7 * length)) - 1).unwrap_or(8);
    let marked = size | 1 << (7 * length);
    out.extend(marked.to_be_bytes().iter().skip(8 - length));
}

/// Writes an unsigned number.
pub(super) fn put_uint(out: &mut Vec<u8>, id: u32, value: u64) {
    let bytes = value.to_be_bytes();
    let leading = bytes.iter().take(7).take_while(|byte| **byte == 0).count();
    put(out, id, bytes.get(leading..).unwrap_or_default());
}

/// Writes a number with a fraction.
pub(super) fn put_float(out: &mut Vec<u8>, id: u32, value: f64) {
    put(out, id, &value.to_be_bytes());
}

/// An element's head: what it is, and where its content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) id: u32,
    /// Bytes of id and size together.
    pub(super) length: usize,
    /// Bytes of the content; `None` where the file does not say.
    pub(super) size: Option<u64>,
}

/// Reads an element's head; `None` where there is none or not all of it.
pub(super) fn head(bytes: &[u8]) -> Option<Head> {
    let id_length = bytes.first()?.leading_zeros() as usize + 1;
    if id_length > 4 {
        return None;
    }
    let id = bytes.get(..id_length)?.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    let rest = bytes.get(id_length..)?;
    let first = *rest.first()?;
    let size_length = first.leading_zeros() as usize + 1;
    if size_length > 8 {
        return None;
    }
    let mask = if size_length == 8 { 0 } else { 0xff_u8 >> size_length };
    let size =
        rest.get(1..size_length)?.iter().fold(u64::from(first & mask), |size, byte| size << 8 | u64::from(*byte));
    let unknown = size == (1 << (7 * size_length)) - 1;
    Some(Head { id, length: id_length + size_length, size: (!unknown).then_some(size) })
}

/// Reads an unsigned number of up to eight bytes.
pub(super) fn uint(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_head_of_any_bytes_is_a_head_or_none() {
        assert_eq!(head(&[0xec, 0x81]), Some(Head { id: 0xec, length: 2, size: Some(1) }));
        assert_eq!(head(&[&[0x18, 0x53, 0x80, 0x67][..], &UNKNOWN_SIZE].concat()).unwrap().size, None);
        assert_eq!(head(&[]), None);
        assert_eq!(head(&[0x00, 0x81]), None);
        assert_eq!(head(&[0xec, 0x40]), None, "half a size");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            id in prop::sample::select(vec![id::EBML, id::VOID, id::CODEC_PRIVATE, id::TIMESTAMP_SCALE]),
            size in prop_oneof![0..300_u64, 0..(1_u64 << 50)],
        ) {
            let mut out = Vec::new();
            put_id(&mut out, id);
            put_size(&mut out, size);
            prop_assert_eq!(head(&out), Some(Head { id, length: out.len(), size: Some(size) }));
            let wide = [&[0xec_u8][..], &wide_size(size)].concat();
            prop_assert_eq!(head(&wide), Some(Head { id: 0xec, length: 9, size: Some(size) }));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            if let Some(head) = head(&bytes) {
                prop_assert!(head.length <= bytes.len());
            }
        }

        #[test]
        fn numbers_are_read_as_they_were_written(value in any::<u64>()) {
            let mut out = Vec::new();
            put_uint(&mut out, id::TIMESTAMP, value);
            let head = head(&out).unwrap();
            prop_assert_eq!(uint(&out[head.length..]), Some(value));
        }
    }
}
