//! Watches a part of the screen until something is painted there.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, Result, bail};
use zvonok_testkit::{Desktop, until_some};

use super::clock;

/// Colours that a painted part has at least: words on a surface are smoothed into dozens, an empty window has one or two.
const COLOURS: usize = 24;

/// A part of the screen, in pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// When something was painted in `part`, at the latest: the moment at which the first picture that shows it was
/// complete, in milliseconds since 1970. A look every 50 ms: more would take the time from those who paint.
pub(crate) fn painted(desktop: &Desktop, part: Part, limit: Duration) -> Result<f64> {
    until_some("something to be painted there", limit, || {
        let output = desktop.command("xwd").args(["-silent", "-root"]).output().context("could not start xwd")?;
        let seen = clock::now();
        // A window that goes while the picture is taken spoils it; the next one is good.
        let colours =
            colours(&output.stdout, part).with_context(|| String::from_utf8_lossy(&output.stderr).trim().to_owned())?;
        Ok((colours >= COLOURS).then_some(seen))
    })
}

/// How many colours a part of a picture in X's own format has.
fn colours(picture: &[u8], part: Part) -> Result<usize> {
    // The header is of 32-bit big-endian words: its own length first, the width 5th, the bytes of a line 13th, the
    // colours of the map 20th.
    let word = |index: usize| -> Result<usize> {
        let bytes = picture.get(index * 4..index * 4 + 4).context("xwd gave no picture")?;
        Ok(bytes.iter().fold(0, |value, byte| (value << 8) | usize::from(*byte)))
    };
    let (header, width, line, colours) = (word(0)?, word(4)?, word(12)?, word(19)?);
    // Its bits a pixel are sometimes those that carry colour, sometimes those that it takes: the line knows.
    let pixel = line.checked_div(width).unwrap_or(0);
    if pixel < 3 {
        bail!("the screen has {pixel} bytes a pixel");
    }
    // A colour of its map takes 12 bytes.
    let pixels = header + colours * 12;
    let mut found = BTreeSet::new();
    for y in part.top..part.top + part.height {
        let start = pixels + y * line + part.left * pixel;
        let row = picture.get(start..start + part.width * pixel).context("the part lies beyond the screen")?;
        found.extend(row.chunks_exact(pixel).map(|pixel| pixel.iter().take(3).copied().collect::<Vec<u8>>()));
    }
    Ok(found.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_counted_in_the_part_only() {
        // 2 x 2 pixels, 32 bits each, one colour in the map, a header of 100 bytes.
        let mut picture = vec![0_u8; 100 + 12];
        for (index, value) in [(0_usize, 100_u8), (4, 2), (12, 8), (19, 1)] {
            picture[index * 4 + 3] = value;
        }
        picture.extend([1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
        let part = |left, top, width, height| Part { left, top, width, height };
        assert_eq!(colours(&picture, part(0, 0, 2, 2)).expect("is a picture"), 2);
        assert_eq!(colours(&picture, part(0, 1, 2, 1)).expect("is a picture"), 1);
        assert!(colours(&picture, part(0, 2, 2, 1)).is_err());
        assert!(colours(&[], part(0, 0, 1, 1)).is_err());
    }
}
