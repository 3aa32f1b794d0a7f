//! What is known of a file of a recording, kept beside it until the archive has it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use zvonok_openvidu::wire::recorded::IndexFile;

use super::defaults;
use crate::private;

/// How files that are being written end.
pub(super) const MEDIA: &str = "part";
/// How their descriptions end.
const DESCRIPTION: &str = "json";

/// Where the files of one recording go.
#[derive(Debug)]
pub(super) struct Places {
    dir: PathBuf,
    taken: AtomicUsize,
}

impl Places {
    /// All in `dir`.
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir, taken: AtomicUsize::new(0) }
    }

    /// One that nobody else has; `None` where the recording has as many files as it may. Its name is a number: no name of a
    /// person or session becomes a path.
    pub(super) fn next(&self) -> Option<PathBuf> {
        let nth = self.taken.fetch_add(1, Ordering::Relaxed) + 1;
        (nth <= defaults::FILES).then(|| self.dir.join(format!("{nth:04}.{MEDIA}")))
    }
}

/// Describes the file at `media`, where waiting for the disk holds up nobody.
pub(super) async fn keep(media: &Path, entry: &IndexFile) -> io::Result<()> {
    let (media, entry) = (media.to_owned(), entry.clone());
    tokio::task::spawn_blocking(move || write(&media, &entry)).await.map_err(io::Error::other).flatten()
}

/// Describes the file at `media`. Blocks.
pub(super) fn write(media: &Path, entry: &IndexFile) -> io::Result<()> {
    private::replace(&media.with_extension(DESCRIPTION), &serde_json::to_string(entry)?)
}

/// What is written of a stream's file before anything is in it, of sound alone.
#[cfg(test)]
pub(super) fn of_sound() -> IndexFile {
    IndexFile {
        name: "stream.webm".to_owned(),
        connection_id: "con_A".to_owned(),
        stream_id: "stream".to_owned(),
        size: 0,
        client_data: String::new(),
        server_data: String::new(),
        has_audio: true,
        has_video: false,
        type_of_video: None,
        start_time_offset: 0,
        end_time_offset: 0,
    }
}

/// All files of a recording that are described, in the order of their making.
pub(super) fn read_all(dir: &Path) -> io::Result<Vec<(PathBuf, IndexFile)>> {
    let mut found = Vec::new();
    for item in fs::read_dir(dir)? {
        let media = item?.path();
        if media.extension().is_none_or(|extension| extension != MEDIA) {
            continue;
        }
        match fs::read(media.with_extension(DESCRIPTION)).map(|bytes| serde_json::from_slice(&bytes)) {
            Ok(Ok(entry)) => found.push((media, entry)),
            other => tracing::warn!(path = %media.display(), ?other, "a file of a recording has no description"),
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// Bytes of all files of a recording that its archive has not.
pub(super) fn size(dir: &Path) -> io::Result<u64> {
    read_all(dir)?.iter().try_fold(0, |sum, (media, _)| Ok(sum + fs::metadata(media)?.len()))
}

/// Deletes all files of a recording that its archive has.
pub(super) fn delete_all(dir: &Path) -> io::Result<()> {
    for (media, _) in read_all(dir)? {
        // In this order: what has a description and no media is nothing, the other way round it would stay for ever.
        fs::remove_file(&media)?;
        fs::remove_file(media.with_extension(DESCRIPTION))?;
    }
    Ok(())
}
