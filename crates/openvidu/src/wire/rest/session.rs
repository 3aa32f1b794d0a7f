//! Sessions.

use serde::{Deserialize, Serialize};

use super::{Connection, List};
use crate::wire::recording::{RecordingProperties, RecordingRequest};

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
