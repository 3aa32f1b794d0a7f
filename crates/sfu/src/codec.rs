//! The codecs that are forwarded, and where a picture can be decoded from.

use str0m::format::{Codec as Negotiated, CodecConfig, FormatParams, detect_h264_keyframe};
use str0m::media::Frequency;
use str0m::rtp::Vp8Descriptor;

use crate::defaults;

/// A codec of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoCodec {
    /// RFC 7741.
    Vp8,
    /// RFC 9628, profile 0.
    Vp9,
    /// RFC 6184, constrained baseline, packetization mode 1: what every browser has.
    H264,
}

/// A codec of sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AudioCodec {
    /// RFC 7587.
    Opus,
    /// G.711 A-law (RFC 3551); of cameras.
    Pcma,
    /// G.711 µ-law (RFC 3551); of cameras.
    Pcmu,
}

/// Which codec of pictures a publisher may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum VideoChoice {
    /// This one, or the offer is refused.
    Only(VideoCodec),
    /// The first of the offer that is forwarded.
    #[default]
    Offered,
}

/// What a stream is coded with; `None` where it has nothing of that kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Codecs {
    /// Sound.
    pub audio: Option<AudioCodec>,
    /// Pictures.
    pub video: Option<VideoCodec>,
}

/// The codec of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Sound.
    Audio(AudioCodec),
    /// Pictures.
    Video(VideoCodec),
}

impl Codec {
    /// Ticks of its RTP clock in a second.
    #[must_use]
    pub fn clock_rate(self) -> u32 {
        match self {
            Self::Audio(audio) => audio.clock_rate(),
            Self::Video(_) => defaults::VIDEO_CLOCK,
        }
    }
}

impl AudioCodec {
    pub(crate) fn negotiated(self) -> Negotiated {
        match self {
            Self::Opus => Negotiated::Opus,
            Self::Pcma => Negotiated::PCMA,
            Self::Pcmu => Negotiated::PCMU,
        }
    }

    /// The other one that a camera may turn out to send: two forms of one standard, with one clock.
    pub(crate) fn twin(self) -> Option<Self> {
        match self {
            Self::Opus => None,
            Self::Pcma => Some(Self::Pcmu),
            Self::Pcmu => Some(Self::Pcma),
        }
    }

    pub(crate) fn clock_rate(self) -> u32 {
        match self {
            Self::Opus => defaults::OPUS_CLOCK,
            Self::Pcma | Self::Pcmu => defaults::G711_CLOCK,
        }
    }

    pub(crate) fn enable(self, config: &mut CodecConfig) {
        match self {
            Self::Opus => config.enable_opus(true, false),
            Self::Pcma => config.enable_pcma(true, false),
            Self::Pcmu => config.enable_pcmu(true, false),
        }
    }
}

impl VideoCodec {
    /// The name in an offer's `a=rtpmap`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "VP8" => Some(Self::Vp8),
            "VP9" => Some(Self::Vp9),
            "H264" => Some(Self::H264),
            _ => None,
        }
    }

    /// Whether an offer's `a=fmtp` is of the form that is forwarded.
    pub(crate) fn takes(self, format: &str) -> bool {
        let format = format.to_ascii_lowercase();
        let value = |name: &str| format.split(';').find_map(|it| it.trim().strip_prefix(name)?.strip_prefix('='));
        match self {
            Self::Vp8 => true,
            Self::Vp9 => value("profile-id").is_none_or(|profile| profile == "0"),
            // Constrained baseline: profile 66 with its second constraint.
            Self::H264 => {
                let profile = value("profile-level-id").and_then(|it| u32::from_str_radix(it, 16).ok());
                let constrained = profile.is_some_and(|it| it >> 16 == 0x42 && it & 0x4000 != 0);
                constrained && value("packetization-mode") == Some("1")
            }
        }
    }

    pub(crate) fn negotiated(self) -> Negotiated {
        match self {
            Self::Vp8 => Negotiated::Vp8,
            Self::Vp9 => Negotiated::Vp9,
            Self::H264 => Negotiated::H264,
        }
    }

    /// Adds it, and nothing else of its kind: publisher and subscribers are to agree on one form.
    pub(crate) fn enable(self, config: &mut CodecConfig) {
        match self {
            Self::Vp8 => config.enable_vp8(true),
            Self::Vp9 => {
                let format = FormatParams { profile_id: Some(0), ..FormatParams::default() };
                let (pt, resend) = (defaults::VP9_PT.into(), Some(defaults::VP9_RTX_PT.into()));
                config.add_config(pt, resend, Negotiated::Vp9, Frequency::NINETY_KHZ, None, format);
            }
            Self::H264 => {
                let (pt, resend) = (defaults::H264_PT.into(), Some(defaults::H264_RTX_PT.into()));
                config.add_h264(pt, resend, true, defaults::H264_PROFILE);
            }
        }
    }

    /// Whether a picture that needs no other one begins with this payload. `vp8` is its descriptor, where that is what
    /// it is.
    pub(crate) fn starts_keyframe(self, payload: &[u8], vp8: Option<&Vp8Descriptor>) -> bool {
        match self {
            Self::Vp8 => vp8.is_some_and(|vp8| vp8.starts_keyframe(payload)),
            Self::Vp9 => vp9_starts_keyframe(payload),
            Self::H264 => detect_h264_keyframe(payload) || h264_brings_parameters(payload),
        }
    }
}

/// RFC 9628, section 4.2: the first byte is `I P L F B E V Z`, then the picture id (one or two bytes), then, with L, the
/// layers `TTT U SSS D`. A key frame begins with P clear and B set, in the lowest spatial layer.
fn vp9_starts_keyframe(payload: &[u8]) -> bool {
    let Some(&first) = payload.first() else { return false };
    let (has_id, predicted, layers, begins) =
        (first & 0x80 != 0, first & 0x40 != 0, first & 0x20 != 0, first & 0x08 != 0);
    if predicted || !begins {
        return false;
    }
    if !layers {
        return true;
    }
    let wide = payload.get(1).is_some_and(|byte| byte & 0x80 != 0);
    let at = match (has_id, wide) {
        (false, _) => 1,
        (true, false) => 2,
        (true, true) => 3,
    };
    payload.get(at).is_some_and(|byte| byte & 0x0e == 0)
}

/// Whether it is, or begins with, a sequence parameter set: encoders send it right before each key frame, in a packet of
/// its own, and a subscriber that began after it could decode nothing.
fn h264_brings_parameters(payload: &[u8]) -> bool {
    /// NAL unit types (RFC 6184, section 5.2, and H.264, table 7-1).
    const SPS: u8 = 7;
    const STAP_A: u8 = 24;
    match payload.first().map(|byte| byte & 0x1f) {
        Some(SPS) => true,
        Some(STAP_A) => payload.get(3).is_some_and(|byte| byte & 0x1f == SPS),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vp9_key_frame_begins_unpredicted_in_the_lowest_layer() {
        for (payload, starts) in [
            (&[0x88, 0x05][..], true),
            (&[0xa8, 0x05, 0x00], true),
            (&[0xa8, 0x85, 0x05, 0x00], true),
            (&[0xa8, 0x85, 0x05, 0x02], false),
            (&[0xc8, 0x05], false),
            (&[0x80, 0x05], false),
            (&[0xa8], false),
            (&[], false),
        ] {
            assert_eq!(vp9_starts_keyframe(payload), starts, "{payload:02x?}");
        }
    }

    #[test]
    fn an_h264_key_frame_begins_with_its_parameters() {
        let starts = |payload: &[u8]| VideoCodec::H264.starts_keyframe(payload, None);
        assert!(starts(&[0x67, 0x42]) && starts(&[0x65, 0x88]) && starts(&[0x78, 0, 2, 0x67, 0x42]));
        assert!(starts(&[0x7c, 0x85, 0]), "the first fragment of an IDR picture");
        assert!(!starts(&[0x7c, 0x05, 0]) && !starts(&[0x41, 0x9a]) && !starts(&[]) && !starts(&[0x78, 0]));
    }
}
