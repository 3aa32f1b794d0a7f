//! Where pictures go: a grid whose cells are as large as the canvas allows, each picture whole in its cell.

/// A place on the canvas, in pixels. `x` and `y` are even and `width` is a multiple of eight, so that rows of a picture
/// and of its colours (half as wide) lie without gaps as GStreamer keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// The smallest tile.
const LEAST: (usize, usize) = (8, 2);

/// The width and height of pictures, of which only the ratio matters here.
pub(super) type Aspect = (u32, u32);

/// The tiles of pictures with these aspects, in their order: row by row, the last row in the middle.
pub(super) fn grid(canvas: (usize, usize), aspects: &[Aspect]) -> Vec<Tile> {
    // Cells that could not hold the smallest tile would overlap.
    let holds =
        |columns: &usize| canvas.0 / columns >= LEAST.0 && canvas.1 / aspects.len().div_ceil(*columns) >= LEAST.1;
    let best = (1..=aspects.len()).filter(holds).map(|columns| with_columns(canvas, aspects, columns));
    // Of grids that show as much, the one with fewer columns.
    let area = |tiles: &[Tile]| tiles.iter().map(|tile| tile.width * tile.height).sum::<usize>();
    best.reduce(|best, next| if area(&next) > area(&best) { next } else { best }).unwrap_or_default()
}

fn with_columns(canvas: (usize, usize), aspects: &[Aspect], columns: usize) -> Vec<Tile> {
    let rows = aspects.len().div_ceil(columns);
    let (width, height) = (canvas.0 / columns, canvas.1 / rows);
    let row = |(row, aspects): (usize, &[Aspect])| {
        let left = (canvas.0 - aspects.len() * width) / 2;
        let place = |(column, aspect): (usize, &Aspect)| {
            let (wide, high) = fit(*aspect, (width, height));
            Tile {
                x: (left + column * width + (width - wide) / 2) & !1,
                y: (row * height + (height - high) / 2) & !1,
                width: wide,
                height: high,
            }
        };
        aspects.iter().enumerate().map(place).collect::<Vec<Tile>>()
    };
    aspects.chunks(columns).enumerate().flat_map(row).collect()
}

/// The largest size of that aspect in a cell.
fn fit(aspect: Aspect, cell: (usize, usize)) -> (usize, usize) {
    let (wide, high) = (aspect.0.max(1) as usize, aspect.1.max(1) as usize);
    let (width, height) =
        if wide * cell.1 > high * cell.0 { (cell.0, cell.0 * high / wide) } else { (cell.1 * wide / high, cell.1) };
    ((width & !7).max(LEAST.0), (height & !1).max(LEAST.1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_grid_grows_with_those_who_are_in_it() {
        let canvas = (1280, 720);
        let sizes = |count: usize| -> Vec<(usize, usize)> {
            grid(canvas, &vec![(640, 480); count]).iter().map(|tile| (tile.width, tile.height)).collect()
        };
        assert_eq!(sizes(0), []);
        assert_eq!(sizes(1), [(960, 720)]);
        assert_eq!(sizes(2), [(640, 480); 2]);
        assert_eq!(sizes(4), [(480, 360); 4]);
        let three = grid(canvas, &[(640, 480); 3]);
        assert_eq!(three[2].x, 400, "the last row is in the middle: {three:?}");
    }

    #[test]
    fn every_picture_is_whole() {
        let [wide, tall] = grid((640, 480), &[(1920, 1080), (480, 640)])[..] else { panic!("two were asked for") };
        let ratio = |tile: Tile| tile.width as f64 / tile.height as f64;
        assert!((ratio(wide) - 16.0 / 9.0).abs() < 0.1, "{wide:?}");
        assert!((ratio(tall) - 0.75).abs() < 0.1, "{tall:?}");
    }

    proptest! {
        #[test]
        fn tiles_are_on_the_canvas_and_apart(
            width in 50_usize..1_000,
            height in 50_usize..1_000,
            aspects in prop::collection::vec((0_u32..5_000, 0_u32..5_000), 0..=36),
        ) {
            let canvas = (width * 2, height * 2);
            let tiles = grid(canvas, &aspects);
            prop_assert_eq!(tiles.len(), aspects.len());
            for (at, tile) in tiles.iter().enumerate() {
                prop_assert!(tile.x + tile.width <= canvas.0 && tile.y + tile.height <= canvas.1, "{:?}", tile);
                prop_assert!(tile.width % 8 == 0 && tile.x % 2 == 0 && tile.y % 2 == 0 && tile.height % 2 == 0);
                for other in &tiles[at + 1..] {
                    let apart = tile.x + tile.width <= other.x
                        || other.x + other.width <= tile.x
                        || tile.y + tile.height <= other.y
                        || other.y + other.height <= tile.y;
                    prop_assert!(apart, "{:?} {:?}", tile, other);
                }
            }
        }
    }
}
