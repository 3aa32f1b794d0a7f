//! Choices of layers with a made-up clock.

use proptest::prelude::*;

use super::*;

const ONE: Taker = Taker::Peer(1);
const RATES: [(&str, u64); 3] = [("c", 1_400_000), ("a", 150_000), ("b", 500_000)];

fn rid(name: &str) -> Rid {
    name.into()
}

/// Three layers of 30 pictures/s.
struct Sender {
    layers: Layers,
    /// What all takers show.
    shows: Option<Size>,
    now: Instant,
}

impl Sender {
    fn new() -> Self {
        let layers = Layers::new(RATES.iter().map(|(name, _)| rid(name)).collect()).unwrap();
        Self { layers, shows: None, now: Instant::now() }
    }

    /// So many pictures of all layers but `without`, and a key frame of whatever is waited for.
    fn run(&mut self, pictures: u32, without: &str, takers: &[(Taker, Option<u64>)]) {
        for _ in 0..pictures {
            self.now += Duration::from_millis(33);
            let awaited = self.layers.awaited();
            for (name, rate) in RATES.iter().filter(|(name, _)| *name != without) {
                let keyframe = awaited.contains(&rid(name));
                assert!(self.layers.came(rid(name), usize::try_from(rate / 30 / 8).unwrap(), keyframe, self.now));
                if self.layers.is_due(&[1, 2], self.now) {
                    for (taker, estimate) in takers {
                        self.layers.choose(*taker, *estimate, self.shows, self.now);
                    }
                }
                for (taker, _) in takers {
                    self.layers.passes(*taker, rid(name), keyframe);
                }
            }
        }
    }

    fn current(&mut self, taker: Taker) -> &'static str {
        RATES.iter().find(|(name, _)| self.layers.passes(taker, rid(name), false)).map_or("", |(name, _)| *name)
    }
}

#[test]
fn each_gets_the_largest_that_fits_whatever_they_are_called() {
    let mut sender = Sender::new();
    for (estimate, wanted) in [(2_500_000, "c"), (800_000, "b"), (2_500_000, "c"), (170_000, "a"), (10_000, "a")] {
        sender.run(300, "", &[(ONE, Some(estimate)), (Taker::Tap, Some(u64::MAX))]);
        assert_eq!(sender.current(ONE), wanted, "{estimate} bit/s");
        assert_eq!(sender.current(Taker::Tap), "c", "the other is not slowed");
    }
    assert!(!sender.layers.came(rid("x"), 1, true, sender.now), "none of its layers");
}

#[test]
fn who_falls_does_so_at_once_and_rises_only_after_a_while() {
    let mut sender = Sender::new();
    sender.run(150, "", &[(ONE, Some(2_500_000))]);
    assert_eq!(sender.current(ONE), "c");
    sender.run(10, "", &[(ONE, Some(700_000))]);
    assert_eq!(sender.current(ONE), "b", "within a third of a second");
    let before = sender.layers.switches();
    for _ in 0..20 {
        sender.run(3, "", &[(ONE, Some(2_500_000))]);
        sender.run(3, "", &[(ONE, Some(700_000))]);
    }
    assert_eq!(sender.layers.switches(), before, "an estimate that jumps is no reason");
    sender.run(300, "", &[(ONE, Some(2_500_000))]);
    assert_eq!(sender.current(ONE), "c");
}

#[test]
fn a_layer_that_is_switched_off_is_left_and_come_back_to() {
    let mut sender = Sender::new();
    sender.run(150, "", &[(ONE, Some(2_500_000))]);
    sender.run(90, "c", &[(ONE, Some(2_500_000))]);
    assert_eq!(sender.current(ONE), "b");
    sender.run(300, "", &[(ONE, Some(2_500_000))]);
    assert_eq!(sender.current(ONE), "c");
}

#[test]
fn nobody_changes_without_a_key_frame_and_one_is_asked_for_once_a_burst() {
    let mut sender = Sender::new();
    sender.run(150, "", &[(ONE, Some(2_500_000)), (Taker::Peer(2), Some(2_500_000))]);
    for taker in [ONE, Taker::Peer(2)] {
        sender.layers.choose(taker, Some(700_000), None, sender.now);
        assert!(sender.layers.passes(taker, rid("c"), false) && !sender.layers.passes(taker, rid("b"), false));
        assert!(sender.layers.passes(taker, rid("c"), true), "a key frame of its own changes nothing");
    }
    assert_eq!(sender.layers.awaited(), [rid("b")]);
    assert!(sender.layers.request(rid("b"), sender.now) && !sender.layers.request(rid("b"), sender.now));
    assert_eq!(sender.layers.deadline(), Some(sender.now + Duration::from_millis(500)));
    assert_eq!(sender.layers.due(sender.now + Duration::from_millis(500)), [rid("b")], "none came");
    assert!(sender.layers.passes(ONE, rid("b"), true) && !sender.layers.passes(ONE, rid("c"), true));
}

#[test]
fn nobody_gets_more_than_there_is_a_place_for() {
    let size = |width, height| Size { width, height };
    let mut sender = Sender::new();
    for (name, known) in [("a", size(320, 180)), ("b", size(640, 360)), ("c", size(1_280, 720))] {
        sender.layers.is_sized(rid(name), known);
    }
    let wide = [(ONE, Some(5_000_000))];
    for (shows, wanted) in [
        (None, "c"),
        (Some(size(330, 190)), "a"),
        (Some(size(640, 360)), "b"),
        (Some(size(0, 0)), "a"),
        (Some(size(4_000, 2_000)), "c"),
    ] {
        sender.shows = shows;
        sender.layers.look_again();
        sender.run(10, "", &wide);
        // What was measured is there from the first second on.
        sender.run(if shows.is_none() { 150 } else { 0 }, "", &wide);
        assert_eq!(sender.current(ONE), wanted, "{shows:?}");
    }
    sender.shows = Some(size(640, 360));
    sender.run(10, "", &wide);
    assert_eq!(sender.layers.next_of(ONE, sender.now), 0, "nothing larger is reached for");
    sender.run(10, "", &[(ONE, Some(160_000))]);
    assert_eq!(sender.current(ONE), "a", "the link rules all the same");
    assert!(sender.layers.next_of(ONE, sender.now) > 0);
}

#[test]
fn a_layer_of_an_unknown_size_is_not_too_large() {
    let mut sender = Sender::new();
    sender.layers.is_sized(rid("a"), Size { width: 320, height: 180 });
    sender.shows = Some(Size { width: 100, height: 100 });
    sender.run(150, "", &[(ONE, Some(5_000_000))]);
    assert_eq!(sender.current(ONE), "c");
}

proptest! {
    #[test]
    fn whatever_comes_a_taker_has_one_layer_and_changes_at_key_frames(
        steps in prop::collection::vec((0_usize..3, 0_usize..3_000, any::<bool>(), 0_u64..400, 0_u64..3_000_000), 0..200),
    ) {
        let (mut sender, mut current) = (Sender::new(), None);
        for (layer, bytes, keyframe, ms, estimate) in steps {
            sender.now += Duration::from_millis(ms);
            let layer = rid(RATES[layer].0);
            sender.layers.came(layer, bytes, keyframe, sender.now);
            if sender.layers.is_due(&[1], sender.now) {
                sender.layers.choose(ONE, Some(estimate), None, sender.now);
            }
            if sender.layers.passes(ONE, layer, keyframe) {
                prop_assert!(current == Some(layer) || keyframe);
                current = Some(layer);
            } else {
                prop_assert!(current != Some(layer));
            }
        }
    }
}
