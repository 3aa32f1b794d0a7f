//! From the signaling contract's words to the machine's and the windows'.

use zvonok_call::{self as call, Incoming, Peer, Signaling, Which};
use zvonok_ipc::{CertificateQuestion, ErrorCode, Person, Presence};
use zvonok_signaling::{
    ConnectError, Contract,
    proto::{
        self, Code,
        event::{Calling, Contact, Me, ServerEvent},
    },
};

use super::{clock::wall_now, happening::HubEvent};

/// Signed in.
pub(super) fn signed_in(contract: Contract) -> HubEvent {
    match contract {
        Contract::Plain => {
            HubEvent::Back { contract: call::Contract::Plain, people: Vec::new(), me: None, pending: Vec::new() }
        }
        Contract::Extended(ack) => HubEvent::Back {
            contract: call::Contract::Extended,
            people: ack.roster.into_iter().map(person).collect(),
            me: Some(me(ack.me)),
            pending: ack.pending.into_iter().map(incoming).collect(),
        },
    }
}

/// What the hub emitted; `None` for what this app does nothing with.
pub(super) fn event(event: ServerEvent) -> Option<HubEvent> {
    Some(HubEvent::Call(match event {
        ServerEvent::PlainCalling(login) => {
            let login = login.to_string();
            Signaling::Incoming(Incoming {
                call_id: call::CallId::new(uuid::Uuid::now_v7().to_string()),
                contract: call::Contract::Plain,
                peer: Peer { name: login.clone(), login, verified: false },
                mode: call::Mode::Watch,
                media: call::Media::Video,
                ttl_ms: None,
            })
        }
        ServerEvent::Calling(calling) => Signaling::Incoming(incoming(calling)),
        ServerEvent::Ringing(ringing) => Signaling::Ringing {
            call_id: id(&ringing.call_id),
            devices: ringing
                .devices
                .into_iter()
                .map(|device| call::Device {
                    id: device.id,
                    name: device.name,
                    state: ring_state(device.state, device.reason),
                })
                .collect(),
        },
        ServerEvent::Accepted(accepted) => {
            Signaling::Accepted { call_id: id(&accepted.call_id), session: accepted.session }
        }
        ServerEvent::AnsweredElsewhere(answered) => Signaling::AnsweredElsewhere {
            call_id: id(&answered.call_id),
            device: Some(answered.device.name).filter(|name| !name.is_empty()),
        },
        ServerEvent::Declined(declined) => Signaling::Declined {
            which: which(declined.call_id.as_ref(), &declined.login),
            reason: match declined.reason {
                proto::DeclineReason::Declined => call::DeclineReason::Declined,
                proto::DeclineReason::Busy => call::DeclineReason::Busy,
                proto::DeclineReason::Dnd => call::DeclineReason::Dnd,
            },
            message: declined.message.unwrap_or_default(),
        },
        ServerEvent::Cancelled(cancelled) => Signaling::Cancelled(which(cancelled.call_id.as_ref(), &cancelled.login)),
        ServerEvent::Missed(missed) => Signaling::Missed {
            call_id: id(&missed.call_id),
            peer: Peer { login: missed.from.login.to_string(), name: missed.from.name, verified: false },
            mode: mode(missed.mode),
            ago_ms: u64::try_from(wall_now()).unwrap_or_default().saturating_sub(missed.at),
        },
        ServerEvent::Ended(ended) => Signaling::Ended {
            call_id: id(&ended.call_id),
            reason: match ended.reason {
                proto::EndReason::Hangup => call::HubEnd::Hangup,
                proto::EndReason::Lost => call::HubEnd::Lost,
                proto::EndReason::Failed => call::HubEnd::Failed,
                proto::EndReason::Closed => call::HubEnd::Closed,
            },
        },
        ServerEvent::Presence(presence) => {
            return Some(HubEvent::Presence {
                login: presence.login.to_string(),
                status: status(presence.status),
                last_seen: presence.last_seen.and_then(|at| i64::try_from(at).ok()),
            });
        }
        // Two are in a call of this issue: `ended` says everything.
        ServerEvent::Joined(_) | ServerEvent::Left(_) => return None,
    }))
}

/// What only a person can mend, of a failed connection; the rest mends itself by trying again.
#[expect(clippy::wildcard_enum_match_arm, reason = "an enumeration of another crate that may grow")]
pub(super) fn problem(error: &ConnectError, question: Option<&CertificateQuestion>) -> Option<ErrorCode> {
    match error {
        ConnectError::BadAddress => Some(ErrorCode::BadAddress),
        ConnectError::Unreachable(_) | ConnectError::Timeout(_) => Some(ErrorCode::ServerUnreachable),
        ConnectError::Tls(_) => Some(match question {
            Some(question) if question.previous.is_some() => ErrorCode::CertificateChanged,
            Some(_) => ErrorCode::CertificateUnknown,
            None => ErrorCode::NotThatServer,
        }),
        ConnectError::NotSocketIo(_) | ConnectError::Malformed => Some(ErrorCode::NotThatServer),
        ConnectError::Refused { code: Some(Code::NotSignedIn), .. } => Some(ErrorCode::NotSignedIn),
        ConnectError::SessionOver => Some(ErrorCode::SessionOver),
        ConnectError::Refused { .. } => Some(ErrorCode::NotAllowed),
        _ => None,
    }
}

fn incoming(calling: Calling) -> Incoming {
    Incoming {
        call_id: id(&calling.call_id),
        contract: call::Contract::Extended,
        peer: Peer { login: calling.from.login.to_string(), name: calling.from.name, verified: false },
        mode: mode(calling.mode),
        media: match calling.media {
            proto::Media::Video => call::Media::Video,
            proto::Media::Audio => call::Media::Audio,
        },
        ttl_ms: Some(calling.ttl_ms),
    }
}

fn ring_state(state: Option<proto::RingState>, reason: Option<proto::RingReason>) -> call::RingState {
    match state {
        None | Some(proto::RingState::Delivered) => call::RingState::Delivered,
        Some(proto::RingState::Shown) => call::RingState::Shown,
        Some(proto::RingState::Sounding) => call::RingState::Sounding,
        Some(proto::RingState::Suppressed) => call::RingState::Suppressed(match reason {
            Some(proto::RingReason::Dnd) => call::Suppressed::Dnd,
            Some(proto::RingReason::Rule) => call::Suppressed::Rule,
            Some(proto::RingReason::InCall) => call::Suppressed::InCall,
            Some(proto::RingReason::NoSurface) | None => call::Suppressed::NoSurface,
            Some(proto::RingReason::Muted) => call::Suppressed::Muted,
        }),
    }
}

fn person(contact: Contact) -> Person {
    let login = contact.login.to_string();
    Person {
        name: if contact.name.is_empty() { login.clone() } else { contact.name },
        login,
        status: status(contact.status),
        last_seen: contact.last_seen.and_then(|at| i64::try_from(at).ok()),
        own_contact: false,
        echo: false,
    }
}

fn me(me: Me) -> Person {
    person(Contact { login: me.login, name: me.name, status: me.status, last_seen: None })
}

fn status(status: proto::Status) -> Presence {
    match status {
        proto::Status::Offline => Presence::Offline,
        proto::Status::Available => Presence::Available,
        proto::Status::Busy => Presence::Busy,
        proto::Status::Dnd => Presence::Dnd,
        proto::Status::Away => Presence::Away,
    }
}

pub(super) fn mode(mode: proto::Mode) -> call::Mode {
    match mode {
        proto::Mode::TwoWay => call::Mode::TwoWay,
        proto::Mode::Watch => call::Mode::Watch,
    }
}

fn which(call_id: Option<&proto::CallId>, login: &proto::Login) -> Which {
    call_id.map_or_else(|| Which::Login(login.to_string()), |call_id| Which::Id(id(call_id)))
}

pub(super) fn id(call_id: &proto::CallId) -> call::CallId {
    call::CallId::new(call_id.as_str())
}

/// The hub's `code` in the machine's words.
pub(super) fn refusal(code: Code) -> call::Refusal {
    match code {
        Code::Offline => call::Refusal::Offline,
        Code::Busy => call::Refusal::Busy,
        Code::Dnd => call::Refusal::Dnd,
        Code::UnknownUser => call::Refusal::UnknownUser,
        Code::NotSignedIn => call::Refusal::NotSignedIn,
        Code::NotAllowed => call::Refusal::NotAllowed,
        Code::Expired => call::Refusal::Expired,
        Code::Cancelled => call::Refusal::Cancelled,
        Code::AnsweredElsewhere => call::Refusal::AnsweredElsewhere,
        Code::NotInCall => call::Refusal::NotInCall,
        Code::Malformed => call::Refusal::Malformed,
        Code::TooMany => call::Refusal::TooMany,
        Code::Unavailable => call::Refusal::Unavailable,
    }
}
