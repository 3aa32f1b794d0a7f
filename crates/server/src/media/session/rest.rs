//! What REST and the hub ask of a session.

use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::rest::{Connection, KurentoOptions, Session as SessionObject};
use zvonok_openvidu::wire::{IceServer, Role};

use super::super::outbox::notice_text;
use super::super::{defaults, ids};
use super::Session;
use super::participant::Pending;
use crate::secret::Secret;

/// A connection to be made, checked already.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct NewConnection {
    pub(in super::super) role: Role,
    pub(in super::super) data: String,
    pub(in super::super) record: bool,
    pub(in super::super) kurento_options: Option<KurentoOptions>,
    pub(in super::super) ice_servers: Vec<IceServer>,
}

/// Why a signal was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum SignalFault {
    /// One of the addressees is not there; nobody got it.
    UnknownConnection,
    /// Nobody is there.
    NobodyThere,
}

impl Session {
    pub(super) fn describe(&self, pending: bool) -> SessionObject {
        let id = self.handle.id.to_string();
        let active = self.participants.iter().filter(|it| !it.is_echo() && !it.is_hidden()).map(|it| it.object(&id));
        let waiting = self.pending.iter().filter(|_| pending).map(|it| it.object(&id));
        SessionObject {
            session_id: id.clone(),
            object: "session".to_owned(),
            created_at: self.created_at,
            recording: self.recording.is_some(),
            broadcasting: false,
            media_mode: self.properties.media_mode,
            recording_mode: self.properties.recording_mode,
            default_recording_properties: self.properties.recording.clone(),
            custom_session_id: self.properties.custom_session_id.clone(),
            media_node: self.properties.media_node.clone(),
            forced_video_codec: self.properties.forced_video_codec,
            allow_transcoding: self.properties.allow_transcoding,
            connections: active.chain(waiting).collect::<Vec<Connection>>().into(),
            id,
        }
    }

    /// Makes a token; `None` where too many wait to be used.
    pub(super) fn new_connection(&mut self, new: NewConnection) -> Option<Connection> {
        if self.pending.len() >= defaults::PENDING {
            return None;
        }
        let token = ids::token();
        let url = format!("{}?sessionId={}&token={token}", self.shared.token_base, self.handle.id);
        let pending = Pending {
            connection: ids::connection(),
            token: Secret::new(token),
            url: Secret::new(url),
            created_at: ids::now_ms(),
            role: new.role,
            server_data: new.data,
            record: new.record,
            kurento_options: new.kurento_options,
            ice_servers: new.ice_servers,
        };
        let object = pending.object(&self.handle.id);
        self.pending.push(pending);
        Some(object)
    }

    /// Changes what a connection may do, and whether it is part of recordings, whether it is there or only may come.
    pub(super) async fn change_connection(
        &mut self,
        connection: &str,
        role: Option<Role>,
        record: Option<bool>,
    ) -> Option<Connection> {
        let id = self.handle.id.to_string();
        if let Some(pending) = self.pending.iter_mut().find(|it| it.connection == connection) {
            pending.role = role.unwrap_or(pending.role);
            pending.record = record.unwrap_or(pending.record);
            return Some(pending.object(&id));
        }
        let participant = self.participant_mut(connection).filter(|it| !it.is_echo() && !it.is_hidden())?;
        let mut changed = Vec::new();
        if let Some(role) = role.filter(|role| *role != participant.ticket.role) {
            participant.ticket.role = role;
            changed.push(("role", role.name().to_owned()));
        }
        if let Some(record) = record.filter(|record| *record != participant.ticket.record) {
            participant.ticket.record = record;
            changed.push(("record", record.to_string()));
        }
        let object = participant.object(&id);
        for (property, new_value) in changed {
            let notice = Notice::ConnectionPropertyChanged { property: property.to_owned(), new_value };
            self.notify_only(&[connection.to_owned()], &notice);
        }
        if record.is_some() {
            self.record_changed(connection).await;
        }
        Some(object)
    }

    /// Sends a signal to the connections `to`, or to everybody where that is empty.
    pub(super) fn signal(&mut self, notice: &Notice, to: &[String]) -> Result<(), SignalFault> {
        if self.is_deserted() {
            return Err(SignalFault::NobodyThere);
        }
        if to.iter().any(|connection| self.participant(connection).is_none()) {
            return Err(SignalFault::UnknownConnection);
        }
        let Some(text) = notice_text(notice) else { return Ok(()) };
        let mut reached = Vec::new();
        for participant in &mut self.participants {
            if to.is_empty() || to.contains(&participant.id) {
                participant.send(&text);
                if !participant.is_hidden() {
                    reached.push(participant.id.clone());
                }
            }
        }
        if let Notice::SendMessage { data, kind, from } = notice {
            self.tell_signal(from.as_deref(), &reached, kind.as_deref(), data.as_deref());
        }
        Ok(())
    }
}
