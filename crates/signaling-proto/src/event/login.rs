//! `login` and its acknowledgement.

use serde::{Deserialize, Serialize};

use super::Calling;
use crate::{Login, Millis, Status};

/// `login`, client to hub. In part A only `login` is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequest {
    /// Who this socket is.
    pub login: Login,
    /// [`crate::VERSION`] from a client that speaks part B.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The device, in part B.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// Number of the last event this device has handled; absent when it knows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seq: Option<u64>,
}

/// A device, as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Made once by the device and kept; 1 to 64 characters.
    pub id: String,
    /// For people, such as the host's name.
    #[serde(default)]
    pub name: String,
    /// `linux`, `windows`, `macos`, `web`.
    #[serde(default)]
    pub platform: String,
    /// The program's version.
    #[serde(default)]
    pub app_version: String,
}

/// A person of the roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Who.
    pub login: Login,
    /// Display name.
    pub name: String,
    /// How the person is.
    pub status: Status,
    /// When a device of the person was last connected; absent for one who never was.
    #[serde(default)]
    pub last_seen: Option<Millis>,
}

/// The person this socket signed in as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Who.
    pub login: Login,
    /// Display name.
    pub name: String,
    /// `member` or `admin`; `user` where the hub has no accounts.
    pub role: String,
    /// How the person is shown to others.
    pub status: Status,
    /// A second call rings, instead of being answered `busy`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub call_waiting: bool,
}

/// Acknowledgement of `login` in part B. A hub that refuses the login acknowledges with `{status, code, message}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginAck {
    /// [`crate::VERSION`].
    pub version: u32,
    /// The socket's id for the REST bodies.
    pub sid: String,
    /// Who was signed in.
    pub me: Me,
    /// Everybody else.
    pub roster: Vec<Contact>,
    /// Rings that are alive for this person.
    pub pending: Vec<Calling>,
    /// Number of the newest event of this device. What came after `last_seq` follows as ordinary events.
    pub seq: u64,
    /// How long a ring lives.
    pub ring_ttl_ms: Millis,
    /// `groups`, `recording`, `cameras`, `tokens`.
    #[serde(default)]
    pub features: Vec<String>,
    /// What follows as ordinary events has numbers above this one: `last_seq`, or what the hub knows better (a device
    /// that has forgotten its number, a hub that has). A device takes it as its `last_seq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_after: Option<u64>,
    /// Events after `last_seq` that are no longer kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}
