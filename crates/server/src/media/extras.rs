//! Recordings and cameras for the hub, as REST has them for everybody with the secret.

use zvonok_openvidu::wire::Reason;
use zvonok_openvidu::wire::recorded::{Recording, RecordingStatus};
use zvonok_openvidu::wire::recording::{OutputMode, RecordingRequest};
use zvonok_openvidu::wire::rest::{ConnectionRequest, ConnectionType};

use super::camera::{Address, BadAddress};
use super::control::EmbeddedControl;
use super::rest;
use super::session::{Message, NotRecorded};
use crate::media_control::MediaControlError;
use crate::secret::Secret;

impl EmbeddedControl {
    pub(super) async fn record(&self, session: &str, name: &str) -> Result<Recording, MediaControlError> {
        let handle = self.session(session)?;
        if self.shared.recordings.is_none() {
            return Err(MediaControlError::Unsupported("recordings: it has no data directory"));
        }
        let gone = || MediaControlError::NoSession(session.to_owned());
        let request = RecordingRequest {
            name: Some(name.to_owned()),
            output_mode: Some(OutputMode::Individual),
            ..RecordingRequest::default()
        };
        let started = handle.ask(|reply| Message::StartRecording { request, reply }).await.ok_or_else(gone)?;
        started.map_err(not_recorded)
    }

    pub(super) async fn stop_record(&self, id: &str) -> Result<Recording, MediaControlError> {
        let recording = self.recorded(id)?;
        match recording.status {
            RecordingStatus::Starting => Err(MediaControlError::only_just_starting()),
            RecordingStatus::Stopped | RecordingStatus::Ready | RecordingStatus::Failed => Ok(recording),
            RecordingStatus::Started => {
                let Some(handle) = self.shared.directory.session(&recording.session_id) else {
                    return self.recorded(id);
                };
                let (id, reason) = (id.to_owned(), Reason::RecordingStoppedByServer);
                let asked = id.clone();
                let stopped = handle.ask(|reply| Message::StopRecording { id, reason, reply: Some(reply) }).await;
                // Where nothing was stopped it has ended by itself meanwhile.
                stopped.flatten().map_or_else(|| self.recorded(&asked), Ok)
            }
        }
    }

    pub(super) fn recorded(&self, id: &str) -> Result<Recording, MediaControlError> {
        let found = self.shared.recordings.as_ref().and_then(|store| store.get(id));
        found.map(|entry| entry.object()).ok_or_else(|| MediaControlError::NoRecording(id.to_owned()))
    }

    pub(super) async fn let_camera_in(
        &self,
        session: &str,
        uri: &Secret,
        data: String,
    ) -> Result<String, MediaControlError> {
        let handle = self.session(session)?;
        let request = ConnectionRequest {
            kind: Some(ConnectionType::Ipcam),
            rtsp_uri: Some(uri.reveal().to_owned()),
            data: Some(data),
            ..ConnectionRequest::default()
        };
        let allowed = &self.shared.settings.ipcam_allow;
        let new = Box::new(rest::camera(request, allowed).await.map_err(MediaControlError::BadCamera)?);
        let gone = || MediaControlError::NoSession(session.to_owned());
        let made = handle.ask(|reply| Message::ConnectCamera { new, reply }).await.ok_or_else(gone)?;
        Ok(made.ok_or(MediaControlError::Full)?.connection_id)
    }
}

/// Whether a camera's address may be handed to a media server elsewhere, which may be on this machine: by its scheme, and by
/// where it leads as far as that can be seen from here.
///
/// # Errors
/// A sentence that does not repeat the address.
pub(crate) async fn check_camera(uri: &Secret) -> Result<(), String> {
    let address = Address::read(uri.reveal(), &[]).map_err(|fault| fault.to_string())?;
    match address.resolve().await {
        // The media server may know a name that this machine does not.
        Ok(_) | Err(BadAddress::Unknown) => Ok(()),
        Err(fault) => Err(fault.to_string()),
    }
}

fn not_recorded(fault: NotRecorded) -> MediaControlError {
    match fault {
        NotRecorded::Conflict => MediaControlError::BeingRecorded,
        NotRecorded::NobodyThere => MediaControlError::NobodyThere,
        NotRecorded::Refused(fault) => MediaControlError::Failed(fault.message().to_owned()),
        NotRecorded::Off | NotRecorded::NoGstreamer(_) | NotRecorded::Layout => {
            MediaControlError::Unsupported("recordings")
        }
        NotRecorded::Full => MediaControlError::Full,
        NotRecorded::Failed(error) => MediaControlError::Failed(error),
    }
}
