//! Who is told of the session's recording.

use zvonok_openvidu::wire::Role;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::recorded::Recording;

use super::Session;
use crate::media_settings::RecordingNotification;

impl Session {
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

    pub(super) fn notify_of_recording(&mut self, notice: &Notice) {
        let told: Vec<String> =
            self.participants.iter().filter(|it| self.is_told(it.ticket.role)).map(|it| it.id.clone()).collect();
        self.notify_only(&told, notice);
    }
}
