//! All recordings: those that run, those on disk, and what a crash left.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OnceCell, Semaphore};
use zvonok_openvidu::wire::recorded::{Recording, RecordingStatus};
use zvonok_openvidu::wire::recording::{OutputMode, RecordingProperties};

use super::budget::{Budget, Share};
use super::composed::{self, Tools};
use super::{archive, sidecar};
use crate::media::ids;
use crate::private;

/// The extension of archives of single streams.
const ARCHIVED: &str = "zip";
/// The description of a recording in its directory.
const DESCRIPTION: &str = "recording.json";

/// Recordings of one directory.
#[derive(Debug)]
pub(in super::super) struct Recordings {
    dir: PathBuf,
    pub(super) budget: Arc<Budget>,
    /// What recordings are composed with, as far as that has been looked for.
    pub(super) tools: OnceCell<Tools>,
    /// One is composed at a time: it takes whatever calls leave of the machine.
    pub(super) composing: Arc<Semaphore>,
    /// `https://host:port`, for addresses of archives.
    public_url: String,
    entries: Mutex<HashMap<String, Arc<Entry>>>,
}

/// One recording.
#[derive(Debug)]
pub(in super::super) struct Entry {
    pub(super) dir: PathBuf,
    /// What it takes of the disk.
    pub(super) share: Arc<Share>,
    recording: Mutex<Recording>,
}

/// Why a recording was not deleted.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum NotDeleted {
    /// There is none.
    #[error("there is no such recording")]
    Unknown,
    /// It is still being made.
    #[error("the recording is still being made")]
    Running,
    /// The system's answer.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every critical section leaves its data whole, so a poisoned lock still guards good data.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Entry {
    /// How it is now.
    pub(in super::super) fn object(&self) -> Recording {
        lock(&self.recording).clone()
    }

    /// Changes it, and keeps it so. Blocks.
    pub(super) fn change(&self, how: impl FnOnce(&mut Recording)) -> io::Result<Recording> {
        let object = {
            let mut recording = lock(&self.recording);
            how(&mut recording);
            recording.clone()
        };
        private::replace(&self.dir.join(DESCRIPTION), &serde_json::to_string(&object)?)?;
        Ok(object)
    }

    /// Nothing more becomes of it now. It may be deleted, and is tried again at the next start. Blocks.
    pub(super) fn fail(&self) -> Recording {
        self.change(|recording| recording.status = RecordingStatus::Failed).unwrap_or_else(|error| {
            tracing::error!(%error, "the state of a recording was not kept");
            self.object()
        })
    }

    /// One file with everybody is to become of it.
    pub(super) fn is_composed(&self) -> bool {
        lock(&self.recording).output_mode != OutputMode::Individual
    }

    /// Where what is downloaded as `name` is, if there is such a thing.
    pub(in super::super) fn file(&self, name: &str) -> Option<PathBuf> {
        let object = self.object();
        let extension = name.strip_prefix(&object.name)?.strip_prefix('.')?;
        let made = matches!(object.status, RecordingStatus::Ready | RecordingStatus::Failed);
        let address = object.url.filter(|_| made)?;
        // Of what may be there only what was told is given.
        let told = address.rsplit_once('.').is_some_and(|(_, told)| told == extension);
        told.then(|| match extension {
            ARCHIVED => self.dir.join(archive::ARCHIVE),
            _ => self.dir.join(format!("{}.{extension}", composed::NAME)),
        })
    }
}

impl Recordings {
    /// Reads the directory, which is made where it is missing. Recordings may take `limit` bytes of the disk. What a crash
    /// left is `stopped` until [`Recordings::recover`] has finished it.
    pub(in super::super) fn open(dir: PathBuf, limit: u64, public_url: String) -> io::Result<Self> {
        private::make_dir(&dir)?;
        let mut entries = HashMap::new();
        let budget = Arc::new(Budget::new(limit, 0));
        for item in fs::read_dir(&dir)? {
            let path = item?.path();
            let read = || -> io::Result<Recording> { Ok(serde_json::from_slice(&fs::read(path.join(DESCRIPTION))?)?) };
            match read() {
                Ok(mut recording) => {
                    archive::discard(&path);
                    // What is still to be packed needs its room once more.
                    let share = Arc::new(Share::new(Arc::clone(&budget), size(&path)? + sidecar::size(&path)?));
                    // The server may be reached by another address than before.
                    recording.url = recording.url.as_ref().map(|before| {
                        let extension = before.rsplit_once('.').map_or(ARCHIVED, |(_, extension)| extension);
                        url(&public_url, &recording, extension)
                    });
                    if !matches!(recording.status, RecordingStatus::Ready | RecordingStatus::Failed) {
                        recording.status = RecordingStatus::Stopped;
                    }
                    let entry = Entry { dir: path, share, recording: Mutex::new(recording.clone()) };
                    entries.insert(recording.id, Arc::new(entry));
                }
                Err(error) => tracing::warn!(%error, path = %path.display(), "not a recording"),
            }
        }
        let (tools, composing) = (OnceCell::new(), Arc::new(Semaphore::new(1)));
        Ok(Self { dir, budget, tools, composing, public_url, entries: Mutex::new(entries) })
    }

    /// A new recording of `session`, which has started. Blocks.
    pub(super) fn create(&self, session: &str, properties: &RecordingProperties) -> io::Result<Arc<Entry>> {
        let entry = self.reserve(session, properties);
        let kept = private::make_dir(&entry.dir)
            .and_then(|()| entry.change(|recording| recording.status = RecordingStatus::Started));
        match kept {
            Ok(_) => Ok(entry),
            Err(error) => {
                lock(&self.entries).remove(&entry.object().id);
                Err(error)
            }
        }
    }

    /// An id that no other recording has, `starting`. Nothing is on the disk yet: who asks for others does not wait for it.
    fn reserve(&self, session: &str, properties: &RecordingProperties) -> Arc<Entry> {
        let mut entries = lock(&self.entries);
        let mut id = session.to_owned();
        let mut nth = 0_u32;
        while entries.contains_key(&id) {
            nth += 1;
            id = format!("{session}~{nth}");
        }
        // A number: no name of a session becomes a path.
        let dir = self.dir.join(uuid::Uuid::now_v7().to_string());
        let recording = Recording {
            name: if properties.name.is_empty() { id.clone() } else { properties.name.clone() },
            object: "recording".to_owned(),
            output_mode: properties.output_mode,
            resolution: properties.resolution.clone(),
            frame_rate: properties.frame_rate,
            recording_layout: properties.recording_layout,
            custom_layout: properties.custom_layout.clone(),
            session_id: session.to_owned(),
            created_at: ids::now_ms(),
            size: 0,
            duration: 0.0,
            url: None,
            has_audio: properties.has_audio,
            has_video: properties.has_video,
            status: RecordingStatus::Starting,
            failure: None,
            id: id.clone(),
        };
        let share = Arc::new(Share::new(Arc::clone(&self.budget), 0));
        let entry = Arc::new(Entry { dir, share, recording: Mutex::new(recording) });
        entries.insert(id, Arc::clone(&entry));
        entry
    }

    /// Packs what was recorded; `failed` is whether something went wrong before. Blocks.
    pub(super) fn pack(&self, entry: &Entry, failed: bool) -> io::Result<Recording> {
        let object = entry.object();
        let (bytes, seconds) = archive::pack(&entry.dir, &object)?;
        let url = self.url(&object, ARCHIVED);
        let done = entry.change(|recording| {
            recording.size = bytes;
            recording.duration = seconds;
            recording.url = Some(url);
            recording.status = if failed { RecordingStatus::Failed } else { RecordingStatus::Ready };
        })?;
        self.tidy(entry);
        Ok(done)
    }

    /// Deletes what the archive has, and gives its room back. What cannot be deleted is tried again at the next start: the
    /// recording is whole already. Blocks.
    pub(super) fn tidy(&self, entry: &Entry) {
        match sidecar::delete_all(&entry.dir).and_then(|()| size(&entry.dir)) {
            Ok(left) => entry.share.settle(left),
            Err(error) => tracing::warn!(%error, "what a recording was made of was not deleted"),
        }
    }

    /// Where what is called so is downloaded.
    pub(super) fn url(&self, recording: &Recording, extension: &str) -> String {
        url(&self.public_url, recording, extension)
    }

    /// Where they are, for people.
    pub(in super::super) fn path(&self) -> String {
        self.dir.display().to_string()
    }

    /// Whether recordings may take no more of the disk.
    pub(in super::super) fn is_full(&self) -> bool {
        self.budget.is_full()
    }

    pub(in super::super) fn get(&self, id: &str) -> Option<Arc<Entry>> {
        lock(&self.entries).get(id).cloned()
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Arc<Entry>> {
        lock(&self.entries).values().cloned().collect()
    }

    /// All of them as they are now, the oldest first.
    pub(in super::super) fn list(&self) -> Vec<Recording> {
        let mut all: Vec<Recording> = lock(&self.entries).values().map(|entry| entry.object()).collect();
        all.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        all
    }

    /// Deletes a recording that is finished. Blocks.
    pub(in super::super) fn delete(&self, id: &str) -> Result<(), NotDeleted> {
        let entry = self.get(id).ok_or(NotDeleted::Unknown)?;
        if !matches!(entry.object().status, RecordingStatus::Ready | RecordingStatus::Failed) {
            return Err(NotDeleted::Running);
        }
        fs::remove_dir_all(&entry.dir)?;
        lock(&self.entries).remove(id);
        entry.share.settle(0);
        Ok(())
    }
}

/// Where a recording is downloaded.
fn url(public_url: &str, recording: &Recording, extension: &str) -> String {
    format!("{public_url}/openvidu/recordings/{}/{}.{extension}", recording.id, recording.name)
}

/// Bytes of the files of a directory.
fn size(dir: &Path) -> io::Result<u64> {
    fs::read_dir(dir)?.try_fold(0, |sum, item| Ok(sum + item?.metadata()?.len()))
}

#[cfg(test)]
mod tests;
