//! What a picture says of itself: whether it needs no other one, how large it is, and what a container has to know of it.

use zvonok_sfu::VideoCodec;

/// What a VP8 key frame has behind its tag (RFC 6386, section 9.1).
const VP8_START: [u8; 3] = [0x9d, 0x01, 0x2a];

/// Whether a whole picture needs no other one.
pub(super) fn is_keyframe(codec: VideoCodec, data: &[u8]) -> bool {
    match codec {
        // The rest of a picture whose beginning was lost may begin with any byte: the start code tells.
        VideoCodec::Vp8 => data.first().is_some_and(|first| first & 1 == 0) && data.get(3..6) == Some(&VP8_START[..]),
        VideoCodec::Vp9 => vp9_size(data).is_some(),
        VideoCodec::H264 => units(data).any(|unit| kind(unit) == IDR),
    }
}

/// Width and height that a key frame says.
pub(super) fn size(codec: VideoCodec, data: &[u8]) -> Option<(u32, u32)> {
    match codec {
        VideoCodec::Vp8 => {
            // RFC 6386, section 9.1: three bytes of tag, the start code, then 14 bits each.
            let side = |at: usize| Some(u32::from(*data.get(at)?) | u32::from(data.get(at + 1)? & 0x3f) << 8);
            (data.get(3..6)? == VP8_START).then_some(())?;
            Some((side(6)?, side(8)?))
        }
        VideoCodec::Vp9 => vp9_size(data),
        VideoCodec::H264 => {
            let (sps, _) = parameters(data)?;
            let rbsp = h264_reader::rbsp::decode_nal(sps).ok()?;
            let bits = h264_reader::rbsp::BitReader::new(&*rbsp);
            h264_reader::nal::sps::SeqParameterSet::from_bits(bits).ok()?.pixel_dimensions().ok()
        }
    }
    .filter(|(width, height)| *width > 0 && *height > 0)
}

/// Of a VP9 key frame of profile 0 (VP9 bitstream specification, section 6.2): marker, profile, show-existing, frame type,
/// show-frame and error-resilient are the first byte, then the sync code, the colour space and its range, the size.
fn vp9_size(data: &[u8]) -> Option<(u32, u32)> {
    let (first, rest) = data.split_first()?;
    let key = first & 0xfc == 0x80;
    if !key || rest.get(..3)? != [0x49, 0x83, 0x42] {
        return None;
    }
    let bits = rest.get(3..8)?.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    // 40 bits: colour space 3, range 1, width 16, height 16, 4 more.
    let side = |shift: u32| u32::try_from(bits >> shift & 0xffff).unwrap_or(0) + 1;
    Some((side(20), side(4)))
}

const IDR: u8 = 5;
const SPS: u8 = 7;
const PPS: u8 = 8;

fn kind(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |first| first & 0x1f)
}

/// The units of an H.264 picture as [`Picture`] has it: each behind four bytes of length.
pub(super) fn units(mut data: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = data.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let unit = rest.get(..length)?;
        data = rest.get(length..)?;
        Some(unit)
    })
}

/// The parameter sets of an H.264 picture: sequence and picture.
fn parameters(data: &[u8]) -> Option<(&[u8], &[u8])> {
    Some((units(data).find(|unit| kind(unit) == SPS)?, units(data).find(|unit| kind(unit) == PPS)?))
}

/// What a container says of an H.264 track before its first picture (`avcC`, ISO 14496-15, section 5.3.3.1); `None` where
/// the picture has no parameter sets.
pub(super) fn avc_configuration(data: &[u8]) -> Option<Vec<u8>> {
    let (sps, pps) = parameters(data)?;
    let [_, profile, compatibility, level, ..] = *sps else { return None };
    let length = |unit: &[u8]| Some(u16::try_from(unit.len()).ok()?.to_be_bytes());
    Some([&[1, profile, compatibility, level, 0xff, 0xe1][..], &length(sps)?, sps, &[1], &length(pps)?, pps].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_frames_say_how_large_they_are() {
        let vp8 = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01];
        assert_eq!(size(VideoCodec::Vp8, &vp8), Some((640, 480)));
        // 640x480: 0, range 0, 0x027f, 0x01df.
        let vp9 = [0x82, 0x49, 0x83, 0x42, 0x00, 0x27, 0xf0, 0x1d, 0xf0];
        assert_eq!(size(VideoCodec::Vp9, &vp9), Some((640, 480)));
        assert!(is_keyframe(VideoCodec::Vp9, &vp9) && !is_keyframe(VideoCodec::Vp9, &[0x86, 0x49, 0x83, 0x42]));
    }
}
