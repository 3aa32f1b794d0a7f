//! Pictures of one size, and takers of whom one can take far less than the others.
//!
//! Nothing of such a stream can be left out: each picture is made of the one before. So who is *slow* is not asked when the
//! publisher is told how much to send; it gets runs of pictures, each from a key frame on and for as long as its link has
//! room, and stands still between them. Its sound is whole.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::defaults::{DECENT_BITRATE, DESIRED_BITRATE, SOUND_BITRATE};
use crate::meter::Meter;
use crate::peer::Parcel;
use crate::rewrite::Source;
use crate::stream::PeerId;

/// How often it is looked who is slow: an estimate changes a few times a second.
const LOOK: Duration = Duration::from_millis(200);
/// Slow is who can take less than this much of what the best can, in hundredths,
const SLOW: u64 = 50;
/// for this long: estimates dip,
const FALLS_AFTER: Duration = Duration::from_secs(1);
/// and no longer who can take more than this much of it, for [`RISES_AFTER`].
const SLOW_NO_MORE: u64 = 60;
/// See [`SLOW_NO_MORE`].
const RISES_AFTER: Duration = Duration::from_secs(1);
/// For how long nobody comes back who has just been found slow: estimates come back before queues have drained.
const FALLEN: Duration = Duration::from_secs(5);
/// Of its estimate a link is to leave a twentieth, as with layers.
const STAYS: u64 = 95;
/// Key frames for those who stand still are asked for no more often: one costs the others a tenth of 4 s of their bits.
const STILLS: Duration = Duration::from_secs(4);
/// What a link that was idle may be sent at once: what it takes in this time.
const SAVED: Duration = Duration::from_secs(1);
/// The largest picture takes so many times [`SAVED`].
const LARGEST: i64 = 8;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Thin {
    slow: HashMap<PeerId, Slow>,
    /// Since when others can take too little.
    falls: HashMap<PeerId, Instant>,
    looked: Option<Instant>,
    meter: Meter,
    /// Where its packets come from: with another source times begin anew.
    source: Option<Source>,
    /// RTP time of the newest picture.
    newest: Option<u32>,
    /// When a key frame was asked for last for those who stand still.
    asked: Option<Instant>,
}

/// Who can take little.
#[derive(Debug)]
struct Slow {
    since: Instant,
    rises: Option<Instant>,
    /// Bit/s for pictures.
    rate: u64,
    /// What may be sent it now, in bits, by then. Below zero where the last picture was larger.
    room: (i64, Instant),
    /// RTP time of the picture that passes; `None` while it stands still.
    runs: Option<u32>,
}

/// What becomes of a packet of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// It goes to this taker.
    Through,
    /// It does not, and a run ends with it.
    Ends,
    /// It does not.
    Still,
}

impl Slow {
    fn room_at(&self, now: Instant) -> i64 {
        let (bits, at) = self.room;
        let gained = now.saturating_duration_since(at).as_micros() * u128::from(self.rate) / 1_000_000;
        bits.saturating_add(i64::try_from(gained).unwrap_or(i64::MAX)).min(self.most())
    }

    /// What may be saved, in bits.
    fn most(&self) -> i64 {
        i64::try_from(self.rate * SAVED.as_secs()).unwrap_or(i64::MAX / LARGEST)
    }

    /// When it may be sent something.
    fn ready(&self) -> Instant {
        let (bits, at) = self.room;
        let missing = u64::try_from(-bits.min(0)).unwrap_or(0);
        at + Duration::from_micros(missing.saturating_mul(1_000_000) / self.rate.max(1))
    }
}

impl Thin {
    /// A packet of a picture came.
    pub(crate) fn came(&mut self, source: Source, time: u32, bytes: usize, now: Instant) {
        if self.source.replace(source) != Some(source) {
            (self.newest, self.meter) = (None, Meter::default());
            self.slow.values_mut().for_each(|slow| slow.runs = None);
        }
        if self.newest.is_none_or(|newest| is_newer(time, newest)) {
            self.newest = Some(time);
        }
        self.meter.count(bytes, now);
    }

    /// Whether it is time to look who is slow.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let due = self.looked.is_none_or(|at| now >= at + LOOK);
        if due {
            self.looked = Some(now);
        }
        due
    }

    /// Looks at all who take pictures, with what each can take, bit/s. `adapts`: the publisher sends what it is asked to. Who
    /// is not among them is forgotten.
    pub(crate) fn choose(&mut self, takers: &[(PeerId, Option<u64>)], adapts: bool, now: Instant) {
        let best = takers.iter().filter_map(|(_, estimate)| *estimate).max().unwrap_or(0).min(DESIRED_BITRATE);
        let within = |share: u64| {
            let of_best = best / 100 * share;
            // Who adapts is slowed by nobody who can take a decent picture. Who does not needs what it sends.
            if adapts { of_best.min(DECENT_BITRATE * share / SLOW) } else { self.rate() / STAYS * 100 * share / SLOW }
        };
        let (slow_below, whole_above) = (within(SLOW), within(SLOW_NO_MORE));
        let takes = |peer: &PeerId| takers.iter().any(|(taker, _)| taker == peer);
        self.slow.retain(|peer, _| takes(peer));
        self.falls.retain(|peer, _| takes(peer));
        for (taker, estimate) in takers {
            let Some(estimate) = *estimate else {
                self.slow.remove(taker);
                continue;
            };
            // Whose link takes the stream as it is stands still for nothing.
            let rate = (estimate / 100 * STAYS).saturating_sub(SOUND_BITRATE).max(SOUND_BITRATE);
            let Some(slow) = self.slow.get_mut(taker) else {
                if estimate >= slow_below {
                    self.falls.remove(taker);
                } else if now >= *self.falls.entry(*taker).or_insert(now) + FALLS_AFTER {
                    self.falls.remove(taker);
                    let runs = self.newest;
                    self.slow.insert(*taker, Slow { since: now, rises: None, rate, room: (0, now), runs });
                }
                continue;
            };
            slow.room = (slow.room_at(now), now);
            slow.rate = rate;
            if estimate <= whole_above {
                slow.rises = None;
            } else if now >= *slow.rises.get_or_insert(now) + RISES_AFTER && now >= slow.since + FALLEN {
                self.slow.remove(taker);
            }
        }
    }

    /// Whether that taker stands still now and then.
    pub(crate) fn is_slow(&self, taker: PeerId) -> bool {
        self.slow.contains_key(&taker)
    }

    /// What the stream takes, bit/s; 0 while it has not been measured.
    pub(crate) fn rate(&self) -> u64 {
        self.meter.rate().unwrap_or(0)
    }

    /// Whether a packet of a picture goes to a taker. Runs end between pictures.
    pub(crate) fn pass(&mut self, taker: PeerId, parcel: &Parcel, now: Instant) -> Pass {
        let (time, bytes) = (parcel.packet.time, parcel.packet.payload.len());
        self.passes(taker, time, bytes, parcel.starts_keyframe, now)
    }

    fn passes(&mut self, taker: PeerId, time: u32, bytes: usize, starts_keyframe: bool, now: Instant) -> Pass {
        let newest = self.newest;
        let Some(slow) = self.slow.get_mut(&taker) else { return Pass::Through };
        let room = slow.room_at(now);
        match slow.runs {
            Some(picture) if is_newer(time, picture) => {
                if room < 0 {
                    slow.runs = None;
                    return Pass::Ends;
                }
                slow.runs = Some(time);
            }
            // A picture that does not end is none.
            Some(_) if room < -slow.most() * LARGEST => {
                slow.runs = None;
                return Pass::Ends;
            }
            // More of the same, or a late one of a picture before.
            Some(_) => {}
            // One that was sent again is of no use where what follows it has gone by.
            None if starts_keyframe && room >= 0 && newest.is_none_or(|newest| !is_newer(newest, time)) => {
                slow.runs = Some(time);
            }
            None => return Pass::Still,
        }
        slow.room = (room.saturating_sub(i64::try_from(bytes * 8).unwrap_or(i64::MAX)), now);
        Pass::Through
    }

    /// A taker cannot show what it gets. True where it is slow: then it stands still until a key frame has room.
    pub(crate) fn breaks(&mut self, taker: PeerId) -> bool {
        self.slow.get_mut(&taker).is_some_and(|slow| {
            slow.runs = None;
            true
        })
    }

    /// Whether the publisher is to be asked for a key frame now, for those who stand still.
    pub(crate) fn wants_keyframe(&mut self, now: Instant) -> bool {
        let wants = self.deadline().is_some_and(|at| at <= now);
        if wants {
            self.asked = Some(now);
        }
        wants
    }

    /// When to call [`Thin::wants_keyframe`].
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let ready = self.slow.values().filter(|slow| slow.runs.is_none()).map(Slow::ready).min()?;
        Some(self.asked.map_or(ready, |asked| ready.max(asked + STILLS)))
    }
}

/// Whether an RTP time is after another one, both of one run (RFC 1982).
fn is_newer(time: u32, than: u32) -> bool {
    time != than && time.wrapping_sub(than) < u32::MAX / 2
}

#[cfg(test)]
mod tests;
