//! The pictures of all, in a grid that changes with who is there.

use super::canvas::{Canvas, bytes_of};
use super::child::Child;
use super::grid::{Aspect, Tile, grid};
use super::stage::{Entrance, Stage};
use super::timeline::{Clip, Scene, scenes};
use super::tools::Tools;
use super::{ComposeFault, Work, limits, words};

/// What the pictures are to be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    /// Both sides even: colours have half of each.
    pub(super) size: (usize, usize),
    /// Pictures in a second.
    pub(super) rate: u64,
}

impl Format {
    /// Of a recording's properties, which were checked when it began.
    pub(super) fn of(resolution: Option<&str>, rate: Option<i64>) -> Self {
        let side =
            |side: &str| side.parse::<usize>().ok().filter(|side| *side <= 1_999).map(|side| (side & !1).max(100));
        let size = resolution.and_then(|text| text.split_once('x')).and_then(|(w, h)| Some((side(w)?, side(h)?)));
        let rate = rate.and_then(|rate| u64::try_from(rate).ok()).filter(|rate| (1..=120).contains(rate));
        Self { size: size.unwrap_or((1_280, 720)), rate: rate.unwrap_or(25) }
    }

    fn kbits(self) -> u32 {
        let bits = (self.size.0 * self.size.1) as f64 * self.rate as f64 * limits::BITS_PER_PIXEL;
        ((bits / 1_000.0) as u32).clamp(limits::KBITS.0, limits::KBITS.1)
    }

    /// When the nth picture is, milliseconds.
    fn at(self, nth: u64) -> u64 {
        nth * 1_000 / self.rate
    }
}

/// Composes the pictures of all and encodes them into `file`, together with the sound that is in the file `sound`.
pub(super) async fn make(
    work: &Work<'_>,
    format: Format,
    tools: Tools,
    sound: Option<&str>,
    file: &str,
) -> Result<(), ComposeFault> {
    let scenes = scenes(work.clips, limits::TILES, |clip| clip.pictures.is_some());
    let sizes = largest(work.clips, &scenes, format.size);
    let mut canvas = Canvas::new(format.size);
    let pipeline = encoder(format, tools, canvas.bytes().len(), sound, file);
    let mut sink = Child::encoder(work.dir, "the encoder of pictures", &pipeline)?;
    let (mut meter, mut stage, mut nth) = (work.meter(file), Stage::default(), 0);
    for scene in scenes {
        let size = |clip: usize| sizes.get(clip).copied().flatten();
        stage.set(&scene.cast, |clip| enter(work, clip, size(clip), format, nth)).await?;
        let tiles = tiles(work.clips, &scene, format.size);
        canvas.clear();
        while format.at(nth) < scene.end {
            for ((actor, tile), clip) in stage.go_on().await?.iter().zip(&tiles).zip(&scene.cast) {
                if let Some(size) = size(*clip).filter(|_| actor.seen) {
                    canvas.place(&actor.last, size, *tile);
                }
            }
            sink.give(canvas.bytes()).await?;
            nth += 1;
            if nth % format.rate == 0 {
                meter.look()?;
            }
        }
    }
    sink.close().await?;
    meter.look()
}

fn tiles(clips: &[Clip], scene: &Scene, canvas: (usize, usize)) -> Vec<Tile> {
    let aspect = |clip: &usize| clips.get(*clip).and_then(|clip| clip.pictures).unwrap_or((4, 3));
    grid(canvas, &scene.cast.iter().map(aspect).collect::<Vec<Aspect>>())
}

/// The size of each clip's largest tile: what it is decoded to. In smaller ones it is made smaller.
fn largest(clips: &[Clip], scenes: &[Scene], canvas: (usize, usize)) -> Vec<Option<(usize, usize)>> {
    let mut sizes = vec![None; clips.len()];
    for scene in scenes {
        for (clip, tile) in scene.cast.iter().zip(tiles(clips, scene, canvas)) {
            let Some(size) = sizes.get_mut(*clip) else { continue };
            let larger = size.is_none_or(|(width, height)| tile.width * tile.height > width * height);
            if larger {
                *size = Some((tile.width, tile.height));
            }
        }
    }
    sizes
}

fn enter(
    work: &Work<'_>,
    clip: usize,
    size: Option<(usize, usize)>,
    format: Format,
    nth: u64,
) -> Result<Entrance, ComposeFault> {
    let (Some(clip), Some((width, height))) = (work.clips.get(clip), size) else { return Err(ComposeFault::Nothing) };
    let (file, rate) = (&clip.file, format.rate);
    let pipeline = words(&format!(
        "filesrc location={file} ! matroskademux name=file file.video_0 ! queue ! decodebin force-sw-decoders=true \
         ! videoconvert ! videoscale ! videorate \
         ! video/x-raw,format=I420,width={width},height={height},pixel-aspect-ratio=1/1,framerate={rate}/1 \
         ! fdsink fd=1 sync=false"
    ));
    let child = Child::decoder(work.dir, "a decoder of pictures", &pipeline)?;
    let first = (clip.start * rate).div_ceil(1_000);
    Ok(Entrance { child, bytes: bytes_of((width, height)), late: nth.saturating_sub(first) })
}

fn encoder(format: Format, tools: Tools, bytes: usize, sound: Option<&str>, file: &str) -> Vec<String> {
    let ((width, height), rate, kbits) = (format.size, format.rate, format.kbits());
    let (bits, apart) = (kbits * 1_000, rate * u64::from(limits::KEYFRAMES));
    let (video, muxer, parser) = match tools {
        Tools::Mp4 { video: "x264enc", .. } => (
            format!(
                "x264enc bitrate={kbits} speed-preset=veryfast key-int-max={apart} ! video/x-h264,profile=main ! h264parse"
            ),
            "mp4mux",
            "aacparse",
        ),
        Tools::Mp4 { video, .. } => {
            (format!("{video} bitrate={bits} gop-size={apart} ! h264parse"), "mp4mux", "aacparse")
        }
        Tools::Webm => (
            format!("vp8enc target-bitrate={bits} deadline=1 cpu-used=8 keyframe-max-dist={apart}"),
            "webmmux",
            "opusparse",
        ),
    };
    let pictures = format!(
        "fdsrc fd=0 blocksize={bytes} ! rawvideoparse format=i420 width={width} height={height} framerate={rate}/1 \
         ! queue max-size-buffers=4 max-size-bytes=0 max-size-time=0 ! videoconvert ! {video} ! queue ! out. \
         {muxer} name=out ! filesink location={file}"
    );
    let sound = sound.map_or_else(String::new, |sound| {
        format!(" filesrc location={sound} ! matroskademux ! {parser} ! queue ! out.")
    });
    words(&(pictures + &sound))
}

#[cfg(test)]
mod tests {
    use super::super::timeline::clip;
    use super::*;

    #[test]
    fn the_format_is_what_was_asked_for_as_far_as_colours_allow() {
        let format = |resolution, rate| {
            let Format { size, rate } = Format::of(resolution, rate);
            (size, rate)
        };
        assert_eq!(format(None, None), ((1280, 720), 25));
        assert_eq!(format(Some("641x479"), Some(30)), ((640, 478), 30));
        assert_eq!(format(Some("nonsense"), Some(-1)), ((1280, 720), 25));
        assert_eq!(Format::of(Some("100x100"), Some(1)).kbits(), limits::KBITS.0);
        assert_eq!(Format::of(Some("1999x1999"), Some(120)).kbits(), limits::KBITS.1);
    }

    #[test]
    fn who_is_alone_for_a_while_is_decoded_large() {
        let clips = [clip("a", 0, 9_000), clip("b", 2_000, 4_000)];
        let scenes = scenes(&clips, 9, |_| true);
        assert_eq!(largest(&clips, &scenes, (1280, 720)), [Some((960, 720)), Some((640, 480))]);
    }
}
