//! Participants that nobody sees: those that join with the server's secret to record, or to write down what is said. They
//! receive everything, are never announced, and do not keep a session alive.

use zvonok_openvidu::wire::Reason;
use zvonok_openvidu::wire::join::JoinRoom;

use super::Session;
use super::participant::Participant;

/// The connection ids of hidden participants; OpenVidu's.
const RECORDER: &str = "RECORDER";
/// See [`RECORDER`].
const SPEECH_TO_TEXT: &str = "SPEECH_TO_TEXT";

/// Whether that is the id of somebody whom nobody sees; no others have such.
pub(super) fn is_hidden_id(connection: &str) -> bool {
    [RECORDER, SPEECH_TO_TEXT].contains(&connection)
}

/// The connection id that an admin asks for by being hidden.
pub(super) fn hidden_id(params: &JoinRoom) -> Option<&'static str> {
    if params.recorder == Some(true) {
        Some(RECORDER)
    } else if params.stt == Some(true) {
        Some(SPEECH_TO_TEXT)
    } else {
        None
    }
}

impl Session {
    /// Whether anybody is there who keeps the session alive.
    pub(super) fn is_deserted(&self) -> bool {
        self.participants.iter().all(|it| it.is_echo() || it.is_hidden())
    }

    /// The session ends: those whom nobody saw have to go.
    pub(super) async fn evict_hidden(&mut self, reason: Reason) {
        while let Some(hidden) = self.participants.iter().find(|it| it.is_hidden()).map(|it| it.id.clone()) {
            self.disconnect(&hidden, reason).await;
        }
    }

    /// Tells everybody that somebody came, unless nobody is to know.
    pub(super) fn announce(&mut self, participant: &Participant) {
        if !participant.is_hidden() {
            self.notify_all(&participant.joined());
        }
    }
}
