//! The session's recording: when it begins, what is part of it, when it ends.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tracing::Instrument as _;
use zvonok_openvidu::wire::Reason;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::recorded::{Recording, RecordingStatus};
use zvonok_openvidu::wire::recording::{
    OutputMode, RecordingFault, RecordingLayout, RecordingProperties, RecordingRequest,
};
use zvonok_openvidu::wire::rest::{MediaMode, RecordingMode};

use super::super::recording::{Recorder, Recordings, Source};
use super::participant::Participant;
use super::{Message, Session, defaults, respond};

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
    /// What is missing to compose one.
    NoGstreamer(&'static str),
    /// This server composes none in that layout.
    Layout,
    /// Recordings may take no more of the disk.
    Full,
    /// The system's answer.
    Failed(String),
}

impl NotRecorded {
    /// Why recordings of that kind are not made here, if they are not. Asked now, and not when they have ended: nobody
    /// records for an hour what cannot be made.
    pub(in super::super) async fn if_never_made(
        store: &Recordings,
        properties: &RecordingProperties,
    ) -> Result<(), Self> {
        if properties.output_mode == OutputMode::Individual {
            return Ok(());
        }
        if !matches!(properties.recording_layout, None | Some(RecordingLayout::BestFit)) {
            return Err(Self::Layout);
        }
        store.tools().await.map(drop).map_err(Self::NoGstreamer)
    }
}

/// The session's part of a recording that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) recorder: Recorder,
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
        NotRecorded::if_never_made(&store, &properties).await?;
        if store.is_full() {
            return Err(NotRecorded::Full);
        }
        let (faults, mut full) = mpsc::channel(1);
        let (media, run) = (self.shared.media.clone(), (self.shared.tasks.clone(), self.shared.stop.clone()));
        let recorder = Recorder::start(Arc::clone(&store), media, run, &self.handle.id, &properties, faults)
            .await
            .map_err(|error| NotRecorded::Failed(error.to_string()))?;
        let (object, everybody) = (recorder.object(), recorder.is_composed());
        self.recording = Some(Running { recorder, stops_at: None });
        let sources: Vec<Source> = self.participants.iter().filter_map(|it| source(it, everybody)).collect();
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
        let stopped = object.clone();
        tracing::info!(session = %self.handle.id, recording = object.id, ?reason, "recording stopped");
        self.tell_recording(&object, Some(reason));
        let tell = self.recording_teller(reason);
        let notice = Notice::RecordingStopped { id: object.id, name: object.name, reason };
        self.notify_of_recording(&notice);
        // Packing takes as long as copying what was recorded, and composing longer: the session goes on meanwhile.
        let finish = async move {
            let mut reply = reply;
            let mut finished = std::pin::pin!(recorder.finish());
            let recording = match tokio::time::timeout(defaults::STOPPED_WITHIN, &mut finished).await {
                Ok(recording) => recording,
                Err(_elapsed) => {
                    if let Some(reply) = reply.take() {
                        respond(reply, Some(stopped));
                    }
                    finished.await
                }
            };
            // Where the server stops it is finished by the next one.
            if recording.status != RecordingStatus::Stopped {
                tell(&recording);
            }
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
        let everybody = self.records_everybody();
        if let Some(source) = self.participant(publisher).and_then(|it| source(it, everybody)) {
            self.record(source).await;
        }
    }

    /// Whether `connection` is part of recordings was changed.
    pub(super) async fn record_changed(&mut self, connection: &str) {
        let Some(participant) = self.participant(connection) else { return };
        let key = participant.stream.as_ref().map(|stream| stream.key);
        match (source(participant, self.records_everybody()), key, &mut self.recording) {
            (Some(source), _, Some(_)) => self.record(source).await,
            (None, Some(key), Some(running)) => running.recorder.remove(key).await,
            _ => {}
        }
    }

    /// Who is not to be recorded is left out of recordings of single streams only, as OpenVidu does.
    fn records_everybody(&self) -> bool {
        self.recording.as_ref().is_some_and(|running| running.recorder.is_composed())
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
}

/// What is recorded of a participant: its stream, if it may be.
fn source(participant: &Participant, everybody: bool) -> Option<Source> {
    let wanted = (participant.ticket.record || everybody) && !participant.is_echo();
    let stream = participant.stream.as_ref().filter(|_| wanted)?;
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
