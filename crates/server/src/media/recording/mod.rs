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

pub(super) use recorder::{Recorder, Source};
pub(super) use store::{NotDeleted, Recordings};
