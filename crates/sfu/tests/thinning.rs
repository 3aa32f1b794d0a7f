//! Pictures of one size, and a subscriber who can take far less than the others: they do not notice.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a failed test")]

mod world;

use std::time::Duration;

use world::{BOTH, World};
use zvonok_sfu::StreamId;

const STREAM: StreamId = StreamId(1);
const SECOND: Duration = Duration::from_secs(1);
/// A link that takes an eighth of what is sent, bit/s.
const SLOW: u64 = 150_000;

#[test]
fn a_slow_subscriber_slows_nobody_and_hears_everything() {
    let mut world = World::new();
    let publisher = world.publisher(STREAM);
    let wide = world.subscriber(1, STREAM, BOTH);
    let slow = world.subscriber(2, STREAM, BOTH);
    world.narrow(slow, SLOW);
    // Until the estimate of the slow one has come down.
    world.run(10 * SECOND);
    let asked = world.keyframes_asked(publisher);
    let (wide_before, slow_before) = (world.received(wide), world.received(slow));
    let mut stood = 0;
    for _ in 0..12 {
        let before = world.received(slow).frames.len();
        world.run(5 * SECOND);
        stood += usize::from(world.received(slow).frames.len() == before);
    }
    let (limit, _) = world.limit(publisher);
    assert!(limit.is_none_or(|limit| limit > 1_200_000), "{limit:?} bit/s because of the slow one");
    let seen = world.received(wide).frames.len() - wide_before.frames.len();
    assert!(seen >= 1_790, "of 1800 pictures the wide one saw {seen}");
    let heard = world.received(slow).audio - slow_before.audio;
    assert!(heard >= 2_900, "of 3000 packets of sound the slow one heard {heard}");
    assert!(stood <= 2, "the slow one saw nothing new in {stood} of 12 times 5 s");
    let asked = world.keyframes_asked(publisher) - asked;
    assert!((5..=15).contains(&asked), "the publisher was asked for {asked} key frames in a minute");
}

#[test]
fn who_was_slow_sees_everything_again_once_the_link_is_wide() {
    let mut world = World::new();
    let publisher = world.publisher(STREAM);
    world.subscriber(1, STREAM, BOTH);
    let slow = world.subscriber(2, STREAM, BOTH);
    world.narrow(slow, SLOW);
    world.run(20 * SECOND);
    let before = world.received(slow).frames.len();
    world.run(5 * SECOND);
    assert!(world.received(slow).frames.len() - before < 100, "it is slow");
    world.narrow(slow, 20_000_000);
    world.run(20 * SECOND);
    let before = world.received(slow).frames.len();
    world.run(10 * SECOND);
    let seen = world.received(slow).frames.len() - before;
    assert!(seen >= 290, "of 300 pictures {seen}");
    let (limit, _) = world.limit(publisher);
    assert!(limit.is_none_or(|limit| limit > 1_200_000), "{limit:?}");
}

#[test]
fn the_pictures_of_who_is_slow_are_whole_and_go_on_in_time() {
    let mut world = World::new();
    world.publisher(STREAM);
    world.subscriber(1, STREAM, BOTH);
    let slow = world.subscriber(2, STREAM, BOTH);
    world.narrow(slow, SLOW);
    world.run(15 * SECOND);
    let before = world.received(slow);
    world.run(60 * SECOND);
    let after = world.received(slow);
    let broken = after.gaps - before.gaps;
    assert!(broken <= 6, "{broken} runs were broken: what is left out must not look lost");
    let frames = &after.frames[before.frames.len()..];
    for pair in frames.windows(2) {
        assert!(pair[1].time > pair[0].time, "times go on");
    }
    let (first, last) = (frames.first().unwrap().time, frames.last().unwrap().time);
    let seconds = (last - first) / 90_000;
    assert!((45..=61).contains(&seconds), "{seconds} s of pictures in a minute");
}

#[test]
fn nobody_is_slow_alone() {
    let mut world = World::new();
    let publisher = world.publisher(STREAM);
    let slow = world.subscriber(1, STREAM, BOTH);
    world.narrow(slow, SLOW);
    world.run(15 * SECOND);
    let limit = world.limit(publisher).0.expect("the publisher was told");
    assert!(limit < SLOW, "{limit}");
    let before = world.received(slow).frames.len();
    world.run(10 * SECOND);
    let seen = world.received(slow).frames.len() - before;
    assert!(seen >= 250, "of 300 pictures {seen}");
}
