//! Connections: participants that are there, and those whose token nobody has used yet.

use serde::{Deserialize, Serialize, Serializer};

use crate::wire::media::MediaOptions;
use crate::wire::{IceServer, Role};

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

fn connection_object() -> String {
    "connection".to_owned()
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
    /// IP cameras.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtsp_uri: Option<String>,
    /// What it carries.
    pub media_options: PublishedMedia,
    /// Where it was asked for.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub stats: Option<EndpointStats>,
}

/// What is known of a peer connection, with `webRtcStats=true`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointStats {
    /// OpenVidu's name for it: the stream's id, or the receiving connection's and the stream's.
    pub webrtc_endpoint_name: String,
    /// The client's description; null where it is not kept.
    pub remote_sdp: Option<String>,
    /// The server's.
    pub local_sdp: Option<String>,
    /// What the client has told.
    pub client_ice_candidates: Vec<String>,
    /// What the server has.
    pub server_ice_candidates: Vec<String>,
    /// Of the pair in use.
    pub local_candidate: Option<String>,
    /// The same.
    pub remote_candidate: Option<String>,
    /// What its media server told of it.
    pub events: Vec<serde_json::Value>,
}

/// What a stream carries, and what a camera is set up with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishedMedia {
    /// As others are told; what is not known of pictures is null here, and left out there.
    #[serde(flatten, serialize_with = "with_nulls")]
    pub media: MediaOptions,
    /// IP cameras.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adaptative_bitrate: Option<bool>,
    /// IP cameras.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_play_with_subscribers: Option<bool>,
    /// IP cameras; milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_cache: Option<i64>,
}

fn with_nulls<S: Serializer>(media: &MediaOptions, to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Members<'a> {
        #[serde(flatten)]
        known: &'a MediaOptions,
        #[serde(skip_serializing_if = "Option::is_none")]
        frame_rate: Option<()>,
        #[serde(skip_serializing_if = "Option::is_none")]
        video_dimensions: Option<()>,
    }
    let null = |unknown: bool| (media.has_video && unknown).then_some(());
    let (frame_rate, video_dimensions) = (null(media.frame_rate.is_none()), null(media.video_dimensions.is_none()));
    Members { known: media, frame_rate, video_dimensions }.serialize(to)
}

impl From<MediaOptions> for PublishedMedia {
    fn from(media: MediaOptions) -> Self {
        Self { media, adaptative_bitrate: None, only_play_with_subscribers: None, network_cache: None }
    }
}

/// A stream that a connection receives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscriber {
    /// Milliseconds.
    pub created_at: u64,
    /// The stream's id.
    pub stream_id: String,
    /// Where it was asked for.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub stats: Option<EndpointStats>,
}
