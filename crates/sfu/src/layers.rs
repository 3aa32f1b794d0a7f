//! Simulcast: one publisher's pictures in several sizes, of which each subscriber gets one.
//!
//! How large a layer is, is measured, not announced: what publishers call their layers, and in which order they offer
//! them, differs. A subscriber changes layers where a key frame of the other one begins; until then it gets the one it
//! had. It goes down as soon as its own does not fit any more, and up when the larger one has fitted for a while.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use str0m::media::Rid;

use crate::defaults::START_BITRATE;
use crate::keyframe::KeyframeGate;
use crate::meter::Meter;
use crate::size::Size;
use crate::stream::PeerId;

/// Layers of one publisher: browsers send up to three.
const MOST: usize = 8;
/// A layer of which nothing came for so long is switched off: encoders send at least a picture a second of a still scene.
const SILENT: Duration = Duration::from_millis(1_500);
/// How often choices are looked at: an estimate changes a few times a second.
const LOOK: Duration = Duration::from_millis(200);
/// Of the estimate the present layer may take this much, in hundredths: a little less than all, since sound is not in it.
const STAYS: u64 = 95;
/// A larger layer may take this much before it is gone to: what is left is for its key frame and for retransmissions.
const RISES: u64 = 80;
/// For how long a larger one must have fitted.
const RISES_AFTER: Duration = Duration::from_secs(1);
/// For how long nobody rises who has just fallen: the estimate comes back before the queue on the way has drained.
const FALLEN: Duration = Duration::from_secs(5);

/// Who takes one of the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Taker {
    Peer(PeerId),
    /// The caller, which has all the bandwidth there is.
    Tap,
}

/// The layers of a publisher, and who takes which.
#[derive(Debug)]
pub(crate) struct Layers {
    layers: Vec<Layer>,
    picks: HashMap<Taker, Pick>,
    looked: Option<Instant>,
    switches: u64,
}

#[derive(Debug)]
struct Layer {
    rid: Rid,
    keyframes: KeyframeGate,
    last: Option<Instant>,
    meter: Meter,
    /// Of its newest key frame, where that says it.
    size: Option<Size>,
}

impl Layer {
    fn is_alive(&self, now: Instant) -> bool {
        self.last.is_some_and(|last| now.saturating_duration_since(last) <= SILENT)
    }
}

#[derive(Debug, Default)]
struct Pick {
    /// What it gets.
    current: Option<Rid>,
    /// What it is to get.
    wanted: Option<Rid>,
    /// The place that it has for pictures.
    shows: Option<Size>,
    /// Since when a larger one fits.
    rises: Option<Instant>,
    fell: Option<Instant>,
}

impl Layers {
    /// Those of an offer; `None` where it has none.
    pub(crate) fn new(rids: Vec<Rid>) -> Option<Self> {
        let layer =
            |rid| Layer { rid, keyframes: KeyframeGate::default(), last: None, meter: Meter::default(), size: None };
        let layers: Vec<Layer> = rids.into_iter().take(MOST).map(layer).collect();
        (!layers.is_empty()).then(|| Self { layers, picks: HashMap::new(), looked: None, switches: 0 })
    }

    /// How often takers have changed layers.
    pub(crate) fn switches(&self) -> u64 {
        self.switches
    }

    /// A key frame of a layer says how large it is.
    pub(crate) fn is_sized(&mut self, rid: Rid, size: Size) {
        if let Some(layer) = self.layers.iter_mut().find(|layer| layer.rid == rid) {
            layer.size = Some(size);
        }
    }

    /// A packet of a layer came. False where there is no such layer.
    pub(crate) fn came(&mut self, rid: Rid, bytes: usize, starts_keyframe: bool, now: Instant) -> bool {
        let Some(layer) = self.layers.iter_mut().find(|layer| layer.rid == rid) else { return false };
        if layer.last.is_none_or(|last| now.saturating_duration_since(last) > SILENT) {
            layer.meter = Meter::default();
        }
        layer.last = Some(now);
        if starts_keyframe {
            layer.keyframes.seen();
        }
        layer.meter.count(bytes, now);
        true
    }

    /// Whether it is time to choose anew for everybody. Who is not among `takers` is forgotten then.
    pub(crate) fn is_due(&mut self, takers: &[PeerId], now: Instant) -> bool {
        if self.looked.is_some_and(|at| now < at + LOOK) {
            return false;
        }
        self.looked = Some(now);
        self.picks.retain(|taker, _| match taker {
            Taker::Peer(peer) => takers.contains(peer),
            Taker::Tap => true,
        });
        true
    }

    /// Somebody has another place: it is time to choose anew.
    pub(crate) fn look_again(&mut self) {
        self.looked = None;
    }

    /// The tap is gone.
    pub(crate) fn untap(&mut self) {
        self.picks.remove(&Taker::Tap);
    }

    /// Chooses for a taker whose connection takes `estimate` bit/s, as far as that is known, and that has a place of that size.
    pub(crate) fn choose(&mut self, taker: Taker, estimate: Option<u64>, shows: Option<Size>, now: Instant) {
        let estimate = estimate.unwrap_or(START_BITRATE);
        let sizes = self.sizes(shows, now);
        let within = |share: u64| {
            let fits = |(rate, _): &&(u64, Rid)| *rate <= (estimate / 100).saturating_mul(share);
            // The smallest is better than nothing.
            sizes.iter().rev().find(fits).or(sizes.first()).copied()
        };
        let pick = self.picks.entry(taker).or_default();
        // Who makes the place larger waits for no proof that there is more than before.
        let resized = std::mem::replace(&mut pick.shows, shows) != shows;
        let Some(best) = within(RISES) else {
            // Nothing has been measured yet: whatever comes first.
            if pick.wanted.is_none() {
                pick.wanted = self.layers.iter().find(|layer| layer.is_alive(now)).map(|layer| layer.rid);
            }
            return;
        };
        let present = pick.wanted.and_then(|rid| sizes.iter().find(|(_, other)| *other == rid));
        let Some(present) = present else {
            // The one it had is switched off or larger than its place, or it had none.
            (pick.wanted, pick.rises) = (Some(best.1), None);
            return;
        };
        let stays = within(STAYS).is_some_and(|most| present.0 <= most.0);
        if !stays {
            (pick.wanted, pick.rises, pick.fell) = (Some(best.1), None, Some(now));
        } else if best.0 > present.0 {
            let since = *pick.rises.get_or_insert(now);
            let fell = pick.fell.is_some_and(|at| now < at + FALLEN);
            if (resized || now >= since + RISES_AFTER) && !fell {
                (pick.wanted, pick.rises) = (Some(best.1), None);
            }
        } else {
            pick.rises = None;
        }
    }

    /// The estimate at which a taker rises to the next larger layer, bit/s; 0 where it has the largest.
    pub(crate) fn next_of(&self, taker: Taker, now: Instant) -> u64 {
        let Some(pick) = self.picks.get(&taker) else { return 0 };
        let sizes = self.sizes(pick.shows, now);
        let present = sizes.iter().position(|(_, rid)| Some(*rid) == pick.wanted);
        let next = present.and_then(|nth| sizes.get(nth + 1));
        next.map_or(0, |(rate, _)| rate.saturating_mul(100).div_ceil(RISES))
    }

    /// When it is to be looked whether the publisher has stopped, as far as is known now.
    pub(crate) fn stops_at(now: Instant) -> Instant {
        now + SILENT + LOOK
    }

    /// Nothing comes of any layer.
    pub(crate) fn are_silent(&self, now: Instant) -> bool {
        !self.layers.iter().any(|layer| layer.is_alive(now))
    }

    /// Rates of the layers that are sent, the smallest first. Of those that are large enough for a place the smallest is the
    /// last; how large one is may not be known.
    fn sizes(&self, shows: Option<Size>, now: Instant) -> Vec<(u64, Rid)> {
        let alive = self.layers.iter().filter(|layer| layer.is_alive(now));
        let mut alive: Vec<(u64, &Layer)> = alive.filter_map(|layer| Some((layer.meter.rate()?, layer))).collect();
        alive.sort_unstable_by_key(|(rate, _)| *rate);
        let enough = |layer: &Layer| shows.zip(layer.size).is_some_and(|(place, size)| size.is_enough_for(place));
        let first = alive.iter().position(|(_, layer)| enough(layer)).unwrap_or(alive.len());
        let wanted = |(nth, (_, layer)): &(usize, (u64, &Layer))| *nth <= first || layer.size.is_none();
        alive.into_iter().enumerate().filter(wanted).map(|(_, (rate, layer))| (rate, layer.rid)).collect()
    }

    /// Whether a packet of a layer goes to a taker. A key frame of the layer that it is to get is where it changes.
    pub(crate) fn passes(&mut self, taker: Taker, rid: Rid, starts_keyframe: bool) -> bool {
        let Some(pick) = self.picks.get_mut(&taker) else { return false };
        if starts_keyframe && pick.wanted == Some(rid) && pick.current != Some(rid) {
            self.switches += u64::from(pick.current.is_some());
            pick.current = Some(rid);
        }
        pick.current == Some(rid)
    }

    /// Layers that somebody waits for.
    pub(crate) fn awaited(&self) -> Vec<Rid> {
        let waits = |layer: &&Layer| {
            self.picks.values().any(|pick| pick.wanted == Some(layer.rid) && pick.current != Some(layer.rid))
        };
        self.layers.iter().filter(waits).map(|layer| layer.rid).collect()
    }

    /// The layer whose key frame helps a taker.
    pub(crate) fn layer_of(&self, taker: Taker) -> Option<Rid> {
        self.picks.get(&taker)?.wanted
    }

    /// A key frame of a layer is needed. True: ask for it now.
    pub(crate) fn request(&mut self, rid: Rid, now: Instant) -> bool {
        self.layers.iter_mut().find(|layer| layer.rid == rid).is_some_and(|layer| layer.keyframes.request(now))
    }

    /// When to call [`Layers::due`].
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.layers.iter().filter_map(|layer| layer.keyframes.deadline()).min()
    }

    /// Time passed. Layers whose key frames are to be asked for now.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Rid> {
        self.layers.iter_mut().filter_map(|layer| layer.keyframes.due(now).then_some(layer.rid)).collect()
    }
}

#[cfg(test)]
mod tests;
