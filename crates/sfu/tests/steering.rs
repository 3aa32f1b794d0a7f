//! What the network does to a call: narrow links, and addresses that change.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a failed test")]

mod world;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use str0m::media::MediaKind;
use world::{BOTH, World};
use zvonok_sfu::{Purpose, StreamId, SubscriptionId};

const STREAM: StreamId = StreamId(1);
const SECOND: Duration = Duration::from_secs(1);
/// A narrow link, bit/s: a quarter of what the publisher sends unless it is told.
const NARROW: u64 = 300_000;
/// One that is not so much wider that the narrow one would be left behind.
const LIKE: u64 = 450_000;

#[test]
fn the_weaker_of_two_like_links_limits_the_publisher_until_it_has_left() {
    let mut world = World::new();
    let publisher = world.publisher(STREAM);
    let like = world.subscriber(1, STREAM, BOTH);
    let narrow = world.subscriber(2, STREAM, BOTH);
    world.narrow(like, LIKE);
    world.narrow(narrow, NARROW);
    world.run(15 * SECOND);
    let limit = world.limit(publisher).0.expect("the publisher was told");
    assert!(limit < NARROW, "{limit} bit/s go into a link of {NARROW}");
    let before = [like, narrow].map(|client| world.received(client).frames.len());
    world.run(5 * SECOND);
    for (client, before) in [like, narrow].into_iter().zip(before) {
        let came = world.received(client).frames.len() - before;
        assert!(came >= 130, "of 150 pictures that fit {came} came");
    }

    world.sfu.unsubscribe(SubscriptionId(2));
    world.drop_client(narrow);
    world.run(10 * SECOND);
    let limit = world.limit(publisher).0.expect("it was told before");
    assert!(limit > NARROW, "{limit} bit/s, though only a link of {LIKE} is left");
}

#[test]
fn a_narrow_link_carries_the_picture_without_freezing() {
    for width in [150_000, NARROW, 600_000, 900_000] {
        let mut world = World::new();
        let publisher = world.publisher(STREAM);
        let narrow = world.subscriber(1, STREAM, BOTH);
        world.narrow(narrow, width);
        world.run(10 * SECOND);
        let (mut frozen, mut limits) = (0, 0);
        for _ in 0..60 {
            let before = world.received(narrow).video;
            world.run(SECOND);
            frozen += usize::from(world.received(narrow).video < before + 10);
            limits += world.limit(publisher).0.unwrap();
        }
        assert!(frozen <= 3, "a link of {width} bit/s froze in {frozen} of 60 s");
        assert!(limits / 60 > width / 2, "of {width} bit/s only {} are used", limits / 60);
    }
}

#[test]
fn who_has_vanished_does_not_limit_the_others() {
    let mut world = World::new();
    let publisher = world.publisher(STREAM);
    let like = world.subscriber(1, STREAM, BOTH);
    world.narrow(like, LIKE);
    let narrow = world.subscriber(2, STREAM, BOTH);
    world.narrow(narrow, NARROW);
    world.run(15 * SECOND);
    assert!(world.limit(publisher).0.is_some_and(|limit| limit < NARROW));
    world.drop_client(narrow);
    // ICE-lite counts a peer as gone after 15 s without a check of its.
    world.run(25 * SECOND);
    let (limit, _) = world.limit(publisher);
    assert!(limit.is_some_and(|limit| limit > NARROW), "{limit:?} bit/s for one who is gone");
}

#[test]
fn who_has_closed_the_connection_does_not_limit_the_others() {
    let mut world = World::new();
    let publisher = world.publisher(STREAM);
    let like = world.subscriber(1, STREAM, BOTH);
    world.narrow(like, LIKE);
    let narrow = world.subscriber(2, STREAM, BOTH);
    world.narrow(narrow, NARROW);
    world.run(15 * SECOND);
    assert!(world.limit(publisher).0.is_some_and(|limit| limit < NARROW));
    world.close(narrow);
    let seen = world.received(like).video;
    world.run(25 * SECOND);
    assert!(world.received(like).video > seen + 600, "the others go on");
    let (limit, _) = world.limit(publisher);
    assert!(limit.is_some_and(|limit| limit > NARROW), "{limit:?} bit/s for one who is gone");
}

#[test]
fn nothing_waits_for_who_has_closed_the_connection() {
    let mut world = World::new();
    world.publisher(STREAM);
    let gone = world.subscriber(1, STREAM, BOTH);
    world.run(2 * SECOND);
    world.close(gone);
    world.run(SECOND);
    assert!(world.sfu.tap(STREAM, true, world.now));
    world.run(5 * SECOND);
    assert!(world.tapped.len() > 200);
    let kept = world.tapped.iter().filter(|packet| Arc::strong_count(&packet.payload) > 1).count();
    assert_eq!(kept, 0, "packets that nobody will take");
}

#[test]
fn a_limit_is_told_again_since_the_word_may_be_lost() {
    let mut world = World::new();
    let publisher = world.publisher(STREAM);
    let narrow = world.subscriber(1, STREAM, BOTH);
    world.narrow(narrow, NARROW);
    world.run(15 * SECOND);
    for second in (0..15).step_by(3) {
        let (_, before) = world.limit(publisher);
        world.run(3 * SECOND);
        let (limit, told) = world.limit(publisher);
        assert!(told >= before + 2, "{limit:?} was told {} times in 3 s, from second {second} on", told - before);
    }
}

#[test]
fn a_publisher_that_comes_back_is_told_the_limit() {
    let mut world = World::new();
    let publisher = world.publisher(STREAM);
    let narrow = world.subscriber(1, STREAM, BOTH);
    world.narrow(narrow, NARROW);
    world.run(15 * SECOND);
    world.drop_client(publisher);
    let again = world.publisher(STREAM);
    world.run(4 * SECOND);
    let limit = world.limit(again).0.expect("the new peer connection knows of no limit");
    assert!(limit < 3 * NARROW, "{limit} bit/s");
}

#[test]
fn who_takes_no_pictures_does_not_limit_them() {
    let mut world = World::new();
    let publisher = world.publisher(STREAM);
    world.subscriber(1, STREAM, BOTH);
    let listener = world.subscriber(2, STREAM, &[MediaKind::Audio]);
    world.narrow(listener, 60_000);
    world.run(15 * SECOND);
    let (limit, _) = world.limit(publisher);
    assert!(limit.is_none_or(|limit| limit > 1_000_000), "{limit:?} bit/s because of somebody who only listens");
    assert!(world.received(listener).audio > 300);
}

#[test]
fn media_goes_on_when_a_nat_gives_another_port() {
    let mut world = World::new();
    let publisher = world.publisher(STREAM);
    let subscriber = world.subscriber(1, STREAM, BOTH);
    world.run(3 * SECOND);
    for client in [subscriber, publisher] {
        world.rebind(client);
        // Until the next connectivity check of that side nobody can know, and str0m takes the old address for good as
        // long as it was checked within 15 s.
        world.run(20 * SECOND);
        let before = world.received(subscriber).video;
        world.run(3 * SECOND);
        let came = world.received(subscriber).video - before;
        assert!(came >= 80, "of 90 frames {came} came after client {client} had got another port");
    }
}

#[test]
fn clients_reach_every_address_that_is_told() {
    let (v4, v6): (SocketAddr, SocketAddr) = ("10.0.0.1:7000".parse().unwrap(), "[fd00::1]:7000".parse().unwrap());
    let mut world = World::at(vec![v4, v6]);
    let publisher = world.client_at("10.0.1.1:8000".parse().unwrap());
    world.publish(publisher, STREAM, BOTH);
    let subscriber = world.client_at("[fd00::2]:8001".parse().unwrap());
    world.subscribe(subscriber, 1, STREAM, BOTH);
    world.run(3 * SECOND);
    let got = world.received(subscriber);
    assert!(got.video >= 60 && got.audio >= 100, "{got:?}");
}

#[test]
fn what_is_known_of_a_network_tells_a_good_one_from_a_bad_one() {
    let mut world = World::new();
    world.publisher(STREAM);
    let wide = world.subscriber(1, STREAM, BOTH);
    world.run(10 * SECOND);
    let publisher = Purpose::Publish(STREAM);
    let subscriber = Purpose::Subscribe(SubscriptionId(1));
    for purpose in [publisher, subscriber] {
        let measure = world.sfu.measure(purpose).unwrap();
        assert!(measure.connected && measure.loss.is_some_and(|loss| loss < 0.01), "{purpose:?}: {measure:?}");
    }
    let measure = world.sfu.measure(subscriber).unwrap();
    assert!(measure.estimate.is_some_and(|it| it > 1_000_000) && measure.round_trip.is_some(), "{measure:?}");
    assert_eq!(world.sfu.measure(publisher).unwrap().estimate, None, "it takes no pictures");

    world.lose_every(8);
    world.run(6 * SECOND);
    for purpose in [publisher, subscriber] {
        let measure = world.sfu.measure(purpose).unwrap();
        assert!(measure.loss.is_some_and(|loss| (0.05..0.3).contains(&loss)), "{purpose:?}: {measure:?}");
    }
    world.drop_client(wide);
    world.run(25 * SECOND);
    assert!(!world.sfu.measure(subscriber).unwrap().connected, "nothing was heard of it for 25 s");
    world.sfu.unsubscribe(SubscriptionId(1));
    assert_eq!(world.sfu.measure(subscriber), None);
}
