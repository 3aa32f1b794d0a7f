//! Going: by one's own wish, by another's, by a lost socket, or with the session.

use zvonok_openvidu::wire::Reason;
use zvonok_openvidu::wire::notice::Notice;

use super::super::defaults;
use super::super::outbox::{Frame, notice_text};
use super::Session;
use super::endpoints::subscriber;
use super::participant::{Kind, Participant};

impl Session {
    /// Takes a participant out and tells those who remain. Gives it back, with its socket still open.
    pub(super) async fn drop_participant(&mut self, connection: &str, reason: Reason) -> Option<Participant> {
        let at = self.participants.iter().position(|participant| participant.id == connection)?;
        let participant = self.participants.remove(at);
        self.shared.directory.leave_rpc(&participant.rpc);
        if let Kind::Camera(camera) = &participant.kind {
            // Before its stream ends, or it could begin the stream anew.
            camera.end();
        }
        for subscription in &participant.subscriptions {
            self.endpoints.forget(&subscriber(connection, &subscription.stream));
            self.shared.media.unsubscribe(subscription.key).await;
            self.tell_unsubscribed(connection, subscription, reason);
        }
        if !participant.is_hidden() {
            self.notify_all(&Notice::ParticipantLeft { connection_id: connection.to_owned(), reason });
        }
        if let Some(stream) = &participant.stream {
            self.endpoints.forget(&stream.entry.id);
            // The others' library takes the stream away by itself when its participant leaves.
            self.forget_stream(&stream.entry.id, reason);
            self.tell_unpublished(&participant, stream, reason);
            self.shared.media.unpublish(stream.key).await;
            self.echo_follows_end(connection).await;
        }
        tracing::info!(session = %self.handle.id, connection, ?reason, "participant left");
        self.tell_left(&participant, reason);
        self.end_reason = Some(reason);
        // Where nobody is left the session ends, and its unused tokens with it, as soon as nothing is recorded any more.
        self.watch_recording();
        Some(participant)
    }

    /// Evicts a participant, or revokes a token. False where there is neither.
    pub(super) async fn disconnect(&mut self, connection: &str, reason: Reason) -> bool {
        if let Some(at) = self.pending.iter().position(|pending| pending.connection == connection) {
            self.pending.remove(at);
            return true;
        }
        let Some(evicted) = self.drop_participant(connection, reason).await else { return false };
        self.tell_eviction(evicted, reason);
        true
    }

    /// Tells everybody, the evicted one included, that it was evicted, and closes its socket in a while.
    pub(super) fn tell_eviction(&mut self, evicted: Participant, reason: Reason) {
        let notice = Notice::ParticipantEvicted { connection_id: evicted.id.clone(), reason };
        if !evicted.is_hidden() {
            self.notify_all(&notice);
        }
        if let (Some(outbox), Some(text)) = (evicted.link.outbox(), notice_text(&notice)) {
            outbox.send_last([Frame::Text(text), Frame::CloseAfter(defaults::CLOSE_AFTER_LEAVING)]);
        }
    }

    /// Evicts everybody; nobody can join from now on.
    pub(super) async fn close(&mut self, reason: Reason) {
        self.shared.directory.leave(&self.handle);
        self.end_recording(reason).await;
        self.pending.clear();
        while let Some(first) = self.participants.first() {
            let connection = first.id.clone();
            self.disconnect(&connection, reason).await;
        }
        self.end_reason = Some(reason);
        self.ended = true;
    }
}
