//! Subscribers that are offered a stream, instead of offering to take it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a failed test")]

mod world;

use std::time::Duration;

use proptest::prelude::*;
use str0m::media::MediaKind;
use world::{BOTH, World};
use zvonok_sfu::{Kinds, SfuError, StreamId, SubscriptionId};

const STREAM: StreamId = StreamId(1);
const SECOND: Duration = Duration::from_secs(1);
const ALL: Kinds = Kinds { audio: true, video: true };

fn lines(sdp: &str) -> Vec<&str> {
    let named = |line: &&str| {
        ["m=", "a=sendonly", "a=recvonly", "a=inactive", "a=sendrecv"].iter().any(|it| line.starts_with(it))
    };
    sdp.lines().map(|line| line.split(' ').next().unwrap()).filter(named).collect()
}

#[test]
fn an_offered_stream_is_seen_and_heard() {
    let mut world = World::new();
    let publisher = world.publisher(STREAM);
    let subscriber = world.client();
    let (offer, answer) = world.take_offer(subscriber, 1, STREAM, ALL);
    assert_eq!(lines(&offer), ["m=audio", "a=sendonly", "m=video", "a=sendonly"], "{offer}");
    assert_eq!(lines(&answer), ["m=audio", "a=recvonly", "m=video", "a=recvonly"], "{answer}");
    assert!(offer.contains("a=ice-lite") && offer.contains("a=candidate:"), "{offer}");
    world.run(3 * SECOND);
    let got = world.received(subscriber);
    assert!(got.first_video_is_keyframe && got.video >= 60 && got.audio >= 100 && got.gaps == 0, "{got:?}");
    assert!(world.keyframes_asked(publisher) >= 1);
}

#[test]
fn what_the_stream_lacks_is_not_offered() {
    let mut world = World::new();
    let publisher = world.client();
    world.publish(publisher, STREAM, &[MediaKind::Audio]);
    let subscriber = world.client();
    let (offer, _) = world.take_offer(subscriber, 1, STREAM, Kinds { audio: true, video: false });
    assert_eq!(lines(&offer), ["m=audio", "a=sendonly"]);
    world.run(2 * SECOND);
    assert!(world.received(subscriber).audio >= 60);
    let nothing = world.sfu.offer(SubscriptionId(2), STREAM, Kinds { audio: false, video: false }, world.now);
    assert!(matches!(nothing, Err(SfuError::NothingOffered(_))));
    assert!(matches!(world.sfu.offer(SubscriptionId(2), StreamId(9), ALL, world.now), Err(SfuError::NoStream(_))));
}

#[test]
fn a_new_offer_takes_the_place_of_the_old_peer_connection() {
    let mut world = World::new();
    world.publisher(STREAM);
    let first = world.client();
    world.take_offer(first, 1, STREAM, ALL);
    world.run(2 * SECOND);
    let before = world.sfu.peer_count();
    let second = world.client();
    world.take_offer(second, 1, STREAM, ALL);
    assert_eq!(world.sfu.peer_count(), before, "the old peer connection is gone");
    world.run(2 * SECOND);
    let came = world.received(first).video;
    world.run(SECOND);
    assert_eq!(world.received(first).video, came);
    assert!(world.received(second).video >= 60);
    // And one by the client's own offer takes the place of that.
    let third = world.client();
    world.subscribe(third, 1, STREAM, BOTH);
    world.run(2 * SECOND);
    assert!(world.received(third).video >= 30);
    assert_eq!(world.sfu.peer_count(), before);
}

#[test]
fn an_answer_is_taken_once_and_only_to_an_offer() {
    let mut world = World::new();
    world.publisher(STREAM);
    let subscriber = world.client();
    let now = world.now;
    assert!(matches!(world.sfu.accept(SubscriptionId(1), "", now), Err(SfuError::NotOffered)));
    let (_, answer) = world.take_offer(subscriber, 1, STREAM, ALL);
    assert!(matches!(world.sfu.accept(SubscriptionId(1), &answer, now), Err(SfuError::NotOffered)));
    world.run(2 * SECOND);
    assert!(world.received(subscriber).video >= 30, "the second answer has changed nothing");
    let own = world.subscriber(2, STREAM, BOTH);
    assert!(matches!(world.sfu.accept(SubscriptionId(2), &answer, now), Err(SfuError::NotOffered)));
    world.run(2 * SECOND);
    assert!(world.received(own).video >= 30);
}

#[test]
fn an_answer_that_cannot_be_used_ends_the_subscription() {
    let mut world = World::new();
    world.publisher(STREAM);
    let others = {
        let client = world.client();
        let offer = world.sfu.offer(SubscriptionId(7), STREAM, Kinds { audio: false, video: true }, world.now).unwrap();
        world.answer(client, &offer)
    };
    world.sfu.unsubscribe(SubscriptionId(7));
    let peers = world.sfu.peer_count();
    for answer in ["", "v=0", &others, &"a=x\r\n".repeat(60_000)] {
        let now = world.now;
        world.sfu.offer(SubscriptionId(1), STREAM, ALL, now).unwrap();
        let refused = world.sfu.accept(SubscriptionId(1), answer, now);
        assert!(matches!(refused, Err(SfuError::Answer(_))), "{refused:?} to {}", &answer[..answer.len().min(40)]);
        assert_eq!(world.sfu.peer_count(), peers);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_mutilated_answer_is_an_error_or_an_answer(cuts in prop::collection::vec((0usize..80, 0usize..4), 1..6)) {
        let mut world = World::new();
        world.publisher(STREAM);
        let client = world.client();
        let offer = world.sfu.offer(SubscriptionId(1), STREAM, ALL, world.now).unwrap();
        let answer = world.answer(client, &offer);
        let mut lines: Vec<String> = answer.lines().map(str::to_owned).collect();
        for (at, how) in cuts {
            let at = at % lines.len();
            match how {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines[at] = lines[at].chars().rev().collect(),
                _ => lines.swap(at, 0),
            }
        }
        let now = world.now;
        let _ = world.sfu.accept(SubscriptionId(1), &lines.join("\r\n"), now);
        world.run(SECOND);
    }
}
