//! Subscribing by offers of ours, which the subscriber answers.

use std::time::Instant;

use super::{Sfu, Subscription};
use crate::error::SfuError;
use crate::peer::Peer;
use crate::{Kinds, Purpose, StreamId, SubscriptionId};

impl Sfu {
    /// Makes a subscriber an offer of a stream, with a line of each of `kinds`. For a subscription that is there already
    /// this is its new peer connection, and the old one goes. Media flows after [`Sfu::accept`].
    ///
    /// # Errors
    /// [`SfuError::NoStream`], [`SfuError::NothingOffered`] where `kinds` has none, [`SfuError::Full`]; then nothing has
    /// changed.
    pub fn offer(
        &mut self,
        id: SubscriptionId,
        asked: StreamId,
        kinds: Kinds,
        now: Instant,
    ) -> Result<String, SfuError> {
        let (stream, codecs) = self.source_of(asked)?;
        self.has_room()?;
        let (peer, offer) = Peer::offer(&self.setup, Purpose::Subscribe(id), codecs, kinds, now)?;
        let peer = self.enter_peer(peer, now);
        self.take_up(id, Subscription { peer, asked, stream });
        Ok(offer)
    }

    /// Takes the answer to what [`Sfu::offer`] made.
    ///
    /// # Errors
    /// [`SfuError::NotOffered`] where nothing waits for an answer; then nothing has changed. [`SfuError::Answer`] and
    /// [`SfuError::NoCodec`] for an answer that cannot be used: the subscription has ended then.
    pub fn accept(&mut self, id: SubscriptionId, answer: &str, now: Instant) -> Result<(), SfuError> {
        let subscription = self.subscriptions.get(&id).ok_or(SfuError::NotOffered)?;
        let of = subscription.peer;
        let peer = self.peers.get_mut(&of).ok_or(SfuError::NotOffered)?;
        self.now = Some(now);
        match peer.accept(answer) {
            Ok(()) => {
                self.dirty.push(of);
                Ok(())
            }
            Err(SfuError::NotOffered) => Err(SfuError::NotOffered),
            Err(error) => {
                self.unsubscribe(id);
                Err(error)
            }
        }
    }
}
