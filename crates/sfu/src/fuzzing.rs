//! What the fuzz targets see of this crate beside its public parts.

use crate::VideoCodec;

/// Looks for the beginning of a key frame in a payload of any codec.
pub fn keyframe(payload: &[u8]) {
    for codec in [VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::H264] {
        codec.starts_keyframe(payload, None);
    }
}
