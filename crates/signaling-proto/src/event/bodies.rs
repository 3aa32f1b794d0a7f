//! Payloads, one type each.

use serde::{Deserialize, Serialize};

use crate::{CallId, DeclineReason, EndReason, Login, Media, Millis, Mode, RingReason, RingState, Status};

/// A device, as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRef {
    /// Its id; never a socket's.
    pub id: String,
    /// For people.
    pub name: String,
}

/// A person in an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub login: Login,
    /// Display name.
    pub name: String,
}

/// `ring_ack`, client to hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RingAck {
    /// Which ring.
    pub call_id: CallId,
    /// How far it got.
    pub state: RingState,
    /// Why it is suppressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RingReason>,
}

/// How a ring is doing on one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RingDevice {
    /// The device's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Absent until the device acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<RingState>,
    /// Why it is suppressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RingReason>,
}

/// `calling` of part B.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calling {
    /// The caller.
    pub login: Login,
    /// The call.
    pub call_id: CallId,
    /// OpenVidu session of the call.
    pub session: String,
    /// Who publishes.
    pub mode: Mode,
    /// What is published.
    pub media: Media,
    /// The caller again, with a name.
    pub from: Person,
    /// When the ring dies.
    pub expires_at: Millis,
    /// The same as a length of time from now.
    pub ttl_ms: Millis,
    /// Who else is in the call, in a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Vec<Login>>,
}

/// `ringing`, to the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ringing {
    /// The call.
    pub call_id: CallId,
    /// The devices that acknowledged it.
    pub devices: Vec<RingDevice>,
}

/// `accepted`, to the caller. Where both called each other it goes to both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The call.
    pub call_id: CallId,
    /// Who accepted.
    pub login: Login,
    /// OpenVidu session of the call.
    pub session: String,
    /// The device that accepted.
    pub device: DeviceRef,
    /// What it publishes.
    pub media: Media,
}

/// `answered_elsewhere`, to the person's other devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweredElsewhere {
    /// The call.
    pub call_id: CallId,
    /// The device that answered.
    pub device: DeviceRef,
}

/// `declined`; in part A only `login` is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declined {
    /// Who declined.
    pub login: Login,
    /// The call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
    /// Why.
    #[serde(default = "declined")]
    pub reason: DeclineReason,
    /// Words from the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

fn declined() -> DeclineReason {
    DeclineReason::Declined
}

/// `cancelled`; in part A only `login` is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// The caller.
    pub login: Login,
    /// The call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
}

/// `missed`, to the called devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// The call.
    pub call_id: CallId,
    /// Who called.
    pub from: Person,
    /// Who would have published.
    pub mode: Mode,
    /// When the call came.
    pub at: Millis,
}

/// `joined` and `left`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The call.
    pub call_id: CallId,
    /// Who.
    pub login: Login,
}

/// `ended`, to those in the call (and to a caller whom nobody answered).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The call.
    pub call_id: CallId,
    /// How.
    pub reason: EndReason,
    /// By whom, if by a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Login>,
}

/// `presence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Who.
    pub login: Login,
    /// How the person is now.
    pub status: Status,
    /// When a device of the person was last connected.
    #[serde(default)]
    pub last_seen: Option<Millis>,
}
