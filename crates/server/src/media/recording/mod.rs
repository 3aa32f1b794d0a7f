//! Recording of single streams: packets of the SFU become files, files become an archive.
//!
//! One task for each stream puts frames together and appends them to its file; nothing is decoded. What a crash leaves is
//! finished at the next start. COMPOSED recordings are made of such files when they have ended, see [`composed`].

mod archive;
mod budget;
mod clock;
mod cluster;
mod composed;
mod defaults;
mod early;
mod ebml;
mod file;
mod finish;
mod frames;
#[cfg(fuzzing)]
pub(super) mod fuzzing;
mod open;
mod payload;
mod picture;
mod recorder;
mod repair;
mod sidecar;
mod store;
mod webm;
mod writer;

use std::sync::Arc;

use super::{EmbeddedMedia, MediaStartError};

pub(super) use recorder::{Recorder, Source};
pub(super) use store::{NotDeleted, Recordings};

/// Where recordings are, in the data directory.
const RECORDINGS_DIR: &str = "recordings";

/// Those of a media server; `None` where it keeps nothing.
///
/// # Errors
/// Their directory cannot be used.
pub(super) fn of(config: &EmbeddedMedia, public_url: &str) -> Result<Option<Arc<Recordings>>, MediaStartError> {
    let Some(dir) = config.data_dir.as_ref().map(|dir| dir.join(RECORDINGS_DIR)) else { return Ok(None) };
    let opened = Recordings::open(dir.clone(), config.settings.recording.limit, public_url.to_owned());
    opened.map(|recordings| Some(Arc::new(recordings))).map_err(|source| MediaStartError::Directory { dir, source })
}
