//! What was cut off or could not be packed, finished when the server starts again.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use zvonok_openvidu::wire::recorded::RecordingStatus;

use super::super::{repair, sidecar};
use super::{Entry, Recordings, lock};

impl Recordings {
    /// Finishes what a crash left, and tries again what could not be packed. Blocks.
    pub(in super::super::super) fn recover(&self) {
        let left: Vec<Arc<Entry>> = lock(&self.entries).values().cloned().collect();
        for entry in left.into_iter().filter(|entry| is_unfinished(entry)) {
            let before = entry.object();
            if before.url.is_some() {
                // The archive has everything: to pack it again of what is left would lose the rest.
                self.tidy(&entry);
                continue;
            }
            let id = before.id;
            match repair_files(&entry.dir).and_then(|()| self.pack(&entry, false)) {
                Ok(_) => tracing::info!(recording = id, "a recording that was cut off is finished"),
                Err(error) => {
                    tracing::error!(%error, recording = id, "a recording that was cut off stays so");
                    entry.fail();
                }
            }
        }
    }
}

/// Whether it was cut off, or could not be packed or tidied up: then what it is made of is still there.
fn is_unfinished(entry: &Entry) -> bool {
    match entry.object().status {
        RecordingStatus::Stopped => true,
        RecordingStatus::Failed | RecordingStatus::Ready => {
            sidecar::read_all(&entry.dir).is_ok_and(|files| !files.is_empty())
        }
        RecordingStatus::Starting | RecordingStatus::Started => false,
    }
}

/// Finishes every file of a recording that was cut off, and says in its description how long it is.
fn repair_files(dir: &Path) -> io::Result<()> {
    for (media, mut entry) in sidecar::read_all(dir)? {
        match repair::repair(&media)? {
            Some((bytes, duration)) => {
                entry.size = bytes;
                entry.end_time_offset = entry.start_time_offset + i64::try_from(duration).unwrap_or(0);
                sidecar::write(&media, &entry)?;
            }
            // Nothing came to be seen or heard.
            None => fs::remove_file(&media)?,
        }
    }
    Ok(())
}
