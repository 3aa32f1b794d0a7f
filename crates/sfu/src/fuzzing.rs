//! What the fuzz targets see of this crate beside its public parts.

use crate::VideoCodec;
use str0m::rtp::Vp8Descriptor;

/// Looks for the beginning of a key frame in a payload of any codec.
pub fn keyframe(payload: &[u8]) {
    for codec in [VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::H264] {
        let vp8 = if codec == VideoCodec::Vp8 { Vp8Descriptor::parse(payload).ok() } else { None };
        codec.starts_keyframe(payload, vp8.as_ref());
    }
}
