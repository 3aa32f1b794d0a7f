//! Two cores joined in memory, with a made-up clock.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use super::*;
use crate::wire::{CandidateInit, Description};

struct End {
    /// Whether its page takes the frames it is given.
    looks: bool,
    core: Core,
    address: SocketAddr,
    controls: Vec<ToPage>,
    frames: Vec<(u64, bool)>,
    packets: usize,
    gathered: bool,
}

struct Network {
    start: Instant,
    now: Instant,
    ends: [End; 2],
    flying: VecDeque<(Instant, usize, SocketAddr, SocketAddr, Vec<u8>)>,
    delay: Duration,
    /// Every how manieth datagram is lost; 0 for none.
    lose: u64,
    sent: u64,
    next_id: u32,
}

fn end(address: &str, now: Instant) -> End {
    End {
        looks: true,
        core: Core::new(Arc::default(), now),
        address: address.parse().unwrap(),
        controls: Vec::new(),
        frames: Vec::new(),
        packets: 0,
        gathered: false,
    }
}

impl Network {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            start: now,
            now,
            ends: [end("10.0.0.1:1000", now), end("10.0.0.2:2000", now)],
            flying: VecDeque::new(),
            delay: Duration::from_millis(5),
            lose: 0,
            sent: 0,
            next_id: 0,
        }
    }

    fn collect(&mut self, index: usize) {
        let mut candidates = Vec::new();
        let end = &mut self.ends[index];
        while let Some(output) = end.core.poll_output() {
            match output {
                Output::Control(ToPage::Candidate { candidate: Some(candidate) }) => candidates.push(candidate),
                Output::Control(message) => end.controls.push(message),
                Output::Video { line, timestamp_us, key_frame, .. } => {
                    end.frames.push((timestamp_us, key_frame));
                    if end.looks {
                        end.core.handle(Input::PageSaw { line, count: 1 }, self.now).unwrap();
                    }
                }
                Output::Opus { .. } => end.packets += 1,
                Output::Gather => {
                    end.gathered = true;
                    end.core.handle(Input::LocalAddress(end.address), self.now).unwrap();
                }
                Output::Transmit(transmit) => {
                    self.sent += 1;
                    if self.lose == 0 || !self.sent.is_multiple_of(self.lose) {
                        let to = (self.now + self.delay, 1 - index, transmit.source, transmit.destination);
                        self.flying.push_back((to.0, to.1, to.2, to.3, transmit.contents.to_vec()));
                    }
                }
                Output::Reach(_) | Output::Processing { .. } => {}
            }
        }
        for candidate in candidates {
            self.request(1 - index, |id| FromPage::AddCandidate { id, candidate }).unwrap();
        }
    }

    fn tell(&mut self, index: usize, message: FromPage) {
        self.ends[index].core.handle(Input::Control(message), self.now).unwrap();
        self.collect(index);
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only the two kinds of answers matter")]
    fn request(&mut self, index: usize, message: impl FnOnce(u32) -> FromPage) -> Result<Outcome, &'static str> {
        self.next_id += 1;
        let wanted = self.next_id;
        self.tell(index, message(wanted));
        self.ends[index]
            .controls
            .iter()
            .find_map(|message| match message {
                ToPage::Done { id, outcome } if *id == wanted => Some(Ok(outcome.clone())),
                ToPage::Failed { id, name, .. } if *id == wanted => Some(Err(*name)),
                _ => None,
            })
            .expect("every request is answered at once")
    }

    fn describe(&mut self, index: usize, message: impl FnOnce(u32) -> FromPage) -> Description {
        self.request(index, message).unwrap().description.unwrap()
    }

    /// Lets time pass in steps of a millisecond.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            self.now += Duration::from_millis(1);
            while self.flying.front().is_some_and(|(at, ..)| *at <= self.now) {
                let Some((_, index, source, destination, data)) = self.flying.pop_front() else { break };
                self.ends[index].core.handle(Input::Datagram { source, destination, data: &data }, self.now).unwrap();
                self.collect(index);
            }
            for index in 0..2 {
                if self.ends[index].core.deadline().is_some_and(|at| at <= self.now) {
                    self.ends[index].core.handle(Input::Tick, self.now).unwrap();
                    self.collect(index);
                }
            }
        }
    }

    /// One end publishes, the other subscribes, as openvidu-browser's connections to a server do.
    fn negotiate(&mut self) {
        for (line, kind) in [(0, Kind::Audio), (1, Kind::Video)] {
            let (stream, track) = (Some("stream".to_owned()), None);
            self.tell(0, FromPage::AddTransceiver { line, kind, direction: Direction::Sendonly, stream, track });
        }
        let offer = self.describe(0, |id| FromPage::CreateOffer { id });
        assert!(!offer.sdp.contains("a=candidate"), "candidates are trickled, not in the offer");
        self.request(0, |id| FromPage::SetLocalDescription { id, description: offer.clone() }).unwrap();
        let outcome = self.request(1, |id| FromPage::SetRemoteDescription { id, description: offer }).unwrap();
        let lines: Vec<_> =
            outcome.transceivers.unwrap().iter().map(|one| (one.line, one.kind, one.current_direction)).collect();
        let receives = Some(Direction::Recvonly);
        assert_eq!(lines, [(0, Kind::Audio, receives), (1, Kind::Video, receives)], "the offered lines are taken");
        let answer = self.describe(1, |id| FromPage::CreateAnswer { id });
        self.request(1, |id| FromPage::SetLocalDescription { id, description: answer.clone() }).unwrap();
        let outcome = self.request(0, |id| FromPage::SetRemoteDescription { id, description: answer }).unwrap();
        let states = outcome.transceivers.unwrap();
        assert_eq!(states.iter().map(|one| one.codec).collect::<Vec<_>>(), [Some("opus"), Some("vp8")]);
        assert!(states.iter().all(|one| one.current_direction == Some(Direction::Sendonly)));
    }

    fn connect(&mut self) {
        self.negotiate();
        self.pass(Duration::from_secs(2));
        for end in &self.ends {
            assert!(end.controls.contains(&ToPage::ConnectionState { state: "connected" }), "{:?}", end.controls);
        }
    }

    /// Sends `count` frames at 30 a second with sound; a key frame first and whenever it is asked for.
    fn film(&mut self, count: u64) {
        for _ in 0..count {
            let time = self.now - self.start;
            let asked = self.ends[0].controls.iter().any(|message| matches!(message, ToPage::KeyFrame { line: 1 }));
            self.ends[0].controls.retain(|message| !matches!(message, ToPage::KeyFrame { .. }));
            let key = asked || self.ends[0].core.by_line(1).unwrap().sent == 0;
            let data = vp8(key, if key { 12_000 } else { 3_000 });
            let timestamp_us = time.as_micros() as u64;
            self.ends[0].core.handle(Input::Video { line: 1, timestamp_us, data }, self.now).unwrap();
            self.collect(0);
            let rtp_time = time.as_millis() as u64 * 48;
            self.ends[0].core.handle(Input::Opus { line: 0, rtp_time, data: vec![0x78; 60] }, self.now).unwrap();
            self.collect(0);
            self.pass(Duration::from_millis(33));
        }
    }
}

/// Something that the packetizer takes for a VP8 frame (RFC 6386, 9.1: the first bit is 0 in a key frame).
fn vp8(key: bool, length: usize) -> Arc<[u8]> {
    let mut frame = vec![0x55; length];
    frame[0] = if key { 0x10 } else { 0x11 };
    frame[3..6].copy_from_slice(&[0x9d, 0x01, 0x2a]);
    frame.into()
}

#[test]
fn two_ends_connect_at_once() {
    let mut network = Network::new();
    network.negotiate();
    let began = network.now;
    let connected = ToPage::ConnectionState { state: "connected" };
    while !network.ends.iter().all(|end| end.controls.contains(&connected)) {
        network.pass(Duration::from_millis(5));
        assert!(network.now < began + Duration::from_millis(500), "connecting takes longer than a person notices");
    }
}

#[test]
fn an_offer_that_nobody_answered_is_replaced() {
    let mut network = Network::new();
    let (stream, track) = (Some("stream".to_owned()), None);
    let sound = FromPage::AddTransceiver { line: 0, kind: Kind::Audio, direction: Direction::Sendonly, stream, track };
    network.tell(0, sound);
    let first = network.describe(0, |id| FromPage::CreateOffer { id });
    assert_eq!(first.sdp.matches("\r\nm=").count(), 1);
    network.connect();
    network.film(30);
    assert!(network.ends[1].frames.len() >= 28 && network.ends[1].packets >= 28);
}

#[test]
fn a_change_that_was_offered_twice_is_agreed_to() {
    let mut network = Network::new();
    network.connect();
    network.tell(0, FromPage::SetDirection { line: 1, direction: Direction::Inactive });
    let first = network.describe(0, |id| FromPage::CreateOffer { id });
    let offer = network.describe(0, |id| FromPage::CreateOffer { id });
    assert_eq!(first.sdp, offer.sdp);
    network.request(0, |id| FromPage::SetLocalDescription { id, description: offer.clone() }).unwrap();
    network.request(1, |id| FromPage::SetRemoteDescription { id, description: offer }).unwrap();
    let answer = network.describe(1, |id| FromPage::CreateAnswer { id });
    network.request(1, |id| FromPage::SetLocalDescription { id, description: answer.clone() }).unwrap();
    let outcome = network.request(0, |id| FromPage::SetRemoteDescription { id, description: answer }).unwrap();
    let states = outcome.transceivers.unwrap();
    assert_eq!(states.iter().find(|one| one.line == 1).unwrap().current_direction, Some(Direction::Inactive));
}

#[test]
fn picture_and_sound_arrive() {
    let mut network = Network::new();
    network.connect();
    network.film(60);
    let end = &network.ends[1];
    assert!(end.frames.len() >= 58, "only {} of 60 frames arrived", end.frames.len());
    assert!(end.frames[0].1, "the first frame is a key frame");
    assert!(end.frames.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order");
    assert!(end.packets >= 58, "only {} of 60 packets arrived", end.packets);
}

#[test]
fn lost_datagrams_are_sent_again_or_a_key_frame_is() {
    let mut network = Network::new();
    network.connect();
    network.lose = 20;
    network.film(150);
    network.lose = 0;
    network.film(60);
    let end = &network.ends[1];
    assert!(end.frames.len() > 150, "only {} of 210 frames arrived at 5 % loss", end.frames.len());
    let last = end.frames.last().unwrap().0;
    let sent = (network.now - network.start).as_micros() as u64;
    assert!(sent - last < 500_000, "the picture goes on after the loss");
}

#[test]
fn a_page_that_fell_behind_gets_nothing_before_the_next_key_frame_which_is_asked_for() {
    let mut network = Network::new();
    network.connect();
    network.film(20);
    let now = network.now;
    network.ends[1].core.handle(Input::PageFellBehind { line: 1 }, now).unwrap();
    network.collect(1);
    let before = network.ends[1].frames.len();
    network.film(20);
    let after = &network.ends[1].frames[before..];
    assert!(!after.is_empty(), "the picture comes back");
    assert!(after[0].1, "and begins with a key frame");
}

#[test]
fn a_page_that_takes_nothing_is_given_a_bounded_amount_and_goes_on_with_a_key_frame() {
    let mut network = Network::new();
    network.connect();
    network.ends[1].looks = false;
    network.film(100);
    let given = network.ends[1].frames.len();
    assert_eq!(given, crate::defaults::MOST_UNSEEN as usize, "no more is queued");
    let now = network.now;
    network.ends[1].core.handle(Input::PageSaw { line: 1, count: 30 }, now).unwrap();
    network.ends[1].looks = true;
    network.film(20);
    let after = &network.ends[1].frames[given..];
    assert!(after.len() > 10, "the picture comes back: {}", after.len());
    assert!(after[0].1, "and begins with a key frame");
}

#[test]
fn a_decoder_that_asks_makes_the_encoder_send_a_key_frame() {
    let mut network = Network::new();
    network.connect();
    network.film(10);
    network.tell(1, FromPage::RequestKeyFrame { line: 1 });
    network.pass(Duration::from_millis(50));
    assert!(network.ends[0].controls.contains(&ToPage::KeyFrame { line: 1 }), "{:?}", network.ends[0].controls);
}

#[test]
fn the_encoder_is_given_a_target() {
    let mut network = Network::new();
    network.connect();
    network.film(150);
    let targets: Vec<_> = network.ends[0]
        .controls
        .iter()
        .filter_map(|message| if let ToPage::Target { line: 1, bitrate } = message { Some(*bitrate) } else { None })
        .collect();
    assert!(!targets.is_empty());
    assert!(targets.iter().all(|bitrate| (100_000..=1_700_000).contains(bitrate)), "{targets:?}");
}

#[test]
fn the_least_of_what_network_and_receiver_carry_is_the_target_while_the_receiver_says_so() {
    use str0m::bwe::BweKind;
    let mut network = Network::new();
    network.negotiate();
    let mid = network.ends[0].core.by_line(1).unwrap().mid.unwrap();
    let twcc = BweKind::Twcc { estimate: Bitrate::bps(3_000_000), can_probe: true };
    let remb = BweKind::Remb { estimate: Bitrate::bps(500_000), mid };
    let mut told = |kind: &BweKind, seconds: u64| {
        let now = network.now + Duration::from_secs(seconds);
        network.ends[0].core.estimate(kind, now);
        network.ends[0].core.by_line(1).unwrap().target.unwrap().0
    };
    assert_eq!(told(&twcc, 3), 1_700_000);
    assert_eq!(told(&remb, 4), 450_000);
    assert_eq!(told(&twcc, 8), 450_000, "the network alone does not decide");
    assert_eq!(told(&twcc, 10), 1_700_000, "a receiver that says nothing any more has no limit");
}

#[test]
fn a_peer_that_vanishes_is_noticed() {
    let mut network = Network::new();
    network.connect();
    network.lose = 1;
    network.pass(Duration::from_secs(40));
    let controls = &network.ends[0].controls;
    let seen = |wanted| controls.iter().position(|message| *message == ToPage::IceConnectionState { state: wanted });
    let (disconnected, failed) = (seen("disconnected").unwrap(), seen("failed").unwrap());
    assert!(disconnected < failed);
}

#[test]
fn a_peer_that_never_answers_is_given_up() {
    let mut network = Network::new();
    network.lose = 1;
    network.negotiate();
    network.pass(Duration::from_secs(20));
    assert!(
        network.ends[0].controls.contains(&ToPage::ConnectionState { state: "failed" }),
        "{:?}",
        network.ends[0].controls
    );
}

#[test]
fn reports_have_the_usual_figures() {
    let mut network = Network::new();
    network.connect();
    network.film(90);
    let reports =
        |network: &mut Network, index| network.request(index, |id| FromPage::GetStats { id }).unwrap().stats.unwrap();
    let find = |reports: Vec<serde_json::Value>, kind: &str, media: &str| {
        reports.into_iter().find(|one| one["type"] == kind && (media.is_empty() || one["kind"] == media)).unwrap()
    };
    let sent = find(reports(&mut network, 0), "outbound-rtp", "video");
    assert!(sent["bytesSent"].as_u64().unwrap() > 100_000 && sent["framesSent"].as_u64().unwrap() >= 90, "{sent}");
    let received = find(reports(&mut network, 1), "inbound-rtp", "video");
    assert!(received["bytesReceived"].as_u64().unwrap() > 100_000, "{received}");
    let pair = find(reports(&mut network, 0), "candidate-pair", "");
    assert!(pair["currentRoundTripTime"].as_f64().unwrap() > 0.0, "{pair}");
}

#[test]
fn requests_out_of_order_and_garbage_are_refused_and_nothing_breaks() {
    let mut network = Network::new();
    let description = |kind, sdp: &str| Description { kind, sdp: sdp.to_owned() };
    use crate::wire::DescriptionKind::{Answer, Offer};
    assert_eq!(network.request(0, |id| FromPage::CreateOffer { id }), Err("InvalidStateError"), "nothing to offer");
    assert_eq!(network.request(0, |id| FromPage::CreateAnswer { id }), Err("InvalidStateError"));
    let local = description(Offer, "");
    assert_eq!(
        network.request(0, |id| FromPage::SetLocalDescription { id, description: local }),
        Err("InvalidStateError")
    );
    for sdp in ["", "v=0", "hello", "v=0\r\no=- 0 0 IN IP4 0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"] {
        for kind in [Offer, Answer] {
            let description = description(kind, sdp);
            assert!(network.request(0, |id| FromPage::SetRemoteDescription { id, description }).is_err(), "{sdp:?}");
        }
    }
    let mut add = |candidate: &str| {
        let candidate = CandidateInit { candidate: candidate.to_owned(), sdp_mid: None, sdp_m_line_index: None };
        network.request(0, |id| FromPage::AddCandidate { id, candidate })
    };
    assert_eq!(add("candidate:nonsense"), Err("OperationError"));
    assert_eq!(add("candidate:1 1 udp 99999999999999 10.0.0.9 70000 typ host"), Err("OperationError"));
    assert!(add("").is_ok(), "the end of candidates");
    assert!(
        add("candidate:1 1 udp 2113937151 0f1e2d3c.local 50000 typ host").is_ok(),
        "a hidden address is passed over"
    );
    assert!(add("candidate:1 1 tcp 1518280447 10.0.0.9 9 typ host tcptype active").is_ok(), "TCP is passed over");
    let now = network.now;
    for data in [&[][..], &[0; 4], &[22; 40], &[0x80; 30], &[255; 2000]] {
        let (source, destination) = ("10.9.9.9:1".parse().unwrap(), network.ends[0].address);
        network.ends[0].core.handle(Input::Datagram { source, destination, data }, now).unwrap();
        let frame = Input::Video { line: 9, timestamp_us: u64::MAX, data: data.into() };
        network.ends[0].core.handle(frame, now).unwrap();
    }
    network.tell(0, FromPage::RequestKeyFrame { line: 200 });
    network.tell(0, FromPage::SetDirection { line: 200, direction: Direction::Inactive });
}

#[test]
fn a_malformed_datagram_in_mid_call_ends_nothing() {
    let mut network = Network::new();
    network.connect();
    let (source, destination) = (network.ends[0].address, network.ends[1].address);
    for seed in 0..2000_u32 {
        let length = 1 + (seed as usize * 7) % 200;
        let data: Vec<u8> =
            (0..length).map(|index| (seed.wrapping_mul(2_654_435_761).rotate_left(index as u32) >> 24) as u8).collect();
        let now = network.now;
        network.ends[1].core.handle(Input::Datagram { source, destination, data: &data }, now).unwrap();
        network.collect(1);
    }
    network.film(30);
    assert!(network.ends[1].frames.len() >= 28, "the call goes on: {}", network.ends[1].frames.len());
}

#[test]
fn only_so_many_candidates_are_kept() {
    let mut network = Network::new();
    let refused = (0..200)
        .filter(|port| {
            let candidate = format!("candidate:1 1 udp 2113937151 10.0.0.9 {} typ host", 1000 + port);
            let candidate = CandidateInit { candidate, sdp_mid: None, sdp_m_line_index: None };
            network.request(0, |id| FromPage::AddCandidate { id, candidate }).is_err()
        })
        .count();
    assert_eq!(refused, 200 - crate::defaults::MAX_REMOTE_CANDIDATES);
}
