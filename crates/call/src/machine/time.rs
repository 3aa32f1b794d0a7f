//! What happens when nothing happens.

use super::Machine;
use super::finish::LastWord;
use crate::state::{Accepting, Calling, Connecting, InCall, Placing, Ringing, Stage, State};
use crate::{EndReason, Millis};

impl Machine {
    /// Does everything that is due. Each pass either moves a deadline behind `now` or leaves the state for one with
    /// fewer steps before it, so there are few passes.
    pub(super) fn expire(&mut self) {
        while self.state.deadline().is_some_and(|at| at <= self.now) {
            let state = std::mem::replace(&mut self.state, State::Idle);
            self.state = self.expire_state(state);
        }
        for signal in self.outbox.due(self.now, self.config.last_word_ms) {
            self.signal(signal);
        }
    }

    fn expire_state(&mut self, state: State) -> State {
        match state {
            State::Idle => State::Idle,
            State::Placing(s) => self.expire_placing(s),
            State::Calling(s) => self.expire_calling(s),
            State::Ringing(Ringing { call, .. }) => self.finish(call, None, LastWord::Nothing, EndReason::NoAnswer),
            State::Accepting(s) => self.expire_accepting(s),
            State::Connecting(s) => self.expire_connecting(s),
            State::InCall(s) => self.expire_in_call(s),
            State::Ended(s) => {
                self.put_away(State::Ended(s));
                State::Idle
            }
        }
    }

    fn expire_placing(&mut self, mut s: Placing) -> State {
        if s.give_up <= self.now {
            return self.finish(s.call, None, LastWord::Cancel, EndReason::SignalingDown);
        }
        if self.take_due(&mut s.retry) {
            self.post_call(&s.call);
        }
        State::Placing(s)
    }

    fn expire_calling(&mut self, mut s: Calling) -> State {
        if s.until <= self.now {
            return self.finish(s.call, None, LastWord::Cancel, EndReason::NoAnswer);
        }
        if let Some(leg) = &mut s.leg {
            if let Some(reason) = leg.health.verdict(self.now) {
                return self.finish(s.call, None, LastWord::Cancel, reason);
            }
            if token_is_due(&leg.stage, self.now) {
                leg.stage = Stage::Token;
                let session = leg.session.clone();
                self.fetch_token(&mut s.call, &session);
            }
        }
        State::Calling(s)
    }

    fn expire_accepting(&mut self, mut s: Accepting) -> State {
        if s.give_up <= self.now {
            return self.finish(s.call, None, LastWord::Hangup, EndReason::SignalingDown);
        }
        if self.take_due(&mut s.retry) {
            self.post_accept(&s.call);
        }
        State::Accepting(s)
    }

    fn expire_connecting(&mut self, mut s: Connecting) -> State {
        if s.until <= self.now {
            let reason = s.leg.shortfall();
            return self.finish(s.call, None, LastWord::Hangup, reason);
        }
        if let Some(reason) = s.leg.health.verdict(self.now) {
            return self.finish(s.call, None, LastWord::Hangup, reason);
        }
        if s.leg.listener.is_some_and(|at| at <= self.now) {
            return self.in_call(s.call, s.leg.health);
        }
        if token_is_due(&s.leg.stage, self.now) {
            s.leg.stage = Stage::Token;
            let session = s.leg.session.clone();
            self.fetch_token(&mut s.call, &session);
        }
        State::Connecting(s)
    }

    fn expire_in_call(&mut self, s: InCall) -> State {
        match s.health.verdict(self.now) {
            Some(reason) => self.finish(s.call, Some(s.since), LastWord::Hangup, reason),
            None => State::InCall(s),
        }
    }

    fn take_due(&self, at: &mut Option<Millis>) -> bool {
        let due = at.is_some_and(|at| at <= self.now);
        if due {
            *at = None;
        }
        due
    }
}

fn token_is_due(stage: &Stage, now: Millis) -> bool {
    match stage {
        Stage::TokenAgain(_, at) => *at <= now,
        Stage::Token | Stage::Joining | Stage::Joined => false,
    }
}
