//! What the hub has the media server do for a call, and what it keeps of it.

use futures_util::future::join_all;
use zvonok_openvidu::wire::recorded::{Recording, RecordingStatus};
use zvonok_signaling_proto::Code;
use zvonok_signaling_proto::media::{
    CameraAnswer, CameraInfo, RecordingAnswer, RecordingInfo, RecordingState, RecordingsAnswer,
};

use crate::database::{DatabaseError, full};
use crate::hub::change::{KeptRecording, RecordingsQuery};
use crate::hub::handle::Hub;
use crate::hub::limits::{CAMERA_TIMEOUT_MS, MAX_CAMERAS, MAX_RECORDINGS};
use crate::hub::machine::{Answer, CallCamera, Input, MediaGrant, too_many_cameras};
use crate::hub::media::{answered, within, within_ms};
use crate::media_control::MediaControlError;
use crate::secret::Secret;

impl Hub {
    /// A call that is being recorded goes on being so. `None` where it is by somebody whom this hub knows nothing of.
    pub(super) async fn start_recording(&self, grant: &MediaGrant) -> Result<Option<KeptRecording>, Answer> {
        if let Some(running) = self.newest(grant).await?.filter(|kept| !is_over(&kept.seen)) {
            return Ok(Some(running));
        }
        let seen = match within(self.media.start_recording(&grant.session, grant.call_id.as_str())).await {
            Ok(seen) => seen,
            Err(MediaControlError::BeingRecorded) => return Ok(None),
            Err(error) => return Err(no(&error, grant, "record")),
        };
        tracing::info!(call_id = %grant.call_id, "a recording begins");
        let kept = KeptRecording {
            id: uuid::Uuid::now_v7().to_string(),
            call_id: grant.call_id.clone(),
            session: grant.session.clone(),
            media_id: seen.id.clone(),
            started_at: self.door.now(),
            seen,
        };
        if let Err(error) = self.database.add_recording(&kept).await {
            // Nobody would find it again.
            let stopped = within(self.media.stop_recording(&kept.session, &kept.media_id)).await;
            tracing::error!(error = full(&error), stopped = stopped.is_ok(), "a recording is not kept");
            return Err(down(&error));
        }
        let (call_id, recording) = (kept.call_id.clone(), kept.id.clone());
        self.reply_to(Input::Recorded { call_id, recording }).await;
        Ok(Some(kept))
    }

    pub(super) async fn stop_recording(&self, grant: &MediaGrant) -> Result<KeptRecording, Answer> {
        let Some(kept) = self.newest(grant).await? else {
            return Err(Answer::outcome(Code::Expired, "This call is not being recorded."));
        };
        if is_over(&kept.seen) {
            return Ok(kept);
        }
        let stopped = within(self.media.stop_recording(&kept.session, &kept.media_id)).await;
        let seen = stopped.map_err(|error| no(&error, grant, "stop recording"))?;
        self.saw(kept, seen).await
    }

    /// The newest recording of a call, as it is now.
    async fn newest(&self, grant: &MediaGrant) -> Result<Option<KeptRecording>, Answer> {
        let Some(id) = &grant.recording else { return Ok(None) };
        let of = RecordingsQuery { login: grant.login.clone(), all: true, live: Vec::new() };
        match self.database.recording(id, &of).await.map_err(|error| down(&error))? {
            Some(kept) => self.now(kept).await,
            None => Ok(None),
        }
    }

    /// How a recording is now; none where the media server has none. What has ended is not asked for again.
    async fn now(&self, kept: KeptRecording) -> Result<Option<KeptRecording>, Answer> {
        if matches!(kept.seen.status, RecordingStatus::Ready | RecordingStatus::Failed) {
            return Ok(Some(kept));
        }
        match within(self.media.recording(&kept.session, &kept.media_id)).await {
            Ok(seen) => self.saw(kept, seen).await.map(Some),
            // It was deleted, or the media server is not the one that made it: then it is there again with that one.
            Err(MediaControlError::NoRecording(_)) => Ok(None),
            Err(error) => {
                tracing::warn!(call_id = %kept.call_id, %error, "a recording is told as it was");
                Ok(Some(kept))
            }
        }
    }

    async fn saw(&self, kept: KeptRecording, seen: Recording) -> Result<KeptRecording, Answer> {
        if kept.seen != seen {
            self.database.recording_seen(&kept.id, &seen).await.map_err(|error| down(&error))?;
        }
        Ok(KeptRecording { seen, ..kept })
    }

    pub(super) async fn one_recording(&self, id: &str, of: &RecordingsQuery) -> Result<Answer, Answer> {
        let kept = self.database.recording(id, of).await.map_err(|error| down(&error))?;
        let now = match kept {
            Some(kept) => self.now(kept).await?,
            None => None,
        };
        // One of others is not told from one that is not.
        let unknown = || Answer::outcome(Code::NotInCall, "There is no such recording of a call that you were in.");
        Ok(Answer::with(&RecordingAnswer { recording: info(now.ok_or_else(unknown)?) }))
    }

    pub(super) async fn recordings(
        &self,
        of: &RecordingsQuery,
        before: Option<u64>,
        limit: Option<usize>,
    ) -> Result<Answer, Answer> {
        let limit = limit.unwrap_or(MAX_RECORDINGS).clamp(1, MAX_RECORDINGS);
        let mut found = self.database.recordings(of, before, limit + 1).await.map_err(|error| down(&error))?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| last.started_at);
        let now = join_all(found.into_iter().map(|kept| self.now(kept))).await;
        let known = now.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
        Ok(Answer::with(&RecordingsAnswer { recordings: known.into_iter().map(info).collect(), next }))
    }

    pub(super) async fn add_camera(&self, grant: MediaGrant, uri: &Secret, name: String) -> Result<Answer, Answer> {
        if grant.cameras.len() >= MAX_CAMERAS {
            return Err(too_many_cameras());
        }
        let data = serde_json::json!({ "camera": name }).to_string();
        let made = within_ms(CAMERA_TIMEOUT_MS, async {
            self.media.create_session(Some(&grant.session)).await?;
            self.media.add_camera(&grant.session, uri, &data).await
        });
        let connection_id = made.await.map_err(|error| no(&error, &grant, "let a camera in"))?;
        tracing::info!(call_id = %grant.call_id, "a camera is in");
        let id = uuid::Uuid::now_v7().to_string();
        let camera = CallCamera { id: id.clone(), connection_id, name: name.clone(), by: grant.login.clone() };
        let kept = answered(self.reply_to(Input::CameraIn { grant: Box::new(grant), camera }).await);
        if kept.head.status == 0 {
            Ok(Answer::with(&CameraAnswer { camera: CameraInfo { id, name } }))
        } else {
            Err(kept)
        }
    }

    /// A camera that is not there is out already.
    pub(super) async fn remove_camera(&self, grant: &MediaGrant, camera: &str) -> Result<Answer, Answer> {
        let Some(known) = grant.cameras.iter().find(|known| known.id == camera) else { return Ok(Answer::ok()) };
        let done = within(self.media.revoke_token(&grant.session, &known.connection_id)).await;
        done.map_err(|error| no(&error, grant, "take a camera out"))?;
        let (call_id, camera) = (grant.call_id.clone(), known.id.clone());
        self.reply_to(Input::CameraOut { call_id, camera }).await;
        Ok(Answer::ok())
    }
}

/// What the media server's no means to a person.
fn no(error: &MediaControlError, grant: &MediaGrant, what: &'static str) -> Answer {
    tracing::warn!(call_id = %grant.call_id, %error, what, "the media server did not do it");
    match error {
        MediaControlError::NobodyThere | MediaControlError::NoSession(_) => Answer::outcome(
            Code::Unavailable,
            "Nobody sends picture or sound in this call yet. Try again when somebody does.",
        ),
        MediaControlError::BeingRecorded => {
            Answer::outcome(Code::Busy, "This call is being recorded already, but not by this hub.")
        }
        MediaControlError::NoRecording(_) => Answer::outcome(Code::Expired, "This call is not being recorded."),
        MediaControlError::BadCamera(words) => Answer::refused(Code::Malformed, sentence(words)),
        MediaControlError::Unsupported(_) => {
            Answer::outcome(Code::NotAllowed, "The media server of this hub cannot do that. Ask its administrator.")
        }
        MediaControlError::Full => {
            Answer::refused(Code::Unavailable, "The media server has no room for more. Ask its administrator.")
        }
        MediaControlError::Unauthorized => {
            Answer::refused(Code::Unavailable, "The media server refuses this hub's secret. Ask its administrator.")
        }
        MediaControlError::Unreachable(_) => {
            Answer::refused(Code::Unavailable, "The media server does not answer. Try again.")
        }
        MediaControlError::BadSessionName(_) | MediaControlError::Failed(_) => {
            Answer::refused(Code::Unavailable, "The media server could not do it. Try again, or ask its administrator.")
        }
    }
}

/// Words as a sentence of an answer.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn down(error: &DatabaseError) -> Answer {
    tracing::error!(error = full(error), "recordings cannot be looked up");
    Answer::refused(Code::Unavailable, "The hub cannot look up recordings just now. Try again in a moment.")
}

/// Whether nothing is added to it any more.
fn is_over(recording: &Recording) -> bool {
    match recording.status {
        RecordingStatus::Starting | RecordingStatus::Started => false,
        RecordingStatus::Stopped | RecordingStatus::Ready | RecordingStatus::Failed => true,
    }
}

/// What is told of a recording: not where it is, nor what the media server calls it.
pub(super) fn info(kept: KeptRecording) -> RecordingInfo {
    let KeptRecording { id, call_id, started_at, seen, .. } = kept;
    RecordingInfo {
        id,
        call_id,
        status: match seen.status {
            RecordingStatus::Starting => RecordingState::Starting,
            RecordingStatus::Started => RecordingState::Started,
            RecordingStatus::Stopped => RecordingState::Stopped,
            RecordingStatus::Ready => RecordingState::Ready,
            RecordingStatus::Failed => RecordingState::Failed,
        },
        started_at,
        duration_ms: (seen.duration.clamp(0.0, 1.0e9) * 1_000.0) as u64,
        size: seen.size,
        has_audio: seen.has_audio,
        has_video: seen.has_video,
    }
}
