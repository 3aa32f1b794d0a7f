//! Which sockets carry media, and what clients are told to send to.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket as StdUdpSocket};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket, lookup_host};
use zvonok_sfu::Transport;

use super::defaults;

/// A bound socket and the address that reaches it, which behind NAT is not the one it is bound to.
#[derive(Debug)]
pub(super) struct Door<S> {
    pub(super) socket: S,
    pub(super) advertised: SocketAddr,
}

/// All sockets that media comes by.
#[derive(Debug, Default)]
pub(super) struct Doors {
    pub(super) udp: Vec<Door<UdpSocket>>,
    /// For those whom no UDP reaches.
    pub(super) tcp: Vec<Door<TcpListener>>,
}

impl Doors {
    /// What clients are told.
    pub(super) fn advertised(&self) -> Vec<(Transport, SocketAddr)> {
        let udp = self.udp.iter().map(|door| (Transport::Udp, door.advertised));
        udp.chain(self.tcp.iter().map(|door| (Transport::Tcp, door.advertised))).collect()
    }
}

/// The ports that are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    /// 0 for a free one.
    pub(super) udp: u16,
    /// `None` for the UDP port's number.
    pub(super) tcp: Option<u16>,
}

/// Why there are no sockets.
#[derive(Debug)]
pub(super) struct NotOpen {
    pub(super) transport: Transport,
    pub(super) source: io::Error,
}

impl NotOpen {
    fn over(transport: Transport) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { transport, source }
    }
}

/// An address to bind to, and the one that is told instead of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    bind: IpAddr,
    told: Option<IpAddr>,
}

impl Place {
    fn door<S>(self, socket: S, bound: SocketAddr) -> Door<S> {
        let advertised = SocketAddr::new(self.told.unwrap_or_else(|| bound.ip()), bound.port());
        Door { socket, advertised }
    }
}

/// Binds the one UDP port and the one TCP port. With `public_host` its addresses are advertised, one of each family that
/// is listened on; without, the address listened on, or, where that is unspecified, each address by which this machine
/// reaches others (one socket each, so that answers leave from the address they were sent to).
pub(super) async fn open(listen: IpAddr, ports: Ports, public_host: Option<&str>) -> Result<Doors, NotOpen> {
    let places = match public_host {
        Some(host) => {
            let found = look_up(host).await.map_err(NotOpen::over(Transport::Udp))?;
            public_places(listen, &found)
        }
        None => own_places(listen),
    };
    together(&places, ports, udp_door)
}

async fn look_up(host: &str) -> io::Result<Vec<IpAddr>> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let unknown = |why: String| io::Error::new(io::ErrorKind::NotFound, format!("{host} has no address{why}"));
    let found = lookup_host((host, 0)).await.map_err(|error| unknown(format!(": {error}")))?;
    let found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    if found.is_empty() { Err(unknown(String::new())) } else { Ok(found) }
}

fn public_places(listen: IpAddr, found: &[IpAddr]) -> Vec<Place> {
    let v4 = found.iter().find(|ip| ip.is_ipv4()).copied();
    let v6 = found.iter().find(|ip| ip.is_ipv6()).copied();
    let told = |bind: IpAddr, told: Option<IpAddr>| told.map(|told| Place { bind, told: Some(told) });
    let places: Vec<Place> = match listen {
        // Every address of both families.
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => {
            told(Ipv4Addr::UNSPECIFIED.into(), v4).into_iter().chain(told(listen, v6)).collect()
        }
        IpAddr::V4(_) => told(listen, v4).into_iter().collect(),
        IpAddr::V6(_) => told(listen, v6).into_iter().collect(),
    };
    if places.is_empty() {
        // Something in between may translate.
        tracing::warn!(%listen, ?found, "the public host has no address of the family that is listened on");
        return found.first().map(|ip| Place { bind: listen, told: Some(*ip) }).into_iter().collect();
    }
    places
}

fn own_places(listen: IpAddr) -> Vec<Place> {
    let mut addresses = Vec::new();
    if listen.is_unspecified() || (listen.is_loopback() && !LOOPBACK_IS_ENOUGH) {
        addresses = own(listen.is_ipv6());
    }
    match listen {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => addresses.push(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => {
            addresses.extend([IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()]);
        }
        IpAddr::V4(_) | IpAddr::V6(_) => addresses.push(listen),
    }
    addresses.into_iter().map(|bind| Place { bind, told: None }).collect()
}

/// Sockets at all of `places` with one UDP and one TCP port. A free one (0) is free at the first place, and may be taken
/// at the others: then another one is tried.
fn together(
    places: &[Place],
    ports: Ports,
    mut udp: impl FnMut(Place, u16) -> io::Result<Door<UdpSocket>>,
) -> Result<Doors, NotOpen> {
    let mut at_once = || {
        let mut doors = Doors::default();
        for place in places {
            let port = doors.udp.first().map_or(ports.udp, |first| first.advertised.port());
            doors.udp.push(udp(*place, port).map_err(NotOpen::over(Transport::Udp))?);
        }
        let same = doors.udp.first().map_or(ports.udp, |first| first.advertised.port());
        for place in places {
            let port = doors.tcp.first().map_or(ports.tcp.unwrap_or(same), |first| first.advertised.port());
            doors.tcp.push(tcp_door(*place, port).map_err(NotOpen::over(Transport::Tcp))?);
        }
        Ok(doors)
    };
    for _ in 1..TRIES {
        match at_once() {
            Err(NotOpen { source, .. }) if ports.udp == 0 && taken(&source) => {
                tracing::debug!(error = %source, "another port is tried");
            }
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

/// A socket of one family: where both are wanted there are two.
fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn udp_door(place: Place, port: u16) -> io::Result<Door<UdpSocket>> {
    let address = SocketAddr::from((place.bind, port));
    let socket = socket(address, Type::DGRAM, Protocol::UDP)?;
    // As much as the system allows; less is no reason not to start.
    for set in [Socket::set_recv_buffer_size, Socket::set_send_buffer_size] {
        if let Err(error) = set(&socket, defaults::SOCKET_BUFFER) {
            tracing::debug!(%error, "the UDP socket keeps its small buffers");
        }
    }
    socket.bind(&address.into())?;
    let socket = UdpSocket::from_std(socket.into())?;
    let bound = socket.local_addr()?;
    Ok(place.door(socket, bound))
}

fn tcp_door(place: Place, port: u16) -> io::Result<Door<TcpListener>> {
    let address = SocketAddr::from((place.bind, port));
    let socket = socket(address, Type::STREAM, Protocol::TCP)?;
    // Connections of an earlier life that are not over yet keep nobody from listening; Windows allows much more by it.
    if cfg!(unix) {
        socket.set_reuse_address(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(defaults::TCP_BACKLOG)?;
    let socket = TcpListener::from_std(socket.into())?;
    let bound = socket.local_addr()?;
    Ok(place.door(socket, bound))
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
mod tests;
