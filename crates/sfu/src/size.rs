//! How large pictures are: those of a layer, and the place that a subscriber has for them.

/// Width and height, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    /// From 0 to 65,535.
    pub width: u16,
    /// The same.
    pub height: u16,
}

/// Of the place that is shown in, a picture of this much is large enough, in hundredths of its sides: nobody sees a tenth
/// that is missing, and the next larger layer takes four times the bits.
const ENOUGH: u32 = 90;

/// What a VP8 key frame has behind its tag (RFC 6386, section 9.1).
const VP8_START: [u8; 3] = [0x9d, 0x01, 0x2a];

impl Size {
    /// Whether pictures of this size are large enough for that place, which they fill in one direction at least.
    pub(crate) fn is_enough_for(self, place: Self) -> bool {
        let fills = |own: u16, wanted: u16| u32::from(own) * 100 >= u32::from(wanted) * ENOUGH;
        fills(self.width, place.width) && fills(self.height, place.height)
    }

    /// What the first packet of a VP8 key frame says: behind the payload descriptor (RFC 7741, section 4.2) three bytes of tag,
    /// the start code, and 14 bits for each side (RFC 6386, section 9.1).
    pub(crate) fn of_vp8(payload: &[u8]) -> Option<Self> {
        let frame = payload.get(descriptor_bytes(payload)?..)?;
        if frame.get(3..6)? != VP8_START {
            return None;
        }
        let side = |at: usize| Some(u16::from(*frame.get(at)?) | u16::from(frame.get(at + 1)? & 0x3f) << 8);
        let (width, height) = (side(6)?, side(8)?);
        (width > 0 && height > 0).then_some(Self { width, height })
    }
}

/// Bytes of the descriptor: one; with X one more, which says what follows: a picture id of one or two, the number of the base
/// layer, and the layer or the number of the key frame.
fn descriptor_bytes(payload: &[u8]) -> Option<usize> {
    if payload.first()? & 0x80 == 0 {
        return Some(1);
    }
    let more = *payload.get(1)?;
    let id = match more & 0x80 {
        0 => 0,
        _ if payload.get(2)? & 0x80 == 0 => 1,
        _ => 2,
    };
    Some(2 + id + usize::from(more & 0x40 != 0) + usize::from(more & 0x30 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HD: Size = Size { width: 1_280, height: 720 };
    const HALF: Size = Size { width: 640, height: 360 };

    #[test]
    fn a_little_less_than_the_place_is_enough() {
        let place = |width, height| Size { width, height };
        assert!(HALF.is_enough_for(place(640, 360)) && HALF.is_enough_for(place(700, 390)));
        assert!(!HALF.is_enough_for(place(800, 450)) && HD.is_enough_for(place(800, 450)));
        assert!(!HALF.is_enough_for(place(200, 720)), "a high place is filled by its height");
        assert!(HALF.is_enough_for(place(0, 0)), "it is not seen");
    }

    #[test]
    fn vp8_key_frames_say_how_large_they_are() {
        let frame = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x41, 0xff];
        for descriptor in [&[0x10][..], &[0x90, 0x80, 0x05], &[0x90, 0x80, 0x85, 0x05], &[0x90, 0xe0, 0x85, 0x05, 1, 2]]
        {
            let payload = [descriptor, &frame].concat();
            assert_eq!(Size::of_vp8(&payload), Some(HALF), "{descriptor:02x?}");
            for short in 0..descriptor.len() + 10 {
                assert_eq!(Size::of_vp8(&payload[..short]), None);
            }
        }
        assert_eq!(Size::of_vp8(&[0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2b, 0x80, 2, 0x68, 1]), None, "no start code");
    }
}
