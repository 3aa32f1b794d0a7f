//! Recordings and cameras of a call, by the hub, so that no desktop needs the media server's secret.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{CallId, Millis};

/// `POST /calls/ID/recording`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingRequest {
    /// Own socket.
    #[serde(default)]
    pub sid: Option<String>,
    /// What to do.
    pub action: RecordingAction,
}

/// What to do with a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingAction {
    /// Record from now on; a call that is being recorded goes on being so.
    Start,
    /// End the recording; one that has ended stays as it is.
    Stop,
}

/// A recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingInfo {
    /// The hub's id of it; never a path.
    pub id: String,
    /// The call that was recorded.
    pub call_id: CallId,
    /// Where it is in its life.
    pub status: RecordingState,
    /// When it began.
    pub started_at: Millis,
    /// How long it is; 0 until it is finished.
    pub duration_ms: Millis,
    /// Bytes; 0 until it is finished.
    pub size: u64,
    /// There is sound.
    pub has_audio: bool,
    /// There are pictures.
    pub has_video: bool,
}

/// Where a recording is in its life. The words are OpenVidu's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// Asked for; nothing is recorded yet.
    Starting,
    /// It records.
    Started,
    /// It has ended and is being packed.
    Stopped,
    /// It is whole.
    Ready,
    /// Something went wrong; what there is was kept.
    Failed,
}

/// Answer of `POST /calls/ID/recording` and of `GET /recordings/ID`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingAnswer {
    /// As it is now.
    pub recording: RecordingInfo,
}

/// Answer of `GET /recordings`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingsAnswer {
    /// Those of calls that this person was in; an admin's are all.
    pub recordings: Vec<RecordingInfo>,
    /// What to send as `before` for more; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Millis>,
}

/// `POST /calls/ID/cameras`. Not printed: an address may have a password in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraRequest {
    /// Own socket.
    #[serde(default)]
    pub sid: Option<String>,
    /// Where the camera is: `rtsp` or `rtsps`.
    pub rtsp_uri: String,
    /// For people, at most [`crate::MAX_NAME_CHARS`].
    #[serde(default)]
    pub name: String,
}

impl fmt::Debug for CameraRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CameraRequest").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A camera in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraInfo {
    /// The hub's id of it: what it is taken out by.
    pub id: String,
    /// For people.
    pub name: String,
}

/// Answer of `POST /calls/ID/cameras`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraAnswer {
    /// The camera.
    pub camera: CameraInfo,
}

/// Body of `DELETE /calls/ID/cameras/CID`; `sid` may be in the query as well.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Own socket.
    #[serde(default)]
    pub sid: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cameras_address_does_not_print_itself() {
        let uri = "rtsp://user:planted@camera.example/";
        let request = CameraRequest { sid: None, rtsp_uri: uri.to_owned(), name: "Door".to_owned() };
        let printed = format!("{request:?}");
        assert!(printed.contains("Door") && !printed.contains("planted") && !printed.contains("camera.example"));
    }

    #[test]
    fn an_action_is_one_of_two_words() {
        let read = |text: &str| serde_json::from_str::<RecordingRequest>(text);
        assert_eq!(read(r#"{"sid":"x","action":"start"}"#).unwrap().action, RecordingAction::Start);
        assert_eq!(read(r#"{"action":"stop"}"#).unwrap().action, RecordingAction::Stop);
        assert!(read(r#"{"action":"pause"}"#).is_err() && read("{}").is_err());
    }
}
