//! Finds the fake camera's marks in a screenshot: what a person would see, read by machine.
//!
//! `ui/lib/fake-media/mark.ts` paints them: 40 cells across the picture, bits from left to right and top to bottom,
//! white for one: `0xA53C`, length of the login, login, 32-bit counter, 32-bit time, CRC-32 of all before it.

/// Cells across a picture.
const COLUMNS: usize = 40;

/// Longest login of the contract.
const MAX_LOGIN: usize = 64;

/// Lengths of the black and white runs that `0xA53C` begins with, in cells, the first one white.
const OPENING: [f64; 9] = [1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 2.0, 4.0];

/// Cells that the opening takes.
const OPENING_CELLS: f64 = 14.0;

/// The smallest cell that can be read, in pixels.
const SMALLEST: f64 = 2.5;

/// A mark that was read from pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Who drew the picture.
    pub login: String,
    /// Which picture it is.
    pub counter: u32,
    /// Left edge of the picture that carries it, in pixels.
    pub left: usize,
    /// Top edge.
    pub top: usize,
    /// Width of that picture, in pixels.
    pub width: usize,
}

/// A picture, three bytes (red, green, blue) a pixel.
struct Picture<'a> {
    width: usize,
    height: usize,
    bytes: &'a [u8],
}

impl Picture<'_> {
    /// Whether the pixel is bright. Outside everything is dark.
    fn bright(&self, x: usize, y: usize) -> bool {
        if x >= self.width || y >= self.height {
            return false;
        }
        let at = (y * self.width + x) * 3;
        self.bytes.get(at..at + 3).is_some_and(|pixel| pixel.iter().map(|value| u32::from(*value)).sum::<u32>() > 384)
    }

    /// Where the opening begins in row `y`, with the size of a cell.
    fn openings(&self, y: usize) -> Vec<(usize, f64)> {
        let mut runs: Vec<(usize, bool)> = Vec::new();
        let mut last = None;
        for x in 0..self.width {
            let bright = self.bright(x, y);
            if last != Some(bright) {
                runs.push((x, bright));
                last = Some(bright);
            }
        }
        runs.push((self.width, false));
        runs.windows(OPENING.len() + 1)
            .filter_map(|window| {
                let (start, bright) = *window.first()?;
                let (end, _) = *window.last()?;
                let cell = (end - start) as f64 / OPENING_CELLS;
                let fits = window.windows(2).zip(OPENING).all(|(pair, cells)| match pair {
                    [(from, _), (to, _)] => ((to - from) as f64 - cells * cell).abs() <= 0.4 * cell,
                    _ => false,
                });
                (bright && fits && cell >= SMALLEST).then_some((start, cell))
            })
            .collect()
    }

    /// The mark whose first row of cells is crossed at `y`, if all of it can be read.
    /// `top` is where that row begins, which may lie outside what is shown: a window that has another shape than the
    /// picture crops it.
    fn read(&self, left: usize, top: f64, cell: f64) -> Option<Mark> {
        let bit = |index: usize| {
            let x = left as f64 + ((index % COLUMNS) as f64 + 0.5) * cell;
            let y = top + ((index / COLUMNS) as f64 + 0.5) * cell;
            y >= 0.0 && self.bright(x as usize, y as usize)
        };
        let byte = |index: usize| (0..8).fold(0_u8, |value, offset| value << 1 | u8::from(bit(index * 8 + offset)));
        let length = usize::from(byte(2));
        if (byte(0), byte(1)) != (0xA5, 0x3C) || length > MAX_LOGIN {
            return None;
        }
        let bytes: Vec<u8> = (0..length + 15).map(byte).collect();
        let (content, checksum) = bytes.split_at_checked(length + 11)?;
        if crc32(content) != u32::from_be_bytes(checksum.try_into().ok()?) {
            return None;
        }
        let login = String::from_utf8(content.get(3..3 + length)?.to_vec()).ok()?;
        let counter = u32::from_be_bytes(content.get(3 + length..7 + length)?.try_into().ok()?);
        let width = (cell * COLUMNS as f64).round() as usize;
        Some(Mark { login, counter, left, top: top.max(0.0) as usize, width })
    }
}

/// Every mark in a picture of `width` times `height` pixels, three bytes each; top to bottom.
#[must_use]
pub fn read_marks(width: u32, height: u32, bytes: &[u8]) -> Vec<Mark> {
    let picture = Picture { width: width as usize, height: height as usize, bytes };
    let mut marks: Vec<Mark> = Vec::new();
    for y in 0..picture.height {
        for (left, cell) in picture.openings(y) {
            // The same mark is met in each line of its first row of cells: read once is enough.
            let known = marks.iter().any(|mark| {
                mark.left.abs_diff(left) < cell as usize && y < mark.top + 2 * cell as usize && y + 1 >= mark.top
            });
            if !known {
                // The cell's size is known to a fraction of a pixel only, which adds up over 40 of them.
                let sizes = (-10..=10).map(|step| cell * (1.0 + f64::from(step) * 0.004));
                // How much of the first row is cropped is not known: cells are read near their middle, so a quarter
                // of a cell is near enough. The whole one is tried first.
                let found = sizes
                    .flat_map(|size| (0..4).map(move |cut| (size, f64::from(cut) / 4.0)))
                    .find_map(|(size, cut)| picture.read(left, y as f64 - cut * size, size));
                marks.extend(found);
            }
        }
    }
    marks
}

/// CRC-32 as in IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paints a mark as `mark.ts` does, into a grey picture.
    fn paint(login: &str, counter: u32, left: usize, top: usize, cell: f64) -> Vec<u8> {
        let mut content = vec![0xA5, 0x3C, u8::try_from(login.len()).expect("is short")];
        content.extend(login.bytes());
        content.extend(counter.to_be_bytes());
        content.extend(12_345_u32.to_be_bytes());
        content.extend(crc32(&content).to_be_bytes());
        let (width, height) = (800, 300);
        let mut picture = vec![90_u8; width * height * 3];
        let rows = (content.len() * 8).div_ceil(COLUMNS);
        for y in 0..height {
            for x in 0..width {
                let column = (x as f64 - left as f64) / cell;
                let row = (y as f64 - top as f64) / cell;
                if column < 0.0 || row < 0.0 || column >= COLUMNS as f64 || row >= rows as f64 {
                    continue;
                }
                let index = row as usize * COLUMNS + column as usize;
                let one = content.get(index / 8).is_some_and(|byte| byte >> (7 - index % 8) & 1 == 1);
                picture[(y * width + x) * 3..][..3].fill(if one { 230 } else { 20 });
            }
        }
        picture
    }

    #[test]
    fn a_mark_of_any_size_is_read_where_it_stands() {
        for (left, top, cell) in [(0, 0, 16.0), (13, 40, 7.3), (100, 99, 11.8), (5, 5, 4.0)] {
            let picture = paint("woman", 77_000, left, top, cell);
            let marks = read_marks(800, 300, &picture);
            assert_eq!(marks.len(), 1, "one mark at {left},{top} with cells of {cell}: {marks:?}");
            assert_eq!((marks[0].login.as_str(), marks[0].counter), ("woman", 77_000));
        }
    }

    #[test]
    fn a_mark_whose_first_row_is_partly_cropped_is_read() {
        let (cell, lines) = (16.0, 800 * 3);
        for cropped in [3, 8, 11] {
            let mut picture = paint("woman", 5, 20, 0, cell)[cropped * lines..].to_vec();
            picture.resize(lines * 300, 90);
            let marks = read_marks(800, 300, &picture);
            assert_eq!(marks.len(), 1, "one mark where {cropped} lines are cropped: {marks:?}");
            assert_eq!((marks[0].login.as_str(), marks[0].counter), ("woman", 5));
        }
    }

    #[test]
    fn a_picture_without_a_mark_or_with_a_damaged_one_has_none() {
        assert!(read_marks(800, 300, &vec![90; 800 * 300 * 3]).is_empty());
        let mut picture = paint("man", 1, 0, 0, 16.0);
        for y in 16..32 {
            for byte in &mut picture[y * 800 * 3..][..16 * 3] {
                *byte = 250 - *byte;
            }
        }
        assert!(read_marks(800, 300, &picture).is_empty(), "the checksum tells");
    }
}
