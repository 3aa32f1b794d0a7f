//! Answers of requests.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zvonok_signaling_proto::Code;
use zvonok_signaling_proto::rest::Head;

/// Answer of a REST request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// HTTP status.
    pub http: u16,
    /// `status`, `message`, `code`.
    pub head: Head,
    /// The members beside them.
    pub body: Map<String, Value>,
}

impl Answer {
    /// Success without members of its own.
    #[must_use]
    pub fn ok() -> Self {
        Self { http: 200, head: Head::ok(), body: Map::new() }
    }

    /// Success with the members of `body`.
    #[must_use]
    pub fn with<T: serde::Serialize>(body: &T) -> Self {
        let body = match serde_json::to_value(body) {
            Ok(Value::Object(members)) => members,
            // The answers are structs of strings and numbers: they serialise to objects.
            Ok(_) | Err(_) => Map::new(),
        };
        Self { http: 200, head: Head::ok(), body }
    }

    /// A business outcome: HTTP 200 with a `code`.
    #[must_use]
    pub fn outcome(code: Code, message: impl Into<String>) -> Self {
        Self { http: 200, head: Head::failure(code, message), body: Map::new() }
    }

    /// A refusal, with the HTTP status that goes with its code.
    #[must_use]
    pub fn refused(code: Code, message: impl Into<String>) -> Self {
        let http = match code {
            Code::Malformed => 400,
            Code::NotSignedIn => 401,
            Code::NotAllowed => 403,
            Code::TooMany => 429,
            Code::Unavailable => 503,
            Code::Offline
            | Code::Busy
            | Code::Dnd
            | Code::UnknownUser
            | Code::Expired
            | Code::Cancelled
            | Code::AnsweredElsewhere
            | Code::NotInCall => 200,
        };
        Self { http, head: Head::failure(code, message), body: Map::new() }
    }
}
