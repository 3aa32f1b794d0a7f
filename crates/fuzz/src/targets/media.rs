//! Offers, packets, and what a page sends its peer connection.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use zvonok_sfu::{Input, Sfu, StreamId, SubscriptionId, Transport, VideoChoice};

/// Where the SFU is, in these tests.
const HERE: ([u8; 4], u16) = ([127, 0, 0, 1], 9);

/// The offer of a browser, from which a peer connection comes that datagrams can be for.
const OFFER: &str = include_str!("../../corpus/sdp-offers/publish-2.18.0.sdp");

/// An SFU with a publisher and a subscriber, where both offers are taken.
#[expect(clippy::expect_used, reason = "a panic is what a fuzz target tells by")]
fn sfu(offer: &str, now: Instant) -> (Sfu, bool) {
    let mut sfu = Sfu::new(vec![(Transport::Udp, HERE.into())]).expect("there is an address");
    let answer = sfu.publish(StreamId(1), offer, false, VideoChoice::Offered, now);
    let taken = answer.is_ok();
    if let Ok(answer) = answer {
        assert!(answer.starts_with("v=0"), "an answer is SDP");
        let _ = sfu.subscribe(SubscriptionId(1), StreamId(1), offer, now);
        let _ = sfu.publish(StreamId(1), offer, true, VideoChoice::Offered, now);
    }
    (sfu, taken)
}

/// An offer: an answer or a refusal, and the SFU goes on.
pub(super) fn offer(text: &str) {
    let now = Instant::now();
    let (mut sfu, taken) = sfu(text, now);
    run(&mut sfu, now);
    assert!(taken || sfu.peer_count() == 0, "what is refused leaves nothing");
}

/// Datagrams of anybody, each with a byte of length before it.
pub(super) fn datagrams(mut rest: &[u8]) {
    let mut now = Instant::now();
    let (mut sfu, taken) = sfu(OFFER, now);
    assert!(taken, "the offer is a browser's");
    while let Some((length, behind)) = rest.split_first() {
        let (bytes, behind) = behind.split_at(usize::from(*length).min(behind.len()));
        now += Duration::from_millis(20);
        let source = SocketAddr::from(([127, 0, 0, 1], 5_000 + u16::from(*length)));
        let (transport, destination) = (Transport::Udp, HERE.into());
        sfu.handle(Input::Datagram { transport, source, destination, bytes }, now);
        run(&mut sfu, now);
        rest = behind;
    }
}

fn run(sfu: &mut Sfu, now: Instant) {
    sfu.handle(Input::Time, now);
    while sfu.poll_output().is_some() {}
}

/// Payloads of RTP packets, as they are forwarded and as they are recorded.
pub(super) fn payload(data: &[u8]) {
    zvonok_sfu::fuzzing::keyframe(data);
    zvonok_server::fuzzing::picture(data);
}

/// What a page and the network send to a peer connection, a line each.
pub(super) fn peer(data: &[u8]) {
    let messages: Vec<&[u8]> = data.split(|byte| *byte == b'\n').take(40).collect();
    zvonok_peer::fuzzing::connection(&messages);
}
