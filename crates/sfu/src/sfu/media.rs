//! Media: packets to subscribers, their wishes to publishers.

use std::time::Instant;

use str0m::media::KeyframeRequestKind;
use str0m::rtp::{RtpPacket, Vp8Descriptor};

use super::{Event, Sfu};
use crate::peer::{Delivery, Kind, Parcel};
use crate::stream::{Entry, PeerId};
use crate::{Purpose, StreamId, defaults};

impl Sfu {
    pub(super) fn connected(&mut self, id: PeerId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.connected = true;
        let wants_video = peer.takes_video();
        let brings = matches!(peer.purpose, Purpose::Publish(_));
        self.tell(id, Event::Connected);
        // A new subscriber can show nothing before a key frame, nor can old ones of a publisher that came back.
        if wants_video || brings {
            self.keyframe_wanted(id, KeyframeRequestKind::Pli, now);
        }
        if let Some(stream) = self.stream_of(id).filter(|_| brings) {
            self.steer(stream, now);
        }
    }

    /// Time may make a difference to that stream.
    pub(super) fn stream_is_due(&mut self, stream: StreamId, now: Instant) {
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        if entry.keyframes.due(now) {
            let publisher = entry.publisher;
            self.ask_keyframe(publisher, KeyframeRequestKind::Pli);
        }
        self.steer(stream, now);
    }

    fn stream_of(&self, id: PeerId) -> Option<StreamId> {
        match self.peers.get(&id)?.purpose {
            Purpose::Publish(stream) => Some(stream),
            Purpose::Subscribe(subscription) => self.subscriptions.get(&subscription).map(|it| it.stream),
        }
    }

    pub(super) fn keyframe_wanted(&mut self, by: PeerId, kind: KeyframeRequestKind, now: Instant) {
        let Some(stream) = self.stream_of(by) else { return };
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        if entry.takers.is_empty() {
            return;
        }
        if entry.keyframes.request(now) {
            let publisher = entry.publisher;
            self.ask_keyframe(publisher, kind);
        } else if let Some(at) = entry.keyframes.deadline() {
            self.stream_timers.insert((at, stream));
        }
    }

    fn ask_keyframe(&mut self, publisher: PeerId, kind: KeyframeRequestKind) {
        if let Some(peer) = self.peers.get_mut(&publisher) {
            peer.ask_keyframe(kind);
            self.dirty.push(publisher);
        }
    }

    /// A subscriber's connection has another width.
    pub(super) fn estimated(&mut self, id: PeerId, bitrate: u64, now: Instant) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.estimate = Some(bitrate);
        }
        if let Some(stream) = self.stream_of(id) {
            self.steer(stream, now);
        }
    }

    /// ICE hears nothing of a peer any more. What it could take says nothing now, and must not keep the picture of the
    /// others small.
    pub(super) fn vanished(&mut self, id: PeerId, now: Instant) {
        self.tell(id, Event::Disconnected);
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.estimate = None;
        }
        if let Some(stream) = self.stream_of(id) {
            self.steer(stream, now);
        }
    }

    /// Tells a publisher what the weakest of those who take its pictures can take.
    fn steer(&mut self, stream: StreamId, now: Instant) {
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        let takers = entry.takers.iter().filter_map(|taker| self.peers.get(taker));
        let weakest = takers.filter(|peer| peer.takes_video()).filter_map(|peer| peer.estimate).min();
        let Some(limit) = entry.limit.tell(weakest, now) else { return };
        let publisher = entry.publisher;
        if let Some(peer) = self.peers.get_mut(&publisher) {
            peer.ask_limit(limit);
            self.dirty.push(publisher);
        }
        self.stream_timers.insert((now + defaults::LIMIT_INTERVAL, stream));
    }

    pub(super) fn forward(&mut self, from: PeerId, packet: &RtpPacket, now: Instant) {
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
