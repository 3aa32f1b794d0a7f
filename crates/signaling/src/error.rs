//! What can go wrong.

use std::io;

use zvonok_signaling_proto::Code;

/// Why there is no connection to the hub, or no more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is not one of a hub.
    #[error("the address is not http, https, ws or wss with a host")]
    BadAddress,
    /// Nothing answers there.
    #[error("cannot reach the hub")]
    Unreachable(#[source] io::Error),
    /// TLS failed; the trust brain knows whether it was the certificate.
    #[error("cannot make a secure connection to the hub")]
    Tls(#[source] io::Error),
    /// No answer in time, while doing this.
    #[error("no answer while {0}")]
    Timeout(&'static str),
    /// Something answers that does not speak Socket.IO.
    #[error("what answers there is not a Socket.IO server: {0}")]
    NotSocketIo(String),
    /// The hub refused the connection or the login.
    #[error("the hub refused: {message}")]
    Refused {
        /// For programs; a server of part A gives none.
        code: Option<Code>,
        /// The hub's words.
        message: String,
    },
    /// The hub wants accounts, and does not take the token any more that was presented: it was taken back, or is too
    /// old. It is forgotten here.
    #[error("the hub ended the session")]
    SessionOver,
    /// The hub closed the connection.
    #[error("the hub closed the connection")]
    Closed,
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] io::Error),
    /// No heartbeat, or no answer to a probe.
    #[error("the connection is dead")]
    Dead,
    /// Too much of what came was malformed.
    #[error("the hub sends malformed packets")]
    Malformed,
    /// This side asked for a new connection.
    #[error("left")]
    Left,
}

/// Why a request had no effect, or is not known to have had one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// There is no connection now.
    #[error("not connected to the hub")]
    NotConnected,
    /// The request got no answer; it may have had its effect.
    #[error("the hub does not answer")]
    Unanswered(#[source] Option<reqwest::Error>),
    /// What came is not an answer of the contract.
    #[error("the hub's answer to {0} is malformed")]
    Malformed(&'static str),
    /// The hub said no.
    #[error("{message}")]
    Refused {
        /// For programs; a server of part A gives none.
        code: Option<Code>,
        /// The hub's words, for the person.
        message: String,
    },
    /// A password or token would cross a network in plain text; nothing was sent.
    #[error("the connection is not encrypted")]
    Insecure,
    /// The hub speaks only part A, which has no such request.
    #[error("this hub has no {0}")]
    Unsupported(&'static str),
}

impl RequestError {
    /// Whether the same request makes sense a little later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::NotConnected | Self::Unanswered(_) | Self::Malformed(_) => true,
            // The socket was exchanged under the request.
            Self::Refused { code, .. } => {
                matches!(code, Some(Code::NotSignedIn | Code::TooMany | Code::Unavailable))
            }
            Self::Unsupported(_) | Self::Insecure => false,
        }
    }
}
