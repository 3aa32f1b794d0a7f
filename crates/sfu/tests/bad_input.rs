//! Whatever comes from outside ends in an error, never in a panic.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a failed test")]

mod world;

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;
use str0m::media::{Direction, MediaKind};
use world::World;
use zvonok_sfu::{AudioCodec, Codecs, Input, SfuError, StreamId, SubscriptionId, Transport, VideoChoice, VideoCodec};

/// What openvidu-browser 2.18.0 in Chromium offers to publish, shortened: four lines, the last two empty.
const FOUR_LINES: &str = include_str!("offers/publish-2.18.0.sdp");

#[test]
fn the_four_line_offer_is_answered_line_by_line() {
    let mut world = World::new();
    let answer = world.sfu.publish(StreamId(1), FOUR_LINES, false, VideoChoice::Offered, world.now).unwrap();
    let directions: Vec<&str> =
        answer.lines().filter(|line| ["a=recvonly", "a=sendonly", "a=sendrecv", "a=inactive"].contains(line)).collect();
    assert_eq!(directions, ["a=recvonly", "a=recvonly", "a=inactive", "a=inactive"], "{answer}");
    assert!(answer.contains("a=group:BUNDLE 0 1 2 3"), "{answer}");
    assert!(answer.contains("a=ice-lite") && answer.contains("a=candidate:"), "{answer}");

    let answer = world.sfu.publish(StreamId(2), FOUR_LINES, true, VideoChoice::Offered, world.now).unwrap();
    assert_eq!(answer.matches("a=sendrecv").count(), 2, "{answer}");
}

#[test]
fn a_publisher_gets_one_codec_its_own_first_or_the_one_that_is_wanted() {
    let mut world = World::new();
    let mut codecs = |choice, offer: &str| {
        let answer = world.sfu.publish(StreamId(1), offer, false, choice, world.now)?;
        world.sfu.unpublish(StreamId(1));
        let video = answer.split("m=video").nth(1).unwrap().split("m=").next().unwrap();
        let named = |line: &str| line.strip_prefix("a=rtpmap:").map(|it| it.split_once(' ').unwrap().1.to_owned());
        Ok::<_, SfuError>(video.lines().filter_map(named).filter(|it| !it.starts_with("rtx")).collect::<Vec<_>>())
    };
    let constrained = FOUR_LINES.replace("42001f", "42e01f");
    assert_eq!(codecs(VideoChoice::Offered, &constrained).unwrap(), ["VP8/90000"]);
    for (codec, name) in [(VideoCodec::Vp8, "VP8"), (VideoCodec::Vp9, "VP9"), (VideoCodec::H264, "H264")] {
        assert_eq!(codecs(VideoChoice::Only(codec), &constrained).unwrap(), [format!("{name}/90000")]);
        let without = constrained.replace(name, "other");
        assert!(matches!(codecs(VideoChoice::Only(codec), &without), Err(SfuError::NoCodec)), "{name}");
    }
    let (rest, odd) = (constrained.replace("VP8", "other"), FOUR_LINES.replace("VP8", "other"));
    assert_eq!(codecs(VideoChoice::Offered, &rest).unwrap(), ["H264/90000"], "the first that is left");
    assert_eq!(codecs(VideoChoice::Offered, &odd).unwrap(), ["VP9/90000"], "an H.264 that not everybody has");
}

#[test]
fn a_line_that_nothing_comes_on_is_answered_with_a_format_all_the_same() {
    let mut world = World::new();
    let takes = |sdp: &str| sdp.replace("a=sendrecv", "a=recvonly").replace("a=sendonly", "a=recvonly");
    for (codecs, offer) in [
        (Codecs { audio: None, video: Some(VideoCodec::Vp8) }, FOUR_LINES.to_owned()),
        (Codecs { audio: Some(AudioCodec::Pcmu), video: None }, FOUR_LINES.to_owned()),
        (Codecs { audio: Some(AudioCodec::Opus), video: Some(VideoCodec::H264) }, FOUR_LINES.replace("H264", "other")),
    ] {
        world.sfu.publish_fed(StreamId(1), codecs);
        let answer = world.sfu.subscribe(SubscriptionId(1), StreamId(1), &takes(&offer), world.now).unwrap();
        let lines: Vec<&str> = answer.lines().filter(|line| line.starts_with("m=")).collect();
        assert_eq!(lines.len(), 4);
        assert!(lines.iter().all(|line| line.split(' ').filter(|it| !it.is_empty()).count() >= 4), "{lines:?}");
        world.sfu.unpublish(StreamId(1));
    }
}

#[test]
fn offers_that_cannot_be_answered_say_why() {
    let mut world = World::new();
    let now = world.now;
    let unknown = ["VP8", "VP9", "H264", "opus"].iter().fold(FOUR_LINES.to_owned(), |sdp, it| sdp.replace(it, "x"));
    for text in ["", "v=0", "m=audio", &"a=x\r\n".repeat(60_000), &unknown] {
        assert!(world.sfu.publish(StreamId(1), text, false, VideoChoice::Offered, now).is_err());
    }
    assert!(
        world
            .sfu
            .publish(StreamId(1), &FOUR_LINES.replace("a=send", "a=recv"), false, VideoChoice::Offered, now)
            .is_err()
    );
    assert_eq!(world.sfu.peer_count(), 0);
}

#[test]
fn numbers_that_no_payload_type_has_or_that_two_codecs_share_are_refused() {
    let mut world = World::new();
    let now = world.now;
    world.sfu.publish(StreamId(1), FOUR_LINES, false, VideoChoice::Offered, now).unwrap();
    let numbered = |from: &str, to: &str| {
        let line = |line: &str| match line.starts_with("m=") {
            true => line.replace(&format!(" {from}"), &format!(" {to}")),
            false => line.replace(&format!(":{from} "), &format!(":{to} ")),
        };
        FOUR_LINES.lines().map(line).collect::<Vec<_>>().join("\r\n")
    };
    for offer in [numbered("111", "200"), numbered("111", "128"), numbered("111", "96"), numbered("111", "-1")] {
        let takes = offer.replace("a=sendrecv", "a=recvonly");
        for loopback in [false, true] {
            let published = world.sfu.publish(StreamId(2), &offer, loopback, VideoChoice::Offered, now);
            assert!(matches!(published, Err(SfuError::Offer(_))), "{published:?}");
        }
        let subscribed = world.sfu.subscribe(SubscriptionId(1), StreamId(1), &takes, now);
        assert!(matches!(subscribed, Err(SfuError::Offer(_))), "{subscribed:?}");
    }
    assert_eq!(world.sfu.peer_count(), 1, "the others are as they were");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_offer_never_panics(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..5, any::<prop::sample::Index>(), ".{0,12}"), 1..8),
        receive in any::<bool>(),
    ) {
        let mut world = World::new();
        let mut lines: Vec<String> = FOUR_LINES.lines().map(str::to_owned).collect();
        for (at, what, other, text) in cuts {
            let at = at.index(lines.len());
            let from = other.index(lines.len());
            match what {
                0 => { lines.remove(at); }
                1 => { let line = lines[from].clone(); lines.insert(at, line); }
                2 => lines[at].push_str(&text),
                3 => lines[at] = text,
                _ => lines.swap(at, from),
            }
            if lines.is_empty() {
                lines.push(String::new());
            }
        }
        let text = lines.join("\r\n");
        let now = world.now;
        if receive {
            let source = world.client();
            let offer = world.offer(source, &[MediaKind::Video], Direction::SendOnly);
            world.sfu.publish(StreamId(1), &offer, false, VideoChoice::Offered, now).unwrap();
            let _ = world.sfu.subscribe(SubscriptionId(1), StreamId(1), &text, now);
        } else {
            let _ = world.sfu.publish(StreamId(1), &text, true, VideoChoice::Offered, now);
        }
        world.run(Duration::from_millis(50));
    }

    #[test]
    fn a_datagram_of_any_kind_never_panics(
        datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..1_500), 1..20),
        first in proptest::sample::select(vec![0u8, 1, 20, 22, 23, 63, 64, 128, 144, 191, 255]),
    ) {
        let mut world = World::new();
        let client = world.client();
        let offer = world.offer(client, &[MediaKind::Audio, MediaKind::Video], Direction::SendOnly);
        let answer = world.sfu.publish(StreamId(1), &offer, false, VideoChoice::Offered, world.now).unwrap();
        world.accept(client, &answer);
        world.send_media(client);
        world.run(Duration::from_millis(500));
        let (source, destination) = world.addresses(client);
        let stranger: SocketAddr = "10.9.9.9:9".parse().unwrap();
        for mut bytes in datagrams {
            if let Some(byte) = bytes.first_mut() {
                *byte = first;
            }
            for source in [source, stranger] {
                world.sfu.handle(Input::Datagram { transport: Transport::Udp, source, destination, bytes: &bytes }, world.now);
            }
        }
        world.run(Duration::from_millis(100));
    }

    #[test]
    fn packets_of_any_contents_and_order_never_panic_and_never_repeat(
        packets in proptest::collection::vec(
            (0u64..400, any::<u32>(), proptest::collection::vec(any::<u8>(), 0..60)), 1..60),
        again in any::<prop::sample::Index>(),
    ) {
        let mut world = World::new();
        let mut publisher = world.client();
        world.offer_pictures(publisher);
        let subscriber = world.subscriber(1, StreamId(1), &[MediaKind::Video]);
        world.run(Duration::from_millis(500));
        let again = again.index(packets.len());
        for (at, (seq, time, payload)) in packets.into_iter().enumerate() {
            if at == again {
                publisher = world.client();
                world.offer_pictures(publisher);
                world.run(Duration::from_millis(500));
            }
            world.send_rtp(publisher, 1_000 + seq, time, payload);
            world.run(Duration::from_millis(2));
        }
        world.run(Duration::from_millis(500));
        prop_assert_eq!(world.sfu.peer_count(), 2);
        prop_assert!(world.is_connected(subscriber), "whatever a publisher sends, it is no reason to lose a subscriber");
    }
}
