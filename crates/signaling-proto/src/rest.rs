//! REST bodies and answers. A client fills them, the hub reads them; `sid` is in every body.
//!
//! Members that part A does not have are optional here, so that one type reads both parts.

use serde::{Deserialize, Serialize};

use crate::event::{Contact, RingDevice};
use crate::{CallId, Code, DeclineReason, Direction, Login, Media, Millis, Mode, Outcome, StatusWord, TokenRole};

/// `POST /call`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRequest {
    /// The caller's socket. The tutorial's page sends `null`.
    pub sid: Option<String>,
    /// Whom to ring.
    pub login: Login,
    /// Made by the caller, in part B.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
    /// Who publishes; part A knows `watch` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// What is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
}

/// `POST /accept`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptRequest {
    /// Own socket.
    pub sid: Option<String>,
    /// The call.
    pub call_id: CallId,
    /// What this side publishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
}

/// `POST /decline`, in part A with `reciever_login`, in part B with `call_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclineRequest {
    /// Own socket.
    pub sid: Option<String>,
    /// The caller to be told, in the tutorial's spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reciever_login: Option<Login>,
    /// The call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<DeclineReason>,
    /// Words for the caller, at most [`crate::MAX_MESSAGE_CHARS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// `POST /cancel`, `POST /hangup`, `POST /token`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRef {
    /// Own socket.
    pub sid: Option<String>,
    /// The call.
    pub call_id: CallId,
}

/// `POST /status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusRequest {
    /// Own socket.
    pub sid: Option<String>,
    /// What to be.
    pub status: StatusWord,
}

/// `POST /invite`: rings somebody into a call that is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteRequest {
    /// Own socket.
    pub sid: Option<String>,
    /// The call.
    pub call_id: CallId,
    /// Whom.
    pub login: Login,
}

/// `POST /settings`: what the hub does for this person on every device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsRequest {
    /// Own socket.
    pub sid: Option<String>,
    /// A second call rings, instead of being answered `busy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_waiting: Option<bool>,
}

/// `POST /block`: for that person this one is never there, until it is said otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRequest {
    /// Own socket.
    pub sid: Option<String>,
    /// Whom.
    pub login: Login,
    /// Or no longer.
    #[serde(default = "yes")]
    pub blocked: bool,
}

fn yes() -> bool {
    true
}

/// Answer of `GET /blocks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlocksAnswer {
    /// Whom this person has blocked.
    pub blocked: Vec<Login>,
}

/// The query of `GET /users` and `GET /calls`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Own socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Only calls that started before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Millis>,
    /// At most so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// What every answer begins with: `status` 0 is success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// 0 for success.
    pub status: i64,
    /// For people.
    #[serde(default)]
    pub message: String,
    /// For programs; servers of part A send none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
}

impl Head {
    /// Success.
    #[must_use]
    pub fn ok() -> Self {
        Self { status: 0, message: String::new(), code: None }
    }

    /// A business outcome or a refusal.
    #[must_use]
    pub fn failure(code: Code, message: impl Into<String>) -> Self {
        Self { status: 1, message: message.into(), code: Some(code) }
    }
}

/// Answer of `/call`. Where both called each other, `call_id` is that of the call that lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallAnswer {
    /// The call.
    pub call_id: CallId,
    /// OpenVidu session of the call.
    pub session: String,
    /// When the ring dies.
    pub expires_at: Millis,
    /// The same as a length of time from now.
    pub ttl_ms: Millis,
    /// The devices that ring.
    pub devices: Vec<RingDevice>,
    /// What became of the mode asked for: `watch` where one side speaks only part A.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}

/// Answer of `/accept`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptAnswer {
    /// OpenVidu session of the call.
    pub session: String,
    /// Who publishes.
    pub mode: Mode,
}

/// Answer of `/token`. Not printed: see its `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAnswer {
    /// The whole OpenVidu token.
    pub token: String,
    /// OpenVidu's public address.
    pub openvidu: String,
    /// What its owner may do.
    pub role: TokenRole,
}

impl std::fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenAnswer")
            .field("openvidu", &self.openvidu)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Answer of `/users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsersAnswer {
    /// Everybody else.
    pub users: Vec<Contact>,
}

/// A call of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The call.
    pub call_id: CallId,
    /// Which way, seen by who asks.
    pub direction: Direction,
    /// The others.
    pub with: Vec<Login>,
    /// Who published.
    pub mode: Mode,
    /// When it was placed.
    pub started_at: Millis,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Millis>,
    /// When it was over; absent while it lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Millis>,
    /// What became of it; absent while it rings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// Answer of `/calls`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsAnswer {
    /// The calls.
    pub calls: Vec<CallRecord>,
    /// What to send as `before` for more; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Millis>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_bodies_of_part_a_are_spelled_exactly_so() {
        let call = CallRequest { sid: None, login: "woman".parse().unwrap(), call_id: None, mode: None, media: None };
        assert_eq!(serde_json::to_value(&call).unwrap(), json!({"sid": null, "login": "woman"}));
        assert_eq!(serde_json::from_value::<CallRequest>(json!({"login": "woman"})).unwrap(), call);
        let decline = DeclineRequest {
            sid: Some("x".into()),
            reciever_login: Some("man".parse().unwrap()),
            call_id: None,
            reason: None,
            message: None,
        };
        assert_eq!(serde_json::to_value(&decline).unwrap(), json!({"sid": "x", "reciever_login": "man"}));
        let status = StatusRequest { sid: Some("x".into()), status: StatusWord::Beasy };
        assert_eq!(serde_json::to_value(&status).unwrap(), json!({"sid": "x", "status": "beasy"}));
    }

    #[test]
    fn a_token_does_not_print_itself() {
        let answer = TokenAnswer {
            token: "wss://host?token=tok_planted".into(),
            openvidu: "https://host".into(),
            role: TokenRole::Publisher,
        };
        assert!(!format!("{answer:?}").contains("planted"));
    }
}
