//! What can go wrong.

use std::net::SocketAddr;

/// A message on the socket is not as [`crate::wire`] says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// Longer than any message may be.
    #[error("message of {length} bytes, more than {limit}")]
    TooLong {
        /// Bytes received.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The binary header does not fit its payload.
    #[error("malformed media header")]
    Header,
    /// No such media line is possible.
    #[error("media line {0} is out of range")]
    Line(u8),
    /// Not one of the control messages.
    #[error("malformed control message at column {column}")]
    Control {
        /// Where reading it stopped.
        column: usize,
    },
}

/// The sound could not be processed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The Opus encoder could not be made.
    #[error("cannot make an Opus encoder")]
    Encoder(#[source] ropus::EncoderBuildError),
    /// A block could not be encoded.
    #[error("cannot encode sound")]
    Encode(#[source] ropus::EncodeError),
    /// The Opus decoder could not be made.
    #[error("cannot make an Opus decoder")]
    Decoder(#[source] ropus::DecoderInitError),
    /// The jitter buffer refused.
    #[error("the jitter buffer failed")]
    Jitter(#[source] neteq::NetEqError),
    /// Echo cancellation, noise suppression or gain control refused a block.
    #[error("voice processing failed: {0:?}")]
    Voice(sonora::Error),
}

/// One peer connection ended otherwise than by its page closing it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// The page sent what it may not send.
    #[error("the page sent a bad message")]
    Wire(#[from] WireError),
    /// The WebSocket broke.
    #[error("the page's socket broke")]
    Socket(#[source] Box<tokio_tungstenite::tungstenite::Error>),
    /// The page does not read: its control messages no longer fit the queue.
    #[error("the page does not read its messages")]
    Stalled,
    /// The transport failed for good.
    #[error("the transport failed")]
    Transport(#[from] str0m::RtcError),
    /// No UDP socket.
    #[error("cannot open a UDP socket at {address}")]
    Udp {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No thread for the sound.
    #[error("cannot start the audio thread")]
    Thread(#[source] std::io::Error),
}

impl From<tokio_tungstenite::tungstenite::Error> for PeerError {
    fn from(error: tokio_tungstenite::tungstenite::Error) -> Self {
        Self::Socket(Box::new(error))
    }
}
