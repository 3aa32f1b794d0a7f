//! What comes out of the hub machine.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use zvonok_signaling_proto::event::{Presence, ServerEvent};
use zvonok_signaling_proto::{Login, Status};

use super::types::SocketId;

/// How a person is seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// By everybody.
    #[serde(flatten)]
    pub presence: Presence,
    /// But these: for them that person is never there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub hidden_from: BTreeSet<Login>,
}

impl Shown {
    /// As that one sees the person.
    #[must_use]
    pub fn to(&self, login: &Login) -> Presence {
        if self.hidden_from.contains(login) {
            Presence { login: self.presence.login.clone(), status: Status::Offline, last_seen: None }
        } else {
            self.presence.clone()
        }
    }
}

/// What the driver has to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Emit an event.
    Emit {
        /// To which socket.
        socket: SocketId,
        /// What.
        event: ServerEvent,
        /// Its number.
        seq: Option<u64>,
        /// In part A's shape.
        plain: bool,
    },
    /// Somebody is seen so now by all sockets of part B, for a machine that serves many hubs: they know their sockets.
    Shown(Shown),
    /// Disconnect a socket: the device has a newer one.
    Disconnect {
        /// Which socket.
        socket: SocketId,
    },
    /// Revoke tokens and close a session: its call is over.
    CloseSession {
        /// The session.
        session: String,
        /// The connections whose tokens the hub gave.
        connections: Vec<String>,
        /// False while another call uses a session of the same name.
        evict: bool,
    },
}
