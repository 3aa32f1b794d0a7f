//! What a client tells its owner.

use std::sync::Arc;
use std::time::Duration;

use zvonok_signaling_proto::event::{LoginAck, ServerEvent};

use crate::ConnectError;

/// What a client tells its owner, in order.
#[derive(Debug, Clone)]
pub enum Event {
    /// A try to connect begins.
    Connecting,
    /// Signed in; again after every reconnect. Events that were missed follow.
    Online(Contract),
    /// Not connected.
    Offline {
        /// Why.
        error: Arc<ConnectError>,
        /// The next try comes after this.
        retry_in: Duration,
    },
    /// The hub said something.
    Hub(ServerEvent),
    /// The hub sent something that makes no sense; told once a connection.
    Malformed,
}

/// What was negotiated.
#[derive(Debug, Clone)]
pub enum Contract {
    /// Part A only: no directory, calls by login, every call is `watch`.
    Plain,
    /// Part B: who this is, who else is there, what rings.
    Extended(Box<LoginAck>),
}

impl Contract {
    /// Whether it is part B.
    #[must_use]
    pub fn is_extended(&self) -> bool {
        match self {
            Self::Extended(_) => true,
            Self::Plain => false,
        }
    }
}
