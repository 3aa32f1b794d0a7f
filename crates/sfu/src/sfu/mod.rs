//! The SFU: which datagram belongs to whom, and what follows from it.

mod floor;
mod media;
mod offers;
mod simulcast;
mod streams;
mod thinning;
mod turn;
mod types;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use crate::codec::Codecs;
use crate::counts::Counts;
use crate::defaults;
use crate::error::SfuError;
use crate::offer::Wanted;
use crate::peer::{Allowed, Peer, Setup};
use crate::stream::{Entry, PeerId};
use crate::{Measure, Purpose, StreamId, SubscriptionId, Transport};

use turn::Said;
pub use types::{Event, Input, MediaPacket, Output};

/// Publishers and subscribers of all sessions.
#[derive(Debug)]
pub struct Sfu {
    setup: Setup,
    now: Option<Instant>,
    last_peer: PeerId,
    /// Boxed: each is about 12 kB, and a table keeps the room of the most that there ever were.
    peers: HashMap<PeerId, Box<Peer>>,
    streams: HashMap<StreamId, Entry>,
    subscriptions: HashMap<SubscriptionId, Subscription>,
    by_ufrag: HashMap<String, PeerId>,
    by_address: HashMap<(Transport, SocketAddr), PeerId>,
    deadlines: BTreeSet<(Instant, PeerId)>,
    /// When time makes a difference to a stream. What has been done meanwhile is found out then.
    stream_timers: BTreeSet<(Instant, StreamId)>,
    floors: floor::Floors,
    dirty: Vec<PeerId>,
    /// Empty between calls; kept for its memory.
    due: Vec<PeerId>,
    said: VecDeque<(PeerId, Said)>,
    outputs: VecDeque<Output>,
    counts: Counts,
}

#[derive(Debug)]
struct Subscription {
    peer: PeerId,
    /// The stream that was asked for, which may be an echo.
    asked: StreamId,
    /// The stream that a publisher brings.
    stream: StreamId,
}

impl Sfu {
    /// An SFU that tells clients to send to `addresses`; over TCP clients connect to them.
    ///
    /// # Errors
    /// [`SfuError::Start`] without an address, with one that ICE refuses (an unspecified one), or where the
    /// cryptography makes no certificate.
    pub fn new(addresses: Vec<(Transport, SocketAddr)>) -> Result<Self, SfuError> {
        let candidates = addresses
            .into_iter()
            .map(|(transport, address)| transport.candidate(address))
            .collect::<Result<Vec<_>, _>>()?;
        if candidates.is_empty() {
            return Err(SfuError::Start("there is no address to advertise".to_owned()));
        }
        let crypto = Arc::new(str0m::crypto::from_feature_flags());
        let certificate = crypto
            .dtls_provider
            .generate_certificate()
            .ok_or_else(|| SfuError::Start("no DTLS certificate could be made".to_owned()))?;
        Ok(Self {
            setup: Setup { crypto, certificate, candidates },
            now: None,
            last_peer: 0,
            peers: HashMap::new(),
            streams: HashMap::new(),
            subscriptions: HashMap::new(),
            by_ufrag: HashMap::new(),
            by_address: HashMap::new(),
            deadlines: BTreeSet::new(),
            stream_timers: BTreeSet::new(),
            floors: floor::Floors::default(),
            dirty: Vec::new(),
            due: Vec::new(),
            said: VecDeque::new(),
            outputs: VecDeque::new(),
            counts: Counts::default(),
        })
    }

    /// How many peer connections there are.
    #[must_use]
    pub fn peer_count(&self) -> usize {
        self.peers.len()
    }

    /// What went through since it was made.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How many streams are published; an echo is none.
    #[must_use]
    pub fn stream_count(&self) -> usize {
        self.streams.values().filter(|entry| matches!(entry, Entry::Published(_))).count()
    }

    /// How many subscriptions there are: streams that are forwarded.
    #[must_use]
    pub fn subscription_count(&self) -> usize {
        self.subscriptions.len()
    }

    /// Something happened. Call [`Sfu::poll_output`] until it is empty afterwards; several datagrams may be handled
    /// before that.
    pub fn handle(&mut self, input: Input<'_>, now: Instant) {
        self.now = Some(now);
        match input {
            Input::Datagram { transport, source, destination, bytes } => {
                self.handle_datagram(transport, source, destination, bytes, now);
            }
            Input::Media { stream, packet } => self.handle_media(stream, &packet, now),
            Input::Time => self.handle_time(now),
        }
        self.digest(now);
    }

    /// What is to be done; `None` when that is all.
    pub fn poll_output(&mut self) -> Option<Output> {
        if self.outputs.is_empty()
            && let Some(now) = self.now
        {
            self.flush(now);
        }
        self.outputs.pop_front()
    }

    /// Whether somebody's ICE has proven that address: what comes from it is wanted.
    #[must_use]
    pub fn knows(&self, transport: Transport, source: SocketAddr) -> bool {
        self.by_address.contains_key(&(transport, source))
    }

    /// What is known of the network of the peer connection that is there for `purpose`; `None` where there is none.
    #[must_use]
    pub fn measure(&self, purpose: Purpose) -> Option<Measure> {
        let id = match purpose {
            Purpose::Publish(stream) => match self.streams.get(&stream)? {
                Entry::Published(entry) => entry.publisher,
                Entry::Echo(_) => return None,
            },
            Purpose::Subscribe(subscription) => self.subscriptions.get(&subscription)?.peer,
        };
        // One that is only being set up says nothing of a network.
        let peer = self.peers.get(&id).filter(|peer| peer.connected || peer.quiet)?;
        let estimate = peer.estimate.filter(|_| peer.takes_video());
        let measure = peer.reports.measure(estimate, peer.connected && !peer.quiet);
        Some(Measure { remote: peer.addresses.back().copied(), ..measure })
    }

    /// When [`Input::Time`] is wanted; `None` while there is nobody.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let peers = self.deadlines.first().map(|(at, _)| *at);
        let streams = self.stream_timers.first().map(|(at, _)| *at);
        peers.into_iter().chain(streams).min()
    }

    fn add_peer(
        &mut self,
        purpose: Purpose,
        offer: &str,
        wanted: Wanted,
        allowed: Allowed,
        now: Instant,
    ) -> Result<(PeerId, Codecs, String), SfuError> {
        self.has_room()?;
        let (peer, answer) = Peer::answer(&self.setup, purpose, offer, wanted, allowed, now)?;
        let codecs = peer.codecs;
        Ok((self.enter_peer(peer, now), codecs, answer))
    }

    fn enter_peer(&mut self, peer: Peer, now: Instant) -> PeerId {
        self.now = Some(now);
        let id = self.new_peer_id();
        self.by_ufrag.insert(peer.ufrag.clone(), id);
        self.deadlines.insert((peer.deadline, id));
        self.dirty.push(id);
        self.peers.insert(id, Box::new(peer));
        id
    }

    fn has_room(&self) -> Result<(), SfuError> {
        if self.peers.len() < defaults::MAX_PEERS { Ok(()) } else { Err(SfuError::Full) }
    }

    fn new_peer_id(&mut self) -> PeerId {
        self.last_peer += 1;
        self.last_peer
    }

    fn remove_peer(&mut self, id: PeerId) {
        let Some(peer) = self.peers.remove(&id) else { return };
        self.by_ufrag.remove(&peer.ufrag);
        self.deadlines.remove(&(peer.deadline, id));
        for address in peer.addresses {
            self.forget_address(address, id);
        }
    }

    fn forget_address(&mut self, address: (Transport, SocketAddr), of: PeerId) {
        if self.by_address.get(&address) == Some(&of) {
            self.by_address.remove(&address);
        }
    }
}
