//! What of a session is told to webhooks and kept in records, spelled as OpenVidu spells it.

use serde_json::{Map, Value, json};
use zvonok_openvidu::wire::Reason;
use zvonok_openvidu::wire::recorded::Recording;

use super::super::events::Events;
use super::super::ids;
use super::Session;
use super::hidden::is_hidden_id;
use super::participant::{Kind, Participant, Published, Subscribed};

impl Session {
    /// OpenVidu's `uniqueSessionId`: names are used again.
    fn unique_id(&self) -> String {
        format!("{}_{}", self.handle.id, self.created_at)
    }

    /// Tells an event; `fields` is an object. Absent values are left out.
    fn event(&self, name: &'static str, fields: Value) {
        let mut event = Map::new();
        event.insert("sessionId".to_owned(), (*self.handle.id).into());
        event.insert("uniqueSessionId".to_owned(), self.unique_id().into());
        event.insert("timestamp".to_owned(), ids::now_ms().into());
        if let Value::Object(fields) = fields {
            event.extend(fields.into_iter().filter(|(name, value)| !value.is_null() || name == "from"));
        }
        self.shared.events.tell(name, event);
    }

    pub(super) fn tell_created(&self) {
        self.event("sessionCreated", json!({}));
    }

    /// The session ended; `reason` is that of the last who left.
    pub(super) fn tell_destroyed(&self, reason: Reason) {
        let reason = match reason {
            Reason::Disconnect
            | Reason::ForceDisconnectByUser
            | Reason::ForceDisconnectByServer
            | Reason::NetworkDisconnect => Reason::LastParticipantLeft,
            Reason::Unsubscribe
            | Reason::Unpublish
            | Reason::ForceUnpublishByUser
            | Reason::ForceUnpublishByServer
            | Reason::LastParticipantLeft
            | Reason::SessionClosedByServer
            | Reason::OpenviduServerStopped
            | Reason::RecordingStoppedByServer
            | Reason::AutomaticStop => reason,
        };
        self.event("sessionDestroyed", ended(json!({}), self.created_at, reason));
    }

    pub(super) fn tell_joined(&self, who: &Participant) {
        if self.shared.events.are_wanted() && !who.is_hidden() {
            self.event("participantJoined", participant(who));
        }
    }

    pub(super) fn tell_left(&self, who: &Participant, reason: Reason) {
        if self.shared.events.are_wanted() && !who.is_hidden() {
            self.event("participantLeft", ended(participant(who), who.active_at, reason));
        }
    }

    pub(super) fn tell_published(&self, who: &Participant, stream: &Published) {
        if self.shared.events.are_wanted() {
            self.event("webrtcConnectionCreated", outbound(who, stream));
        }
    }

    pub(super) fn tell_unpublished(&self, who: &Participant, stream: &Published, reason: Reason) {
        if self.shared.events.are_wanted() {
            let fields = ended(outbound(who, stream), stream.entry.created_at, reason);
            self.event("webrtcConnectionDestroyed", fields);
        }
    }

    pub(super) fn tell_subscribed(&self, who: &str, subscription: &Subscribed) {
        if self.shared.events.are_wanted() && !is_hidden_id(who) {
            self.event("webrtcConnectionCreated", inbound(who, subscription));
        }
    }

    pub(super) fn tell_unsubscribed(&self, who: &str, subscription: &Subscribed, reason: Reason) {
        if subscription.agreed && self.shared.events.are_wanted() && !is_hidden_id(who) {
            let fields = ended(inbound(who, subscription), subscription.created_at, reason);
            self.event("webrtcConnectionDestroyed", fields);
        }
    }

    /// A signal was sent, by `from` or by REST; `to` are those who got it.
    pub(super) fn tell_signal(&self, from: Option<&str>, to: &[String], kind: Option<&str>, data: Option<&str>) {
        let kind = kind.map(|kind| if from.is_some() { kind.strip_prefix("signal:").unwrap_or(kind) } else { kind });
        self.event("signalSent", json!({ "from": from, "to": to, "type": kind, "data": data }));
    }

    /// Another status of a recording.
    pub(super) fn tell_recording(&self, recording: &Recording, reason: Option<Reason>) {
        self.event("recordingStatusChanged", recording_fields(recording, reason));
    }

    /// What tells of a recording when its session may be gone.
    pub(super) fn recording_teller(&self, reason: Reason) -> impl FnOnce(&Recording) + Send + use<> {
        let (events, session, unique) =
            (std::sync::Arc::clone(&self.shared), self.handle.id.to_string(), self.unique_id());
        move |recording| {
            let mut event = recording_event(session, recording, reason);
            event.insert("uniqueSessionId".to_owned(), unique.into());
            events.events.tell("recordingStatusChanged", event);
        }
    }
}

/// A recording that an earlier life of the server left is finished. Which one of the sessions of that name it was is not
/// known any more.
pub(in super::super) fn tell_recovered(events: &Events, recording: &Recording) {
    let event = recording_event(recording.session_id.clone(), recording, Reason::OpenviduServerStopped);
    events.tell("recordingStatusChanged", event);
}

fn recording_event(session: String, recording: &Recording, reason: Reason) -> Map<String, Value> {
    let mut event = Map::from_iter([
        ("sessionId".to_owned(), Value::from(session)),
        ("timestamp".to_owned(), ids::now_ms().into()),
    ]);
    if let Value::Object(fields) = recording_fields(recording, Some(reason)) {
        event.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
    }
    event
}

/// With what events of an end have besides.
fn ended(mut fields: Value, since: u64, reason: Reason) -> Value {
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("startTime".to_owned(), since.into());
        fields.insert("duration".to_owned(), (ids::now_ms().saturating_sub(since) / 1_000).into());
        fields.insert("reason".to_owned(), json!(reason));
    }
    fields
}

fn participant(who: &Participant) -> Value {
    json!({
        "participantId": who.id,
        "connectionId": who.id,
        "location": "unknown",
        "ip": who.ip,
        "platform": who.platform,
        "clientData": who.client_data,
        "serverData": who.ticket.server_data,
    })
}

fn outbound(who: &Participant, stream: &Published) -> Value {
    let media = &stream.entry.media;
    let mut fields = json!({
        "streamId": stream.entry.id,
        "participantId": who.id,
        "connectionId": who.id,
        "connection": "OUTBOUND",
        "videoSource": media.type_of_video,
        "videoFramerate": media.frame_rate,
        "videoDimensions": media.video_dimensions,
        "audioEnabled": media.has_audio,
        "videoEnabled": media.has_video,
    });
    if let (Kind::Camera(camera), Some(fields)) = (&who.kind, fields.as_object_mut())
        && let Value::Object(more) = camera.event()
    {
        fields.extend(more);
    }
    fields
}

fn inbound(who: &str, subscription: &Subscribed) -> Value {
    let media = &subscription.media;
    json!({
        "streamId": subscription.stream,
        "participantId": who,
        "connectionId": who,
        "connection": "INBOUND",
        "receivingFrom": subscription.publisher,
        "videoSource": media.type_of_video,
        "videoFramerate": media.frame_rate,
        "videoDimensions": media.video_dimensions,
        "audioEnabled": media.has_audio,
        "videoEnabled": media.has_video,
    })
}

fn recording_fields(recording: &Recording, reason: Option<Reason>) -> Value {
    json!({
        "id": recording.id,
        "name": recording.name,
        "outputMode": recording.output_mode,
        "resolution": recording.resolution,
        "frameRate": recording.frame_rate,
        "recordingLayout": recording.recording_layout,
        "customLayout": recording.custom_layout,
        "hasAudio": recording.has_audio,
        "hasVideo": recording.has_video,
        "size": recording.size,
        "duration": recording.duration,
        "status": recording.status,
        "failure": recording.failure,
        "startTime": recording.created_at,
        "reason": reason,
    })
}
