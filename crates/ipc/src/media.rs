//! What passes between the core and the call window's media.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Media;

/// Lets the call window join its call through the gateway. The handle in `url` lives as long as the call and is worth
/// nothing outside this process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MediaTicket {
    /// The token that openvidu-browser is given: `ws://127.0.0.1:PORT?sessionId=HANDLE&token=-`.
    pub url: String,
    /// Own login: the client data of the connection and the mark of the fake camera.
    pub login: String,
    /// Own display name.
    pub name: String,
    /// Open camera and microphone and publish them.
    pub publish: bool,
    /// Camera and microphone, or microphone only.
    pub media: Media,
    /// Subscribe to what others publish (false for the called side of a `watch` call, where nobody does).
    pub subscribe: bool,
    /// Test pattern and spoken text instead of devices (`--fake-media`).
    pub fake_media: bool,
}

/// Lets the shim open one peer connection's socket; used once, within 30 s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PeerTicket {
    /// `ws://127.0.0.1:PORT/peer?handle=HANDLE`.
    pub url: String,
}

/// Counters of the call's media, sent once a second and once at the end. They only grow within a call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub struct MediaReport {
    /// An own stream is being published.
    pub publishing: bool,
    /// Remote streams subscribed to.
    pub subscribed: u32,
    /// Video frames encoded and sent.
    #[ts(type = "number")]
    pub frames_sent: u64,
    /// Decoded remote video frames that were handed to the picture.
    #[ts(type = "number")]
    pub frames_received: u64,
    /// Decoded remote audio samples above silence that are not concealment.
    #[ts(type = "number")]
    pub audio_received: u64,
    /// Audio samples of 48,000 a second that were encoded and sent; 0 when nothing is said and nothing sent.
    #[ts(type = "number")]
    pub audio_sent: u64,
    /// Bytes of audio sent, RTP payload and headers; in `bytes_sent` as well.
    #[ts(type = "number")]
    pub audio_bytes_sent: u64,
    /// Bytes of audio received; in `bytes_received` as well.
    #[ts(type = "number")]
    pub audio_bytes_received: u64,
    /// Bytes sent, RTP payload and headers.
    #[ts(type = "number")]
    pub bytes_sent: u64,
    /// Bytes received, RTP payload and headers.
    #[ts(type = "number")]
    pub bytes_received: u64,
    /// Round-trip time to the server in milliseconds, once measured.
    pub rtt_ms: Option<f64>,
    /// What the fake camera and voice of the other side were recognised as; only with `--fake-media`.
    pub recognised: Option<Recognised>,
}

/// What was read out of decoded pixels and samples, with `--fake-media` only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub struct Recognised {
    /// Login read from the mark in decoded remote pixels.
    pub picture: Option<String>,
    /// The mark's counter.
    #[ts(type = "number")]
    pub counter: u64,
    /// Frames that carried the peer's mark and a higher counter than the one before.
    #[ts(type = "number")]
    pub frames: u64,
    /// Login whose voice correlates with the decoded remote sound.
    pub voice: Option<String>,
    /// Longest time between two such frames, in milliseconds.
    pub longest_freeze_ms: f64,
    /// Median delay from drawing a frame on the other side to its decoded pixels here, in milliseconds, over the last
    /// 900 frames. The mark carries the sender's wall clock, so it means something between two programs on one machine
    /// only; `None` until a frame was read.
    pub delay_ms_p50: Option<f64>,
    /// The same, 95th percentile.
    pub delay_ms_p95: Option<f64>,
}

/// What happened to the call window's media; drives the call machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum MediaEvent {
    /// Joined the session.
    Joined,
    /// Another participant is in the session (openvidu-browser's `connectionCreated` of a remote connection).
    RemoteJoined,
    /// Another participant publishes (`streamCreated`); on a hub that speaks only contract A this is the answer.
    RemoteStream,
    /// The first remote picture or sound was decoded.
    RemoteMedia,
    /// The other side's stream ended and did not come back.
    RemoteLeft,
    /// The signaling or the media of the session is being restored.
    Reconnecting,
    /// And it was.
    Reconnected,
    /// The session is over (openvidu-browser's `sessionDisconnected`, with its reason).
    Disconnected {
        /// openvidu-browser's reason, such as `networkDisconnect`.
        reason: String,
    },
    /// Media cannot work; the call goes on if anything is left of it.
    Failed {
        /// What failed.
        code: crate::ErrorCode,
        /// For the log.
        detail: String,
    },
}
