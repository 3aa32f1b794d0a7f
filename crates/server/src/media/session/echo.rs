//! The echo: a participant without a socket, that publishes back what another one publishes.

use zvonok_openvidu::wire::join::Stream;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::{Reason, Role};

use super::super::ids;
use super::Session;
use super::allowance::Allowance;
use super::participant::{Kind, Link, Participant, Pending, Published};
use super::quality::Quality;
use crate::secret::Secret;

impl Session {
    /// Lets the echo in. Nothing happens where it is there.
    pub(super) async fn start_echo(&mut self, server_data: String) {
        if self.participants.iter().any(Participant::is_echo) {
            return;
        }
        let connection = ids::connection();
        let now = ids::now_ms();
        let echo = Participant {
            id: connection.clone(),
            kind: Kind::Echo,
            rpc: ids::rpc_session(),
            link: Link::None,
            ticket: Pending {
                connection,
                token: Secret::new(""),
                url: Secret::new(""),
                created_at: now,
                role: Role::Publisher,
                server_data,
                record: false,
                kurento_options: None,
                ice_servers: Vec::new(),
            },
            admin: false,
            active_at: now,
            client_data: String::new(),
            platform: "echo".to_owned(),
            ip: None,
            stream: None,
            subscriptions: Vec::new(),
            signals: Allowance::default(),
            quality: Quality::default(),
        };
        self.notify_all(&echo.joined());
        self.tell_joined(&echo);
        self.participants.push(echo);
        self.echo_first_stream().await;
    }

    /// Lets the echo go. Nothing happens where there is none.
    pub(super) async fn stop_echo(&mut self) {
        if let Some(echo) = self.participants.iter().find(|it| it.is_echo()).map(|it| it.id.clone()) {
            self.drop_participant(&echo, Reason::Disconnect).await;
        }
    }

    /// Somebody publishes: the echo publishes it back, if it has nothing else to publish.
    pub(super) async fn echo_first_stream(&mut self) {
        let idle = self.participants.iter().find(|it| it.is_echo() && it.stream.is_none()).map(|it| it.id.clone());
        let source = self.participants.iter().filter(|it| !it.is_echo()).find_map(|it| it.stream.clone());
        let (Some(echo), Some(source)) = (idle, source) else { return };
        let key = self.shared.media.new_stream();
        if let Err(error) = self.shared.media.echo(key, source.key).await {
            tracing::warn!(%error, session = %self.handle.id, "the echo has nothing to send back");
            return;
        }
        let entry = Stream {
            id: ids::stream(source.entry.media.type_of_video.as_deref(), &echo),
            created_at: ids::now_ms(),
            ..source.entry
        };
        let notice = Notice::ParticipantPublished { id: echo.clone(), streams: vec![entry.clone()] };
        let published = Published { key, entry, loopback: false };
        if let Some(participant) = self.participant(&echo) {
            self.tell_published(participant, &published);
        }
        if let Some(participant) = self.participant_mut(&echo) {
            participant.stream = Some(published);
        }
        self.notify_others(&echo, &notice);
    }

    /// `publisher` has stopped publishing (or is gone): what echoed it stops as well, and takes up another stream if
    /// there is one.
    pub(super) async fn echo_follows_end(&mut self, publisher: &str) {
        let Some(echo) = self.participants.iter().find(|it| it.is_echo() && it.id != publisher) else { return };
        let echo = echo.id.clone();
        let others: Vec<_> = self.participants.iter().filter(|it| !it.is_echo() && it.stream.is_some()).collect();
        // With one publisher at a time, which is what an echo is for, the echoed one is the one that ended. Where there
        // are more, the echo begins anew with one of them.
        let again = !others.is_empty();
        self.end_stream(&echo, Reason::Unpublish, false).await;
        if again {
            self.echo_first_stream().await;
        }
    }

    /// What the echoed participant did to its stream, the echo does to its own.
    pub(super) fn echo_follows_property(&mut self, property: &str, value: &serde_json::Value) {
        let Some(echo) = self.participants.iter_mut().find(|it| it.is_echo()) else { return };
        let Some(stream) = &mut echo.stream else { return };
        super::streams::set_property(&mut stream.entry.media, property, value);
        let notice = Notice::StreamPropertyChanged {
            connection_id: echo.id.clone(),
            stream_id: stream.entry.id.clone(),
            property: property.to_owned(),
            new_value: value.to_string().into(),
            reason: super::streams::reason_of(property).to_owned(),
        };
        let echo = echo.id.clone();
        self.notify_others(&echo, &notice);
    }
}
