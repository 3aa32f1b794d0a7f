//! What is bound, and what is told.

use super::*;

const FREE: Ports = Ports { udp: 0, tcp: None };
const V4: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
const V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7));

#[tokio::test]
async fn loopback_is_advertised_as_such_and_a_public_host_replaces_it() {
    let doors = open(Ipv4Addr::LOCALHOST.into(), FREE, None).await.unwrap();
    assert_eq!((doors.udp.len(), doors.tcp.len()), (1, 1));
    assert_eq!(doors.udp[0].advertised, doors.udp[0].socket.local_addr().unwrap());
    assert_eq!(doors.tcp[0].advertised, doors.udp[0].advertised, "one number for both");
    let doors = open(Ipv4Addr::LOCALHOST.into(), FREE, Some("192.0.2.7")).await.unwrap();
    assert!(doors.advertised().iter().all(|(_, told)| told.ip() == V4), "{doors:?}");
    let doors = open(Ipv4Addr::UNSPECIFIED.into(), FREE, None).await.unwrap();
    let port = doors.udp[0].advertised.port();
    assert!(doors.advertised().iter().all(|(_, told)| told.port() == port), "{doors:?}");
    assert!(doors.udp.iter().any(|door| door.advertised.ip().is_loopback()));
    let unknown = open(Ipv4Addr::LOCALHOST.into(), FREE, Some("nobody.invalid")).await.unwrap_err();
    assert_eq!(unknown.source.kind(), io::ErrorKind::NotFound);
}

#[tokio::test]
async fn both_families_are_listened_on_and_told() {
    let doors = open(Ipv6Addr::UNSPECIFIED.into(), FREE, None).await.unwrap();
    for ip in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
        for transport in [Transport::Udp, Transport::Tcp] {
            let told = doors.advertised();
            assert!(
                told.iter().any(|it| (it.0, it.1.ip()) == (transport, ip)),
                "{transport:?} {ip} is not in {told:?}"
            );
        }
    }
    let anywhere = IpAddr::from(Ipv6Addr::UNSPECIFIED);
    let both = public_places(anywhere, &[V6, V4]);
    let place = |bind, told| Place { bind, told: Some(told) };
    assert_eq!(both, [place(Ipv4Addr::UNSPECIFIED.into(), V4), place(anywhere, V6)]);
    let opened = together(&both, FREE, udp_door).unwrap();
    assert_eq!(opened.udp.len() + opened.tcp.len(), 4, "the two families do not get into each other's way");
    assert_eq!(public_places(Ipv4Addr::LOCALHOST.into(), &[V6, V4]), [place(Ipv4Addr::LOCALHOST.into(), V4)]);
    assert_eq!(public_places(Ipv6Addr::LOCALHOST.into(), &[V6, V4]), [place(Ipv6Addr::LOCALHOST.into(), V6)]);
    assert_eq!(public_places(Ipv4Addr::LOCALHOST.into(), &[V6]), [place(Ipv4Addr::LOCALHOST.into(), V6)]);
}

#[tokio::test]
async fn a_tcp_port_that_is_taken_is_told_as_such() {
    let here = IpAddr::from(Ipv4Addr::LOCALHOST);
    let other = open(here, FREE, None).await.unwrap();
    let taken = other.tcp[0].advertised.port();
    let refused = open(here, Ports { udp: 0, tcp: Some(taken) }, None).await.unwrap_err();
    assert_eq!((refused.transport, refused.source.kind()), (Transport::Tcp, io::ErrorKind::AddrInUse));
    let free = open(here, Ports { udp: 0, tcp: Some(0) }, None).await.unwrap();
    assert_ne!(free.tcp[0].advertised.port(), 0);
}

#[tokio::test]
async fn a_free_port_that_is_taken_at_another_address_is_not_the_end() {
    let place = |ip: Ipv4Addr| Place { bind: ip.into(), told: None };
    let places = [place(Ipv4Addr::LOCALHOST), place(Ipv4Addr::new(127, 0, 0, 2))];
    let (mut tries, mut others) = (0, Vec::new());
    let doors = together(&places, FREE, |place, port| {
        if port == 0 {
            tries += 1;
            let first = udp_door(place, port)?;
            if tries < 3 {
                others.push(udp_door(places[1], first.advertised.port())?);
            }
            return Ok(first);
        }
        udp_door(place, port)
    })
    .unwrap();
    assert_eq!((doors.udp.len(), tries), (2, 3));
    assert_eq!(doors.udp[0].advertised.port(), doors.udp[1].advertised.port());
}
