//! What goes over the socket.
//!
//! [`ServerEvent`] is everything a hub emits, of both parts; [`ServerEvent::decode`] reads a hub's event,
//! [`ServerEvent::payload`] and [`ServerEvent::plain_payload`] write it in the shape of part B and part A.

mod bodies;
mod login;

use serde_json::{Value, json};

use crate::{CallId, Login};

pub use bodies::{
    Accepted, AnsweredElsewhere, Calling, Cancelled, Declined, DeviceRef, Ended, Member, Missed, Person, Presence,
    RingAck, RingDevice, Ringing,
};
pub use login::{Contact, Device, LoginAck, LoginRequest, Me};

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
