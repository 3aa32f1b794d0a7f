//! Several sizes of one picture: who gets which, and that nobody sees where it changes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a failed test")]

mod world;

use std::time::Duration;

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use world::{BOTH, Frame, World};
use zvonok_sfu::{Size, StreamId, SubscriptionId};

const STREAM: StreamId = StreamId(1);
const SECOND: Duration = Duration::from_secs(1);
/// Openvidu-browser's names, and bytes for each of 30 pictures/s: 144, 480 and 1,200 kbit/s.
const LAYERS: [(&str, usize); 3] = [("rdiv4", 600), ("rdiv2", 2_000), ("rdiv1", 5_000)];
const SMALL: u8 = 0;
const MIDDLE: u8 = 1;
const LARGE: u8 = 2;

/// What a subscriber sees has to be one picture after the other, whatever they are made of.
fn assert_continuous(frames: &[Frame], last: Option<Frame>) -> Option<Frame> {
    let mut before = last;
    for frame in frames {
        if let Some(before) = before {
            assert!(frame.mark == before.mark || frame.keyframe, "{before:?} then {frame:?}, which cannot be decoded");
            assert!(frame.time > before.time, "{before:?} then {frame:?}: time goes back");
            let passed = frame.time - before.time;
            assert!(passed < 5 * 90_000, "{before:?} then {frame:?}: a jump");
            let (one, two) = (before.picture.unwrap(), frame.picture.unwrap());
            assert!(two > one && two - one < 150, "{before:?} then {frame:?}: picture ids");
        }
        before = Some(*frame);
    }
    before
}

fn share(frames: &[Frame], mark: u8) -> f64 {
    frames.iter().filter(|frame| frame.mark == mark).count() as f64 / frames.len().max(1) as f64
}

#[test]
fn each_subscriber_gets_the_largest_layer_that_its_link_takes() {
    for turned in [false, true] {
        let mut layers = LAYERS;
        if turned {
            layers.reverse();
        }
        let mut world = World::new();
        let publisher = world.simulcaster(STREAM, &layers);
        let [wide, middle, narrow] = [1, 2, 3].map(|id| world.subscriber(id, STREAM, BOTH));
        world.narrow(middle, 850_000);
        world.narrow(narrow, 300_000);
        world.run(20 * SECOND);
        for client in [wide, middle, narrow] {
            world.new_frames(client);
        }
        world.run(20 * SECOND);
        let mark = |mark| if turned { 2 - mark } else { mark };
        for (client, wanted, least) in [(wide, LARGE, 590), (middle, MIDDLE, 500), (narrow, SMALL, 500)] {
            let frames = world.new_frames(client);
            assert!(frames.len() >= least, "of 600 pictures {} came to {client}", frames.len());
            let share = share(&frames, mark(wanted));
            assert!(share > 0.9, "{share} of {client}'s pictures are of its layer");
            assert_continuous(&frames, None);
        }
        assert_eq!(world.limit(publisher).0, None, "nobody is slowed for the narrow one");
    }
}

#[test]
fn who_has_a_small_place_gets_a_small_picture_over_a_wide_link() {
    let mut world = World::new();
    let publisher = world.simulcaster(STREAM, &LAYERS);
    world.sized(publisher, &[(320, 180), (640, 360), (1_280, 720)]);
    let [small, large] = [1, 2].map(|id| world.subscriber(id, STREAM, BOTH));
    let place = |width, height| Some(Size { width, height });
    let steps = [(place(330, 186), SMALL), (place(640, 360), MIDDLE), (None, LARGE), (place(0, 0), SMALL)];
    let mut last = None;
    for (shows, wanted) in steps {
        world.sfu.shows(SubscriptionId(1), shows);
        world.run(10 * SECOND);
        last = assert_continuous(&world.new_frames(small), last);
        let before = world.bytes_to(small);
        world.run(10 * SECOND);
        let frames = world.new_frames(small);
        last = assert_continuous(&frames, last);
        assert!(frames.len() >= 290 && share(&frames, wanted) > 0.99, "{shows:?}: {}", share(&frames, wanted));
        let rate = (world.bytes_to(small) - before) * 8 / 10;
        assert!(wanted == LARGE || rate < 900_000, "{shows:?}: {rate} bit/s, where nothing larger is of use");
    }
    // A new peer connection for the same subscription has the same place.
    let again = world.subscriber(1, STREAM, BOTH);
    world.run(10 * SECOND);
    world.new_frames(again);
    world.run(5 * SECOND);
    assert!(share(&world.new_frames(again), SMALL) > 0.99, "the place was forgotten");
    let others = world.new_frames(large);
    assert!(share(&others[others.len() / 2..], LARGE) > 0.99, "the other one has all the room");
    world.sfu.shows(SubscriptionId(77), place(1, 1));
}

#[test]
fn a_link_that_changes_changes_the_layer_and_nothing_else() {
    let mut world = World::new();
    world.simulcaster(STREAM, &LAYERS);
    let (wide, other) = (world.subscriber(1, STREAM, BOTH), world.subscriber(2, STREAM, BOTH));
    world.run(10 * SECOND);
    let mut last = assert_continuous(&world.new_frames(other), None);
    world.new_frames(wide);
    assert_eq!(last.unwrap().mark, LARGE);
    for (width, wanted) in [(Some(300_000), SMALL), (None, LARGE), (Some(850_000), MIDDLE), (None, LARGE)] {
        let before = world.sfu.layer_switches();
        match width {
            Some(width) => world.narrow(other, width),
            None => world.widen(other),
        }
        world.run(25 * SECOND);
        last = assert_continuous(&world.new_frames(other), last);
        assert_eq!(last.unwrap().mark, wanted, "{width:?} bit/s");
        let switches = world.sfu.layer_switches() - before;
        assert_eq!(world.sfu.counts().layer_switches, world.sfu.layer_switches(), "none of its streams has ended");
        assert!((1..=4).contains(&switches), "{switches} changes for one of the link");
        let frames = world.new_frames(wide);
        assert!(frames.len() >= 745 && share(&frames, LARGE) > 0.999, "{} of 750 at the other", frames.len());
    }
}

#[test]
fn a_layer_that_is_switched_off_is_replaced() {
    let mut world = World::new();
    let publisher = world.simulcaster(STREAM, &LAYERS);
    let subscriber = world.subscriber(1, STREAM, BOTH);
    world.run(10 * SECOND);
    let last = assert_continuous(&world.new_frames(subscriber), None);
    assert_eq!(last.unwrap().mark, LARGE);
    world.layer(publisher, 2, 0);
    world.run(4 * SECOND);
    let frames = world.new_frames(subscriber);
    assert_eq!(frames.last().unwrap().mark, MIDDLE);
    assert!(frames.len() >= 60, "{} of 120 pictures, less those of the 2 s that it takes to know", frames.len());
    world.layer(publisher, 2, LAYERS[2].1);
    world.run(10 * SECOND);
    assert_eq!(assert_continuous(&world.new_frames(subscriber), None).unwrap().mark, LARGE);
}

#[test]
fn nothing_is_added_to_a_picture_that_stands_still() {
    let mut world = World::new();
    let publisher = world.simulcaster(STREAM, &LAYERS);
    let subscriber = world.subscriber(1, STREAM, BOTH);
    world.narrow(subscriber, 850_000);
    world.run(10 * SECOND);
    for layer in 0..LAYERS.len() {
        world.layer(publisher, layer, 0);
    }
    world.run(3 * SECOND);
    let before = world.bytes_to(subscriber);
    world.run(5 * SECOND);
    let bits = (world.bytes_to(subscriber) - before) * 8 / 5;
    // Sound takes 40 kbit/s, and str0m probes now and then; the next layer would take 600.
    assert!(bits < 200_000, "{bits} bit/s go to one who is shown nothing");
}

#[test]
fn a_burst_of_key_frame_requests_reaches_each_layer_once() {
    let mut world = World::new();
    let publisher = world.simulcaster(STREAM, &LAYERS);
    let subscribers: Vec<usize> = (1..=4).map(|id| world.subscriber(id, STREAM, BOTH)).collect();
    world.narrow(subscribers[3], 300_000);
    world.run(20 * SECOND);
    let before = world.keyframes_asked(publisher);
    for subscriber in &subscribers {
        world.ask_keyframe(*subscriber, str0m::media::KeyframeRequestKind::Pli);
    }
    world.run(SECOND / 4);
    assert_eq!(world.keyframes_asked(publisher) - before, 2, "of the large layer and of the small one");
}

#[test]
fn who_records_gets_the_largest_layer_and_a_publisher_that_comes_back_its_subscribers() {
    let mut world = World::new();
    let publisher = world.simulcaster(STREAM, &LAYERS);
    let subscriber = world.subscriber(1, STREAM, BOTH);
    assert!(world.sfu.tap(STREAM, true, world.now));
    world.run(10 * SECOND);
    world.tapped.clear();
    world.run(2 * SECOND);
    let runs: std::collections::HashSet<u64> =
        world.tapped.iter().filter(|packet| packet.payload.len() > 200).map(|packet| packet.run).collect();
    assert_eq!(runs.len(), 1, "one layer");
    let bytes: usize = world.tapped.iter().map(|packet| packet.payload.len()).sum();
    assert!(bytes > 2 * 30 * LAYERS[2].1, "{bytes} bytes in 2 s");

    let last = assert_continuous(&world.new_frames(subscriber), None);
    world.drop_client(publisher);
    world.simulcaster(STREAM, &LAYERS);
    world.run(10 * SECOND);
    let last = assert_continuous(&world.new_frames(subscriber), last);
    assert_eq!(last.unwrap().mark, LARGE);
    world.sfu.unsubscribe(SubscriptionId(1));
    world.sfu.unpublish(STREAM);
    assert_eq!((world.sfu.peer_count(), world.sfu.deadline()), (0, None));
}

/// Links of four that change all the time, and packets that are lost; whatever the seed makes of them.
#[test]
fn rooms_with_changing_links_show_only_what_can_be_decoded() {
    for seed in 0..6_u8 {
        let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let mut world = World::new();
        world.simulcaster(STREAM, &LAYERS);
        let wide = world.subscriber(1, STREAM, BOTH);
        let others = [2, 3, 4].map(|id| world.subscriber(id, STREAM, BOTH));
        if seed % 2 == 1 {
            world.lose_every(50);
        }
        let mut last = [None; 4];
        world.run(10 * SECOND);
        world.new_frames(wide);
        for _ in 0..8 {
            for other in others {
                match rng.next_u32() % 4 {
                    0 => world.widen(other),
                    choice => world.narrow(other, u64::from(250_000 * choice + rng.next_u32() % 200_000)),
                }
            }
            world.run(u32::from(3 + seed) * SECOND);
            for (client, last) in others.iter().chain([&wide]).zip(&mut last) {
                let frames = world.new_frames(*client);
                assert!(!frames.is_empty(), "seed {seed}: nothing came to {client}");
                *last = assert_continuous(&frames, *last);
                if *client == wide {
                    let wanted = usize::from(3 + seed) * 30 * 9 / 10;
                    assert!(frames.len() >= wanted, "seed {seed}: {} of {wanted} at the wide one", frames.len());
                    assert!(share(&frames, LARGE) > 0.9, "seed {seed}: the wide one was slowed");
                }
            }
        }
    }
}
