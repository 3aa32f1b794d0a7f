//! The SFU: which datagram belongs to whom, and what follows from it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use str0m::bwe::BweKind;
use str0m::ice::StunMessage;
use str0m::media::KeyframeRequestKind;
use str0m::net::{DatagramSend, Protocol, Receive};
use str0m::rtp::{RtpPacket, Vp8Descriptor};
use str0m::{Candidate, IceConnectionState};

use crate::defaults;
use crate::error::SfuError;
use crate::offer::Wanted;
use crate::peer::{Delivery, Kind, Parcel, Peer, Setup};
use crate::stream::{Entry, PeerId, Stream};
use crate::{Purpose, StreamId, SubscriptionId};

/// What happens to the SFU.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram came in.
    Datagram {
        /// Who sent it.
        source: SocketAddr,
        /// The advertised address it was sent to (behind NAT not the one that is listened on).
        destination: SocketAddr,
        /// Its contents.
        bytes: &'a [u8],
    },
    /// [`Sfu::deadline`] is reached.
    Time,
}

/// What the SFU wants done.
#[derive(Debug)]
pub enum Output {
    /// Send a datagram.
    Transmit {
        /// The advertised address it is to come from.
        source: SocketAddr,
        /// Who gets it.
        destination: SocketAddr,
        /// Its contents.
        contents: DatagramSend,
    },
    /// Something happened that the caller may want to know.
    Event(Event),
}

/// What a peer connection went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// ICE and DTLS are through; media may flow.
    Connected(Purpose),
    /// ICE has heard nothing for a while. It may come back; clients reconnect the stream.
    Disconnected(Purpose),
    /// Its peer connection failed or was closed by the other side.
    Failed(Purpose),
}

/// What str0m said, kept until the peer that said it is polled dry.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are packets; a box would be an allocation for each")]
enum Said {
    Packet(RtpPacket),
    Keyframe(KeyframeRequestKind),
    Estimate(u64),
    Connected,
    Disconnected,
    Failed,
}

/// Publishers and subscribers of all sessions.
#[derive(Debug)]
pub struct Sfu {
    setup: Setup,
    now: Option<Instant>,
    last_peer: PeerId,
    peers: HashMap<PeerId, Peer>,
    streams: HashMap<StreamId, Entry>,
    subscriptions: HashMap<SubscriptionId, Subscription>,
    by_ufrag: HashMap<String, PeerId>,
    by_address: HashMap<SocketAddr, PeerId>,
    deadlines: BTreeSet<(Instant, PeerId)>,
    keyframes_due: BTreeSet<(Instant, StreamId)>,
    dirty: Vec<PeerId>,
    /// Empty between calls; kept for its memory.
    due: Vec<PeerId>,
    said: VecDeque<(PeerId, Said)>,
    outputs: VecDeque<Output>,
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
    /// An SFU that tells clients to send to `addresses`.
    ///
    /// # Errors
    /// [`SfuError::Start`] without an address, with one that ICE refuses (an unspecified one), or where the
    /// cryptography makes no certificate.
    pub fn new(addresses: Vec<SocketAddr>) -> Result<Self, SfuError> {
        let candidates = addresses
            .into_iter()
            .map(|address| Candidate::host(address, "udp").map_err(|error| SfuError::Start(error.to_string())))
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
            keyframes_due: BTreeSet::new(),
            dirty: Vec::new(),
            due: Vec::new(),
            said: VecDeque::new(),
            outputs: VecDeque::new(),
        })
    }

    /// Answers a publisher's offer. For a stream that is there already this is its publisher's new peer connection:
    /// the old one goes, the subscribers stay. With `loopback` the publisher gets its own media back.
    ///
    /// # Errors
    /// [`SfuError::Offer`] and its kin for what the client sent, [`SfuError::Full`]; then nothing has changed.
    pub fn publish(&mut self, stream: StreamId, offer: &str, loopback: bool, now: Instant) -> Result<String, SfuError> {
        let wanted = if loopback { Wanted::Both } else { Wanted::Send };
        let (peer, answer) = self.add_peer(Purpose::Publish(stream), offer, wanted, now)?;
        let old = match self.streams.get_mut(&stream) {
            Some(Entry::Published(entry)) => {
                let old = entry.publisher;
                entry.replace(peer);
                entry.takers.retain(|taker| *taker != old);
                Some(old)
            }
            Some(Entry::Echo(_)) | None => {
                self.streams.insert(stream, Entry::Published(Stream::new(peer)));
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
        let stream = match self.streams.get(&asked) {
            Some(Entry::Published(_)) => asked,
            Some(Entry::Echo(of)) => *of,
            None => return Err(SfuError::NoStream(asked)),
        };
        let (peer, answer) = self.add_peer(Purpose::Subscribe(id), offer, Wanted::Receive, now)?;
        self.unsubscribe(id);
        if let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) {
            entry.takers.push(peer);
        }
        self.subscriptions.insert(id, Subscription { peer, asked, stream });
        Ok(answer)
    }

    /// Ends a subscription. Nothing happens where it is not there.
    pub fn unsubscribe(&mut self, id: SubscriptionId) {
        let Some(subscription) = self.subscriptions.remove(&id) else { return };
        if let Some(Entry::Published(entry)) = self.streams.get_mut(&subscription.stream) {
            entry.takers.retain(|taker| *taker != subscription.peer);
        }
        self.remove_peer(subscription.peer);
    }

    /// How many peer connections there are.
    #[must_use]
    pub fn peer_count(&self) -> usize {
        self.peers.len()
    }

    /// Something happened. Call [`Sfu::poll_output`] until it is empty afterwards; several datagrams may be handled
    /// before that.
    pub fn handle(&mut self, input: Input<'_>, now: Instant) {
        self.now = Some(now);
        match input {
            Input::Datagram { source, destination, bytes } => self.handle_datagram(source, destination, bytes, now),
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

    /// When [`Input::Time`] is wanted; `None` while there is nobody.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let peers = self.deadlines.first().map(|(at, _)| *at);
        let keyframes = self.keyframes_due.first().map(|(at, _)| *at);
        match (peers, keyframes) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        }
    }

    fn add_peer(
        &mut self,
        purpose: Purpose,
        offer: &str,
        wanted: Wanted,
        now: Instant,
    ) -> Result<(PeerId, String), SfuError> {
        if self.peers.len() >= defaults::MAX_PEERS {
            return Err(SfuError::Full);
        }
        let (peer, answer) = Peer::answer(&self.setup, purpose, offer, wanted, now)?;
        self.now = Some(now);
        self.last_peer += 1;
        let id = self.last_peer;
        self.by_ufrag.insert(peer.ufrag.clone(), id);
        self.deadlines.insert((peer.deadline, id));
        self.dirty.push(id);
        self.peers.insert(id, peer);
        Ok((id, answer))
    }

    fn remove_peer(&mut self, id: PeerId) {
        let Some(peer) = self.peers.remove(&id) else { return };
        self.by_ufrag.remove(&peer.ufrag);
        self.deadlines.remove(&(peer.deadline, id));
        for address in peer.addresses {
            if self.by_address.get(&address) == Some(&id) {
                self.by_address.remove(&address);
            }
        }
    }

    fn handle_datagram(&mut self, source: SocketAddr, destination: SocketAddr, bytes: &[u8], now: Instant) {
        let Ok(contents) = bytes.try_into() else { return };
        // STUN says whom it is for; everything else comes from an address that STUN has proven.
        let stun = bytes.first().is_some_and(|first| *first < 4);
        let id = if stun { self.named_by_stun(bytes) } else { self.by_address.get(&source).copied() };
        let Some((id, peer)) = id.and_then(|id| Some((id, self.peers.get_mut(&id)?))) else { return };
        let receive = Receive { proto: Protocol::Udp, source, destination, contents };
        if stun {
            let input = str0m::Input::Receive(now, receive);
            // A client that closed one peer connection may open the next on the same port, and str0m would take
            // anything that comes from the address it sends to.
            if !peer.rtc.accepts(&input) {
                return;
            }
            Self::feed(&mut self.said, id, peer, input);
            if self.by_address.get(&source) != Some(&id) && peer.hears(source, destination, now) {
                peer.addresses.push(source);
                self.by_address.insert(source, id);
            }
        } else {
            Self::feed(&mut self.said, id, peer, str0m::Input::Receive(now, receive));
        }
        self.drain(id);
    }

    fn named_by_stun(&self, bytes: &[u8]) -> Option<PeerId> {
        let message = StunMessage::parse(bytes).ok()?;
        let (ours, _theirs) = message.split_username()?;
        self.by_ufrag.get(ours).copied()
    }

    fn handle_time(&mut self, now: Instant) {
        let mut due = std::mem::take(&mut self.due);
        due.extend(self.deadlines.range(..=(now, PeerId::MAX)).map(|(_, id)| *id));
        for id in due.drain(..) {
            if let Some(peer) = self.peers.get_mut(&id) {
                Self::feed(&mut self.said, id, peer, str0m::Input::Timeout(now));
                self.drain(id);
            }
        }
        self.due = due;
        while let Some((at, stream)) = self.keyframes_due.first().copied() {
            if at > now {
                break;
            }
            self.keyframes_due.pop_first();
            let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { continue };
            if entry.keyframes.due(now) {
                let publisher = entry.publisher;
                self.ask_keyframe(publisher, KeyframeRequestKind::Pli);
            }
        }
    }

    fn feed(said: &mut VecDeque<(PeerId, Said)>, id: PeerId, peer: &mut Peer, input: str0m::Input<'_>) {
        if let Err(error) = peer.rtc.handle_input(input) {
            tracing::debug!(%error, "a peer connection failed");
            peer.rtc.disconnect();
            said.push_back((id, Said::Failed));
        }
    }

    /// Polls one peer dry.
    fn drain(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.dirty = false;
        loop {
            match peer.rtc.poll_output() {
                Ok(str0m::Output::Timeout(at)) => {
                    // Never at once again: the caller's timers have a granularity too, and others are to have a turn.
                    let at = self.now.map_or(at, |now| at.max(now + defaults::MIN_WAIT));
                    if at != peer.deadline {
                        self.deadlines.remove(&(peer.deadline, id));
                        self.deadlines.insert((at, id));
                        peer.deadline = at;
                    }
                    return;
                }
                Ok(str0m::Output::Transmit(transmit)) => self.outputs.push_back(Output::Transmit {
                    source: transmit.source,
                    destination: transmit.destination,
                    contents: transmit.contents,
                }),
                Ok(str0m::Output::Event(event)) => {
                    if let Some(said) = heard(event) {
                        self.said.push_back((id, said));
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "a peer connection failed");
                    peer.rtc.disconnect();
                    self.said.push_back((id, Said::Failed));
                }
            }
        }
    }

    /// Acts on what peers said.
    fn digest(&mut self, now: Instant) {
        while let Some((id, said)) = self.said.pop_front() {
            match said {
                Said::Packet(packet) => self.forward(id, &packet, now),
                Said::Keyframe(kind) => self.keyframe_wanted(id, kind, now),
                Said::Estimate(bitrate) => self.estimated(id, bitrate),
                Said::Connected => self.connected(id, now),
                Said::Disconnected => self.tell(id, Event::Disconnected),
                Said::Failed => self.tell(id, Event::Failed),
            }
        }
    }

    /// Sends what was written to peers since the last call.
    fn flush(&mut self, now: Instant) {
        while let Some(id) = self.dirty.pop() {
            if let Some(peer) = self.peers.get_mut(&id) {
                Self::feed(&mut self.said, id, peer, str0m::Input::Timeout(now));
                self.drain(id);
            }
            self.digest(now);
        }
    }

    fn tell(&mut self, id: PeerId, event: fn(Purpose) -> Event) {
        if let Some(peer) = self.peers.get(&id) {
            self.outputs.push_back(Output::Event(event(peer.purpose)));
        }
    }

    fn connected(&mut self, id: PeerId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.connected = true;
        let wants_video = peer.takes_video();
        let brings = matches!(peer.purpose, Purpose::Publish(_));
        self.tell(id, Event::Connected);
        // A new subscriber can show nothing before a key frame, nor can old ones of a publisher that came back.
        if wants_video || brings {
            self.keyframe_wanted(id, KeyframeRequestKind::Pli, now);
        }
    }

    fn stream_of(&self, id: PeerId) -> Option<StreamId> {
        match self.peers.get(&id)?.purpose {
            Purpose::Publish(stream) => Some(stream),
            Purpose::Subscribe(subscription) => self.subscriptions.get(&subscription).map(|it| it.stream),
        }
    }

    fn keyframe_wanted(&mut self, by: PeerId, kind: KeyframeRequestKind, now: Instant) {
        let Some(stream) = self.stream_of(by) else { return };
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        if entry.takers.is_empty() {
            return;
        }
        if entry.keyframes.request(now) {
            let publisher = entry.publisher;
            self.ask_keyframe(publisher, kind);
        } else if let Some(at) = entry.keyframes.deadline() {
            self.keyframes_due.insert((at, stream));
        }
    }

    fn ask_keyframe(&mut self, publisher: PeerId, kind: KeyframeRequestKind) {
        if let Some(peer) = self.peers.get_mut(&publisher) {
            peer.ask_keyframe(kind);
            self.dirty.push(publisher);
        }
    }

    fn estimated(&mut self, id: PeerId, bitrate: u64) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.estimate = Some(bitrate);
        }
        let Some(stream) = self.stream_of(id) else { return };
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        let lowest = entry.takers.iter().filter_map(|taker| self.peers.get(taker)?.estimate).min();
        if let Some(limit) = lowest.and_then(|lowest| entry.new_limit(lowest)) {
            let publisher = entry.publisher;
            if let Some(peer) = self.peers.get_mut(&publisher) {
                peer.ask_limit(limit);
                self.dirty.push(publisher);
            }
        }
    }

    fn forward(&mut self, from: PeerId, packet: &RtpPacket, now: Instant) {
        let Some(peer) = self.peers.get_mut(&from) else { return };
        let Purpose::Publish(stream) = peer.purpose else { return };
        let Some(kind) = peer.kind_of(packet) else { return };
        let clock_rate = match kind {
            Kind::Audio => defaults::AUDIO_CLOCK,
            Kind::Video => defaults::VIDEO_CLOCK,
        };
        let captured = peer.clock.captured_at(packet, clock_rate);
        let vp8 = match kind {
            Kind::Video => Vp8Descriptor::parse(&packet.payload).ok(),
            Kind::Audio => None,
        };
        let starts_keyframe = vp8.is_some_and(|vp8| vp8.starts_keyframe(&packet.payload));
        let parcel = Parcel { kind, source: (from, packet.header.ssrc), packet, captured, vp8, starts_keyframe };
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        if entry.publisher != from {
            return;
        }
        if starts_keyframe {
            entry.keyframes.seen();
        }
        let mut needs_keyframe = None;
        for taker in &entry.takers {
            let Some(peer) = self.peers.get_mut(taker) else { continue };
            match peer.deliver(&parcel, now) {
                Delivery::Sent if !peer.dirty => {
                    peer.dirty = true;
                    self.dirty.push(*taker);
                }
                Delivery::NeedsKeyframe => needs_keyframe = Some(*taker),
                Delivery::Sent | Delivery::Skipped => {}
            }
        }
        if let Some(taker) = needs_keyframe {
            self.keyframe_wanted(taker, KeyframeRequestKind::Pli, now);
        }
    }
}

/// What of str0m's events matters here.
#[expect(clippy::wildcard_enum_match_arm, reason = "str0m's enum, which grows; the others are of no use here")]
fn heard(event: str0m::Event) -> Option<Said> {
    match event {
        str0m::Event::RtpPacket(packet) => Some(Said::Packet(packet)),
        str0m::Event::KeyframeRequest(request) => Some(Said::Keyframe(request.kind)),
        str0m::Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => Some(Said::Estimate(estimate.as_u64())),
        str0m::Event::Connected => Some(Said::Connected),
        str0m::Event::IceConnectionStateChange(IceConnectionState::Disconnected) => Some(Said::Disconnected),
        str0m::Event::Closed => Some(Said::Failed),
        _ => None,
    }
}
