//! What the token source answers.

use super::finish::LastWord;
use super::{Machine, Step, stale, taken};
use crate::state::{Call, Leg, Stage, State};
use crate::{EndReason, Output, Token, TokenCommand, TokenFailure};

impl Machine {
    pub(super) fn on_token(&mut self, mut state: State, input: Token) -> Step {
        let call_id = match &input {
            Token::Ready(call_id) | Token::Failed { call_id, .. } => call_id.clone(),
        };
        let waiting = match &mut state {
            State::Calling(s) => s.leg.as_mut().map(|leg| (&mut s.call, leg)),
            State::Connecting(s) => Some((&mut s.call, &mut s.leg)),
            State::Idle
            | State::Placing(_)
            | State::Ringing(_)
            | State::Accepting(_)
            | State::InCall(_)
            | State::Ended(_) => None,
        };
        let result = match waiting.filter(|(call, leg)| call.id == call_id && wants_token(leg)) {
            Some((call, leg)) => self.token_for(call, leg, &input),
            None => {
                // A token that came after the call ended must not lie around.
                let current = state.call().is_some_and(|call| call.id == call_id && call.token_asked);
                if matches!(input, Token::Ready(_)) && !current {
                    self.emit(Output::Token(TokenCommand::Drop { call_id }));
                }
                return stale(state);
            }
        };
        match result {
            Ok(()) => taken(state),
            Err(failure) => taken(self.give_up(state, EndReason::NoToken(failure))),
        }
    }

    fn token_for(&mut self, call: &mut Call, leg: &mut Leg, input: &Token) -> Result<(), TokenFailure> {
        match input {
            Token::Ready(_) => {
                leg.stage = Stage::Joining;
                self.join(call);
                Ok(())
            }
            Token::Failed { failure, retryable: true, .. } => {
                leg.stage = Stage::TokenAgain(*failure, self.now.plus(self.config.retry_ms.max(1)));
                Ok(())
            }
            Token::Failed { failure, retryable: false, .. } => Err(*failure),
        }
    }

    /// Ends whatever call there is, for `reason`, telling the hub what fits the state.
    pub(super) fn give_up(&mut self, state: State, reason: EndReason) -> State {
        match state {
            State::Idle => State::Idle,
            State::Placing(s) => self.finish(s.call, None, LastWord::Cancel, reason),
            State::Calling(s) => self.finish(s.call, None, LastWord::Cancel, reason),
            State::Ringing(s) => self.finish(s.call, None, LastWord::Nothing, reason),
            State::Accepting(s) => self.finish(s.call, None, LastWord::Hangup, reason),
            State::Connecting(s) => self.finish(s.call, None, LastWord::Hangup, reason),
            State::InCall(s) => self.finish(s.call, Some(s.since), LastWord::Hangup, reason),
            State::Ended(s) => State::Ended(s),
        }
    }

    /// Ends whatever call there is, for a `reason` that the hub or the other side gave.
    pub(super) fn over(&mut self, state: State, reason: EndReason) -> State {
        match state {
            State::Idle => State::Idle,
            State::Placing(s) => self.finish(s.call, None, LastWord::Nothing, reason),
            State::Calling(s) => self.finish(s.call, None, LastWord::Nothing, reason),
            State::Ringing(s) => self.finish(s.call, None, LastWord::Nothing, reason),
            State::Accepting(s) => self.finish(s.call, None, LastWord::Nothing, reason),
            State::Connecting(s) => self.finish(s.call, None, LastWord::Nothing, reason),
            State::InCall(s) => self.finish(s.call, Some(s.since), LastWord::Nothing, reason),
            State::Ended(s) => State::Ended(s),
        }
    }
}

fn wants_token(leg: &Leg) -> bool {
    match leg.stage {
        Stage::Token | Stage::TokenAgain(..) => true,
        Stage::Joining | Stage::Joined => false,
    }
}
