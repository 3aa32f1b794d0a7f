//! Recording properties: the body of `recordings/start`, and `defaultRecordingProperties` of a session.

use serde::{Deserialize, Serialize};

/// Characters of a recording's name: what a file may be called has 255, and an ending.
const LONGEST_NAME: usize = 128;

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
    pub frame_rate: Option<i64>,
    /// Shared memory of the recorder in bytes; default 512 MiB.
    pub shm_size: Option<i64>,
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
    pub frame_rate: Option<i64>,
    /// Composed with video only; bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<i64>,
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

    /// As it counts in a session: what is absent is as in the session's own properties, and the session's composed kind
    /// wins over the other composed one.
    #[must_use]
    pub fn within(self, session: &RecordingProperties) -> Self {
        let composed = |mode: OutputMode| mode != OutputMode::Individual;
        let output_mode = match self.output_mode {
            Some(mode) if composed(mode) && composed(session.output_mode) => session.output_mode,
            Some(mode) => mode,
            None => session.output_mode,
        };
        Self {
            name: self.name.or_else(|| Some(session.name.clone())),
            has_audio: self.has_audio.or(Some(session.has_audio)),
            has_video: self.has_video.or(Some(session.has_video)),
            output_mode: Some(output_mode),
            recording_layout: self.recording_layout.or(session.recording_layout),
            custom_layout: self.custom_layout.or_else(|| session.custom_layout.clone()),
            resolution: self.resolution.or_else(|| session.resolution.clone()),
            frame_rate: self.frame_rate.or(session.frame_rate),
            shm_size: self.shm_size.or(session.shm_size),
            ignore_failed_streams: self.ignore_failed_streams.or(session.ignore_failed_streams),
        }
    }

    /// What OpenVidu would refuse; `None` if it is fine.
    #[must_use]
    pub fn fault(&self) -> Option<RecordingFault> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '~' | '-');
        if self.name.as_deref().is_some_and(|name| !name.is_empty() && !name.chars().all(plain)) {
            return Some(RecordingFault::Bad("recording name may only have letters, digits, and the characters _ ~ -"));
        }
        // It becomes the name of a file.
        if self.name.as_deref().is_some_and(|name| name.len() > LONGEST_NAME) {
            return Some(RecordingFault::Bad("recording name may have 128 characters"));
        }
        if self.custom_layout.as_deref().is_some_and(|layout| !layout.chars().all(|c| plain(c) || c == '/')) {
            return Some(RecordingFault::Bad("customLayout has to be a folder; addresses are not opened"));
        }
        if self.has_audio == Some(false) && self.has_video == Some(false) {
            return Some(RecordingFault::Unprocessable("a recording needs audio or video"));
        }
        let side = |text: &str| text.parse::<u32>().is_ok_and(|pixels| (100..=1999).contains(&pixels));
        if self.resolution.as_deref().is_some_and(|size| !size.split_once('x').is_some_and(|(w, h)| side(w) && side(h)))
        {
            return Some(RecordingFault::Unprocessable("resolution must be WIDTHxHEIGHT, each from 100 to 1999"));
        }
        if self.frame_rate.is_some_and(|rate| !(1..=120).contains(&rate)) {
            return Some(RecordingFault::Unprocessable("frameRate must be from 1 to 120"));
        }
        if self.shm_size.is_some_and(|size| size < 134_217_728) {
            return Some(RecordingFault::Unprocessable("shmSize must be at least 134217728"));
        }
        None
    }
}

/// What is wrong with recording properties, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingFault {
    /// Answered 400.
    Bad(&'static str),
    /// Answered 422 by `recordings/start`, and 400 as a session's default.
    Unprocessable(&'static str),
}

impl RecordingFault {
    /// The words.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Bad(message) | Self::Unprocessable(message) => message,
        }
    }
}
