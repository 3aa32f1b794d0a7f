//! UDP sockets: one for each address of this machine that is needed.
//!
//! Which addresses those are is asked of the routing table (connecting a UDP socket sends nothing): the ones that the
//! default routes use, and for every address of the other side the one that reaches it. So a server on this machine is
//! reached over loopback, one behind a VPN over the VPN, and no address is given away that no route needs.

use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket as StdUdpSocket};
use std::task::Poll;

use str0m::net::Transmit;
use tokio::net::UdpSocket;

use crate::defaults::{DATAGRAM, DATAGRAM_BATCH, MAX_SOCKETS};

/// Addresses out in the world, only ever looked up in the routing table: documentation prefixes (RFC 5737, RFC 3849).
const ELSEWHERE: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))];

/// The sockets of one connection.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    open: Vec<Socket>,
    spare: Option<Batch>,
    /// Where reading goes on, so that a busy socket does not starve the others.
    next: usize,
}

/// One socket. Sending goes past the runtime, which would not believe that a new socket can send.
#[derive(Debug)]
struct Socket {
    address: SocketAddr,
    send: StdUdpSocket,
    receive: UdpSocket,
}

/// Datagrams read in one go.
#[derive(Debug)]
pub(super) struct Batch {
    buffer: Box<[u8]>,
    datagrams: Vec<Datagram>,
}

/// Where a datagram came from and went to, and where its content begins and how long it is.
#[derive(Debug)]
struct Datagram {
    source: SocketAddr,
    destination: SocketAddr,
    begin: usize,
    length: usize,
}

impl Batch {
    /// Source, destination and content.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, SocketAddr, &[u8])> {
        self.datagrams.iter().filter_map(|one| {
            let content = self.buffer.get(one.begin..one.begin + one.length)?;
            Some((one.source, one.destination, content))
        })
    }
}

/// The address of this machine from which `remote` is reached.
fn route_to(remote: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = if remote.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = StdUdpSocket::bind((any, 0)).ok()?;
    socket.connect(remote).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified()).then_some(address)
}

impl Sockets {
    /// Opens the sockets that the default routes use; gives their addresses.
    pub(super) fn open_usual(&mut self) -> Vec<SocketAddr> {
        let addresses = ELSEWHERE.map(|elsewhere| route_to(SocketAddr::new(elsewhere, 9)));
        let mut opened: Vec<_> = addresses.into_iter().flatten().filter_map(|address| self.open(address)).collect();
        if opened.is_empty() && self.open.is_empty() {
            // No network at all: a server on this very machine can still be reached.
            opened.extend(self.open(Ipv4Addr::LOCALHOST.into()));
        }
        opened
    }

    /// Opens a socket from which `remote` is reached, unless there is one; gives its address.
    pub(super) fn open_towards(&mut self, remote: SocketAddr) -> Option<SocketAddr> {
        route_to(remote).and_then(|address| self.open(address))
    }

    fn open(&mut self, address: IpAddr) -> Option<SocketAddr> {
        if self.open.len() >= MAX_SOCKETS || self.open.iter().any(|open| open.address.ip() == address) {
            return None;
        }
        let bind = || -> std::io::Result<Socket> {
            let socket = StdUdpSocket::bind((address, 0))?;
            socket.set_nonblocking(true)?;
            Ok(Socket {
                address: socket.local_addr()?,
                send: socket.try_clone()?,
                receive: UdpSocket::from_std(socket)?,
            })
        };
        match bind() {
            Ok(socket) => {
                let local = socket.address;
                self.open.push(socket);
                Some(local)
            }
            Err(error) => {
                tracing::warn!(%error, "cannot open a UDP socket at one of this machine's addresses");
                None
            }
        }
    }

    /// Sends without waiting; a full socket loses the datagram, as networks do.
    pub(super) fn send(&self, transmit: &Transmit) {
        let Some(socket) = self.open.iter().find(|socket| socket.address == transmit.source) else { return };
        if let Err(error) = socket.send.send_to(&transmit.contents, transmit.destination) {
            tracing::trace!(%error, "a datagram was not sent");
        }
    }

    /// Waits until a datagram can be read; forever while there is no socket.
    pub(super) async fn readable(&self) {
        poll_fn(|context| {
            for socket in &self.open {
                // An error is shown by reading.
                if socket.receive.poll_recv_ready(context).is_ready() {
                    return Poll::Ready(());
                }
            }
            Poll::Pending
        })
        .await;
    }

    /// Reads what is there, up to a batch.
    pub(super) fn read(&mut self) -> Batch {
        let mut batch = self.spare.take().unwrap_or_else(|| Batch {
            buffer: vec![0; DATAGRAM * DATAGRAM_BATCH].into_boxed_slice(),
            datagrams: Vec::with_capacity(DATAGRAM_BATCH),
        });
        batch.datagrams.clear();
        let count = self.open.len();
        self.next = self.next.wrapping_add(1);
        for index in 0..count {
            let Some(socket) = self.open.get((self.next + index) % count) else { continue };
            while batch.datagrams.len() < DATAGRAM_BATCH {
                let begin = batch.datagrams.len() * DATAGRAM;
                let Some(room) = batch.buffer.get_mut(begin..begin + DATAGRAM) else { break };
                // Besides "nothing there", an error here is an ICMP answer to something that was sent.
                let Ok((length, source)) = socket.receive.try_recv_from(room) else { break };
                batch.datagrams.push(Datagram { source, destination: socket.address, begin, length });
            }
        }
        batch
    }

    /// Gives a batch back for the next reading.
    pub(super) fn done(&mut self, batch: Batch) {
        self.spare = Some(batch);
    }
}
