//! What goes over the socket.
//!
//! [`ServerEvent`] is everything a hub emits, of both parts; [`ServerEvent::decode`] reads a hub's event,
//! [`ServerEvent::payload`] and [`ServerEvent::plain_payload`] write it in the shape of part B and part A.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{CallId, DeclineReason, EndReason, Login, Media, Millis, Mode, RingReason, RingState, Status};

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
    /// `user` or `admin`.
    pub role: String,
    /// How the person is shown to others.
    pub status: Status,
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

/// Everything a hub emits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerEvent {
    /// A ring of part A: nothing is known but the caller.
    PlainCalling(Login),
    /// A ring.
    Calling(Calling),
    /// How the ring is doing.
    Ringing(Ringing),
    /// Somebody accepted.
    Accepted(Accepted),
    /// Another device of this person accepted.
    AnsweredElsewhere(AnsweredElsewhere),
    /// Declined, in either shape.
    Declined(Declined),
    /// The caller gave up, in either shape.
    Cancelled(Cancelled),
    /// A ring died unanswered.
    Missed(Missed),
    /// Somebody joined.
    Joined(Member),
    /// Somebody left.
    Left(Member),
    /// The call is over.
    Ended(Ended),
    /// Somebody's status changed.
    Presence(Presence),
}

/// Why an event of a hub could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// An event of another contract; to be ignored.
    #[error("unknown event")]
    Unknown,
    /// The payload is not what the event carries; what it was is not repeated, since it may be anything.
    #[error("malformed payload of {0}")]
    Malformed(&'static str),
}

fn read<T: serde::de::DeserializeOwned>(event: &'static str, payload: Value) -> Result<T, EventError> {
    serde_json::from_value(payload).map_err(|_| EventError::Malformed(event))
}

impl ServerEvent {
    /// Reads an event with its number. `decline` is taken as `declined`, as some servers of part A say.
    ///
    /// # Errors
    /// [`EventError::Unknown`] for other events, [`EventError::Malformed`] for a bad payload.
    pub fn decode(name: &str, payload: Value) -> Result<(Self, Option<u64>), EventError> {
        let seq = payload.get("seq").and_then(Value::as_u64);
        let event = match name {
            "calling" if payload.get("call_id").is_none() => {
                let caller: Cancelled = read("calling", payload)?;
                Self::PlainCalling(caller.login)
            }
            "calling" => Self::Calling(read("calling", payload)?),
            "ringing" => Self::Ringing(read("ringing", payload)?),
            "accepted" => Self::Accepted(read("accepted", payload)?),
            "answered_elsewhere" => Self::AnsweredElsewhere(read("answered_elsewhere", payload)?),
            "declined" | "decline" => Self::Declined(read("declined", payload)?),
            "cancelled" => Self::Cancelled(read("cancelled", payload)?),
            "missed" => Self::Missed(read("missed", payload)?),
            "joined" => Self::Joined(read("joined", payload)?),
            "left" => Self::Left(read("left", payload)?),
            "ended" => Self::Ended(read("ended", payload)?),
            "presence" => Self::Presence(read("presence", payload)?),
            _ => return Err(EventError::Unknown),
        };
        Ok((event, seq))
    }

    /// The event's name on the wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::PlainCalling(_) | Self::Calling(_) => "calling",
            Self::Ringing(_) => "ringing",
            Self::Accepted(_) => "accepted",
            Self::AnsweredElsewhere(_) => "answered_elsewhere",
            Self::Declined(_) => "declined",
            Self::Cancelled(_) => "cancelled",
            Self::Missed(_) => "missed",
            Self::Joined(_) => "joined",
            Self::Left(_) => "left",
            Self::Ended(_) => "ended",
            Self::Presence(_) => "presence",
        }
    }

    /// The call it is about.
    #[must_use]
    pub fn call_id(&self) -> Option<&CallId> {
        match self {
            Self::Calling(e) => Some(&e.call_id),
            Self::Ringing(e) => Some(&e.call_id),
            Self::Accepted(e) => Some(&e.call_id),
            Self::AnsweredElsewhere(e) => Some(&e.call_id),
            Self::Declined(e) => e.call_id.as_ref(),
            Self::Cancelled(e) => e.call_id.as_ref(),
            Self::Missed(e) => Some(&e.call_id),
            Self::Joined(e) | Self::Left(e) => Some(&e.call_id),
            Self::Ended(e) => Some(&e.call_id),
            Self::PlainCalling(_) | Self::Presence(_) => None,
        }
    }

    /// The payload in part B's shape, with the event's number.
    #[must_use]
    pub fn payload(&self, seq: Option<u64>) -> Value {
        let value = match self {
            Self::PlainCalling(login) => Ok(json!({ "login": login })),
            Self::Calling(e) => serde_json::to_value(e),
            Self::Ringing(e) => serde_json::to_value(e),
            Self::Accepted(e) => serde_json::to_value(e),
            Self::AnsweredElsewhere(e) => serde_json::to_value(e),
            Self::Declined(e) => serde_json::to_value(e),
            Self::Cancelled(e) => serde_json::to_value(e),
            Self::Missed(e) => serde_json::to_value(e),
            Self::Joined(e) | Self::Left(e) => serde_json::to_value(e),
            Self::Ended(e) => serde_json::to_value(e),
            Self::Presence(e) => serde_json::to_value(e),
        };
        // Structs of strings, numbers and enumerations: serialising them has no way to fail.
        let mut value = value.unwrap_or(Value::Null);
        if let (Some(seq), Some(members)) = (seq, value.as_object_mut()) {
            members.insert("seq".to_owned(), Value::from(seq));
        }
        value
    }

    /// The payload in part A's shape, or nothing where part A has no such event.
    #[must_use]
    pub fn plain_payload(&self) -> Option<Value> {
        match self {
            Self::PlainCalling(login) => Some(json!({ "login": login })),
            Self::Calling(e) => Some(json!({ "login": e.login })),
            Self::Declined(e) => Some(json!({ "login": e.login })),
            Self::Cancelled(e) => Some(json!({ "login": e.login })),
            Self::Ringing(_)
            | Self::Accepted(_)
            | Self::AnsweredElsewhere(_)
            | Self::Missed(_)
            | Self::Joined(_)
            | Self::Left(_)
            | Self::Ended(_)
            | Self::Presence(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calling() -> Value {
        json!({"login": "man", "call_id": "c1", "session": "s", "mode": "two_way", "media": "video",
               "from": {"login": "man", "name": "Man"}, "expires_at": 45_000, "ttl_ms": 45_000, "seq": 3, "later": 1})
    }

    #[test]
    fn the_same_event_is_read_in_both_shapes() {
        let (event, seq) = ServerEvent::decode("calling", calling()).unwrap();
        assert_eq!(seq, Some(3));
        assert_eq!(event.plain_payload(), Some(json!({"login": "man"})));
        let mut expected = calling();
        expected.as_object_mut().unwrap().remove("later");
        assert_eq!(event.payload(seq), expected);
        let (plain, seq) = ServerEvent::decode("calling", json!({"login": "man"})).unwrap();
        assert_eq!((plain, seq), (ServerEvent::PlainCalling("man".parse().unwrap()), None));
        let (plain, _) = ServerEvent::decode("decline", json!({"login": "woman"})).unwrap();
        assert_eq!(plain.name(), "declined");
    }

    #[test]
    fn a_bad_payload_is_an_error_that_does_not_repeat_it() {
        let mut bad = calling();
        bad["login"] = json!("planted secret");
        let error = ServerEvent::decode("calling", bad).unwrap_err();
        assert!(!error.to_string().contains("planted"), "{error}");
        for payload in [json!(null), json!([]), json!("x"), json!({}), json!({"login": 3})] {
            for name in ["calling", "declined", "cancelled", "presence", "ended", "missed", "ringing", "accepted"] {
                assert!(matches!(ServerEvent::decode(name, payload.clone()), Err(EventError::Malformed(_))));
            }
        }
        assert!(matches!(ServerEvent::decode("whatever", json!({})), Err(EventError::Unknown)));
    }
}
