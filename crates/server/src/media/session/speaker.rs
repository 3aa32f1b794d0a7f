//! Who speaks in the session. OpenVidu has no place for it (its clients listen for themselves), so it is known here only.

use zvonok_sfu::StreamId;

use super::Session;

impl Session {
    /// Somebody else speaks, or who spoke last has left.
    pub(super) fn speaks(&mut self, stream: Option<StreamId>) {
        let of = |key| self.participants.iter().find(|it| it.stream.as_ref().is_some_and(|stream| stream.key == key));
        let now = stream.and_then(of).map(|participant| participant.id.clone());
        tracing::debug!(from = self.speaker, to = now, "somebody else speaks");
        self.speaker = now;
    }
}
