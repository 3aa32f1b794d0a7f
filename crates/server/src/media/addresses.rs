//! Which sockets carry media, and what clients are told to send to.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket as StdUdpSocket};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{UdpSocket, lookup_host};

use super::defaults;

/// A bound socket and the address that reaches it, which behind NAT is not the one it is bound to.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) socket: UdpSocket,
    pub(super) advertised: SocketAddr,
}

/// Binds the one UDP port. With `public_host` its addresses are advertised; without, the address listened on, or, where
/// that is unspecified, each address by which this machine reaches others (one socket each, so that answers leave from
/// the address they were sent to).
pub(super) async fn open(listen: IpAddr, port: u16, public_host: Option<&str>) -> io::Result<Vec<Door>> {
    if let Some(host) = public_host {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let socket = bind(listen, port)?;
        let port = socket.local_addr()?.port();
        let unknown = |why: String| io::Error::new(io::ErrorKind::NotFound, format!("{host} has no address{why}"));
        let found = lookup_host((host, port)).await.map_err(|error| unknown(format!(": {error}")))?;
        let found: Vec<SocketAddr> = found.collect();
        let v4 = found.iter().find(|address| address.is_ipv4());
        let advertised = v4.or(found.first()).copied().ok_or_else(|| unknown(String::new()))?;
        return Ok(vec![Door { socket, advertised }]);
    }
    let mut addresses = Vec::new();
    if listen.is_unspecified() || (listen.is_loopback() && !LOOPBACK_IS_ENOUGH) {
        addresses = own(listen.is_ipv6());
    }
    addresses.push(if listen.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { listen });
    together(&addresses, port, door)
}

/// Sockets on all of `addresses` with one port. A free one (0) is free at the first address, and may be taken at the
/// others: then another one is tried.
fn together(
    addresses: &[IpAddr],
    port: u16,
    mut open: impl FnMut(IpAddr, u16) -> io::Result<Door>,
) -> io::Result<Vec<Door>> {
    let mut at_once = || {
        let mut doors: Vec<Door> = Vec::new();
        for address in addresses {
            let port = doors.first().map_or(port, |first| first.advertised.port());
            doors.push(open(*address, port)?);
        }
        Ok(doors)
    };
    for _ in 1..TRIES {
        match at_once() {
            Err(error) if port == 0 && taken(&error) => tracing::debug!(%error, "another port is tried"),
            done => return done,
        }
    }
    at_once()
}

/// How often a free port is looked for. That one is taken at another address is rare; so often in a row it is not chance.
const TRIES: usize = 16;

fn taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrInUse
}

/// Whether a browser on this machine reaches a loopback address from the sockets it binds to its other addresses. Linux
/// routes that; the kernels of Windows and macOS refuse it, so there the other addresses are advertised as well.
const LOOPBACK_IS_ENOUGH: bool = cfg!(target_os = "linux");

fn bind(address: IpAddr, port: u16) -> io::Result<UdpSocket> {
    let address = SocketAddr::from((address, port));
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    // As much as the system allows; less is no reason not to start.
    for set in [Socket::set_recv_buffer_size, Socket::set_send_buffer_size] {
        if let Err(error) = set(&socket, defaults::SOCKET_BUFFER) {
            tracing::debug!(%error, "the UDP socket keeps its small buffers");
        }
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

fn door(address: IpAddr, port: u16) -> io::Result<Door> {
    let socket = bind(address, port)?;
    let advertised = socket.local_addr()?;
    Ok(Door { socket, advertised })
}

/// The addresses the routing table would send from. Connecting a UDP socket sends nothing; the destinations are
/// addresses kept for documentation (RFC 5737, RFC 3849).
pub(super) fn own(v6_too: bool) -> Vec<IpAddr> {
    let via = |from: &str, to: &str| -> Option<IpAddr> {
        let socket = StdUdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        let address = socket.local_addr().ok()?.ip();
        (!address.is_unspecified() && !address.is_loopback()).then_some(address)
    };
    let v4 = via("0.0.0.0:0", "192.0.2.1:9");
    let v6 = if v6_too { via("[::]:0", "[2001:db8::1]:9") } else { None };
    v4.into_iter().chain(v6).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn loopback_is_advertised_as_such_and_a_public_host_replaces_it() {
        let doors = open(Ipv4Addr::LOCALHOST.into(), 0, None).await.unwrap();
        assert_eq!(doors.len(), 1);
        assert_eq!(doors[0].advertised, doors[0].socket.local_addr().unwrap());
        let doors = open(Ipv4Addr::LOCALHOST.into(), 0, Some("192.0.2.7")).await.unwrap();
        assert_eq!(doors[0].advertised.ip().to_string(), "192.0.2.7");
        let doors = open(Ipv4Addr::UNSPECIFIED.into(), 0, None).await.unwrap();
        assert!(doors.iter().all(|door| door.advertised.port() == doors[0].advertised.port()));
        assert!(doors.iter().any(|door| door.advertised.ip().is_loopback()));
    }

    #[tokio::test]
    async fn a_free_port_that_is_taken_at_another_address_is_not_the_end() {
        let addresses = [Ipv4Addr::LOCALHOST.into(), Ipv4Addr::new(127, 0, 0, 2).into()];
        let (mut tries, mut others) = (0, Vec::new());
        let doors = together(&addresses, 0, |address, port| {
            if port == 0 {
                tries += 1;
                let first = door(address, port)?;
                if tries < 3 {
                    others.push(door(addresses[1], first.advertised.port())?);
                }
                return Ok(first);
            }
            door(address, port)
        })
        .unwrap();
        assert_eq!((doors.len(), tries), (2, 3));
        assert_eq!(doors[0].advertised.port(), doors[1].advertised.port());

        let port = doors[0].advertised.port();
        assert_eq!(
            together(&addresses, port, door).unwrap_err().kind(),
            io::ErrorKind::AddrInUse,
            "one that was asked for"
        );
    }
}
