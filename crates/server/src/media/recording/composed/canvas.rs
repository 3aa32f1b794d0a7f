//! One picture of the whole recording, in which the others are placed: planar 4:2:0 as GStreamer's `I420` lays it out.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::grid::Tile;

/// A picture that others are placed in.
#[derive(Debug)]
pub(super) struct Canvas {
    /// Brightness and the two colours.
    planes: [Plane; 3],
    bytes: Vec<u8>,
    resizer: Resizer,
    /// A plane that was made smaller; kept for its memory.
    scaled: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Plane {
    offset: usize,
    /// Bytes from one row to the next.
    stride: usize,
    rows: usize,
    /// What nothing looks like.
    black: u8,
}

/// Bytes of a picture whose width is a multiple of eight, so that its rows lie without gaps.
pub(super) fn bytes_of((width, height): (usize, usize)) -> usize {
    width * height * 3 / 2
}

impl Canvas {
    /// A black canvas; both sides are even.
    pub(super) fn new((width, height): (usize, usize)) -> Self {
        let (bright, colour) = (width.next_multiple_of(4), (width / 2).next_multiple_of(4));
        let first = bright * height;
        let second = first + colour * (height / 2);
        let planes = [
            // Black is 16 in the range of television.
            Plane { offset: 0, stride: bright, rows: height, black: 16 },
            Plane { offset: first, stride: colour, rows: height / 2, black: 128 },
            Plane { offset: second, stride: colour, rows: height / 2, black: 128 },
        ];
        let bytes = vec![0; second + colour * (height / 2)];
        let mut canvas = Self { planes, bytes, resizer: Resizer::new(), scaled: Vec::new() };
        canvas.clear();
        canvas
    }

    /// As GStreamer takes it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Makes it black.
    pub(super) fn clear(&mut self) {
        for plane in self.planes {
            let end = plane.offset + plane.stride * plane.rows;
            self.bytes.get_mut(plane.offset..end).unwrap_or_default().fill(plane.black);
        }
    }

    /// Puts a picture of that size into a tile. What would be outside is left out, and so is a picture that is shorter
    /// than it should be.
    pub(super) fn place(&mut self, picture: &[u8], (width, height): (usize, usize), tile: Tile) {
        let mut rest = picture;
        for (plane, shrink) in self.planes.into_iter().zip([1, 2, 2]) {
            let (width, height) = (width / shrink, height / shrink);
            let Some((from, after)) = rest.split_at_checked(width * height) else { return };
            rest = after;
            let (wide, high) = (tile.width / shrink, tile.height / shrink);
            let target = self.bytes.get_mut(plane.offset..plane.offset + plane.stride * plane.rows).unwrap_or_default();
            let from = if (wide, high) == (width, height) {
                from
            } else {
                self.scaled.resize(wide * high, 0);
                if !scale(&mut self.resizer, from, (width, height), &mut self.scaled, (wide, high)) {
                    return;
                }
                self.scaled.as_slice()
            };
            let first = tile.y / shrink * plane.stride + tile.x / shrink;
            for (row, line) in from.chunks_exact(wide).enumerate() {
                let at = first + row * plane.stride;
                if let Some(to) = target.get_mut(at..at + wide) {
                    to.copy_from_slice(line);
                }
            }
        }
    }
}

fn scale(resizer: &mut Resizer, from: &[u8], size: (usize, usize), into: &mut [u8], wanted: (usize, usize)) -> bool {
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let source = ImageRef::new(side(size.0), side(size.1), from, PixelType::U8);
    let target = Image::from_slice_u8(side(wanted.0), side(wanted.1), into, PixelType::U8);
    let (Ok(source), Ok(mut target)) = (source, target) else { return false };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    resizer.resize(&source, &mut target, &options).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of one brightness, without colours.
    fn grey(size: (usize, usize), bright: u8) -> Vec<u8> {
        let mut picture = vec![128; bytes_of(size)];
        picture[..size.0 * size.1].fill(bright);
        picture
    }

    #[test]
    fn a_picture_is_where_its_tile_is_and_nowhere_else() {
        for (size, name) in [((16, 8), "as it is"), ((32, 16), "made smaller"), ((8, 4), "made larger")] {
            // Wider than its rows: 30 is no multiple of four.
            let mut canvas = Canvas::new((30, 20));
            canvas.place(&grey(size, 200), size, Tile { x: 10, y: 6, width: 16, height: 8 });
            for y in 0..20 {
                for x in 0..30 {
                    let inside = (10..26).contains(&x) && (6..14).contains(&y);
                    assert_eq!(canvas.bytes()[y * 32 + x], if inside { 200 } else { 16 }, "{name}: {x} {y}");
                }
            }
            canvas.clear();
            assert!(canvas.bytes()[..32 * 20].iter().all(|bright| *bright == 16));
            assert_eq!(canvas.bytes().len(), 32 * 20 + 2 * 16 * 10);
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let mut canvas = Canvas::new((16, 8));
        canvas.place(&grey((16, 8), 200), (16, 8), Tile { x: 0, y: 6, width: 16, height: 8 });
        canvas.place(&[1, 2, 3], (16, 8), Tile { x: 0, y: 0, width: 16, height: 8 });
        assert_eq!(canvas.bytes()[..16 * 6].iter().filter(|bright| **bright == 16).count(), 16 * 6);
        assert_eq!(canvas.bytes()[16 * 6], 200);
    }
}
