//! Recordings as REST answers them, and the index inside an archive of single streams.

use serde::{Deserialize, Serialize};

use super::recording::{OutputMode, RecordingLayout};

/// Where a recording is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingStatus {
    /// Asked for; nothing is recorded yet.
    Starting,
    /// It records.
    Started,
    /// It has ended and is being packed.
    Stopped,
    /// It can be downloaded.
    Ready,
    /// Something went wrong; what there is can be downloaded.
    Failed,
}

/// A recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recording {
    /// The session's id, then `SESSION~1` and so on.
    pub id: String,
    /// Always `recording`.
    pub object: String,
    /// Of the files; the id where none was given.
    pub name: String,
    /// What it is.
    pub output_mode: OutputMode,
    /// Composed with video only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    /// Composed with video only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<i64>,
    /// Composed with video only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_layout: Option<RecordingLayout>,
    /// Layout `CUSTOM` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_layout: Option<String>,
    /// What was recorded.
    pub session_id: String,
    /// Milliseconds.
    pub created_at: u64,
    /// Bytes; 0 until it is finished.
    pub size: u64,
    /// Seconds; 0 until it is finished.
    pub duration: f64,
    /// Where it is downloaded; null until it is finished.
    pub url: Option<String>,
    /// Sound was recorded.
    pub has_audio: bool,
    /// Pictures were recorded.
    pub has_video: bool,
    /// Where it is in its life.
    pub status: RecordingStatus,
    /// Why it failed, in words; OpenVidu tells nothing of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Answer of `GET /recordings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Recordings {
    /// Length of `items`.
    pub count: usize,
    /// The recordings.
    pub items: Vec<Recording>,
}

/// `NAME.json` of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Milliseconds.
    pub created_at: u64,
    /// The recording's.
    pub id: String,
    /// The recording's.
    pub name: String,
    /// What was recorded.
    pub session_id: String,
    /// One for each stream.
    pub files: Vec<IndexFile>,
}

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexFile {
    /// In the archive.
    pub name: String,
    /// Whose stream it is.
    pub connection_id: String,
    /// The stream.
    pub stream_id: String,
    /// Bytes.
    pub size: u64,
    /// What its client said of itself.
    pub client_data: String,
    /// What the application said of it.
    pub server_data: String,
    /// There is sound.
    pub has_audio: bool,
    /// There are pictures.
    pub has_video: bool,
    /// `CAMERA`, `SCREEN`, …; only with pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_of_video: Option<String>,
    /// Milliseconds from the recording's `createdAt`.
    pub start_time_offset: i64,
    /// Milliseconds from the recording's `createdAt`.
    pub end_time_offset: i64,
}
