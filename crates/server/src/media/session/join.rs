//! Coming, and coming back.

use std::net::IpAddr;

use serde_json::{Value, json};
use tokio::time::Instant;
use zvonok_openvidu::wire::call::SHOWS_VIDEO;
use zvonok_openvidu::wire::join::{JoinRoom, Joined};
use zvonok_openvidu::wire::rpc::{ErrorObject, code};
use zvonok_openvidu::wire::{Role, VERSION};

use super::super::guesses::Guess;
use super::super::ids;
use super::super::outbox::Outbox;
use super::Session;
use super::allowance::Allowance;
use super::hidden::hidden_id;
use super::older_relay::Turn;
use super::participant::{Kind, Link, Participant, Pending};
use super::quality::Quality;
use crate::secret::Secret;

impl Session {
    /// `joinRoom`. Answers it, and gives the new participant's connection id if it may come in.
    pub(super) fn join(&mut self, params: JoinRoom, outbox: Outbox, ip: IpAddr, id: Value) -> Option<String> {
        let (ticket, admin) = match self.admit(&params, ip) {
            Ok(admitted) => admitted,
            Err(error) => {
                outbox.answer(id, Err(error));
                return None;
            }
        };
        let hidden = admin && hidden_id(&params).is_some();
        let participant = Participant {
            id: ticket.connection.clone(),
            kind: if hidden { Kind::Hidden } else { Kind::Client },
            rpc: ids::rpc_session(),
            link: Link::online(outbox.clone()),
            ticket,
            admin,
            active_at: ids::now_ms(),
            client_data: params.metadata.unwrap_or_default(),
            platform: params.platform.filter(|it| !it.is_empty()).unwrap_or_else(|| "unknown".to_owned()),
            ip: Some(ip),
            stream: None,
            subscriptions: Vec::new(),
            signals: Allowance::default(),
            quality: Quality::default(),
        };
        let joined = self.joined(&participant);
        // Everybody else hears of it before it hears its result.
        self.announce(&participant);
        self.tell_joined(&participant);
        let connection = participant.id.clone();
        self.shared.directory.enter_rpc(&participant.rpc, self.handle.clone(), &connection);
        self.participants.push(participant);
        if !hidden {
            self.unused_until = None;
        }
        outbox.answer(id, joined);
        tracing::info!(session = %self.handle.id, connection, "participant joined");
        Some(connection)
    }

    /// Whose token it is. A token is used up by being found.
    fn admit(&mut self, params: &JoinRoom, ip: IpAddr) -> Result<(Pending, bool), ErrorObject> {
        if self.participants.len() >= self.shared.settings.limits.participants {
            return Err(ErrorObject::new(code::GENERIC, "the session is full"));
        }
        let secret = params.secret.as_deref().unwrap_or_default();
        let judged = match secret {
            "" => Guess::Wrong,
            _ => self.shared.guesses.judge(ip, Instant::now(), || self.shared.secret.matches(secret)),
        };
        if judged == Guess::TooMany {
            return Err(ErrorObject::new(code::UNAUTHORIZED, "too many wrong secrets, wait a while"));
        }
        if judged == Guess::Right {
            let hidden = hidden_id(params);
            // There is one of each kind; the older one may be the same whose socket is lost.
            if hidden.is_some_and(|id| self.participant(id).is_some()) {
                return Err(ErrorObject::new(code::EXISTING_USER, "there is such a participant already"));
            }
            return Ok((admin_ticket(hidden.map_or_else(ids::connection, str::to_owned)), true));
        }
        let token = token_part(&params.token);
        // Every one is compared, so that the time says nothing about how near a guess was.
        let mut found = None;
        for (at, pending) in self.pending.iter().enumerate() {
            if pending.token.matches(token) {
                found = Some(at);
            }
        }
        match found {
            Some(at) => Ok((self.pending.remove(at), false)),
            None => Err(ErrorObject::new(code::UNAUTHORIZED, "the token is not valid for this session")),
        }
    }

    fn joined(&self, me: &Participant) -> Result<Value, ErrorObject> {
        let recording = self.recording_told_to(me.ticket.role);
        // As OpenVidu has it: a connection's own servers, or else the usual ones.
        let own = &me.ticket.ice_servers;
        let ice_servers = if own.is_empty() { self.shared.settings.turn.servers() } else { own.clone() };
        let turn = Turn::best(&ice_servers);
        let joined = Joined {
            id: me.id.clone(),
            created_at: me.active_at,
            metadata: me.metadata(),
            value: self.participants.iter().filter(|it| !it.is_hidden()).map(Participant::entry).collect(),
            session: self.handle.id.to_string(),
            session_id: me.rpc.clone(),
            role: me.ticket.role,
            record: me.ticket.record,
            version: VERSION.to_owned(),
            media_server: if self.shared.settings.server_offers { "mediasoup" } else { "kurento" }.to_owned(),
            video_simulcast: self.shared.settings.simulcast,
            features: vec![SHOWS_VIDEO.to_owned()],
            coturn_ip: turn.as_ref().map(|turn| turn.host.clone()),
            coturn_port: turn.as_ref().map(|turn| turn.port),
            turn_username: turn.as_ref().map(|turn| turn.username.clone()),
            turn_credential: turn.as_ref().map(|turn| turn.credential.clone()),
            custom_ice_servers: (!ice_servers.is_empty()).then_some(ice_servers),
            recording_id: recording.as_ref().map(|recording| recording.id.clone()),
            recording_name: recording.map(|recording| recording.name),
        };
        serde_json::to_value(joined).map_err(|error| ErrorObject::new(code::GENERIC, error.to_string()))
    }

    /// `connect` after a lost socket: the participant goes on with the new one, and is told what it missed.
    pub(super) fn resume(&mut self, connection: &str, outbox: Outbox, id: Value) -> bool {
        let Some(participant) = self.participant_mut(connection).filter(|participant| participant.link.may_come_back())
        else {
            outbox.answer(id, Err(unknown_reconnection()));
            return false;
        };
        outbox.answer(id, Ok(json!({ "value": "reconnection successful", "sessionId": participant.rpc })));
        participant.link.resume(outbox);
        tracing::info!(session = %self.handle.id, connection, "socket came back");
        true
    }
}

/// The answer to `connect` with an id that is not known.
pub(in super::super) fn unknown_reconnection() -> ErrorObject {
    ErrorObject::new(code::RECONNECTION, "reconnection error")
}

/// What an admin has instead of a token.
fn admin_ticket(connection: String) -> Pending {
    Pending {
        connection,
        token: Secret::new(""),
        url: Secret::new(""),
        created_at: ids::now_ms(),
        role: Role::Subscriber,
        server_data: String::new(),
        record: true,
        kurento_options: None,
        ice_servers: Vec::new(),
    }
}

/// The part of a token URL after `token=`: a server behind several names is reached by several URLs. What is not a URL
/// is taken as it is.
fn token_part(token: &str) -> &str {
    let Some((_, query)) = token.split_once('?') else { return token };
    query.split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap_or(token)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_is_known_by_its_token_part() {
        assert_eq!(token_part("wss://host:4443?sessionId=S&token=tok_A"), "tok_A");
        assert_eq!(token_part("tok_A"), "tok_A");
        assert_eq!(token_part("wss://host?sessionId=S"), "wss://host?sessionId=S");
    }

    proptest! {
        #[test]
        fn the_token_part_of_any_text_is_a_part_of_it(text in "\\PC{0,40}", token in "[A-Za-z0-9_]{1,20}") {
            prop_assert!(text.contains(token_part(&text)));
            let url = format!("wss://{}?sessionId=S&token={token}&more=1", text.replace('?', ""));
            prop_assert_eq!(token_part(&url), token);
        }
    }
}
