//! Recording properties: the body of `recordings/start`, and `defaultRecordingProperties` of a session.

use serde::{Deserialize, Serialize};

/// What a recording is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutputMode {
    /// One file with everybody, started on demand.
    #[default]
    Composed,
    /// One file with everybody, whose recorder runs as long as the session.
    ComposedQuickStart,
    /// One file for each stream.
    Individual,
}

/// How a composed recording is laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RecordingLayout {
    /// As large as fits.
    #[default]
    BestFit,
    /// Not used by OpenVidu's own layouts.
    PictureInPicture,
    /// Not used by OpenVidu's own layouts.
    VerticalPresentation,
    /// Not used by OpenVidu's own layouts.
    HorizontalPresentation,
    /// A page of one's own.
    Custom,
}

/// Recording properties as requested; what is absent has OpenVidu's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RecordingRequest {
    /// Name of the files; the recording's id without one.
    pub name: Option<String>,
    /// Default true.
    pub has_audio: Option<bool>,
    /// Default true.
    pub has_video: Option<bool>,
    /// Default `COMPOSED`.
    pub output_mode: Option<OutputMode>,
    /// Default `BEST_FIT`; composed only.
    pub recording_layout: Option<RecordingLayout>,
    /// Folder or address of a custom layout.
    pub custom_layout: Option<String>,
    /// `WxH`, each 100 to 1999; default `1280x720`.
    pub resolution: Option<String>,
    /// 1 to 120; default 25.
    pub frame_rate: Option<u32>,
    /// Shared memory of the recorder in bytes; default 512 MiB.
    pub shm_size: Option<u64>,
    /// Individual recordings only.
    pub ignore_failed_streams: Option<bool>,
}

/// Recording properties as a session object carries them: complete for their output mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordingProperties {
    /// `""` where none was given.
    pub name: String,
    /// Sound is recorded.
    pub has_audio: bool,
    /// Pictures are recorded.
    pub has_video: bool,
    /// What is made.
    pub output_mode: OutputMode,
    /// Composed with video only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_layout: Option<RecordingLayout>,
    /// Layout `CUSTOM` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_layout: Option<String>,
    /// Composed with video only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    /// Composed with video only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<u32>,
    /// Composed with video only; bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<u64>,
    /// `INDIVIDUAL` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_failed_streams: Option<bool>,
}

impl Default for RecordingProperties {
    fn default() -> Self {
        RecordingRequest::default().complete()
    }
}

impl RecordingRequest {
    /// Fills in OpenVidu's defaults and drops what does not apply to the output mode.
    #[must_use]
    pub fn complete(self) -> RecordingProperties {
        let output_mode = self.output_mode.unwrap_or_default();
        let has_video = self.has_video.unwrap_or(true);
        let individual = output_mode == OutputMode::Individual;
        let picture = has_video && !individual;
        let layout = self.recording_layout.unwrap_or_default();
        RecordingProperties {
            name: self.name.unwrap_or_default(),
            has_audio: self.has_audio.unwrap_or(true),
            has_video,
            output_mode,
            recording_layout: picture.then_some(layout),
            custom_layout: (picture && layout == RecordingLayout::Custom)
                .then(|| self.custom_layout.unwrap_or_default()),
            resolution: picture.then(|| self.resolution.unwrap_or_else(|| "1280x720".to_owned())),
            frame_rate: picture.then(|| self.frame_rate.unwrap_or(25)),
            shm_size: picture.then(|| self.shm_size.unwrap_or(512 * 1024 * 1024)),
            ignore_failed_streams: individual.then(|| self.ignore_failed_streams.unwrap_or(false)),
        }
    }

    /// What OpenVidu would refuse, in words; `None` if it is fine.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '~' | '-');
        if self.name.as_deref().is_some_and(|name| !name.is_empty() && !name.chars().all(plain)) {
            return Some("recording name may only have letters, digits, and the characters _ ~ -");
        }
        if self.has_audio == Some(false) && self.has_video == Some(false) {
            return Some("a recording needs audio or video");
        }
        let side = |text: &str| text.parse::<u32>().is_ok_and(|pixels| (100..=1999).contains(&pixels));
        if self.resolution.as_deref().is_some_and(|size| !size.split_once('x').is_some_and(|(w, h)| side(w) && side(h)))
        {
            return Some("resolution must be WIDTHxHEIGHT, each from 100 to 1999");
        }
        if self.frame_rate.is_some_and(|rate| !(1..=120).contains(&rate)) {
            return Some("frameRate must be from 1 to 120");
        }
        if self.shm_size.is_some_and(|size| size < 134_217_728) {
            return Some("shmSize must be at least 134217728");
        }
        None
    }
}
