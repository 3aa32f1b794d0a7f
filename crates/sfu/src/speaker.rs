//! Who of several streams speaks, by the levels that their packets of sound carry (RFC 6464), without decoding any.
//!
//! A level is that of 20 ms and jumps; what counts is a level that follows it, faster upwards than downwards, so that a
//! click is not speech and a pause between words is not silence. Somebody else speaks when that has been so for a while,
//! and for longer while the one before still does: two who talk at once must not make the picture flicker.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// How fast the level follows a louder one: a word reaches 80 % of it in a quarter of a second, a click of 60 ms a third.
const ATTACK: Duration = Duration::from_millis(150);
/// The longest packet of Opus in use (RFC 7587).
const MOMENT: Duration = Duration::from_millis(60);
/// How fast it follows a quieter one: a pause of 200 ms between words costs a third.
const RELEASE: Duration = Duration::from_millis(500);
/// Decibels above silence (-127 dBov) that count as speech: -45 dBov. Rooms are at -70 to -55, speech at -35 to -15.
const SPEECH: f32 = 82.0;
/// Decibels by which one has to be louder than one who speaks as well: twice as loud in the ear's terms would be ten.
const MARGIN: f32 = 6.0;
/// How long, while the other is silent: another 5 packets, since the level itself has waited already.
const TAKES: Duration = Duration::from_millis(100);
/// How long, while the other speaks: longer than an "mhm".
const TAKES_OVER: Duration = Duration::from_millis(600);
/// Of whom nothing came for so long says nothing: a muted track, or one that sends nothing in silence (DTX sends a packet
/// every 400 ms).
const GONE: Duration = Duration::from_millis(500);

/// One stream's level.
#[derive(Debug, Clone, Copy)]
struct Voice {
    /// Decibels above silence, smoothed.
    level: f32,
    at: Instant,
}

impl Voice {
    fn heard(&mut self, level: f32, now: Instant) {
        let passed = now.saturating_duration_since(self.at);
        // A packet says how loud its own moment is (RFC 6464): the pause before it was silent.
        let (pause, moment) = (passed.saturating_sub(MOMENT), passed.min(MOMENT));
        self.level *= (-pause.as_secs_f32() / RELEASE.as_secs_f32()).exp();
        let follows = if level > self.level { ATTACK } else { RELEASE };
        self.level += (level - self.level) * (1.0 - (-moment.as_secs_f32() / follows.as_secs_f32()).exp());
        self.at = self.at.max(now);
    }

    fn level_at(&self, now: Instant) -> f32 {
        if now.saturating_duration_since(self.at) > GONE { 0.0 } else { self.level }
    }
}

/// Who of those that are named by `K` speaks.
#[derive(Debug)]
pub(crate) struct Speakers<K> {
    voices: HashMap<K, Voice>,
    active: Option<K>,
    /// Who is about to be, and since when.
    next: Option<(K, Instant)>,
}

impl<K> Default for Speakers<K> {
    fn default() -> Self {
        Self { voices: HashMap::new(), active: None, next: None }
    }
}

impl<K: Copy + Eq + Hash + Ord> Speakers<K> {
    /// Who speaks, or spoke last; nobody as long as nobody has.
    pub(crate) fn active(&self) -> Option<K> {
        self.active
    }

    /// Whether there is nobody.
    pub(crate) fn is_empty(&self) -> bool {
        self.voices.is_empty()
    }

    /// Somebody is there, and silent as yet.
    pub(crate) fn came(&mut self, who: K, now: Instant) {
        self.voices.entry(who).or_insert(Voice { level: 0.0, at: now });
    }

    /// Somebody is not there any more. True where that was who spoke.
    pub(crate) fn left(&mut self, who: K) -> bool {
        self.voices.remove(&who);
        self.next = self.next.take_if(|(next, _)| *next != who);
        self.active.take_if(|active| *active == who).is_some()
    }

    /// A packet of sound of somebody who came, at `level` (0 to -127 dBov). True where somebody else speaks now.
    pub(crate) fn heard(&mut self, who: K, level: i8, now: Instant) -> bool {
        let Some(voice) = self.voices.get_mut(&who) else { return false };
        voice.heard(f32::from(127 + i16::from(level).clamp(-127, 0)), now);
        let present = self.active.and_then(|active| self.voices.get(&active)).map_or(0.0, |voice| voice.level_at(now));
        let loudest = self
            .voices
            .iter()
            .filter(|(other, _)| self.active != Some(**other))
            .map(|(other, voice)| (voice.level_at(now), *other))
            // Of two that are as loud always the same one.
            .max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
        let speaks = present >= SPEECH;
        let Some((_, other)) = loudest.filter(|(level, _)| *level >= SPEECH && (!speaks || *level >= present + MARGIN))
        else {
            self.next = None;
            return false;
        };
        let since = match self.next {
            Some((next, since)) if next == other => since,
            _ => now,
        };
        self.next = Some((other, since));
        let waits = if speaks { TAKES_OVER } else { TAKES };
        if now.saturating_duration_since(since) < waits {
            return false;
        }
        self.active = Some(other);
        self.next = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    use super::*;

    /// A conversation of four in their rooms, in steps of 20 ms.
    struct Room {
        rng: TestRng,
        speakers: Speakers<u8>,
        now: Instant,
        /// How often somebody else began to speak.
        changes: usize,
    }

    impl Room {
        fn new(seed: u8) -> Self {
            let mut speakers = Speakers::default();
            let now = Instant::now();
            for who in 0..4 {
                speakers.came(who, now);
            }
            Self { rng: TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]), speakers, now, changes: 0 }
        }

        fn between(&mut self, from: i32, to: i32) -> i32 {
            from + (self.rng.next_u32() % (to - from).unsigned_abs()).cast_signed()
        }

        /// 20 ms, in which those of `talking` talk: syllables, and one pause in eight steps. One step in 200 has a click.
        fn step(&mut self, talking: &[u8]) {
            self.now += Duration::from_millis(20);
            for who in 0..4 {
                let click = self.between(0, 200) == 0;
                let talks = talking.contains(&who) && self.between(0, 8) != 0;
                let level = match (talks, click) {
                    (true, _) => self.between(-38, -18),
                    (false, true) => self.between(-30, -10),
                    (false, false) => self.between(-80, -58),
                };
                self.changes += usize::from(self.speakers.heard(who, i8::try_from(level).unwrap(), self.now));
            }
        }
    }

    #[test]
    fn whoever_has_the_word_is_known_soon_and_stays_known() {
        for seed in 0..20 {
            let mut room = Room::new(seed);
            let (mut turns, mut last) = (0, None);
            for _ in 0..60 {
                let who = u8::try_from(room.between(0, 4)).unwrap();
                turns += usize::from(last != Some(who));
                last = Some(who);
                let steps = room.between(75, 300);
                for step in 0..steps {
                    room.step(&[who]);
                    // 0.8 s: the level's rise, the wait, and the end of the one before.
                    assert!(
                        step < 40 || room.speakers.active() == Some(who),
                        "seed {seed}: step {step} of {who}'s turn"
                    );
                }
                let pause = room.between(5, 100);
                (0..pause).for_each(|_| room.step(&[]));
                assert_eq!(room.speakers.active(), Some(who), "seed {seed}: silence is nobody's turn");
            }
            assert_eq!(room.changes, turns, "seed {seed}: each turn is one change");
        }
    }

    #[test]
    fn a_click_after_a_pause_is_no_speech() {
        let (mut speakers, start) = (Speakers::default(), Instant::now());
        speakers.came(1, start);
        for nth in 1..=20 {
            let level = if nth % 4 == 0 { -10 } else { -70 };
            let after = Duration::from_millis(1_200 * (nth / 4) + 20 * (nth % 4));
            assert!(!speakers.heard(1, level, start + after), "packet {nth}");
        }
    }

    #[test]
    fn a_word_between_takes_nobodys_place_and_two_at_once_do_not_flicker() {
        for seed in 0..20 {
            let mut room = Room::new(seed);
            (0..100).for_each(|_| room.step(&[0]));
            for _ in 0..40 {
                (0..20).for_each(|_| room.step(&[0, 1]));
                (0..40).for_each(|_| room.step(&[0]));
            }
            assert_eq!((room.speakers.active(), room.changes), (Some(0), 1), "seed {seed}: somebody says mhm");
            (0..1_000).for_each(|_| room.step(&[0, 1]));
            assert!(room.changes <= 2, "seed {seed}: {} changes in 20 s of both at once", room.changes);
        }
    }

    #[test]
    fn who_sends_nothing_any_more_or_leaves_does_not_keep_the_word() {
        let mut room = Room::new(1);
        (0..100).for_each(|_| room.step(&[2]));
        assert_eq!(room.speakers.active(), Some(2));
        for _ in 0..60 {
            room.now += Duration::from_millis(20);
            room.speakers.heard(3, -30, room.now);
        }
        assert_eq!(room.speakers.active(), Some(3), "2 is muted, and its level stands");
        assert!(!room.speakers.left(0) && room.speakers.left(3) && room.speakers.active().is_none());
        assert!(!room.speakers.heard(3, 0, room.now), "it is not there");
        (0..100).for_each(|_| room.step(&[1]));
        assert_eq!(room.speakers.active(), Some(1));
        for who in 0..3 {
            room.speakers.left(who);
        }
        assert!(room.speakers.is_empty());
    }

    #[test]
    fn any_levels_at_any_time_name_somebody_who_is_there() {
        let steps = prop::collection::vec((0_u8..6, any::<i8>(), 0_u64..2_000), 0..200);
        TestRunner::new(Config::default())
            .run(&steps, |steps| {
                let (mut speakers, mut now) = (Speakers::default(), Instant::now());
                (0..4_u8).for_each(|who| speakers.came(who, now));
                for (who, level, ms) in steps {
                    now += Duration::from_millis(ms);
                    let before = speakers.active();
                    let changed = speakers.heard(who, level, now);
                    prop_assert_eq!(changed, before != speakers.active());
                    prop_assert!(speakers.active().is_none_or(|active| active < 4));
                }
                Ok(())
            })
            .unwrap();
    }
}
