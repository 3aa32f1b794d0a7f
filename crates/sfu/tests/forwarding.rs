//! Clients on str0m in memory, the SFU between them, and a made-up clock.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a failed test")]

mod world;

use std::time::Duration;

use str0m::format::Codec as Heard;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind};
use world::{BOTH, World};
use zvonok_sfu::{
    AudioCodec, Codec, Codecs, Input, MediaPacket, SfuError, StreamId, SubscriptionId, VideoChoice, VideoCodec,
};

const STREAM: StreamId = StreamId(1);
const SECOND: Duration = Duration::from_secs(1);

/// A world with one publisher of picture and sound, that sends.
fn published(loopback: bool) -> (World, usize) {
    let mut world = World::new();
    let direction = if loopback { Direction::SendRecv } else { Direction::SendOnly };
    let publisher = world.client();
    let offer = world.offer(publisher, BOTH, direction);
    let answer = world.sfu.publish(STREAM, &offer, loopback, VideoChoice::Offered, world.now).unwrap();
    world.accept(publisher, &answer);
    world.send_media(publisher);
    (world, publisher)
}

fn subscribed(world: &mut World, id: u64, stream: StreamId) -> usize {
    world.subscriber(id, stream, BOTH)
}

#[test]
fn what_is_published_arrives_at_every_subscriber() {
    let (mut world, _) = published(false);
    let subscribers = [subscribed(&mut world, 1, STREAM), subscribed(&mut world, 2, STREAM)];
    world.run(3 * SECOND);
    for subscriber in subscribers {
        let got = world.received(subscriber);
        assert!(got.video >= 60, "3 s at 30 frames/s, less the connecting, were sent; {} came", got.video);
        assert!(got.audio >= 100, "3 s at 50 packets/s, less the connecting, were sent; {} came", got.audio);
        assert!(got.first_video_is_keyframe, "nothing before a key frame can be decoded");
        assert_eq!(got.gaps, 0, "nothing was lost on the way");
    }
    let counts = world.sfu.counts();
    let got: u64 = subscribers.iter().map(|it| (world.received(*it).video + world.received(*it).audio) as u64).sum();
    assert!(counts.packets_out >= got && counts.packets_in >= got / 2, "{counts:?} for {got} that came");
    assert!(counts.packets_out <= 2 * counts.packets_in && counts.bytes_out <= 2 * counts.bytes_in, "{counts:?}");
    assert_eq!((counts.packets_lost, world.sfu.stream_count(), world.sfu.subscription_count()), (0, 1, 2));
}

#[test]
fn a_burst_of_keyframe_requests_reaches_the_publisher_once() {
    let (mut world, publisher) = published(false);
    let subscribers: Vec<usize> = (1..=4).map(|id| subscribed(&mut world, id, STREAM)).collect();
    world.run(3 * SECOND);
    let before = world.keyframes_asked(publisher);
    for subscriber in &subscribers {
        world.ask_keyframe(*subscriber, KeyframeRequestKind::Pli);
    }
    world.run(SECOND);
    assert_eq!(world.keyframes_asked(publisher) - before, 1);
}

#[test]
fn a_publisher_that_comes_back_keeps_its_subscribers() {
    let (mut world, publisher) = published(false);
    let subscriber = subscribed(&mut world, 1, STREAM);
    world.run(3 * SECOND);
    let before = world.received(subscriber).video;
    world.drop_client(publisher);

    world.publisher(STREAM);
    world.run(3 * SECOND);

    let got = world.received(subscriber);
    assert!(got.video >= before + 60, "{} before, {} after", before, got.video);
    assert_eq!(got.gaps, 0, "sequence numbers go on");
    assert_eq!(world.sfu.peer_count(), 2, "the old peer connection is gone");
}

#[test]
fn a_subscriber_that_comes_back_gets_a_keyframe_at_once() {
    let (mut world, publisher) = published(false);
    let first = subscribed(&mut world, 1, STREAM);
    world.run(3 * SECOND);
    world.drop_client(first);
    let asked = world.keyframes_asked(publisher);
    let second = subscribed(&mut world, 1, STREAM);
    world.run(2 * SECOND);
    assert!(world.received(second).video >= 30);
    assert!(world.keyframes_asked(publisher) > asked, "it could show nothing without");
    assert_eq!(world.sfu.peer_count(), 2);
}

#[test]
fn a_publisher_that_asks_for_it_gets_its_own_media_back() {
    let (mut world, publisher) = published(true);
    world.run(3 * SECOND);
    let got = world.received(publisher);
    assert!(got.video >= 60 && got.audio >= 100, "{got:?}");
}

#[test]
fn an_echo_sends_back_what_the_other_publishes() {
    let (mut world, publisher) = published(false);
    world.sfu.publish_echo(StreamId(2), STREAM).unwrap();
    let listener = subscribed(&mut world, 1, StreamId(2));
    world.run(3 * SECOND);
    let got = world.received(listener);
    assert!(got.video >= 60 && got.audio >= 100, "{got:?}");

    world.sfu.unpublish(STREAM);
    world.drop_client(publisher);
    assert_eq!(world.sfu.peer_count(), 0, "the echo ends with what it echoes");
    assert!(matches!(world.sfu.publish_echo(StreamId(3), STREAM), Err(SfuError::NoStream(_))));
}

#[test]
fn a_stream_that_is_tapped_comes_to_the_caller_too_from_a_key_frame_on() {
    let (mut world, publisher) = published(false);
    world.run(SECOND);
    assert!(world.tapped.is_empty(), "nobody has asked for it");
    let asked = world.keyframes_asked(publisher);
    assert!(world.sfu.tap(STREAM, true, world.now));
    world.run(SECOND);
    assert_eq!(world.keyframes_asked(publisher), asked + 1, "a recording begins with a key frame");
    let (sound, pictures): (Vec<_>, Vec<_>) =
        world.tapped.drain(..).partition(|packet| matches!(packet.codec, Codec::Audio(AudioCodec::Opus)));
    assert!(sound.len() >= 45 && pictures.len() >= 100, "{} and {}", sound.len(), pictures.len());
    assert!(pictures.windows(2).all(|two| two[1].seq == two[0].seq + 1 && two[1].captured >= two[0].captured));
    assert!(world.sfu.tap(STREAM, false, world.now));
    world.run(SECOND);
    assert!(world.tapped.is_empty());
    assert!(!world.sfu.tap(StreamId(9), true, world.now));
}

#[test]
fn a_stream_that_the_caller_feeds_reaches_its_subscribers() {
    let mut world = World::new();
    let codecs = Codecs { audio: Some(AudioCodec::Opus), video: Some(VideoCodec::Vp8) };
    world.sfu.publish_fed(STREAM, codecs);
    assert_eq!(world.sfu.codecs(STREAM), Some(codecs));
    let subscriber = subscribed(&mut world, 1, STREAM);
    world.run(SECOND);
    for at in 0..60_u32 {
        let payload = [&[0x10, if at == 0 { 0x10 } else { 0x11 }][..], &[0xa5; 500]].concat();
        let packet = MediaPacket {
            codec: Codec::Video(VideoCodec::Vp8),
            run: 1,
            seq: u64::from(at),
            time: at * 3_000,
            captured: world.now,
            marker: true,
            payload: payload.into(),
        };
        world.sfu.handle(Input::Media { stream: STREAM, packet: packet.clone() }, world.now);
        let other = MediaPacket { codec: Codec::Video(VideoCodec::H264), ..packet };
        world.sfu.handle(Input::Media { stream: STREAM, packet: other }, world.now);
        world.run(Duration::from_millis(33));
    }
    world.run(SECOND);
    let got = world.received(subscriber);
    assert!(got.first_video_is_keyframe && got.gaps == 0, "{got:?}");
    assert_eq!(got.video, 60, "what is not of the stream's codec is left out");
    world.sfu.unpublish(STREAM);
    assert_eq!(world.sfu.peer_count(), 0);
}

/// Feeds a second of sound.
fn feed_sound(world: &mut World, codec: AudioCodec, run: u64) {
    for at in 0..50_u32 {
        let packet = MediaPacket {
            codec: Codec::Audio(codec),
            run,
            seq: u64::from(at),
            time: at * 160,
            captured: world.now,
            marker: false,
            payload: [0xd5; 160].into(),
        };
        world.sfu.handle(Input::Media { stream: STREAM, packet }, world.now);
        world.run(Duration::from_millis(20));
    }
}

#[test]
fn a_camera_that_turns_out_to_speak_otherwise_is_heard_and_never_noise() {
    let mut world = World::new();
    let coded = |audio| Codecs { audio: Some(audio), video: Some(VideoCodec::Vp8) };
    world.sfu.publish_fed(STREAM, coded(AudioCodec::Pcma));
    let subscriber = subscribed(&mut world, 1, STREAM);
    world.run(SECOND);
    for (run, (codec, taken_for)) in
        [(AudioCodec::Pcma, Heard::PCMA), (AudioCodec::Pcmu, Heard::PCMU)].into_iter().enumerate()
    {
        world.sfu.publish_fed(STREAM, coded(codec));
        let before = world.received(subscriber).audio;
        feed_sound(&mut world, codec, run as u64 + 1);
        let got = world.received(subscriber);
        assert_eq!(got.sound, Some(taken_for));
        assert!(got.audio - before >= 45, "{got:?}");
    }
    let before = world.received(subscriber).audio;
    world.sfu.publish_fed(STREAM, coded(AudioCodec::Opus));
    feed_sound(&mut world, AudioCodec::Opus, 3);
    assert_eq!(world.received(subscriber).audio, before, "it has not agreed to that");
}

#[test]
fn lost_packets_are_asked_for_again_on_both_sides() {
    let (mut world, _) = published(false);
    let subscriber = subscribed(&mut world, 1, STREAM);
    world.run(2 * SECOND);
    world.lose_every(20);
    let before = world.received(subscriber).video;
    world.run(4 * SECOND);
    let got = world.received(subscriber).video - before;
    assert!(got >= 110, "of 120 frames {got} came through 5 % of loss each way");
}

#[test]
fn unsubscribing_and_unpublishing_leave_nothing_behind() {
    let (mut world, _) = published(false);
    subscribed(&mut world, 1, STREAM);
    subscribed(&mut world, 2, STREAM);
    world.run(SECOND);
    world.sfu.unsubscribe(SubscriptionId(1));
    assert_eq!(world.sfu.peer_count(), 2);
    world.sfu.unpublish(STREAM);
    assert_eq!(world.sfu.peer_count(), 0);
    assert_eq!(world.sfu.deadline(), None);
    let offer = {
        let client = world.client();
        world.offer(client, &[MediaKind::Video], Direction::RecvOnly)
    };
    assert!(matches!(
        world.sfu.subscribe(SubscriptionId(3), STREAM, &offer, world.now),
        Err(SfuError::NoStream(STREAM))
    ));
}
