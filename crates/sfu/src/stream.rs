//! What is published: who brings it, who takes it.

use crate::StreamId;
use crate::codec::Codecs;
use crate::keyframe::KeyframeGate;
use crate::layers::Layers;
use crate::limit::Limit;
use crate::thin::Thin;

/// A peer, by the number the SFU gave it. Never given twice, so that a packet of a replaced peer is told apart.
pub(crate) type PeerId = u64;

/// A stream that a publisher brings.
#[derive(Debug)]
pub(crate) struct Stream {
    /// The publisher's present peer. A camera's has this number too, and no peer connection.
    pub(crate) publisher: PeerId,
    pub(crate) codecs: Codecs,
    /// The caller wants its packets as well.
    pub(crate) tapped: bool,
    /// It is no peer connection that brings it.
    pub(crate) fed: bool,
    /// Peers that take it: subscribers, and the publisher itself where it asked for its own media back.
    pub(crate) takers: Vec<PeerId>,
    pub(crate) keyframes: KeyframeGate,
    pub(crate) limit: Limit,
    /// Who can take far less than the others, where pictures come in one size.
    pub(crate) thin: Box<Thin>,
    /// Its pictures come in several sizes.
    pub(crate) layers: Option<Layers>,
}

impl Stream {
    pub(crate) fn new(publisher: PeerId, codecs: Codecs, fed: bool, layers: Option<Layers>) -> Self {
        Self {
            publisher,
            codecs,
            tapped: false,
            fed,
            takers: Vec::new(),
            keyframes: KeyframeGate::default(),
            limit: Limit::default(),
            thin: Box::default(),
            layers,
        }
    }

    /// Whether there is anybody that its packets go to.
    pub(crate) fn is_taken(&self) -> bool {
        self.tapped || !self.takers.is_empty()
    }

    /// The publisher has a new peer, which knows no limit and has sent no key frame.
    pub(crate) fn replace(&mut self, publisher: PeerId, codecs: Codecs, layers: Option<Layers>) {
        self.publisher = publisher;
        self.codecs = codecs;
        self.keyframes = KeyframeGate::default();
        self.limit.forget();
        self.layers = layers;
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
