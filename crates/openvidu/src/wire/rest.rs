//! Bodies of the REST API below `/openvidu/api`.

use serde::{Deserialize, Serialize};

use super::recording::{RecordingProperties, RecordingRequest};
use super::{IceServer, Role};

/// How media travels; this server routes in both cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MediaMode {
    /// Through the server, and can be recorded.
    #[default]
    Routed,
    /// The same, but cannot be recorded.
    Relayed,
}

/// When recording starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordingMode {
    /// With the first stream.
    Always,
    /// When asked to.
    #[default]
    Manual,
}

/// The video codec that a session insists on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ForcedVideoCodec {
    /// VP8 here.
    #[default]
    MediaServerPreferred,
    /// Whatever is negotiated.
    None,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// H.264.
    H264,
}

/// What kind of participant a connection is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ConnectionType {
    /// A client with a socket.
    #[default]
    Webrtc,
    /// An IP camera.
    Ipcam,
}

/// Whether a token was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionStatus {
    /// Not yet.
    Pending,
    /// Its participant is in the session.
    Active,
}

/// A media node, of OpenVidu Pro; carried, never used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaNode {
    /// Its id.
    pub id: String,
}

/// Body of `POST /sessions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionRequest {
    /// Default `ROUTED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_mode: Option<MediaMode>,
    /// Default `MANUAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording_mode: Option<RecordingMode>,
    /// `[A-Za-z0-9_-]+`; empty is as good as absent. An existing one is answered 409.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_session_id: Option<String>,
    /// Default `MEDIA_SERVER_PREFERRED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forced_video_codec: Option<ForcedVideoCodec>,
    /// Default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_transcoding: Option<bool>,
    /// Defaults for its recordings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_recording_properties: Option<RecordingRequest>,
    /// OpenVidu Pro.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_node: Option<MediaNode>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its id.
    pub id: String,
    /// The same again: the node client reads this one when it fetches.
    pub session_id: String,
    /// Always `session`.
    #[serde(default = "session_object")]
    pub object: String,
    /// Milliseconds.
    pub created_at: u64,
    /// Being recorded.
    #[serde(default)]
    pub recording: bool,
    /// Being broadcast (OpenVidu Pro).
    #[serde(default)]
    pub broadcasting: bool,
    /// As requested.
    #[serde(default)]
    pub media_mode: MediaMode,
    /// As requested.
    #[serde(default)]
    pub recording_mode: RecordingMode,
    /// Complete.
    #[serde(default)]
    pub default_recording_properties: RecordingProperties,
    /// `""` where none was given.
    #[serde(default)]
    pub custom_session_id: String,
    /// As requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_node: Option<MediaNode>,
    /// As requested, not resolved.
    #[serde(default)]
    pub forced_video_codec: ForcedVideoCodec,
    /// As requested.
    #[serde(default)]
    pub allow_transcoding: bool,
    /// Active connections, and pending ones where asked for.
    #[serde(default)]
    pub connections: List<Connection>,
}

fn session_object() -> String {
    "session".to_owned()
}

fn connection_object() -> String {
    "connection".to_owned()
}

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

/// Limits for Kurento; carried, and shown again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KurentoOptions {
    /// kbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_max_recv_bandwidth: Option<i64>,
    /// kbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_min_recv_bandwidth: Option<i64>,
    /// kbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_max_send_bandwidth: Option<i64>,
    /// kbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_min_send_bandwidth: Option<i64>,
    /// Filters that a publisher may apply to its own stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_filters: Option<Vec<String>>,
}

/// An ICE server as requested for a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IceServerRequest {
    /// See [`IceServer::url`].
    pub url: String,
    /// User name of a TURN server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password of a TURN server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Makes short-lived credentials instead of the two above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub static_auth_secret: Option<String>,
}

/// Body of `POST /sessions/S/connection`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionRequest {
    /// Default `WEBRTC`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<ConnectionType>,
    /// Becomes `serverData`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<bool>,
    /// Default `PUBLISHER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Carried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kurento_options: Option<KurentoOptions>,
    /// TURN and STUN servers for this connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_ice_servers: Option<Vec<IceServerRequest>>,
    /// IP cameras.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtsp_uri: Option<String>,
    /// IP cameras.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adaptative_bitrate: Option<bool>,
    /// IP cameras.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_play_with_subscribers: Option<bool>,
    /// IP cameras; milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_cache: Option<i64>,
}

/// A connection. All members are always there; what does not apply is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Its id.
    pub id: String,
    /// The same again: clients read this one.
    pub connection_id: String,
    /// Always `connection`.
    #[serde(default = "connection_object")]
    pub object: String,
    /// Whether its token was used.
    pub status: ConnectionStatus,
    /// Its session.
    pub session_id: String,
    /// When its token was made; milliseconds.
    pub created_at: u64,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ConnectionType,
    /// Part of recordings.
    #[serde(default)]
    pub record: bool,
    /// Null for IP cameras.
    #[serde(default)]
    pub role: Option<Role>,
    /// As requested.
    #[serde(default)]
    pub kurento_options: Option<KurentoOptions>,
    /// As requested, with short-lived credentials made.
    #[serde(default)]
    pub custom_ice_servers: Vec<IceServer>,
    /// IP cameras.
    #[serde(default)]
    pub rtsp_uri: Option<String>,
    /// IP cameras.
    #[serde(default)]
    pub adaptative_bitrate: Option<bool>,
    /// IP cameras.
    #[serde(default)]
    pub only_play_with_subscribers: Option<bool>,
    /// IP cameras; milliseconds.
    #[serde(default)]
    pub network_cache: Option<i64>,
    /// What the application gave.
    #[serde(default)]
    pub server_data: Option<String>,
    /// The whole token, a `wss://` URL; null for IP cameras.
    #[serde(default)]
    pub token: Option<String>,
    /// When it joined; milliseconds.
    #[serde(default)]
    pub active_at: Option<u64>,
    /// Where it is, or `unknown`.
    #[serde(default)]
    pub location: Option<String>,
    /// Its address.
    #[serde(default)]
    pub ip: Option<String>,
    /// Browser and system, as the client says.
    #[serde(default)]
    pub platform: Option<String>,
    /// What the client gave.
    #[serde(default)]
    pub client_data: Option<String>,
    /// Its streams, none or one; null while pending.
    #[serde(default)]
    pub publishers: Option<Vec<Publisher>>,
    /// The streams it receives; null while pending.
    #[serde(default)]
    pub subscribers: Option<Vec<Subscriber>>,
}

/// A stream of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Publisher {
    /// Milliseconds.
    pub created_at: u64,
    /// Its id.
    pub stream_id: String,
    /// What it carries.
    pub media_options: MediaOptions,
}

/// A stream that a connection receives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscriber {
    /// Milliseconds.
    pub created_at: u64,
    /// The stream's id.
    pub stream_id: String,
}

/// What a stream carries, as REST shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaOptions {
    /// There is sound.
    pub has_audio: bool,
    /// There are pictures.
    pub has_video: bool,
    /// Not muted; only with sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_active: Option<bool>,
    /// Not muted; only with pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_active: Option<bool>,
    /// `CAMERA`, `SCREEN`, `CUSTOM` or `IPCAM`; only with pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_of_video: Option<String>,
    /// -1 is unknown; only with pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<i64>,
    /// JSON text `{"width":W,"height":H}`; only with pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_dimensions: Option<String>,
    /// `{}` where there is none.
    #[serde(default)]
    pub filter: serde_json::Map<String, serde_json::Value>,
}

/// Body of the older `POST /tokens`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenRequest {
    /// The session; required.
    pub session: Option<String>,
    /// Default `PUBLISHER`.
    pub role: Option<Role>,
    /// Becomes `serverData`.
    pub data: Option<String>,
    /// Carried.
    pub kurento_options: Option<KurentoOptions>,
    /// TURN and STUN servers for this connection.
    pub custom_ice_servers: Option<Vec<IceServerRequest>>,
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
