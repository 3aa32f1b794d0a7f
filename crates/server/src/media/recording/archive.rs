//! The archive of a recording of single streams, as OpenVidu packs it: a file for each stream, and their index.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};
use zvonok_openvidu::wire::recorded::{Index, IndexFile, Recording};

use super::sidecar;

/// The archive's name on disk.
pub(super) const ARCHIVE: &str = "archive.zip";
/// Its name until it is whole.
const UNFINISHED: &str = "archive.zip.part";

/// Packs what the directory of a recording has. Gives the archive's length in bytes, and the recording's duration in
/// seconds. Nothing is deleted; what could not be packed leaves nothing.
pub(super) fn pack(dir: &Path, recording: &Recording) -> io::Result<(u64, f64)> {
    write(dir, recording).inspect_err(|_| discard(dir))
}

/// Deletes what packing left that was cut off.
pub(super) fn discard(dir: &Path) {
    if let Err(error) = fs::remove_file(dir.join(UNFINISHED))
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "an archive that was not finished is left");
    }
}

fn write(dir: &Path, recording: &Recording) -> io::Result<(u64, f64)> {
    let mut files = sidecar::read_all(dir)?;
    rename_twins(&mut files);
    let unfinished = dir.join(UNFINISHED);
    let mut archive = ZipWriter::new(File::create(&unfinished)?);
    // What is in there is compressed already.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o644);
    for (path, entry) in &files {
        let mut media = File::open(path)?;
        let large = media.metadata()?.len() >= u64::from(u32::MAX);
        archive.start_file(&*entry.name, options.large_file(large))?;
        io::copy(&mut media, &mut archive)?;
    }
    let index = Index {
        created_at: recording.created_at,
        id: recording.id.clone(),
        name: recording.name.clone(),
        session_id: recording.session_id.clone(),
        files: files.into_iter().map(|(_, entry)| entry).collect(),
    };
    archive.start_file(format!("{}.json", recording.name), options)?;
    io::copy(&mut serde_json::to_vec(&index)?.as_slice(), &mut archive)?;
    archive.finish()?.sync_all()?;
    let path = dir.join(ARCHIVE);
    fs::rename(unfinished, &path)?;
    Ok((fs::metadata(path)?.len(), duration(&index.files)))
}

/// From the first file's beginning to the last one's end, in seconds.
fn duration(files: &[IndexFile]) -> f64 {
    let first = files.iter().map(|file| file.start_time_offset).min().unwrap_or(0);
    let last = files.iter().map(|file| file.end_time_offset).max().unwrap_or(0);
    (last - first) as f64 / 1_000.0
}

/// A stream that was recorded twice has the names `STREAM`, `STREAM-1`, and so on.
fn rename_twins(files: &mut [(PathBuf, IndexFile)]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (_, entry) in files {
        let times = seen.entry(entry.stream_id.clone()).or_default();
        if *times > 0 {
            let extension = entry.name.rsplit_once('.').map_or("webm", |(_, extension)| extension);
            entry.name = format!("{}-{times}.{extension}", entry.stream_id);
        }
        *times += 1;
    }
}
