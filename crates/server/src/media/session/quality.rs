//! How good each participant's network is, told to everybody when it changes. OpenVidu Pro has it; the figures that make a
//! level are our own.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use zvonok_openvidu::wire::notice::Notice;
use zvonok_sfu::{Measure, Purpose};

use super::super::defaults;
use super::Session;
use super::participant::Participant;

/// From 0, nothing gets through, to 5, excellent.
type Level = u8;

/// What everybody takes a network for until it is told otherwise.
const EXCELLENT: Level = 5;
/// No media gets through.
const BROKEN: Level = 0;

/// The most that may be lost for a level. 2 % is what WiFi loses in ordinary use; retransmission repairs 4 % unnoticed and
/// 8 % with a visible delay; from 15 % on sound is torn in spite of its own redundancy.
const LOSS: [(f32, Level); 4] = [(0.02, 5), (0.04, 4), (0.08, 3), (0.15, 2)];

/// The longest way there and back, milliseconds: twice the 150 and 400 ms one way of ITU-T G.114, and two between.
const ROUND_TRIP: [(u64, Level); 4] = [(300, 5), (400, 4), (600, 3), (800, 2)];

/// The least bandwidth for what somebody watches, bit/s. 640x480 in VP8 takes 1 Mbit/s at its best; with 500 kbit/s it is
/// good, with 150 one sees who it is.
const BANDWIDTH: [(u64, Level); 4] = [(700_000, 5), (500_000, 4), (300_000, 3), (150_000, 2)];

/// The level of what is worse than all of these.
const BAD: Level = 1;

/// The level of one peer connection: that of its worst figure.
fn level(measure: &Measure) -> Level {
    if !measure.connected {
        return BROKEN;
    }
    let loss = measure.loss.map(|loss| LOSS.iter().find(|(most, _)| loss <= *most).map_or(BAD, |it| it.1));
    let round_trip = measure.round_trip.map(|time| {
        let longest = |(most, _): &&(u64, Level)| time <= Duration::from_millis(*most);
        ROUND_TRIP.iter().find(longest).map_or(BAD, |it| it.1)
    });
    let bandwidth =
        measure.estimate.map(|bits| BANDWIDTH.iter().find(|(least, _)| bits >= *least).map_or(BAD, |it| it.1));
    [loss, round_trip, bandwidth].into_iter().flatten().min().unwrap_or(EXCELLENT)
}

/// What is told of one participant's network, and what has been found since.
#[derive(Debug)]
pub(super) struct Quality {
    told: Level,
    /// Looks in a row that found it on one side of what was told, and the one of them that was nearest to it.
    found: Option<(Ordering, u32, Level)>,
}

impl Default for Quality {
    fn default() -> Self {
        Self { told: EXCELLENT, found: None }
    }
}

impl Quality {
    /// One more look. Gives what to tell and what was told before, when it is time to.
    fn look(&mut self, level: Level) -> Option<(Level, Level)> {
        let side = level.cmp(&self.told);
        let (looks, nearest) = match self.found {
            Some((same, looks, nearest)) if same == side => (looks + 1, nearest),
            _ => (1, level),
        };
        let (enough, nearest) = match side {
            Ordering::Equal => {
                self.found = None;
                return None;
            }
            Ordering::Less => (defaults::NETWORK_WORSE, nearest.max(level)),
            Ordering::Greater => (defaults::NETWORK_BETTER, nearest.min(level)),
        };
        if looks < enough {
            self.found = Some((side, looks, nearest));
            return None;
        }
        self.found = None;
        Some((nearest, std::mem::replace(&mut self.told, nearest)))
    }
}

/// The peer connections of a participant that say something of its network.
fn purposes(participant: &Participant) -> impl Iterator<Item = Purpose> {
    let published = participant.stream.as_ref().map(|stream| Purpose::Publish(stream.key));
    let subscribed = participant.subscriptions.iter().filter(|it| it.agreed).map(|it| Purpose::Subscribe(it.key));
    published.into_iter().chain(subscribed)
}

/// Whether anything is to be told of it.
fn counts(participant: &Participant) -> bool {
    !participant.is_hidden() && !participant.is_echo() && !participant.is_camera()
}

impl Session {
    /// When networks are looked at; `None` while nobody has any media.
    pub(super) fn networks_deadline(&self) -> Option<Instant> {
        let any = self.participants.iter().any(|it| counts(it) && purposes(it).next().is_some());
        any.then_some(self.networks_at)
    }

    /// Looks at the participants' networks if it is time to, and tells everybody what has changed.
    pub(super) async fn networks_are_due(&mut self, now: Instant) {
        if self.networks_deadline().is_none_or(|at| at > now) {
            return;
        }
        self.networks_at = now + defaults::NETWORK_INTERVAL;
        let of: Vec<(usize, Purpose)> = self
            .participants
            .iter()
            .enumerate()
            .filter(|(_, it)| counts(it))
            .flat_map(|(at, it)| purposes(it).map(move |purpose| (at, purpose)))
            .collect();
        let measures = self.shared.media.measure(of.iter().map(|(_, purpose)| *purpose).collect()).await;
        let mut levels: Vec<Option<Level>> = vec![None; self.participants.len()];
        for ((at, _), measure) in of.iter().zip(measures) {
            let (Some(worst), Some(measure)) = (levels.get_mut(*at), measure) else { continue };
            let found = level(&measure);
            *worst = Some(worst.map_or(found, |worst| worst.min(found)));
        }
        let mut notices = Vec::new();
        for (participant, level) in self.participants.iter_mut().zip(levels) {
            let Some((new_value, old_value)) = level.and_then(|level| participant.quality.look(level)) else {
                continue;
            };
            let connection_id = participant.id.clone();
            notices.push(Notice::NetworkQualityLevelChanged { connection_id, new_value, old_value });
        }
        for notice in &notices {
            self.notify_all(notice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_figure_makes_the_level() {
        let good = Measure {
            loss: Some(0.0),
            round_trip: Some(Duration::from_millis(40)),
            estimate: Some(2_000_000),
            connected: true,
            ..Measure::default()
        };
        assert_eq!(level(&good), EXCELLENT);
        assert_eq!(level(&Measure { connected: true, ..Measure::default() }), EXCELLENT, "nothing bad is known");
        for (loss, expected) in [(0.02, 5), (0.03, 4), (0.05, 3), (0.1, 2), (0.3, 1)] {
            assert_eq!(level(&Measure { loss: Some(loss), ..good }), expected, "{loss}");
        }
        for (ms, expected) in [(300, 5), (350, 4), (500, 3), (700, 2), (2_000, 1)] {
            let round_trip = Some(Duration::from_millis(ms));
            assert_eq!(level(&Measure { round_trip, ..good }), expected, "{ms} ms");
        }
        for (bits, expected) in [(700_000, 5), (600_000, 4), (300_000, 3), (200_000, 2), (60_000, 1)] {
            assert_eq!(level(&Measure { estimate: Some(bits), ..good }), expected, "{bits} bit/s");
        }
        assert_eq!(level(&Measure { connected: false, ..good }), BROKEN);
    }

    #[test]
    fn a_change_is_told_when_it_lasts_and_a_better_one_later_than_a_worse_one() {
        let mut quality = Quality::default();
        let mut looks = |levels: &[Level]| levels.iter().filter_map(|level| quality.look(*level)).collect::<Vec<_>>();
        assert!(looks(&[5, 5, 2, 5, 1, 5]).is_empty(), "each was over at the next look");
        assert_eq!(looks(&[1, 3]), [(3, 5)], "as bad as both were");
        assert_eq!(looks(&[3, 2, 2]), [(2, 3)]);
        assert!(looks(&[5, 5, 5, 2, 5, 5, 5]).is_empty());
        assert_eq!(looks(&[4]), [(4, 2)], "as good as all four were");
        assert_eq!(looks(&[0, 0]), [(0, 4)]);
        assert_eq!(looks(&[5, 4, 5, 4, 5, 4, 5]), [(4, 0)], "no coming and going between two neighbours");
    }
}
