//! What requests to the hub came to.

use super::finish::LastWord;
use super::hub::follow_session;
use super::{Machine, Step, stale, taken};
use crate::state::{Accepting, Call, Calling, Connecting, Leg, Placing, State};
use crate::{CallId, Contract, EndReason, Mode, Refusal, RequestResult};

impl Machine {
    pub(super) fn on_result(&mut self, state: State, call_id: &CallId, result: RequestResult) -> Step {
        match result {
            RequestResult::Placed { lives, mode, session, ttl_ms } => match state {
                State::Placing(s) if s.call.id == *call_id => {
                    if lives == *call_id {
                        taken(self.rings_there(s, mode, session, ttl_ms))
                    } else {
                        taken(self.became(s.call, lives, mode, session))
                    }
                }
                State::Idle
                | State::Placing(_)
                | State::Calling(_)
                | State::Ringing(_)
                | State::Accepting(_)
                | State::Connecting(_)
                | State::InCall(_)
                | State::Ended(_) => {
                    if lives == *call_id && self.is_finished(call_id) && session.is_some() {
                        // It was given up before the hub knew it: say so again, now that it can be understood.
                        self.extended_last_word(call_id, LastWord::Cancel);
                    }
                    stale(state)
                }
            },
            RequestResult::PlaceRefused(refusal) => match state {
                State::Placing(s) if s.call.id == *call_id => {
                    taken(self.finish(s.call, None, LastWord::Nothing, place_refused(refusal)))
                }
                State::Idle
                | State::Placing(_)
                | State::Calling(_)
                | State::Ringing(_)
                | State::Accepting(_)
                | State::Connecting(_)
                | State::InCall(_)
                | State::Ended(_) => stale(state),
            },
            RequestResult::PlaceUnanswered => match state {
                State::Placing(mut s) if s.call.id == *call_id => {
                    s.retry = Some(self.now.plus(self.config.retry_ms));
                    taken(State::Placing(s))
                }
                State::Idle
                | State::Placing(_)
                | State::Calling(_)
                | State::Ringing(_)
                | State::Accepting(_)
                | State::Connecting(_)
                | State::InCall(_)
                | State::Ended(_) => stale(state),
            },
            RequestResult::AcceptOk { session, mode } => self.accept_ok(state, call_id, session, mode),
            RequestResult::AcceptRefused(refusal) => match state {
                State::Accepting(s) if s.call.id == *call_id => {
                    taken(self.finish(s.call, None, LastWord::Nothing, accept_refused(refusal)))
                }
                State::Idle
                | State::Placing(_)
                | State::Calling(_)
                | State::Ringing(_)
                | State::Accepting(_)
                | State::Connecting(_)
                | State::InCall(_)
                | State::Ended(_) => stale(state),
            },
            RequestResult::AcceptUnanswered => match state {
                State::Accepting(mut s) if s.call.id == *call_id => {
                    s.retry = Some(self.now.plus(self.config.retry_ms));
                    taken(State::Accepting(s))
                }
                State::Idle
                | State::Placing(_)
                | State::Calling(_)
                | State::Ringing(_)
                | State::Accepting(_)
                | State::Connecting(_)
                | State::InCall(_)
                | State::Ended(_) => stale(state),
            },
            RequestResult::LastWordHeard => {
                if self.outbox.heard(call_id) {
                    taken(state)
                } else {
                    stale(state)
                }
            }
            RequestResult::LastWordUnanswered => {
                if self.outbox.unheard(call_id, self.now, self.config.retry_ms) {
                    taken(state)
                } else {
                    stale(state)
                }
            }
        }
    }

    /// The hub found that the other side was calling already, and answered that call in this one's place. That is an
    /// answer only if both wanted to be seen: one who asked to see somebody is not seen unless asked.
    fn became(&mut self, own: Call, lives: CallId, mode: Option<Mode>, session: Option<String>) -> State {
        let mode = mode.unwrap_or(own.mode);
        let both_seen = own.mode == Mode::TwoWay && mode == Mode::TwoWay;
        let Some(session) = session.filter(|_| both_seen && !self.is_finished(&lives)) else {
            return self.finish(own, None, LastWord::Cancel, EndReason::Cancelled);
        };
        let (peer, media, contract) = (own.peer.clone(), own.media, own.contract);
        self.let_go(own, false);
        let call = Call::new(lives, contract, peer, false, mode, media, self.now);
        self.connect(call, session)
    }

    fn rings_there(&mut self, s: Placing, mode: Option<Mode>, session: Option<String>, ttl_ms: Option<u64>) -> State {
        let mut call = s.call;
        match (call.contract, mode, &session) {
            (Contract::Plain, ..) | (Contract::Extended, None, None) => {}
            (Contract::Extended, Some(mode), _) => call.change_mode(mode),
            (Contract::Extended, None, Some(session)) => follow_session(&mut call, session),
        }
        self.open_window(&mut call);
        // The hub's own time limit speaks first where it has one.
        let until = self.ring_end(ttl_ms).plus(self.config.retry_ms);
        let leg = match call.contract {
            Contract::Extended => None,
            Contract::Plain => {
                let session = call.peer.login.clone();
                self.fetch_token(&mut call, &session);
                Some(Leg::new(session))
            }
        };
        State::Calling(Calling { call, since: s.since, until, devices: Vec::new(), leg })
    }

    fn accept_ok(&mut self, state: State, call_id: &CallId, session: String, mode: Mode) -> Step {
        match state {
            State::Accepting(mut s) if s.call.id == *call_id => {
                s.call.change_mode(mode);
                taken(self.accepting_done(s, session))
            }
            State::Idle
            | State::Placing(_)
            | State::Calling(_)
            | State::Ringing(_)
            | State::Accepting(_)
            | State::Connecting(_)
            | State::InCall(_)
            | State::Ended(_) => {
                if self.is_finished(call_id) {
                    self.extended_last_word(call_id, LastWord::Hangup);
                }
                stale(state)
            }
        }
    }
}

impl Machine {
    /// The hub confirmed the answer. `connecting` began for the person when the button was pressed.
    pub(super) fn accepting_done(&mut self, s: Accepting, session: String) -> State {
        match self.connect(s.call, session) {
            State::Connecting(connecting) => State::Connecting(Connecting { since: s.since, ..connecting }),
            other @ (State::Idle
            | State::Placing(_)
            | State::Calling(_)
            | State::Ringing(_)
            | State::Accepting(_)
            | State::InCall(_)
            | State::Ended(_)) => other,
        }
    }
}

fn place_refused(refusal: Refusal) -> EndReason {
    match refusal {
        Refusal::Cancelled => EndReason::Cancelled,
        Refusal::Expired => EndReason::NoAnswer,
        Refusal::Offline
        | Refusal::Busy
        | Refusal::Dnd
        | Refusal::UnknownUser
        | Refusal::NotSignedIn
        | Refusal::NotAllowed
        | Refusal::AnsweredElsewhere
        | Refusal::NotInCall
        | Refusal::Malformed
        | Refusal::TooMany
        | Refusal::Unavailable
        | Refusal::Other(_) => EndReason::Refused(refusal),
    }
}

fn accept_refused(refusal: Refusal) -> EndReason {
    match refusal {
        Refusal::Cancelled => EndReason::Cancelled,
        Refusal::Expired => EndReason::NoAnswer,
        Refusal::AnsweredElsewhere => EndReason::AnsweredElsewhere(None),
        Refusal::Offline
        | Refusal::Busy
        | Refusal::Dnd
        | Refusal::UnknownUser
        | Refusal::NotSignedIn
        | Refusal::NotAllowed
        | Refusal::NotInCall
        | Refusal::Malformed
        | Refusal::TooMany
        | Refusal::Unavailable
        | Refusal::Other(_) => EndReason::Refused(refusal),
    }
}
