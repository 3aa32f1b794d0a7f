//! Composed recordings: one file with everybody, made of the single streams when the recording has ended.
//!
//! GStreamer's programs decode and encode, as children; who is where and when is decided here. Nothing of the single
//! streams is touched: whatever goes wrong, they are there.

mod canvas;
mod child;
mod contents;
mod grid;
mod limits;
mod pictures;
mod sound;
mod stage;
#[cfg(test)]
mod tests;
mod timeline;
mod tools;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use zvonok_openvidu::wire::recorded::Recording;

use super::budget::Budget;
use super::file::FileFault;
use super::sidecar;
use pictures::Format;
use timeline::Clip;
pub(super) use tools::{Tools, find};

/// Why nothing was composed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ComposeFault {
    /// There is nothing to be seen or heard.
    #[error("nothing was published that could be composed")]
    Nothing,
    /// It is not there.
    #[error("{0} of GStreamer is missing")]
    Missing(&'static str),
    /// A child ended when it should not have.
    #[error("{what} ended ({status}): {said}")]
    Died {
        /// What it was for.
        what: &'static str,
        /// How it ended.
        status: String,
        /// What it complained of.
        said: String,
    },
    /// A child neither gave nor took anything for long.
    #[error("{0} does nothing any more")]
    Stalled(&'static str),
    /// It took too long.
    #[error("composing took too long")]
    TooLong,
    /// The server stops. The next start composes it.
    #[error("the server stops")]
    Stopping,
    /// Recordings may take no more of the disk.
    #[error("recordings may take no more of the disk")]
    Full,
    /// The system's answer.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// How the file is called on disk, before its extension.
pub(super) const NAME: &str = "composed";
/// How files end that are being made.
const MAKING: &str = "making";
/// The pictures with their sound, while they are being made.
const PICTURES: &str = "pictures.making";
/// The sound, while it is being made and used.
const SOUND: &str = "sound.making";

/// What was made.
#[derive(Debug)]
pub(super) struct Made {
    /// `mp4` or `webm`.
    pub(super) extension: &'static str,
    pub(super) bytes: u64,
    pub(super) seconds: f64,
}

/// What is composed.
#[derive(Debug)]
struct Work<'a> {
    dir: &'a Path,
    clips: &'a [Clip],
    budget: &'a Budget,
    /// Bytes that are set aside for what is made: of packing, which comes only where nothing is composed.
    spare: AtomicU64,
    /// Bytes of the budget that are taken beside them.
    taken: AtomicU64,
}

/// Composes what the directory of a recording has, and takes of `budget` while it does what is beyond `spare` bytes. Needs
/// a thread of its own: between waiting for children it works.
pub(super) async fn compose(
    dir: &Path,
    recording: &Recording,
    tools: Tools,
    (budget, spare): (&Budget, u64),
    stop: &CancellationToken,
) -> Result<Made, ComposeFault> {
    sweep(dir)?;
    let clips = clips(dir)?;
    let length = timeline::length(&clips);
    if length == 0 {
        return Err(ComposeFault::Nothing);
    }
    let seconds = u32::try_from(length.div_ceil(1_000)).unwrap_or(u32::MAX);
    let patience = limits::PATIENCE_FIRST + Duration::from_secs(1).saturating_mul(seconds) * limits::PATIENCE;
    let work = Work { dir, clips: &clips, budget, spare: AtomicU64::new(spare), taken: AtomicU64::new(0) };
    let made = tokio::select! {
        made = make(&work, recording, tools) => made,
        () = tokio::time::sleep(patience) => Err(ComposeFault::TooLong),
        () = stop.cancelled() => Err(ComposeFault::Stopping),
    };
    let finished = made.and_then(|(file, extension)| {
        let path = dir.join(format!("{NAME}.{extension}"));
        fs::rename(dir.join(file), &path)?;
        Ok(Made { extension, bytes: fs::metadata(path)?.len(), seconds: length as f64 / 1_000.0 })
    });
    // The children are gone by now, and with them whoever could write these.
    sweep(dir)?;
    budget.give_back(work.taken.load(Ordering::Relaxed));
    finished
}

async fn make(
    work: &Work<'_>,
    recording: &Recording,
    tools: Tools,
) -> Result<(&'static str, &'static str), ComposeFault> {
    if !recording.has_video {
        sound::make(work, "opusenc", "webmmux", SOUND).await?;
        return Ok((SOUND, "webm"));
    }
    let (encoder, extension) = match tools {
        Tools::Mp4 { audio, .. } => (audio, "mp4"),
        Tools::Webm => ("opusenc", "webm"),
    };
    if recording.has_audio {
        sound::make(work, encoder, "matroskamux", SOUND).await?;
    }
    let format = Format::of(recording.resolution.as_deref(), recording.frame_rate);
    pictures::make(work, format, tools, recording.has_audio.then_some(SOUND), PICTURES).await?;
    Ok((PICTURES, extension))
}

fn clips(dir: &Path) -> io::Result<Vec<Clip>> {
    let mut clips = Vec::new();
    for (path, entry) in sidecar::read_all(dir)? {
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let found = contents::look(&path, entry.has_audio)?;
        let time = |offset: i64| u64::try_from(offset).unwrap_or(0);
        clips.push(Clip {
            file: file.to_owned(),
            start: time(entry.start_time_offset),
            end: time(entry.end_time_offset),
            sound: found.sound && entry.has_audio,
            pictures: found.pictures.filter(|_| entry.has_video),
        });
    }
    Ok(clips)
}

/// Deletes what an attempt left.
fn sweep(dir: &Path) -> io::Result<()> {
    for item in fs::read_dir(dir)? {
        let path = item?.path();
        if path.extension().is_some_and(|extension| extension == MAKING || extension == "complaints") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The words of a pipeline.
fn words(pipeline: &str) -> Vec<String> {
    pipeline.split_ascii_whitespace().map(str::to_owned).collect()
}

impl Work<'_> {
    fn meter(&self, file: &str) -> Meter<'_> {
        Meter { path: self.dir.join(file), length: 0, work: self }
    }
}

/// Watches what a child writes, so that it takes no more of the disk than it may.
#[derive(Debug)]
struct Meter<'a> {
    path: PathBuf,
    length: u64,
    work: &'a Work<'a>,
}

impl Meter<'_> {
    fn look(&mut self) -> Result<(), ComposeFault> {
        let length = match fs::metadata(&self.path) {
            Ok(file) => file.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error.into()),
        };
        let more = length.saturating_sub(self.length);
        let own = self.work.spare.load(Ordering::Relaxed).min(more);
        self.work.budget.take(more - own).map_err(|fault| match fault {
            FileFault::Full => ComposeFault::Full,
            FileFault::Io(error) => error.into(),
        })?;
        self.work.spare.fetch_sub(own, Ordering::Relaxed);
        self.work.taken.fetch_add(more - own, Ordering::Relaxed);
        self.length = self.length.max(length);
        Ok(())
    }
}
