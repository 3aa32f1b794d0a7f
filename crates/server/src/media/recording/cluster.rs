//! Frames that are written together, with one time from which theirs are counted.

use super::ebml::{self, id, put, put_id, put_uint};
use super::webm::VIDEO_TRACK;

/// Frames that are written together.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    /// Milliseconds of the first frame.
    start: Option<u64>,
    blocks: Vec<u8>,
    /// Milliseconds of the last frame.
    last: u64,
    /// Milliseconds of its first key frame.
    keyframe: Option<u64>,
}

impl Cluster {
    /// Whether a frame of that time still fits: block times are 16 bits around the cluster's.
    pub(super) fn takes(&self, time: u64, longest: u64, most: usize) -> bool {
        self.start.is_none_or(|start| time < start + longest && self.blocks.len() < most)
    }

    /// Adds a frame. One that is older than the cluster gets the cluster's time.
    pub(super) fn push(&mut self, track: u8, time: u64, keyframe: bool, data: &[u8]) {
        let start = *self.start.get_or_insert(time);
        let relative = i16::try_from(time.saturating_sub(start)).unwrap_or(i16::MAX);
        put_id(&mut self.blocks, id::SIMPLE_BLOCK);
        ebml::put_size(&mut self.blocks, data.len() as u64 + 4);
        self.blocks.push(0x80 | track);
        self.blocks.extend_from_slice(&relative.to_be_bytes());
        self.blocks.push(if keyframe { 0x80 } else { 0 });
        self.blocks.extend_from_slice(data);
        self.last = self.last.max(time);
        if track == VIDEO_TRACK && keyframe {
            self.keyframe.get_or_insert(time);
        }
    }

    /// Its bytes, and what the cues say of it, if it has anything. It is empty afterwards.
    pub(super) fn take(&mut self) -> Option<(Vec<u8>, Written)> {
        let start = self.start.take()?;
        let mut content = Vec::with_capacity(self.blocks.len() + 16);
        put_uint(&mut content, id::TIMESTAMP, start);
        content.append(&mut self.blocks);
        let mut out = Vec::with_capacity(content.len() + 16);
        put(&mut out, id::CLUSTER, &content);
        let written = Written { start, last: self.last, keyframe: self.keyframe.take() };
        Some((out, written))
    }
}

/// What is known of a cluster that is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    /// Milliseconds of the first frame.
    pub(super) start: u64,
    /// Milliseconds of the last frame.
    pub(super) last: u64,
    /// Milliseconds of the first key frame.
    pub(super) keyframe: Option<u64>,
}
