//! A file of a stream that is being written, and what is known of it.

use std::path::PathBuf;
use std::time::Instant;

use zvonok_openvidu::wire::recorded::IndexFile;
use zvonok_sfu::{Codec, Codecs};

use super::budget::Share;
use super::clock::Clock;
use super::file::{FileFault, MediaFile};
use super::frames::Frame;
use super::sidecar;
use super::webm::{AUDIO_TRACK, VIDEO_TRACK};

/// A file that is being written.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) file: MediaFile,
    pub(super) path: PathBuf,
    pub(super) entry: IndexFile,
    /// What its tracks are coded with.
    pub(super) codecs: Codecs,
    /// When it begins.
    pub(super) start: Instant,
    /// Of sound and of pictures.
    pub(super) clocks: (Clock, Clock),
}

impl OpenFile {
    /// Whether it has a track for what is coded so.
    pub(super) fn carries(&self, codec: Codec) -> bool {
        match codec {
            Codec::Audio(codec) => self.codecs.audio == Some(codec),
            Codec::Video(codec) => self.codecs.video == Some(codec),
        }
    }

    /// Adds a frame; one that it does not carry is left out.
    pub(super) async fn add(&mut self, frame: &Frame, budget: &Share) -> Result<(), FileFault> {
        if !self.carries(frame.codec) {
            return Ok(());
        }
        let (track, clock) = match frame.codec {
            Codec::Audio(_) => (AUDIO_TRACK, &mut self.clocks.0),
            Codec::Video(_) => (VIDEO_TRACK, &mut self.clocks.1),
        };
        let time = clock.place(frame, self.start);
        // Every frame of sound can be decoded by itself.
        let keyframe = frame.keyframe || track == AUDIO_TRACK;
        self.file.add(track, time, keyframe, &frame.data, budget).await
    }

    /// Writes what is left, and what is only known now.
    pub(super) async fn finish(self, budget: &Share) -> Result<(), FileFault> {
        let (size, duration) = self.file.finish(budget).await?;
        let mut entry = self.entry;
        entry.size = size;
        entry.end_time_offset = entry.start_time_offset + i64::try_from(duration).unwrap_or(0);
        sidecar::keep(&self.path, &entry).await?;
        Ok(())
    }
}
