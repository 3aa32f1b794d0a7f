//! Streams of several layers: each packet goes to those who take its layer.

use std::time::Instant;

use str0m::media::{KeyframeRequestKind, Rid};

use super::{Output, Sfu};
use crate::layers::{Layers, Taker};
use crate::peer::{Delivery, Parcel};
use crate::stream::{Entry, PeerId, Stream};
use crate::{Size, StreamId, SubscriptionId};

impl Sfu {
    /// How often subscribers of the streams that are there have changed layers.
    #[must_use]
    pub fn layer_switches(&self) -> u64 {
        let layers = |entry: &Entry| match entry {
            Entry::Published(stream) => stream.layers.as_ref().map_or(0, Layers::switches),
            Entry::Echo(_) => 0,
        };
        self.streams.values().map(layers).sum()
    }

    /// A subscriber has a place of that size for the stream's pictures; `None` for one of any size. Nothing happens where it is
    /// not there.
    pub fn shows(&mut self, subscription: SubscriptionId, size: Option<Size>) {
        let Some(subscription) = self.subscriptions.get(&subscription) else { return };
        if let Some(peer) = self.peers.get_mut(&subscription.peer) {
            peer.shows = size;
        }
        if let Some(Entry::Published(Stream { layers: Some(layers), .. })) = self.streams.get_mut(&subscription.stream)
        {
            layers.look_again();
        }
    }

    /// A packet of a layer.
    pub(super) fn distribute_layer(&mut self, stream: StreamId, rid: Rid, parcel: &Parcel, now: Instant) {
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        let Stream { layers: Some(layers), takers, tapped, .. } = entry else { return };
        if !layers.came(rid, parcel.packet.payload.len(), parcel.starts_keyframe, now) {
            return;
        }
        if let Some(size) = parcel.size {
            layers.is_sized(rid, size);
        }
        let (bytes, switches) = (u64::try_from(parcel.packet.payload.len()).unwrap_or(0), layers.switches());
        self.counts.packets_in += 1;
        self.counts.bytes_in += bytes;
        let mut needs = Vec::new();
        if layers.is_due(takers, now) {
            self.stream_timers.insert((Layers::stops_at(now), stream));
            for taker in &*takers {
                let Some(peer) = self.peers.get_mut(taker).filter(|peer| peer.takes_video()) else { continue };
                layers.choose(Taker::Peer(*taker), peer.estimate, peer.shows, now);
                peer.reach_for(layers.next_of(Taker::Peer(*taker), now));
            }
            if *tapped {
                layers.choose(Taker::Tap, Some(u64::MAX), None, now);
            } else {
                layers.untap();
            }
            needs = layers.awaited();
        }
        if *tapped && layers.passes(Taker::Tap, rid, parcel.starts_keyframe) {
            self.outputs.push_back(Output::Media { stream, packet: parcel.packet.clone() });
        }
        for taker in &*takers {
            let Some(peer) = self.peers.get_mut(taker) else { continue };
            if !layers.passes(Taker::Peer(*taker), rid, parcel.starts_keyframe) {
                continue;
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
                Delivery::NeedsKeyframe if !needs.contains(&rid) => needs.push(rid),
                Delivery::NeedsKeyframe | Delivery::Skipped => {}
            }
        }
        self.counts.layer_switches += layers.switches().saturating_sub(switches);
        self.want_layers(stream, &needs, now);
    }

    /// A taker can show nothing without a key frame of its layer; that of all takers where it is the publisher who came
    /// back. False where the stream has no layers.
    pub(super) fn layers_wanted(&mut self, stream: StreamId, by: Option<PeerId>, now: Instant) -> bool {
        let Some(Entry::Published(entry)) = self.streams.get(&stream) else { return false };
        let Some(layers) = &entry.layers else { return false };
        let of = |taker| layers.layer_of(taker);
        let all: Vec<Rid> = match by.filter(|by| *by != entry.publisher && entry.takers.contains(by)) {
            Some(by) => of(Taker::Peer(by)).into_iter().collect(),
            None => entry.takers.iter().filter_map(|taker| of(Taker::Peer(*taker))).chain(of(Taker::Tap)).collect(),
        };
        let mut needs = Vec::new();
        for rid in all {
            if !needs.contains(&rid) {
                needs.push(rid);
            }
        }
        self.want_layers(stream, &needs, now);
        true
    }

    /// Time may make a difference to a stream's layers. Nothing happens where it has none.
    pub(super) fn layers_are_due(&mut self, stream: StreamId, now: Instant) {
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        let Some(layers) = &mut entry.layers else { return };
        if layers.are_silent(now) {
            // What is added to the picture ends with the picture.
            for taker in &entry.takers {
                if let Some(peer) = self.peers.get_mut(taker) {
                    peer.reach_for(0);
                }
            }
        }
        let (publisher, due, next) = (entry.publisher, layers.due(now), layers.deadline());
        if let Some(at) = next {
            self.stream_timers.insert((at, stream));
        }
        self.ask_layers(publisher, &due);
    }

    fn want_layers(&mut self, stream: StreamId, rids: &[Rid], now: Instant) {
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        let Some(layers) = &mut entry.layers else { return };
        let (publisher, mut asked) = (entry.publisher, Vec::new());
        for rid in rids {
            if layers.request(*rid, now) {
                asked.push(*rid);
            }
        }
        if let Some(at) = layers.deadline() {
            self.stream_timers.insert((at, stream));
        }
        self.ask_layers(publisher, &asked);
    }

    fn ask_layers(&mut self, publisher: PeerId, rids: &[Rid]) {
        let Some(peer) = self.peers.get_mut(&publisher).filter(|_| !rids.is_empty()) else { return };
        for rid in rids {
            peer.ask_layer(*rid, KeyframeRequestKind::Pli);
        }
        self.dirty.push(publisher);
    }
}
