//! Parameters and results of the methods other than `joinRoom`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::media::MediaOptions;

/// Parameters of `publishVideo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishVideo {
    /// The client's offer, without candidates.
    pub sdp_offer: String,
    /// The stream is to be sent back on the same peer connection.
    #[serde(default)]
    pub do_loopback: bool,
    /// What the stream is to carry.
    #[serde(flatten)]
    pub media: MediaOptions,
}

/// Result of `publishVideo`, and of `reconnectStream` for one's own stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// The server's answer, with candidates.
    pub sdp_answer: String,
    /// The stream's id.
    pub id: String,
    /// Milliseconds.
    pub created_at: u64,
}

/// Parameters of `prepareReceiveVideoFrom`, which asks for a server-made offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrepareReceiveVideoFrom {
    /// A **stream** id.
    pub sender: String,
    /// The peer connection that there is for it is to be replaced.
    #[serde(default)]
    pub reconnect: bool,
}

/// Parameters of `receiveVideoFrom`, with a client-made offer or the answer to a server-made one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiveVideoFrom {
    /// A **stream** id.
    pub sender: String,
    /// The client's offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_offer: Option<String>,
    /// The client's answer to a server-made offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_answer: Option<String>,
}

/// Parameters of `showsVideo`, which OpenVidu does not have: where the answer to `joinRoom` names it among its `features`, a
/// subscriber says how much room it has for a stream's pictures, and gets none that are much larger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowsVideo {
    /// A **stream** id.
    pub sender: String,
    /// Pixels of the device; 0 where nothing of it is seen.
    pub width: u16,
    /// The same.
    pub height: u16,
}

/// The method's name, and what it is called among the features.
pub const SHOWS_VIDEO: &str = "showsVideo";

/// Result of `receiveVideoFrom` with a client-made offer, and of `reconnectStream` for another's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The server's answer, with candidates.
    pub sdp_answer: String,
}

/// Parameters of `unsubscribeFromVideo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsubscribeFromVideo {
    /// A **connection** id.
    pub sender: String,
}

/// Parameters of `onIceCandidate`. Everything may be odd here; the server needs none of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OnIceCandidate {
    /// One's own connection id for the publisher peer, the publisher's for a subscriber peer.
    pub endpoint_name: Option<String>,
    /// May be `""`.
    pub candidate: Option<String>,
    /// May be null.
    pub sdp_mid: Option<String>,
    /// The m-line.
    pub sdp_m_line_index: Option<i64>,
}

/// Parameters of `sendMessage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendMessage {
    /// JSON text of a [`Signal`].
    pub message: String,
}

/// A signal from one client to others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signal {
    /// Connection ids; everybody where empty.
    pub to: Vec<String>,
    /// Begins with `signal:`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Any text.
    pub data: String,
}

/// Parameters of `streamPropertyChanged`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamPropertyChanged {
    /// The sender's own stream; the server takes that one in any case.
    #[serde(default)]
    pub stream_id: Option<String>,
    /// `audioActive`, `videoActive`, `videoDimensions`, `videoTrack` or `audioTrack`.
    pub property: String,
    /// A boolean, a text, or an object, as the property has it.
    pub new_value: Value,
    /// Carried.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Parameters of `forceDisconnect`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForceDisconnect {
    /// Who has to go.
    pub connection_id: String,
}

/// Parameters of `forceUnpublish`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForceUnpublish {
    /// What has to go.
    pub stream_id: String,
}

/// Parameters of `reconnectStream`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReconnectStream {
    /// Stream id: one's own, or one that is subscribed to.
    pub stream: String,
    /// The publisher's offer, or a subscriber's answer to a server-made offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_string: Option<String>,
    /// The subscriber's offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_offer: Option<String>,
    /// It answers a push of the server.
    #[serde(default)]
    pub forcibly_reconnect: bool,
}

/// Parameters of `connect`, the first message after a lost socket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Connect {
    /// The RPC session id that `joinRoom` gave.
    pub session_id: Option<String>,
}
