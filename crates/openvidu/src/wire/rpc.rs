//! The JSON-RPC 2.0 envelope. One JSON object a text frame, no batches.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The only value of `jsonrpc` that both ends accept.
pub const JSONRPC: &str = "2.0";

/// A request of a client. What is not of this shape is answered with an error if it has an id, and else dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// [`JSONRPC`].
    pub jsonrpc: String,
    /// What is asked.
    pub method: String,
    /// Absent where there are none (follow-up pings).
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub params: Value,
    /// Counts up for each client.
    pub id: Value,
}

/// The answer to one request: exactly one of result and error is on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// [`JSONRPC`].
    pub jsonrpc: String,
    /// The request's.
    pub id: Value,
    /// Result or error.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The one member of a response that tells how it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Result(Value),
    /// It was not.
    Error(ErrorObject),
}

/// What the server sends on its own: no id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// [`JSONRPC`].
    pub jsonrpc: String,
    /// What happened; see `super::notice`.
    pub method: String,
    /// Without null members.
    #[serde(default)]
    pub params: Value,
}

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorObject {
    /// One of [`code`]'s.
    pub code: i64,
    /// For people.
    pub message: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl ErrorObject {
    /// An error without data.
    #[must_use]
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }
}

impl Response {
    /// The answer `result` to the request `id`.
    #[must_use]
    pub fn result(id: Value, result: Value) -> Self {
        Self { jsonrpc: JSONRPC.to_owned(), id, outcome: Outcome::Result(result) }
    }

    /// The answer `error` to the request `id`.
    #[must_use]
    pub fn error(id: Value, error: ErrorObject) -> Self {
        Self { jsonrpc: JSONRPC.to_owned(), id, outcome: Outcome::Error(error) }
    }
}

/// Error codes: OpenVidu's own, and JSON-RPC's for what OpenVidu leaves unanswered.
pub mod code {
    /// Not JSON.
    pub const PARSE: i64 = -32700;
    /// Not a request.
    pub const INVALID_REQUEST: i64 = -32600;
    /// No such method.
    pub const UNKNOWN_METHOD: i64 = -32601;
    /// Parameters of the wrong shape.
    pub const INVALID_PARAMS: i64 = -32602;
    /// No such user (publisher, connection).
    pub const USER_NOT_FOUND: i64 = 102;
    /// There is such a user already.
    pub const EXISTING_USER: i64 = 104;
    /// The user has no stream.
    pub const NOT_STREAMING: i64 = 105;
    /// The user has a stream already.
    pub const ALREADY_STREAMING: i64 = 106;
    /// No such session.
    pub const SESSION_NOT_FOUND: i64 = 202;
    /// The session is closing.
    pub const SESSION_CLOSED: i64 = 203;
    /// The media server failed.
    pub const MEDIA: i64 = 301;
    /// The SDP cannot be used.
    pub const SDP: i64 = 302;
    /// Role or token do not allow it; the library's `OPENVIDU_PERMISSION_DENIED`.
    pub const UNAUTHORIZED: i64 = 401;
    /// A signal of the wrong shape.
    pub const SIGNAL_FORMAT: i64 = 600;
    /// A signal to a connection that is not there.
    pub const SIGNAL_TO: i64 = 601;
    /// The codec that the session insists on is not in the SDP.
    pub const FORCED_CODEC: i64 = 800;
    /// A method that needs a session came before `joinRoom`.
    pub const NOT_JOINED: i64 = 803;
    /// Another edition has it.
    pub const OTHER_EDITION: i64 = 997;
    /// Anything else.
    pub const GENERIC: i64 = 999;
    /// `connect` with an id that is not known (any more).
    pub const RECONNECTION: i64 = 40007;
}
