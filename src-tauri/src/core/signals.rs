//! The machine's signals as requests of the signaling client, and answers as results of the machine.

use zvonok_call::{self as call, CallId, RequestResult, Signal};
use zvonok_signaling::{
    Client, Decline, Placed, RequestError,
    proto::{self, RingReason, RingState, StatusWord, event::RingAck},
};

use super::translate;

/// Stands where part A would name the caller, and part B sends nothing.
const UNNAMED: &str = "-";

/// What became of a request.
#[derive(Debug)]
pub(super) struct Asked {
    /// `None` when nothing was sent because it could not be put into the contract's words.
    pub(super) result: Option<RequestResult>,
    /// The hub's answer made no sense, which a person has to know: trying again may not help.
    pub(super) malformed: bool,
}

/// Sends a request that has a result.
pub(super) async fn ask(client: Client, signal: Signal) -> Asked {
    let mut malformed = false;
    let result = answer_to(client, signal, &mut malformed).await;
    Asked { result, malformed }
}

async fn answer_to(client: Client, signal: Signal, malformed: &mut bool) -> Option<RequestResult> {
    let mut refused = |error: &RequestError| {
        *malformed = matches!(error, RequestError::Malformed(_));
        refused(error)
    };
    Some(match signal {
        Signal::Call { call_id, login, mode, media } => {
            let posted = client.call(login.parse().ok()?, id(&call_id)?, wire_mode(mode), wire_media(media)).await;
            match posted {
                Ok(Placed::Plain) => RequestResult::Placed { lives: call_id, mode: None, session: None, ttl_ms: None },
                Ok(Placed::Extended(answer)) => RequestResult::Placed {
                    lives: translate::id(&answer.call_id),
                    mode: answer.mode.map(translate::mode),
                    session: Some(answer.session),
                    ttl_ms: Some(answer.ttl_ms),
                },
                Err(error) => refused(&error).map_or(RequestResult::PlaceUnanswered, RequestResult::PlaceRefused),
            }
        }
        Signal::Accept { call_id, media } => match client.accept(id(&call_id)?, wire_media(media)).await {
            Ok(answer) => RequestResult::AcceptOk { session: answer.session, mode: translate::mode(answer.mode) },
            Err(error) => refused(&error).map_or(RequestResult::AcceptUnanswered, RequestResult::AcceptRefused),
        },
        Signal::Decline { call_id, reason, message } => {
            let decline = Decline {
                call_id: id(&call_id)?,
                // Part A names the caller, part B the call; this signal exists in part B only.
                caller: UNNAMED.parse().ok()?,
                reason: match reason {
                    call::DeclineReason::Declined => proto::DeclineReason::Declined,
                    call::DeclineReason::Busy => proto::DeclineReason::Busy,
                    call::DeclineReason::Dnd => proto::DeclineReason::Dnd,
                },
                message: Some(message).filter(|words| !words.is_empty()),
            };
            last_word(&client.decline(decline).await)
        }
        Signal::Cancel { call_id } => last_word(&client.cancel(id(&call_id)?).await),
        Signal::Hangup { call_id } => last_word(&client.hangup(id(&call_id)?).await),
        Signal::RingAck { .. }
        | Signal::PlainDecline { .. }
        | Signal::PlainBusy
        | Signal::PlainFree
        | Signal::PlainLeave => return None,
    })
}

/// Sends what has no result.
pub(super) async fn tell(client: Client, signal: Signal) {
    let told = match signal {
        Signal::RingAck { call_id, state } => {
            let Some(call_id) = id(&call_id) else { return };
            let (state, reason) = ring_state(state);
            client.ring_ack(RingAck { call_id, state, reason }).await;
            Ok(())
        }
        Signal::PlainDecline { login } => {
            let (Ok(caller), Ok(call_id)) = (login.parse(), "plain".parse()) else { return };
            let reason = proto::DeclineReason::Declined;
            client.decline(Decline { call_id, caller, reason, message: None }).await
        }
        Signal::PlainBusy => client.status(StatusWord::Busy).await,
        Signal::PlainFree => client.status(StatusWord::Available).await,
        Signal::PlainLeave => {
            client.leave().await;
            Ok(())
        }
        Signal::Call { .. }
        | Signal::Accept { .. }
        | Signal::Decline { .. }
        | Signal::Cancel { .. }
        | Signal::Hangup { .. } => Ok(()),
    };
    if let Err(error) = told {
        tracing::warn!(%error, "the hub was not told");
    }
}

/// `None` where the same request makes sense a little later.
#[expect(clippy::wildcard_enum_match_arm, reason = "an enumeration of another crate that may grow")]
fn refused(error: &RequestError) -> Option<call::Refusal> {
    tracing::info!(%error, "refused");
    if error.is_retryable() {
        return None;
    }
    Some(match error {
        RequestError::Refused { code: Some(code), .. } => translate::refusal(*code),
        RequestError::Refused { code: None, message } => call::Refusal::Other(message.clone()),
        _ => call::Refusal::Malformed,
    })
}

/// Any answer is one, whatever it says: the hub knows.
fn last_word(answer: &Result<(), RequestError>) -> RequestResult {
    match answer {
        Err(error) if error.is_retryable() => RequestResult::LastWordUnanswered,
        Ok(()) | Err(_) => RequestResult::LastWordHeard,
    }
}

fn ring_state(state: call::RingState) -> (RingState, Option<RingReason>) {
    match state {
        call::RingState::Delivered => (RingState::Delivered, None),
        call::RingState::Shown => (RingState::Shown, None),
        call::RingState::Sounding => (RingState::Sounding, None),
        call::RingState::Suppressed(why) => (
            RingState::Suppressed,
            Some(match why {
                call::Suppressed::Dnd => RingReason::Dnd,
                call::Suppressed::Rule => RingReason::Rule,
                call::Suppressed::InCall => RingReason::InCall,
                call::Suppressed::NoSurface => RingReason::NoSurface,
                call::Suppressed::Muted => RingReason::Muted,
            }),
        ),
    }
}

fn id(call_id: &CallId) -> Option<proto::CallId> {
    call_id.0.parse().ok()
}

fn wire_mode(mode: call::Mode) -> proto::Mode {
    match mode {
        call::Mode::TwoWay => proto::Mode::TwoWay,
        call::Mode::Watch => proto::Mode::Watch,
    }
}

fn wire_media(media: call::Media) -> proto::Media {
    match media {
        call::Media::Video => proto::Media::Video,
        call::Media::Audio => proto::Media::Audio,
    }
}
