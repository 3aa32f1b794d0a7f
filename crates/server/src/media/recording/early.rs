//! Frames that wait for their file to begin.

use std::time::Duration;

use tokio::time::Instant;
use zvonok_sfu::Codec;

use super::defaults;
use super::frames::Frame;

/// Frames that wait for the first picture, as long as it may take and as many as there may be.
#[derive(Debug, Default)]
pub(super) struct Early {
    frames: Vec<Frame>,
    bytes: usize,
    /// When the first one came, by this machine's clock: a publisher's may stand still.
    since: Option<Instant>,
    picture: bool,
}

impl Early {
    /// One more frame waits.
    pub(super) fn push(&mut self, frame: Frame) {
        self.since.get_or_insert_with(Instant::now);
        self.bytes += size_of::<Frame>() + frame.data.len();
        self.picture |= matches!(frame.codec, Codec::Video(_));
        self.frames.push(frame);
    }

    /// Whether a picture is there.
    pub(super) fn has_picture(&self) -> bool {
        self.picture
    }

    /// Whether no picture is waited for any more, which may take `longest`.
    pub(super) fn waited_enough(&self, longest: Duration) -> bool {
        self.bytes >= defaults::EARLY_BYTES || self.since.is_some_and(|at| at.elapsed() >= longest)
    }

    /// All that wait, in the order of their coming.
    pub(super) fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Takes all that wait.
    pub(super) fn take(&mut self) -> Vec<Frame> {
        std::mem::take(self).frames
    }
}
