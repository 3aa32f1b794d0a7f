//! A turn of the SFU: a datagram or a timer goes to the peers it concerns, which are then polled dry.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use str0m::IceConnectionState;
use str0m::bwe::BweKind;
use str0m::ice::StunMessage;
use str0m::media::KeyframeRequestKind;
use str0m::net::Receive;
use str0m::rtp::RtpPacket;
use str0m::stats::{MediaEgressStats, MediaIngressStats, PeerStats};

use super::{Event, Output, Sfu};
use crate::defaults;
use crate::guard::{Fault, guarded};
use crate::peer::Peer;
use crate::stream::PeerId;
use crate::{Purpose, Transport};

/// What str0m said, kept until the peer that said it is polled dry. Not boxed: nearly all are packets, and a box would be an
/// allocation for each.
#[derive(Debug)]
pub(super) enum Said {
    Packet(RtpPacket),
    Keyframe(KeyframeRequestKind),
    Estimate(u64),
    Reported(PeerStats),
    Received(MediaIngressStats),
    Sent(MediaEgressStats),
    Connected,
    /// ICE hears of it, perhaps again.
    Heard,
    Disconnected,
    Failed,
}

impl Sfu {
    pub(super) fn handle_datagram(
        &mut self,
        transport: Transport,
        source: SocketAddr,
        destination: SocketAddr,
        bytes: &[u8],
        now: Instant,
    ) {
        let Ok(contents) = bytes.try_into() else { return };
        // STUN says whom it is for; everything else comes from an address that STUN has proven.
        let stun = bytes.first().is_some_and(|first| *first < 4);
        let id = if stun { self.named_by_stun(bytes) } else { self.by_address.get(&(transport, source)).copied() };
        let Some((id, peer)) = id.and_then(|id| Some((id, self.peers.get_mut(&id)?))) else { return };
        let proto = transport.protocol();
        let input = str0m::Input::Receive(now, Receive { proto, source, destination, contents });
        // A client that closed one peer connection may open the next on the same port, and str0m would take anything
        // that comes from the address it sends to.
        if peer.broken || (stun && !peer.rtc.accepts(&input)) {
            return;
        }
        Self::feed(&mut self.said, id, peer, input);
        let from = (transport, source);
        if stun && self.by_address.get(&from) != Some(&id) && peer.hears(from, destination, now) {
            let given_up = peer.remember(from);
            self.by_address.insert(from, id);
            if let Some(address) = given_up {
                self.forget_address(address, id);
            }
        }
        self.drain(id);
    }

    fn named_by_stun(&self, bytes: &[u8]) -> Option<PeerId> {
        let message = StunMessage::parse(bytes).ok()?;
        let (ours, _theirs) = message.split_username()?;
        self.by_ufrag.get(ours).copied()
    }

    pub(super) fn handle_time(&mut self, now: Instant) {
        let mut due = std::mem::take(&mut self.due);
        due.extend(self.deadlines.range(..=(now, PeerId::MAX)).map(|(_, id)| *id));
        for id in due.drain(..) {
            if let Some(peer) = self.peers.get_mut(&id) {
                Self::feed(&mut self.said, id, peer, str0m::Input::Timeout(now));
                self.drain(id);
            }
        }
        self.due = due;
        while self.stream_timers.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, stream)) = self.stream_timers.pop_first() {
                self.stream_is_due(stream, now);
            }
        }
    }

    fn feed(said: &mut VecDeque<(PeerId, Said)>, id: PeerId, peer: &mut Peer, input: str0m::Input<'_>) {
        if peer.broken {
            return;
        }
        if let Err(fault) = guarded(|| peer.rtc.handle_input(input)) {
            fail(said, id, peer, &fault);
        }
    }

    /// Polls one peer dry.
    fn drain(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.dirty = false;
        while !peer.broken {
            match guarded(|| peer.rtc.poll_output()) {
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
                Ok(str0m::Output::Transmit(transmit)) => {
                    let Some(transport) = Transport::of(transmit.proto) else { continue };
                    self.outputs.push_back(Output::Transmit {
                        transport,
                        source: transmit.source,
                        destination: transmit.destination,
                        contents: transmit.contents,
                    });
                }
                Ok(str0m::Output::Event(event)) => {
                    if let Some(said) = heard(event) {
                        self.said.push_back((id, said));
                    }
                }
                Err(fault) => fail(&mut self.said, id, peer, &fault),
            }
        }
        self.deadlines.remove(&(peer.deadline, id));
    }

    /// Acts on what peers said.
    pub(super) fn digest(&mut self, now: Instant) {
        while let Some((id, said)) = self.said.pop_front() {
            match said {
                Said::Packet(packet) => self.forward(id, &packet, now),
                Said::Keyframe(kind) => self.keyframe_wanted(id, kind, now),
                Said::Estimate(bitrate) => self.estimated(id, bitrate, now),
                Said::Reported(stats) => self.reported(id, |peer| peer.reports.take(&stats, peer.brings())),
                Said::Received(stats) => self.reported(id, |peer| peer.reports.take_incoming(&stats)),
                Said::Sent(stats) => self.reported(id, |peer| peer.reports.take_outgoing(&stats)),
                Said::Connected => self.connected(id, now),
                Said::Heard => self.reported(id, |peer| peer.quiet = false),
                Said::Disconnected => self.vanished(id, now),
                Said::Failed => self.failed(id, now),
            }
        }
    }

    /// Sends what was written to peers since the last call.
    pub(super) fn flush(&mut self, now: Instant) {
        while let Some(id) = self.dirty.pop() {
            if let Some(peer) = self.peers.get_mut(&id) {
                Self::feed(&mut self.said, id, peer, str0m::Input::Timeout(now));
                self.drain(id);
            }
            self.digest(now);
        }
    }

    pub(super) fn tell(&mut self, id: PeerId, event: fn(Purpose) -> Event) {
        if let Some(peer) = self.peers.get(&id) {
            self.outputs.push_back(Output::Event(event(peer.purpose)));
        }
    }
}

fn fail(said: &mut VecDeque<(PeerId, Said)>, id: PeerId, peer: &mut Peer, fault: &Fault) {
    match fault {
        Fault::Refused(error) => {
            tracing::debug!(%error, "a peer connection failed");
            peer.rtc.disconnect();
        }
        Fault::Panicked => {
            tracing::error!(purpose = ?peer.purpose, "a peer connection is given up: str0m panicked");
            peer.broken = true;
        }
    }
    said.push_back((id, Said::Failed));
}

/// What of str0m's events matters here.
#[expect(clippy::wildcard_enum_match_arm, reason = "str0m's enum, which grows; the others are of no use here")]
fn heard(event: str0m::Event) -> Option<Said> {
    match event {
        str0m::Event::RtpPacket(packet) => Some(Said::Packet(packet)),
        str0m::Event::KeyframeRequest(request) => Some(Said::Keyframe(request.kind)),
        str0m::Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => Some(Said::Estimate(estimate.as_u64())),
        str0m::Event::PeerStats(stats) => Some(Said::Reported(stats)),
        str0m::Event::MediaIngressStats(stats) => Some(Said::Received(stats)),
        str0m::Event::MediaEgressStats(stats) => Some(Said::Sent(stats)),
        str0m::Event::Connected => Some(Said::Connected),
        str0m::Event::IceConnectionStateChange(state) => match state {
            IceConnectionState::Disconnected => Some(Said::Disconnected),
            IceConnectionState::Connected | IceConnectionState::Completed => Some(Said::Heard),
            IceConnectionState::New | IceConnectionState::Checking => None,
        },
        str0m::Event::Closed => Some(Said::Failed),
        _ => None,
    }
}
