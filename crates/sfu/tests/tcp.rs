//! Media over TCP, for those whom no UDP reaches.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a failed test")]

mod world;

use std::net::SocketAddr;
use std::time::Duration;

use world::{BOTH, World};
use zvonok_sfu::{Input, StreamId, SubscriptionId, Transport};

const STREAM: StreamId = StreamId(1);
const SECOND: Duration = Duration::from_secs(1);

fn world() -> (World, [SocketAddr; 2]) {
    let addresses: [SocketAddr; 2] = ["10.0.0.1:7000".parse().unwrap(), "[fd00::1]:7000".parse().unwrap()];
    let both = |address| [(Transport::Udp, address), (Transport::Tcp, address)];
    (World::reached_by(addresses.into_iter().flat_map(both).collect()), addresses)
}

#[test]
fn who_has_tcp_only_publishes_and_subscribes_over_it() {
    let (mut world, _) = world();
    let publisher = world.client_by(Transport::Tcp, "10.0.1.1:8000".parse().unwrap());
    world.publish(publisher, STREAM, BOTH);
    let over_tcp = world.client_by(Transport::Tcp, "[fd00::2]:8001".parse().unwrap());
    world.subscribe(over_tcp, 1, STREAM, BOTH);
    let over_udp = world.client();
    world.subscribe(over_udp, 2, STREAM, BOTH);
    world.run(3 * SECOND);
    for client in [over_tcp, over_udp] {
        let got = world.received(client);
        assert!(got.video >= 60 && got.audio >= 100, "{got:?}");
    }
}

#[test]
fn every_way_is_told_and_tcp_as_waiting_to_be_connected_to() {
    let (mut world, addresses) = world();
    world.publisher(STREAM);
    let client = world.client();
    let offer = world.offer(client, BOTH, str0m::media::Direction::RecvOnly);
    let answer = world.sfu.subscribe(SubscriptionId(1), STREAM, &offer, world.now).unwrap();
    for address in addresses {
        let place = format!(" {} {} typ host", address.ip(), address.port());
        let told: Vec<&str> = answer.lines().filter(|line| line.contains(&place)).collect();
        assert!(told.iter().any(|line| line.contains(" udp ") && !line.contains("tcptype")), "{told:?}");
        assert!(told.iter().any(|line| line.contains(" tcp ") && line.contains("tcptype passive")), "{told:?}");
    }
}

#[test]
fn an_address_is_known_as_long_as_its_peer_connection_is_there_and_by_its_transport_only() {
    let (mut world, addresses) = world();
    let from: SocketAddr = "10.0.1.1:8000".parse().unwrap();
    let publisher = world.client_by(Transport::Tcp, from);
    world.publish(publisher, STREAM, BOTH);
    assert!(!world.sfu.knows(Transport::Tcp, from));
    world.run(SECOND);
    assert!(world.sfu.knows(Transport::Tcp, from) && !world.sfu.knows(Transport::Udp, from));
    let stray =
        Input::Datagram { transport: Transport::Udp, source: from, destination: addresses[0], bytes: &[128; 40] };
    world.sfu.handle(stray, world.now);
    assert!(!world.sfu.knows(Transport::Udp, from));
    world.sfu.unpublish(STREAM);
    assert!(!world.sfu.knows(Transport::Tcp, from));
}
