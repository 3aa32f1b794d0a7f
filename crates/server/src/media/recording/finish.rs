//! What becomes of the files of a recording that has ended, by itself or by a crash: an archive, or one file with everybody.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use zvonok_openvidu::wire::recorded::{Recording, RecordingStatus};

use super::composed::{self, ComposeFault, Made, Tools};
use super::store::{Entry, Recordings};
use super::{repair, sidecar};

/// Why what was made of a recording is not the whole of it.
const CUT: &str = "a stream was not recorded to its end";

impl Recordings {
    /// Finishes what a crash left, and tries again what could not be packed, until `stop`; what has come of each is told.
    /// Blocks, on a thread of the runtime's own for that.
    pub(in super::super) fn recover(&self, stop: &CancellationToken, tell: impl Fn(&Recording)) {
        let mut left: Vec<_> = self.all().into_iter().filter(|entry| is_unfinished(entry)).collect();
        // What is packed takes seconds; it does not wait for what is composed, which may take hours.
        left.sort_by_key(|entry| (entry.is_composed(), entry.object().created_at));
        for entry in left {
            if stop.is_cancelled() {
                return;
            }
            let before = entry.object();
            if before.url.is_some() {
                // What is downloaded has everything: to make it again of what is left would lose the rest.
                self.tidy(&entry);
                continue;
            }
            let id = before.id.clone();
            let turn = if entry.is_composed() { Handle::current().block_on(self.turn(stop)) } else { None };
            // Not because it could not be composed: that may go well now.
            let failed = before.failure.as_deref() == Some(CUT);
            match repair_files(&entry.dir).and_then(|()| self.finish(&entry, failed, turn, stop)) {
                Ok(_) if stop.is_cancelled() => return,
                Ok(recording) => {
                    tracing::info!(recording = id, "a recording that was cut off is finished");
                    tell(&recording);
                }
                Err(error) => {
                    tracing::error!(%error, recording = id, "a recording that was cut off stays so");
                    entry.fail();
                    // It is tried at every start, and told once.
                    if before.status != RecordingStatus::Failed {
                        tell(&entry.object());
                    }
                }
            }
        }
    }

    /// What recordings are composed with; else what is missing for that. What is missing is looked for again each time.
    pub(in super::super) async fn tools(&self) -> Result<Tools, &'static str> {
        self.tools.get_or_try_init(composed::find).await.copied()
    }

    /// The permission to compose; `None` where `stop` comes first.
    pub(super) async fn turn(&self, stop: &CancellationToken) -> Option<Turn> {
        tokio::select! {
            turn = Arc::clone(&self.composing).acquire_owned() => turn.ok().map(Turn),
            () = stop.cancelled() => None,
        }
    }

    /// Makes what a recording is to be; `failed` is whether something went wrong before. It stays `stopped` where `stop`
    /// comes first, or where it is to be composed and has no permission. Blocks, on a thread of the runtime's own for
    /// that.
    pub(super) fn finish(
        &self,
        entry: &Entry,
        failed: bool,
        turn: Option<Turn>,
        stop: &CancellationToken,
    ) -> io::Result<Recording> {
        if !entry.is_composed() {
            return self.pack(entry, failed);
        }
        let composed = turn.map(|turn| Handle::current().block_on(self.compose(entry, turn, stop)));
        match composed.unwrap_or(Err(ComposeFault::Stopping)) {
            Ok(made) => {
                let url = self.url(&entry.object(), made.extension);
                let done = entry.change(|recording| {
                    recording.size = made.bytes;
                    recording.duration = made.seconds;
                    recording.url = Some(url);
                    recording.failure = failed.then(|| CUT.to_owned());
                    recording.status = if failed { RecordingStatus::Failed } else { RecordingStatus::Ready };
                })?;
                self.tidy(entry);
                Ok(done)
            }
            // The next start has to know.
            Err(ComposeFault::Stopping) if failed => entry.change(|recording| recording.failure = Some(CUT.to_owned())),
            Err(ComposeFault::Stopping) => Ok(entry.object()),
            // Nothing is lost: the single streams are there to be downloaded.
            Err(fault) => {
                tracing::error!(%fault, recording = entry.object().id, "nothing was composed");
                if !failed {
                    entry.change(|recording| recording.failure = Some(fault.to_string()))?;
                }
                self.pack(entry, true)
            }
        }
    }

    async fn compose(&self, entry: &Entry, _turn: Turn, stop: &CancellationToken) -> Result<Made, ComposeFault> {
        let tools = self.tools().await.map_err(ComposeFault::Missing)?;
        composed::compose(&entry.dir, &entry.object(), tools, (&self.budget, entry.share.spare()), stop).await
    }
}

/// The permission to compose; the next one may when it is dropped.
#[derive(Debug)]
pub(super) struct Turn(#[expect(dead_code, reason = "its end is what matters")] OwnedSemaphorePermit);

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
