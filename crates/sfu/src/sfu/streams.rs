//! Streams and subscriptions come and go.

use std::time::Instant;

use str0m::media::KeyframeRequestKind;

use super::{Sfu, Subscription};
use crate::codec::{Codecs, VideoChoice};
use crate::error::SfuError;
use crate::layers::Layers;
use crate::offer::Wanted;
use crate::peer::Allowed;
use crate::stream::{Entry, Stream};
use crate::{Purpose, StreamId, SubscriptionId};

impl Sfu {
    /// Answers a publisher's offer. For a stream that is there already this is its publisher's new peer connection,
    /// whose pictures are coded as before: the old one goes, the subscribers stay. With `loopback` the publisher gets its
    /// own media back.
    ///
    /// # Errors
    /// [`SfuError::Offer`] and its kin for what the client sent, [`SfuError::Full`]; then nothing has changed.
    pub fn publish(
        &mut self,
        stream: StreamId,
        offer: &str,
        loopback: bool,
        choice: VideoChoice,
        now: Instant,
    ) -> Result<String, SfuError> {
        let wanted = if loopback { Wanted::Both } else { Wanted::Send };
        let before = self.codecs(stream).and_then(|codecs| codecs.video);
        let allowed = Allowed::Publisher(before.map_or(choice, VideoChoice::Only));
        let (peer, codecs, answer) = self.add_peer(Purpose::Publish(stream), offer, wanted, allowed, now)?;
        let layers = self.peers.get(&peer).and_then(|peer| Layers::new(peer.layers()));
        let one_size = layers.is_none();
        let old = match self.streams.get_mut(&stream) {
            Some(Entry::Published(entry)) => {
                let old = entry.publisher;
                entry.replace(peer, codecs, layers);
                entry.takers.retain(|taker| *taker != old);
                for taker in entry.takers.iter().filter(|_| one_size) {
                    if let Some(peer) = self.peers.get_mut(taker) {
                        peer.has_no_layers();
                    }
                }
                Some(old)
            }
            Some(Entry::Echo(_)) | None => {
                self.streams.insert(stream, Entry::Published(Stream::new(peer, codecs, false, layers)));
                None
            }
        };
        if loopback && let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) {
            entry.takers.push(peer);
        }
        if let Some(old) = old {
            self.remove_peer(old);
        }
        Ok(answer)
    }

    /// Makes a stream whose packets come by [`Input::Media`](crate::Input::Media): those of a camera. One that is there
    /// is coded so from now on; who subscribed to it before receives what is coded as it was then, and either form of G.711.
    pub fn publish_fed(&mut self, stream: StreamId, codecs: Codecs) {
        match self.streams.get_mut(&stream) {
            Some(Entry::Published(entry)) if entry.fed => {
                entry.codecs = codecs;
                return;
            }
            Some(_) => return,
            None => {}
        }
        let publisher = self.new_peer_id();
        self.streams.insert(stream, Entry::Published(Stream::new(publisher, codecs, true, None)));
    }

    /// Whether the caller wants a stream's packets, as [`Output::Media`](crate::Output::Media); asks its publisher for a
    /// key frame where it does. False where there is no such stream, or it is an echo.
    pub fn tap(&mut self, stream: StreamId, tapped: bool, now: Instant) -> bool {
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return false };
        entry.tapped = tapped;
        if tapped {
            self.now = Some(now);
            if !self.layers_wanted(stream, None, now) {
                self.stream_wants_keyframe(stream, KeyframeRequestKind::Pli, now);
            }
        }
        true
    }

    /// What a stream is coded with; that of the echoed one for an echo.
    #[must_use]
    pub fn codecs(&self, stream: StreamId) -> Option<Codecs> {
        match self.streams.get(&stream)? {
            Entry::Published(entry) => Some(entry.codecs),
            Entry::Echo(of) => match self.streams.get(of)? {
                Entry::Published(entry) => Some(entry.codecs),
                Entry::Echo(_) => None,
            },
        }
    }

    /// Makes `stream` another name for `of`: a participant that publishes back what another one publishes.
    ///
    /// # Errors
    /// [`SfuError::NoStream`] where `of` is not there or is an echo itself.
    pub fn publish_echo(&mut self, stream: StreamId, of: StreamId) -> Result<(), SfuError> {
        match self.streams.get(&of) {
            Some(Entry::Published(_)) => {
                self.streams.insert(stream, Entry::Echo(of));
                Ok(())
            }
            Some(Entry::Echo(_)) | None => Err(SfuError::NoStream(of)),
        }
    }

    /// Ends a stream and everybody's subscription to it. Nothing happens where it is not there.
    pub fn unpublish(&mut self, stream: StreamId) {
        let entry = self.streams.remove(&stream);
        self.leave_floor(stream);
        self.stream_timers.retain(|(_, of)| *of != stream);
        let ended: Vec<SubscriptionId> = self
            .subscriptions
            .iter()
            .filter(|(_, subscription)| subscription.asked == stream || subscription.stream == stream)
            .map(|(id, _)| *id)
            .collect();
        for id in ended {
            self.unsubscribe(id);
        }
        if let Some(Entry::Published(entry)) = entry {
            self.remove_peer(entry.publisher);
            self.streams.retain(|_, other| !matches!(other, Entry::Echo(of) if *of == stream));
        }
    }

    /// Answers a subscriber's offer. For a subscription that is there already this is its new peer connection.
    ///
    /// # Errors
    /// [`SfuError::NoStream`], [`SfuError::Offer`] and its kin, [`SfuError::Full`]; then nothing has changed.
    pub fn subscribe(
        &mut self,
        id: SubscriptionId,
        asked: StreamId,
        offer: &str,
        now: Instant,
    ) -> Result<String, SfuError> {
        let (stream, codecs) = self.source_of(asked)?;
        let allowed = Allowed::Subscriber(codecs);
        let (peer, _codecs, answer) = self.add_peer(Purpose::Subscribe(id), offer, Wanted::Receive, allowed, now)?;
        self.take_up(id, Subscription { peer, asked, stream });
        Ok(answer)
    }

    /// The stream that is behind `asked`, and what it is coded with.
    pub(super) fn source_of(&self, asked: StreamId) -> Result<(StreamId, Codecs), SfuError> {
        let stream = match self.streams.get(&asked) {
            Some(Entry::Published(_)) => asked,
            Some(Entry::Echo(of)) => *of,
            None => return Err(SfuError::NoStream(asked)),
        };
        let codecs = self.codecs(stream).ok_or(SfuError::NoStream(asked))?;
        Ok((stream, codecs))
    }

    /// Enters a subscription; an older one of that id ends, and leaves it its place.
    pub(super) fn take_up(&mut self, id: SubscriptionId, subscription: Subscription) {
        let before = self.subscriptions.get(&id).and_then(|before| self.peers.get(&before.peer));
        let shows = before.and_then(|before| before.shows);
        if let Some(peer) = self.peers.get_mut(&subscription.peer) {
            peer.shows = shows;
        }
        self.unsubscribe(id);
        if let Some(Entry::Published(entry)) = self.streams.get_mut(&subscription.stream) {
            entry.takers.push(subscription.peer);
        }
        self.subscriptions.insert(id, subscription);
    }

    /// Ends a subscription. Nothing happens where it is not there.
    pub fn unsubscribe(&mut self, id: SubscriptionId) {
        let Some(subscription) = self.subscriptions.remove(&id) else { return };
        if let Some(Entry::Published(entry)) = self.streams.get_mut(&subscription.stream) {
            entry.takers.retain(|taker| *taker != subscription.peer);
        }
        self.remove_peer(subscription.peer);
    }
}
