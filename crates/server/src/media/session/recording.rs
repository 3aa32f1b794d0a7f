//! The session's recording: when it begins, what is part of it, when it ends.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tracing::Instrument as _;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::recorded::Recording;
use zvonok_openvidu::wire::recording::{RecordingFault, RecordingRequest};
use zvonok_openvidu::wire::rest::{MediaMode, RecordingMode};
use zvonok_openvidu::wire::{Reason, Role};

use super::super::recording::{Recorder, Source};
use super::participant::Participant;
use super::{Message, Session, respond};
use crate::media_settings::RecordingNotification;

/// Why a recording did not start.
#[derive(Debug)]
pub(in super::super) enum NotRecorded {
    /// The session may not be recorded, or is being recorded.
    Conflict,
    /// Nobody is there.
    NobodyThere,
    /// Properties that OpenVidu refuses.
    Refused(RecordingFault),
    /// Recordings are off.
    Off,
    /// This server makes no recording of that kind.
    Composed,
    /// Recordings may take no more of the disk.
    Full,
    /// The system's answer.
    Failed(String),
}

/// The session's part of a recording that runs.
#[derive(Debug)]
pub(super) struct Running {
    recorder: Recorder,
    /// When it ends unless somebody publishes.
    stops_at: Option<Instant>,
}

impl Session {
    /// Whether a recording may start, as far as that does not depend on its properties.
    pub(super) fn may_record(&self) -> Result<(), NotRecorded> {
        if self.properties.media_mode != MediaMode::Routed || self.recording.is_some() {
            return Err(NotRecorded::Conflict);
        }
        if self.is_deserted() {
            return Err(NotRecorded::NobodyThere);
        }
        Ok(())
    }

    pub(super) async fn start_recording(&mut self, request: RecordingRequest) -> Result<Recording, NotRecorded> {
        self.may_record()?;
        let store = self.shared.recordings.clone().ok_or(NotRecorded::Off)?;
        if let Some(fault) = request.fault() {
            return Err(NotRecorded::Refused(fault));
        }
        let properties = request.within(&self.properties.recording).complete();
        if !Recorder::makes(properties.output_mode) {
            return Err(NotRecorded::Composed);
        }
        if store.is_full() {
            return Err(NotRecorded::Full);
        }
        let (faults, mut full) = mpsc::channel(1);
        let (media, tasks) = (self.shared.media.clone(), self.shared.tasks.clone());
        let recorder = Recorder::start(Arc::clone(&store), media, tasks, &self.handle.id, &properties, faults)
            .await
            .map_err(|error| NotRecorded::Failed(error.to_string()))?;
        let object = recorder.object();
        self.recording = Some(Running { recorder, stops_at: None });
        let sources: Vec<Source> = self.participants.iter().filter_map(source).collect();
        for source in sources {
            self.record(source).await;
        }
        let (handle, id) = (self.handle.clone(), object.id.clone());
        let span = tracing::info_span!("recording", id);
        let watch = async move {
            if full.recv().await.is_some() {
                tracing::warn!("recordings may take no more of the disk, this one ends");
                handle.tell(Message::StopRecording { id, reason: Reason::AutomaticStop, reply: None }).await;
            }
        };
        self.shared.tasks.spawn(watch.instrument(span));
        tracing::info!(session = %self.handle.id, recording = object.id, "recording started");
        let notice = Notice::RecordingStarted { id: object.id.clone(), name: object.name.clone() };
        self.notify_of_recording(&notice);
        self.tell_recording(&object, None);
        Ok(object)
    }

    /// Ends the recording `id`; its object comes by `reply` when it is packed. `None` at once where it does not run.
    pub(super) async fn stop_recording(
        &mut self,
        id: &str,
        reason: Reason,
        reply: Option<oneshot::Sender<Option<Recording>>>,
    ) {
        let Some(running) = self.recording.take_if(|running| running.recorder.object().id == id) else {
            if let Some(reply) = reply {
                respond(reply, None);
            }
            return;
        };
        let recorder = running.recorder;
        recorder.stop().await;
        let object = recorder.object();
        tracing::info!(session = %self.handle.id, recording = object.id, ?reason, "recording stopped");
        self.tell_recording(&object, Some(reason));
        let tell = self.recording_teller(reason);
        let notice = Notice::RecordingStopped { id: object.id, name: object.name, reason };
        self.notify_of_recording(&notice);
        // Packing takes as long as copying what was recorded: the session goes on meanwhile.
        let finish = async move {
            let recording = recorder.finish().await;
            tell(&recording);
            if let Some(reply) = reply {
                respond(reply, Some(recording));
            }
        };
        // With the sessions: what becomes of it is the last event of its session.
        self.shared.sessions.spawn(finish.in_current_span());
    }

    /// Ends the recording, if there is one, with the session.
    pub(super) async fn end_recording(&mut self, reason: Reason) {
        if let Some(running) = &self.recording {
            let id = running.recorder.object().id;
            self.stop_recording(&id, reason, None).await;
        }
    }

    /// `publisher` publishes from now on.
    pub(super) async fn record_published(&mut self, publisher: &str) {
        if self.recording.is_none() && self.properties.recording_mode == RecordingMode::Always && !self.recorded {
            match self.start_recording(RecordingRequest::default()).await {
                Ok(_) => self.recorded = true,
                // What stood in the way may be gone when the next one publishes.
                Err(error) => {
                    tracing::error!(?error, session = %self.handle.id, "the session is not recorded, though it is to be");
                }
            }
            return;
        }
        if let Some(source) = self.participant(publisher).and_then(source) {
            self.record(source).await;
        }
    }

    /// Whether `connection` is part of recordings was changed.
    pub(super) async fn record_changed(&mut self, connection: &str) {
        let Some(participant) = self.participant(connection) else { return };
        let key = participant.stream.as_ref().map(|stream| stream.key);
        match (source(participant), key, &mut self.recording) {
            (Some(source), _, Some(_)) => self.record(source).await,
            (None, Some(key), Some(running)) => running.recorder.remove(key).await,
            _ => {}
        }
    }

    async fn record(&mut self, source: Source) {
        if let Some(running) = &mut self.recording {
            running.recorder.add(source).await;
        }
    }

    /// Something may have changed: a recording with nobody publishing ends after a while, and a session with nobody in
    /// it lives no longer than its recording.
    pub(super) fn watch_recording(&mut self) {
        let published = self.participants.iter().any(|it| !it.is_echo() && it.stream.is_some());
        let autostop = self.shared.settings.recording.autostop;
        if let Some(running) = &mut self.recording {
            running.stops_at = match running.stops_at {
                _ if published => None,
                Some(at) => Some(at),
                None if autostop.is_zero() => None,
                None => Some(Instant::now() + autostop),
            };
        }
        let deserted = self.unused_until.is_none() && self.is_deserted();
        if deserted && (self.recording.is_none() || autostop.is_zero()) {
            self.ended = true;
        }
    }

    pub(super) fn recording_deadline(&self) -> Option<Instant> {
        self.recording.as_ref().and_then(|running| running.stops_at)
    }

    /// Ends the recording if its time has come.
    pub(super) async fn recording_is_due(&mut self, now: Instant) {
        if self.recording_deadline().is_some_and(|at| at <= now) {
            self.end_recording(Reason::AutomaticStop).await;
        }
    }

    /// The recording that a participant of that role is told of when it joins.
    pub(super) fn recording_told_to(&self, role: Role) -> Option<Recording> {
        let running = self.recording.as_ref()?;
        self.is_told(role).then(|| running.recorder.object())
    }

    fn is_told(&self, role: Role) -> bool {
        match self.shared.settings.recording.notification {
            RecordingNotification::None => false,
            RecordingNotification::Moderator => role == Role::Moderator,
            RecordingNotification::PublisherModerator => role.may_publish(),
            RecordingNotification::All => true,
        }
    }

    fn notify_of_recording(&mut self, notice: &Notice) {
        let told: Vec<String> =
            self.participants.iter().filter(|it| self.is_told(it.ticket.role)).map(|it| it.id.clone()).collect();
        self.notify_only(&told, notice);
    }
}

/// What is recorded of a participant: its stream, if it may be.
fn source(participant: &Participant) -> Option<Source> {
    let stream = participant.stream.as_ref().filter(|_| participant.ticket.record && !participant.is_echo())?;
    Some(Source {
        key: stream.key,
        connection: participant.id.clone(),
        stream: stream.entry.id.clone(),
        client_data: participant.client_data.clone(),
        server_data: participant.ticket.server_data.clone(),
        has_audio: stream.entry.media.has_audio,
        has_video: stream.entry.media.has_video,
        type_of_video: stream.entry.media.type_of_video.clone(),
        dimensions: stream.entry.media.video_dimensions.clone(),
    })
}
