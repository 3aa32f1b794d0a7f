//! A recording that runs: one writer for each stream, until it is stopped.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use zvonok_openvidu::wire::recorded::{IndexFile, Recording, RecordingStatus};
use zvonok_openvidu::wire::recording::RecordingProperties;
use zvonok_sfu::StreamId;

use super::super::driver::Media;
use super::sidecar::Places;
use super::store::{Entry, Recordings};
use super::writer::{self, Job};
use super::{defaults, file::FileFault};

/// A stream that is to be recorded.
#[derive(Debug)]
pub(in super::super) struct Source {
    pub(in super::super) key: StreamId,
    pub(in super::super) connection: String,
    pub(in super::super) stream: String,
    pub(in super::super) client_data: String,
    pub(in super::super) server_data: String,
    pub(in super::super) has_audio: bool,
    pub(in super::super) has_video: bool,
    pub(in super::super) type_of_video: Option<String>,
    /// JSON text, as the publisher said.
    pub(in super::super) dimensions: Option<String>,
}

/// A recording that runs.
#[derive(Debug)]
pub(in super::super) struct Recorder {
    entry: Arc<Entry>,
    store: Arc<Recordings>,
    media: Media,
    tasks: TaskTracker,
    began: Instant,
    ignore_failed: bool,
    places: Arc<Places>,
    writers: Vec<Writing>,
    /// One of those that have ended did not end well.
    failed: bool,
    /// The server stops.
    stop: CancellationToken,
    /// Told when recordings may take no more of the disk.
    faults: mpsc::Sender<()>,
}

/// A stream that is written, or was.
#[derive(Debug)]
struct Writing {
    stream: StreamId,
    /// Its packets still come: nobody has said that they are to end.
    tapped: bool,
    task: JoinHandle<Option<FileFault>>,
}

impl Writing {
    /// Waits for its end. That there is no more room is told otherwise.
    async fn failed(self) -> bool {
        !matches!(self.task.await, Ok(None | Some(FileFault::Full)))
    }
}

impl Recorder {
    /// Begins a recording of `session`. A word comes by `faults` when it has to end for want of room.
    pub(in super::super) async fn start(
        store: Arc<Recordings>,
        media: Media,
        (tasks, stop): (TaskTracker, CancellationToken),
        session: &str,
        properties: &RecordingProperties,
        faults: mpsc::Sender<()>,
    ) -> io::Result<Self> {
        let (made_in, session, with) = (Arc::clone(&store), session.to_owned(), properties.clone());
        let made = tokio::task::spawn_blocking(move || made_in.create(&session, &with)).await;
        let entry = made.map_err(io::Error::other).flatten()?;
        let began = Instant::now();
        let ignore_failed = properties.ignore_failed_streams.unwrap_or(false);
        let places = Arc::new(Places::new(entry.dir.clone()));
        Ok(Self {
            entry,
            store,
            media,
            tasks,
            began,
            ignore_failed,
            places,
            writers: Vec::new(),
            failed: false,
            stop,
            faults,
        })
    }

    pub(in super::super) fn object(&self) -> Recording {
        self.entry.object()
    }

    /// Records a stream from now on.
    pub(in super::super) async fn add(&mut self, source: Source) {
        let recording = self.object();
        if self.writers.iter().any(|it| it.stream == source.key && it.tapped && !it.task.is_finished()) {
            return;
        }
        let (has_audio, has_video) = (source.has_audio && recording.has_audio, source.has_video && recording.has_video);
        if !has_audio && !has_video {
            return;
        }
        let (tap, packets) = mpsc::channel(defaults::TAP);
        let Some(codecs) = self.media.tap(source.key, tap).await else { return };
        self.forget_ended().await;
        let job = Job {
            stream: source.key,
            codecs,
            places: Arc::clone(&self.places),
            entry: IndexFile {
                name: source.stream.clone(),
                connection_id: source.connection,
                stream_id: source.stream,
                size: 0,
                client_data: source.client_data,
                server_data: source.server_data,
                has_audio,
                has_video,
                type_of_video: source.type_of_video.filter(|_| has_video),
                start_time_offset: 0,
                end_time_offset: 0,
            },
            size: source.dimensions.as_deref().and_then(size),
            began: self.began,
            media: self.media.clone(),
            budget: Arc::clone(&self.entry.share),
        };
        let faults = self.faults.clone();
        let span = tracing::info_span!("recorder", stream = job.entry.stream_id);
        let task = self.tasks.spawn(
            async move {
                let fault = writer::record(job, packets).await;
                if let Some(fault) = &fault {
                    tracing::error!(%fault, "a stream is not recorded any more");
                    if matches!(fault, FileFault::Full) && faults.try_send(()).is_err() {
                        tracing::debug!("it is known already that the disk is full");
                    }
                }
                fault
            }
            .instrument(span),
        );
        self.writers.push(Writing { stream: source.key, tapped: true, task });
    }

    /// Who publishes and unpublishes for ever leaves nothing behind but how it went.
    async fn forget_ended(&mut self) {
        let (ended, running) = std::mem::take(&mut self.writers).into_iter().partition(|it| it.task.is_finished());
        self.writers = running;
        let ended: Vec<Writing> = ended;
        for writing in ended {
            self.failed |= writing.failed().await;
        }
    }

    /// Records a stream no longer, until it is added again.
    pub(in super::super) async fn remove(&mut self, stream: StreamId) {
        for writing in self.writers.iter_mut().filter(|it| it.stream == stream) {
            writing.tapped = false;
        }
        self.media.untap(stream).await;
    }

    /// Says that it has ended; what is left is [`Recorder::finish`].
    pub(in super::super) async fn stop(&self) {
        for writing in &self.writers {
            self.media.untap(writing.stream).await;
        }
        let entry = Arc::clone(&self.entry);
        let kept =
            tokio::task::spawn_blocking(move || entry.change(|recording| recording.status = RecordingStatus::Stopped));
        if let Err(error) = kept.await.map_err(io::Error::other).flatten() {
            tracing::error!(%error, "the state of a recording was not kept");
        }
    }

    /// One file with everybody is to become of it.
    pub(in super::super) fn is_composed(&self) -> bool {
        self.entry.is_composed()
    }

    /// Waits for its files and makes of them what is wanted. Where the server stops meanwhile it stays `stopped`.
    pub(in super::super) async fn finish(self) -> Recording {
        let mut failed = self.failed;
        for writing in self.writers {
            failed |= writing.failed().await;
        }
        let failed = failed && !self.ignore_failed;
        let (store, entry, stop) = (self.store, Arc::clone(&self.entry), self.stop);
        let turn = if entry.is_composed() { store.turn(&stop).await } else { None };
        let packed = tokio::task::spawn_blocking(move || {
            store.finish(&entry, failed, turn, &stop).unwrap_or_else(|error| {
                tracing::error!(%error, "a recording was not packed");
                entry.fail()
            })
        });
        match packed.await {
            Ok(recording) => recording,
            Err(error) => {
                tracing::error!(%error, "a recording was not packed");
                let entry = Arc::clone(&self.entry);
                tokio::task::spawn_blocking(move || entry.fail()).await.unwrap_or_else(|_ended| self.entry.object())
            }
        }
    }
}

/// Of `{"width":W,"height":H}`.
pub(super) fn size(text: &str) -> Option<(u32, u32)> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let side =
        |name: &str| value.get(name)?.as_u64().and_then(|side| u32::try_from(side).ok()).filter(|side| *side > 0);
    Some((side("width")?, side("height")?))
}

#[cfg(test)]
mod tests;
