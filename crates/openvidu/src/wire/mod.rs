//! What crosses the wire between OpenVidu's server and its clients, spelled exactly as it is sent.
//!
//! - [`rest`]: bodies of the REST API (sessions, connections, errors, lists).
//! - [`recording`]: recording properties, which are part of every session object.
//! - [`recorded`]: recordings, and the index of their archives.
//! - [`rpc`]: the JSON-RPC envelope of the websocket `/openvidu` and its error codes.
//! - [`join`]: `joinRoom`, and the streams it lists.
//! - [`call`]: parameters and results of all other methods.
//! - [`media`]: what a stream carries.
//! - [`notice`]: what the server sends on its own.
//!
//! Numbers of milliseconds are since the Unix epoch. A member that is `null` in a request means the same as one that is
//! absent. Server and client use the same types; a field's doc says who needs it where that is not obvious.

pub mod call;
pub mod join;
pub mod media;
pub mod notice;
pub mod recorded;
pub mod recording;
pub mod rest;
pub mod rpc;

use serde::{Deserialize, Serialize};

/// The version both library generations accept in `joinRoom` (a 2.32.2 client never settles without a semantic one).
pub const VERSION: &str = "2.32.2";

/// The user name of REST's Basic authentication; the password is the OpenVidu secret.
pub const REST_USER: &str = "OPENVIDUAPP";

/// What stands between client and server data in a participant's metadata, where both are there.
pub const METADATA_SEPARATOR: &str = "%/%";

/// What a connection may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// Receives only.
    Subscriber,
    /// Receives and publishes.
    #[default]
    Publisher,
    /// Publishes, and may end others' streams and connections.
    Moderator,
}

impl Role {
    /// As it is on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Subscriber => "SUBSCRIBER",
            Self::Publisher => "PUBLISHER",
            Self::Moderator => "MODERATOR",
        }
    }

    /// Whether `publishVideo` is allowed.
    #[must_use]
    pub fn may_publish(self) -> bool {
        match self {
            Self::Publisher | Self::Moderator => true,
            Self::Subscriber => false,
        }
    }
}

/// Why something ended; the exact strings of OpenVidu.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The participant left.
    Disconnect,
    /// The subscriber unsubscribed.
    Unsubscribe,
    /// The publisher unpublished.
    Unpublish,
    /// A moderator ended the stream.
    ForceUnpublishByUser,
    /// REST ended the stream.
    ForceUnpublishByServer,
    /// A moderator evicted the participant.
    ForceDisconnectByUser,
    /// REST evicted the participant.
    ForceDisconnectByServer,
    /// Nobody is left.
    LastParticipantLeft,
    /// REST closed the session.
    SessionClosedByServer,
    /// The participant's socket was lost and did not come back in time.
    NetworkDisconnect,
    /// The server shuts down.
    OpenviduServerStopped,
    /// REST stopped the recording.
    RecordingStoppedByServer,
    /// Nobody has published for a while: the recording stopped by itself.
    AutomaticStop,
}

/// A TURN or STUN server for one connection. `url` is one string, not a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// `turn:`, `turns:`, `stun:` or `stuns:` URL.
    pub url: String,
    /// User name of a TURN server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password of a TURN server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}
