//! `joinRoom`: how a participant enters a session.

use serde::{Deserialize, Serialize};

use super::media::MediaOptions;
use super::{IceServer, Role};

/// Parameters of `joinRoom`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JoinRoom {
    /// The whole token URL.
    pub token: String,
    /// The session.
    pub session: String,
    /// Browser and system.
    pub platform: Option<String>,
    /// Client data.
    pub metadata: Option<String>,
    /// The server's secret for an admin, else `""`.
    pub secret: Option<String>,
    /// With the secret: a participant that nobody sees.
    pub recorder: Option<bool>,
    /// The library's version; 2.18 sends none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdk_version: Option<String>,
    /// OpenVidu Pro.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stt: Option<bool>,
}

/// Result of `joinRoom`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Joined {
    /// One's own connection id.
    pub id: String,
    /// Milliseconds.
    pub created_at: u64,
    /// Client and server data.
    pub metadata: String,
    /// Who is there already.
    pub value: Vec<Participant>,
    /// The session.
    pub session: String,
    /// The id of this RPC session, for `connect` after a lost socket.
    pub session_id: String,
    /// By its presence the library knows its own connection.
    pub role: Role,
    /// Part of recordings.
    pub record: bool,
    /// Semantic; the library never settles without it.
    pub version: String,
    /// `kurento` for client-made offers.
    pub media_server: String,
    /// False with client-made offers.
    pub video_simulcast: bool,
    /// What the server has beside OpenVidu's own methods: their names. The library does not read it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// TURN for 2.18, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coturn_ip: Option<String>,
    /// TURN for 2.18, which uses 3478 anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coturn_port: Option<u16>,
    /// TURN for 2.18.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_username: Option<String>,
    /// TURN for 2.18.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_credential: Option<String>,
    /// TURN and STUN for 2.32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_ice_servers: Option<Vec<IceServer>>,
    /// A recording is going on, and this role is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_id: Option<String>,
    /// Goes with `recording_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_name: Option<String>,
}

/// A participant that is there already. It never has a role (the library would take it for itself).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    /// Connection id.
    pub id: String,
    /// Milliseconds.
    pub created_at: u64,
    /// Client and server data.
    pub metadata: String,
    /// Absent where it publishes nothing: an empty list breaks the library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streams: Option<Vec<Stream>>,
}

/// A stream that can be subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stream {
    /// Stream id.
    pub id: String,
    /// Milliseconds.
    pub created_at: u64,
    /// What it carries; complete.
    #[serde(flatten)]
    pub media: MediaOptions,
}
