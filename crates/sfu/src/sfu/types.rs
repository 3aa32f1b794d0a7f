//! What goes into the SFU and what comes out.

use std::net::SocketAddr;

use str0m::net::DatagramSend;

use crate::Purpose;

/// What happens to the SFU.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram came in.
    Datagram {
        /// Who sent it.
        source: SocketAddr,
        /// The advertised address it was sent to (behind NAT not the one that is listened on).
        destination: SocketAddr,
        /// Its contents.
        bytes: &'a [u8],
    },
    /// [`Sfu::deadline`](crate::Sfu::deadline) is reached.
    Time,
}

/// What the SFU wants done.
#[derive(Debug)]
pub enum Output {
    /// Send a datagram.
    Transmit {
        /// The advertised address it is to come from.
        source: SocketAddr,
        /// Who gets it.
        destination: SocketAddr,
        /// Its contents.
        contents: DatagramSend,
    },
    /// Something happened that the caller may want to know.
    Event(Event),
}

/// What a peer connection went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// ICE and DTLS are through; media may flow.
    Connected(Purpose),
    /// ICE has heard nothing for a while. It may come back; clients reconnect the stream.
    Disconnected(Purpose),
    /// Its peer connection failed or was closed by the other side.
    Failed(Purpose),
}
