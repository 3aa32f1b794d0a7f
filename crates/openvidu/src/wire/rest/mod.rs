//! Bodies of the REST API below `/openvidu/api`.

mod connection;
mod session;

use serde::{Deserialize, Serialize};

use super::Role;

pub use connection::{
    Connection, ConnectionRequest, ConnectionStatus, ConnectionType, EndpointStats, IceServerRequest, KurentoOptions,
    PublishedMedia, Publisher, Subscriber,
};
pub use session::{ForcedVideoCodec, MediaMode, MediaNode, RecordingMode, Session, SessionRequest};

/// A list as REST answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// Length of `content`.
    pub number_of_elements: usize,
    /// The elements.
    pub content: Vec<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(content: Vec<T>) -> Self {
        Self { number_of_elements: content.len(), content }
    }
}

/// Body of the older `POST /tokens`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    /// The session; required.
    pub session: Option<String>,
    /// What the connection of the token is to be; kind and recording do not count here.
    #[serde(flatten)]
    pub connection: ConnectionRequest,
}

/// Answer of the older `POST /tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The whole token.
    pub id: String,
    /// The same again.
    pub token: String,
    /// Of the connection that goes with it.
    pub connection_id: String,
    /// Milliseconds.
    pub created_at: u64,
    /// Its session.
    pub session: String,
    /// What the application gave.
    pub data: String,
    /// What its owner may do.
    pub role: Role,
    /// As requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kurento_options: Option<KurentoOptions>,
}

/// Body of `POST /signal`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SignalRequest {
    /// The session; required.
    pub session: Option<String>,
    /// Connection ids; everybody where absent or empty.
    pub to: Option<Vec<String>>,
    /// Carried exactly so.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Carried exactly so.
    pub data: Option<String>,
}

/// Body of an error answer, where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Milliseconds.
    pub timestamp: u64,
    /// HTTP status.
    pub status: u16,
    /// HTTP reason phrase.
    pub error: String,
    /// What is wrong, for people.
    pub message: String,
    /// The request's path.
    pub path: String,
}
