//! What is published: who brings it, who takes it.

use crate::StreamId;
use crate::defaults::{LIMIT_STEP, MIN_BITRATE};
use crate::keyframe::KeyframeGate;

/// A peer, by the number the SFU gave it. Never given twice, so that a packet of a replaced peer is told apart.
pub(crate) type PeerId = u64;

/// A stream that a publisher brings.
#[derive(Debug)]
pub(crate) struct Stream {
    /// The publisher's present peer.
    pub(crate) publisher: PeerId,
    /// Peers that take it: subscribers, and the publisher itself where it asked for its own media back.
    pub(crate) takers: Vec<PeerId>,
    pub(crate) keyframes: KeyframeGate,
    limit: Option<u64>,
}

impl Stream {
    pub(crate) fn new(publisher: PeerId) -> Self {
        Self { publisher, takers: Vec::new(), keyframes: KeyframeGate::default(), limit: None }
    }

    /// What the publisher is to be told, when `lowest` is what the weakest of its subscribers can take (bit/s).
    pub(crate) fn new_limit(&mut self, lowest: u64) -> Option<u64> {
        let limit = lowest.max(MIN_BITRATE);
        let same = self.limit.is_some_and(|last| last.abs_diff(limit) < last / LIMIT_STEP);
        if same {
            return None;
        }
        self.limit = Some(limit);
        Some(limit)
    }

    /// The publisher has a new peer, which knows no limit and has sent no key frame.
    pub(crate) fn replace(&mut self, publisher: PeerId) {
        self.publisher = publisher;
        self.keyframes = KeyframeGate::default();
        self.limit = None;
    }
}

/// An entry of the table of streams.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A publisher brings it.
    Published(Stream),
    /// It is another stream under a name of its own.
    Echo(StreamId),
}
