//! What goes into the SFU and what comes out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use str0m::net::DatagramSend;

use crate::codec::Codec;
use crate::{FloorId, Purpose, StreamId, Transport};

/// What happens to the SFU.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram came in.
    Datagram {
        /// How it travelled.
        transport: Transport,
        /// Who sent it.
        source: SocketAddr,
        /// The advertised address it was sent to (behind NAT not the one that is listened on).
        destination: SocketAddr,
        /// Its contents.
        bytes: &'a [u8],
    },
    /// A packet of a stream that no peer connection brings, see [`Sfu::publish_fed`](crate::Sfu::publish_fed).
    Media {
        /// The stream.
        stream: StreamId,
        /// The packet.
        packet: MediaPacket,
    },
    /// [`Sfu::deadline`](crate::Sfu::deadline) is reached.
    Time,
}

/// One RTP packet of a stream, without its header.
#[derive(Debug, Clone)]
pub struct MediaPacket {
    /// What it is coded with.
    pub codec: Codec,
    /// Names the source of the numbers below: with another one they begin anew.
    pub run: u64,
    /// Sequence number, extended so that it never wraps.
    pub seq: u64,
    /// RTP time, in ticks of [`Codec::clock_rate`](crate::Codec::clock_rate).
    pub time: u32,
    /// When it was captured, on the caller's clock; sound and pictures of one stream by the same clock.
    pub captured: Instant,
    /// The last packet of a picture.
    pub marker: bool,
    /// The payload as RTP has it.
    pub payload: Arc<[u8]>,
}

/// What the SFU wants done.
#[derive(Debug)]
pub enum Output {
    /// Send a datagram.
    Transmit {
        /// How.
        transport: Transport,
        /// The advertised address it is to come from.
        source: SocketAddr,
        /// Who gets it.
        destination: SocketAddr,
        /// Its contents.
        contents: DatagramSend,
    },
    /// A packet of a stream that is tapped, see [`Sfu::tap`](crate::Sfu::tap).
    Media {
        /// The stream.
        stream: StreamId,
        /// The packet.
        packet: MediaPacket,
    },
    /// Something happened that the caller may want to know.
    Event(Event),
}

/// What a peer connection or a floor went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// ICE and DTLS are through; media may flow.
    Connected(Purpose),
    /// ICE has heard nothing for a while. It may come back; clients reconnect the stream.
    Disconnected(Purpose),
    /// Its peer connection failed or was closed by the other side.
    Failed(Purpose),
    /// Somebody else speaks, see [`Sfu::join_floor`](crate::Sfu::join_floor).
    Speaks {
        /// Where.
        floor: FloorId,
        /// Who; `None` where who spoke last has left.
        stream: Option<StreamId>,
    },
}
