//! From the payloads of RTP packets to what a file has of a picture: VP8 (RFC 7741), VP9 (RFC 9628), H.264 (RFC 6184).
//!
//! Whatever a publisher sends here, the answer is bytes or `None`.

use zvonok_sfu::VideoCodec;

use super::defaults;

/// A picture that is being put together.
#[derive(Debug, Default)]
pub(super) struct Picture {
    pub(super) data: Vec<u8>,
    /// H.264: where the length of the fragmented unit that is being read has its place.
    fragment: Option<usize>,
    /// Something that belongs to it cannot be used.
    broken: bool,
}

impl Picture {
    /// Adds one packet's payload. False where it is malformed, or the picture has no end: it is spoilt.
    pub(super) fn add(&mut self, codec: VideoCodec, payload: &[u8]) -> bool {
        self.broken |= self.data.len() > defaults::PICTURE_BYTES || !self.append(codec, payload);
        !self.broken
    }

    fn append(&mut self, codec: VideoCodec, payload: &[u8]) -> bool {
        let body = match codec {
            VideoCodec::Vp8 => vp8_body(payload),
            VideoCodec::Vp9 => vp9_body(payload),
            VideoCodec::H264 => return self.add_h264(payload).is_some(),
        };
        match body {
            Some(body) => {
                self.data.extend_from_slice(body);
                true
            }
            None => false,
        }
    }

    fn add_h264(&mut self, payload: &[u8]) -> Option<()> {
        /// Unit types of RFC 6184, section 5.2.
        const STAP_A: u8 = 24;
        const FU_A: u8 = 28;
        let first = *payload.first()?;
        match first & 0x1f {
            1..=23 => self.add_unit(payload),
            STAP_A => {
                let mut rest = payload.get(1..)?;
                while let Some((length, behind)) = rest.split_first_chunk::<2>() {
                    let length = usize::from(u16::from_be_bytes(*length));
                    self.add_unit(behind.get(..length)?);
                    rest = behind.get(length..)?;
                }
            }
            FU_A => {
                let second = *payload.get(1)?;
                let body = payload.get(2..)?;
                if second & 0x80 != 0 {
                    self.fragment = Some(self.data.len());
                    self.data.extend_from_slice(&[0; 4]);
                    self.data.push(first & 0xe0 | second & 0x1f);
                }
                let start = self.fragment?;
                self.data.extend_from_slice(body);
                if second & 0x40 != 0 {
                    self.fragment = None;
                    let length = u32::try_from(self.data.len() - start - 4).ok()?;
                    self.data.get_mut(start..start + 4)?.copy_from_slice(&length.to_be_bytes());
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn add_unit(&mut self, unit: &[u8]) {
        if let (Ok(length), false) = (u32::try_from(unit.len()), unit.is_empty()) {
            self.data.extend_from_slice(&length.to_be_bytes());
            self.data.extend_from_slice(unit);
        }
    }

    /// Whether all of it came, as far as it can be told.
    pub(super) fn is_whole(&self) -> bool {
        !self.data.is_empty() && self.fragment.is_none() && !self.broken
    }
}

fn vp8_body(payload: &[u8]) -> Option<&[u8]> {
    let mut at = 1;
    if payload.first()? & 0x80 != 0 {
        let extension = payload.get(1)?;
        at = 2;
        if extension & 0x80 != 0 {
            at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
        }
        at += usize::from(extension & 0x40 != 0);
        at += usize::from(extension & 0x30 != 0);
    }
    payload.get(at..).filter(|body| !body.is_empty())
}

fn vp9_body(payload: &[u8]) -> Option<&[u8]> {
    let first = *payload.first()?;
    let flag = |bit: u8| first & bit != 0;
    let (has_id, predicted, layers, flexible, structure) = (flag(0x80), flag(0x40), flag(0x20), flag(0x10), flag(0x02));
    let mut at = 1;
    if has_id {
        at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
    }
    if layers {
        at += if flexible { 1 } else { 2 };
    }
    if flexible && predicted {
        // Up to three references, each saying whether another one follows.
        for _ in 0..3 {
            at += 1;
            if payload.get(at - 1)? & 1 == 0 {
                break;
            }
        }
    }
    if structure {
        let head = *payload.get(at)?;
        at += 1;
        if head & 0x10 != 0 {
            at += 4 * (usize::from(head >> 5) + 1);
        }
        if head & 0x08 != 0 {
            let pictures = *payload.get(at)?;
            at += 1;
            for _ in 0..pictures {
                at += 1 + usize::from(payload.get(at)? >> 2 & 3);
            }
        }
    }
    payload.get(at..).filter(|body| !body.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::picture::{avc_configuration, is_keyframe, size, units};
    use super::*;

    #[test]
    fn descriptors_are_left_out() {
        assert_eq!(vp8_body(&[0x10, 1, 2]), Some(&[1, 2][..]));
        assert_eq!(vp8_body(&[0x90, 0xe0, 0x81, 0x02, 0x09, 0x20, 7]), Some(&[7][..]), "wide id, TL0PICIDX, TID");
        assert_eq!(vp8_body(&[0x90, 0x80, 0x11, 7]), Some(&[7][..]));
        assert_eq!(vp9_body(&[0x8c, 0x81, 0x02, 7]), Some(&[7][..]));
        assert_eq!(vp9_body(&[0xac, 0x11, 0x00, 0x05, 7]), Some(&[7][..]), "layers and TL0PICIDX");
        assert_eq!(vp9_body(&[0xdc, 0x11, 0x03, 0x02, 7]), Some(&[7][..]), "two references");
        let structure = [0x8e, 0x11, 0x18, 0x02, 0x80, 0x01, 0xe0, 0x01, 0x04, 0x01, 7];
        assert_eq!(vp9_body(&structure), Some(&[7][..]));
        assert_eq!(vp8_body(&[0x10]), None);
        assert_eq!(vp9_body(&[]), None);
    }

    #[test]
    fn an_h264_picture_is_put_together_of_all_three_kinds_of_packets() {
        let mut picture = Picture::default();
        assert!(picture.add(VideoCodec::H264, &[0x78, 0, 4, 0x67, 0x42, 0xe0, 0x1f, 0, 2, 0x68, 0xce]));
        assert!(picture.add(VideoCodec::H264, &[0x7c, 0x85, 1, 2]));
        assert!(!picture.is_whole(), "the rest of the unit is missing");
        assert!(picture.add(VideoCodec::H264, &[0x7c, 0x45, 3]));
        assert!(picture.add(VideoCodec::H264, &[0x06, 9]));
        assert!(picture.is_whole() && is_keyframe(VideoCodec::H264, &picture.data));
        let all: Vec<&[u8]> = units(&picture.data).collect();
        assert_eq!(all, [&[0x67, 0x42, 0xe0, 0x1f][..], &[0x68, 0xce], &[0x65, 1, 2, 3], &[0x06, 9]]);
        assert_eq!(avc_configuration(&picture.data).unwrap()[..6], [1, 0x42, 0xe0, 0x1f, 0xff, 0xe1]);
        assert!(!Picture::default().add(VideoCodec::H264, &[0x7c, 0x05, 3]), "a fragment without its beginning");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_put_together_or_refused(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..12),
            codec in prop::sample::select(vec![VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::H264]),
        ) {
            let mut picture = Picture::default();
            for payload in &payloads {
                picture.add(codec, payload);
            }
            if picture.is_whole() && is_keyframe(codec, &picture.data) {
                size(codec, &picture.data);
            }
            avc_configuration(&picture.data);
        }
    }
}
