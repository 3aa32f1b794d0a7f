//! Media: packets to subscribers, their wishes to publishers.

use std::sync::Arc;
use std::time::Instant;

use str0m::media::KeyframeRequestKind;
use str0m::rtp::{ExtensionValues, RtpPacket, Ssrc};

use super::{Event, MediaPacket, Output, Sfu};
use crate::codec::Codec;
use crate::peer::{Delivery, Parcel, Peer};
use crate::stream::{Entry, PeerId};
use crate::thin::Pass;
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
        if entry.layers.is_some() {
            self.layers_are_due(stream, now);
            return;
        }
        if entry.keyframes.due(now) {
            let publisher = entry.publisher;
            self.ask_keyframe(publisher, KeyframeRequestKind::Pli);
        }
        self.thinning_is_due(stream, now);
        self.steer(stream, now);
    }

    pub(super) fn stream_of(&self, id: PeerId) -> Option<StreamId> {
        match self.peers.get(&id)?.purpose {
            Purpose::Publish(stream) => Some(stream),
            Purpose::Subscribe(subscription) => self.subscriptions.get(&subscription).map(|it| it.stream),
        }
    }

    pub(super) fn keyframe_wanted(&mut self, by: PeerId, kind: KeyframeRequestKind, now: Instant) {
        if let Some(stream) = self.stream_of(by)
            && !self.layers_wanted(stream, Some(by), now)
            && !self.stands_still(stream, by)
        {
            self.stream_wants_keyframe(stream, kind, now);
        }
    }

    pub(super) fn stream_wants_keyframe(&mut self, stream: StreamId, kind: KeyframeRequestKind, now: Instant) {
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        if !entry.is_taken() || entry.codecs.video.is_none() {
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

    /// A peer's reports came.
    pub(super) fn reported(&mut self, id: PeerId, take: impl FnOnce(&mut Peer)) {
        if let Some(peer) = self.peers.get_mut(&id) {
            take(peer);
        }
    }

    /// ICE hears nothing of a peer any more. What it could take says nothing now, and must not keep the picture of the
    /// others small.
    pub(super) fn vanished(&mut self, id: PeerId, now: Instant) {
        self.tell(id, Event::Disconnected);
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.estimate = None;
            peer.quiet = true;
        }
        if let Some(stream) = self.stream_of(id) {
            self.steer(stream, now);
        }
    }

    /// A peer connection has ended. What would be sent to it would wait in its memory for ever, and what it could take must
    /// not keep the picture of the others small.
    pub(super) fn failed(&mut self, id: PeerId, now: Instant) {
        self.tell(id, Event::Failed);
        if let Some(peer) = self.peers.get_mut(&id) {
            (peer.connected, peer.quiet, peer.estimate) = (false, true, None);
        }
        if let Some(stream) = self.stream_of(id) {
            self.steer(stream, now);
        }
    }

    /// Tells a publisher what the weakest of those who take its pictures can take, but for those who are slow.
    pub(super) fn steer(&mut self, stream: StreamId, now: Instant) {
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        // Who can take little takes a smaller layer.
        if entry.layers.is_some() {
            return;
        }
        let takers = entry.takers.iter().filter(|taker| !entry.thin.is_slow(**taker));
        let takers = takers.filter_map(|taker| self.peers.get(taker));
        let weakest = takers.filter(|peer| peer.takes_video()).filter_map(|peer| peer.estimate).min();
        let Some(limit) = entry.limit.tell(weakest, now) else { return };
        let publisher = entry.publisher;
        if let Some(peer) = self.peers.get_mut(&publisher) {
            peer.ask_limit(limit);
            self.dirty.push(publisher);
        }
        self.stream_timers.insert((now + defaults::LIMIT_INTERVAL, stream));
    }

    /// A packet that a publisher's peer connection brought.
    pub(super) fn forward(&mut self, from: PeerId, packet: &RtpPacket, now: Instant) {
        let Some(peer) = self.peers.get_mut(&from) else { return };
        let Purpose::Publish(stream) = peer.purpose else { return };
        let Some(codec) = peer.codec_of(packet) else { return };
        let layer = if matches!(codec, Codec::Video(_)) { peer.layer_of(packet) } else { None };
        let captured = peer.clock.captured_at(packet, codec.clock_rate());
        self.counts.packets_lost += peer.gaps.note(packet.header.ssrc, *packet.seq_no);
        let extensions = &packet.header.ext_vals;
        if matches!(codec, Codec::Audio(_)) {
            self.heard(stream, extensions, now);
        }
        let parcel = Parcel::new(
            (from, packet.header.ssrc),
            MediaPacket {
                codec,
                run: from << 32 | u64::from(*packet.header.ssrc),
                seq: *packet.seq_no,
                time: packet.header.timestamp,
                captured,
                marker: packet.header.marker,
                payload: Arc::clone(&packet.payload),
            },
            ExtensionValues {
                audio_level: extensions.audio_level,
                voice_activity: extensions.voice_activity,
                video_orientation: extensions.video_orientation,
                ..ExtensionValues::default()
            },
        );
        if let Some(rid) = layer {
            self.distribute_layer(stream, rid, &parcel, now);
        } else {
            self.distribute(stream, from, &parcel, now);
        }
    }

    /// A packet that the caller brought.
    pub(super) fn handle_media(&mut self, stream: StreamId, packet: &MediaPacket, now: Instant) {
        let Some(Entry::Published(entry)) = self.streams.get(&stream) else { return };
        let publisher = entry.publisher;
        let known = match packet.codec {
            Codec::Audio(audio) => entry.codecs.audio == Some(audio),
            Codec::Video(video) => entry.codecs.video == Some(video),
        };
        if !entry.fed || !known {
            return;
        }
        // The low half tells sound from pictures, as their SSRCs do.
        let ssrc = match packet.codec {
            Codec::Audio(_) => 1,
            Codec::Video(_) => 2,
        };
        let source = (packet.run << 32 | u64::from(ssrc), Ssrc::from(ssrc));
        let parcel = Parcel::new(source, packet.clone(), ExtensionValues::default());
        self.distribute(stream, publisher, &parcel, now);
    }

    fn distribute(&mut self, stream: StreamId, from: PeerId, parcel: &Parcel, now: Instant) {
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        // Nobody takes pictures of which it is not known how large they are.
        let stray = entry.layers.is_some() && matches!(parcel.packet.codec, Codec::Video(_));
        if entry.publisher != from || stray {
            return;
        }
        let bytes = u64::try_from(parcel.packet.payload.len()).unwrap_or(0);
        self.counts.packets_in += 1;
        self.counts.bytes_in += bytes;
        if parcel.starts_keyframe {
            entry.keyframes.seen();
        }
        if entry.tapped {
            self.outputs.push_back(Output::Media { stream, packet: parcel.packet.clone() });
        }
        let video = matches!(parcel.packet.codec, Codec::Video(_));
        if video {
            entry.thin.came(parcel.source(), parcel.packet.time, parcel.packet.payload.len(), now);
        }
        let looks = video && entry.thin.is_due(now);
        let (mut needs_keyframe, mut ends) = (None, false);
        for taker in &entry.takers {
            let Some(peer) = self.peers.get_mut(taker) else { continue };
            if video {
                match entry.thin.pass(*taker, parcel, now) {
                    Pass::Through => {}
                    Pass::Still => continue,
                    Pass::Ends => {
                        peer.pause_pictures();
                        ends = true;
                        continue;
                    }
                }
            }
            match peer.deliver(parcel) {
                Delivery::Sent => {
                    self.counts.packets_out += 1;
                    self.counts.bytes_out += bytes;
                    if !peer.dirty {
                        peer.dirty = true;
                        self.dirty.push(*taker);
                    }
                }
                Delivery::NeedsKeyframe => needs_keyframe = Some(*taker),
                Delivery::Skipped => {}
            }
        }
        if let Some(taker) = needs_keyframe {
            self.keyframe_wanted(taker, KeyframeRequestKind::Pli, now);
        }
        if looks {
            self.thin_out(stream, now);
        }
        if ends {
            self.wait_for_stills(stream);
        }
    }
}
