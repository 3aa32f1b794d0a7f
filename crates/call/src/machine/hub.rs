//! What the hub says on its own.

use super::finish::LastWord;
use super::{Machine, Step, stale, taken};
use crate::state::{Call, Ringing, State};
use crate::{
    CallId, Contract, DeclineReason, EndReason, HubEnd, Incoming, MediaCommand, Mode, Output, Peer, Refusal, RingState,
    Signaling, Suppressed, SurfaceCommand, TokenCommand, Which,
};

impl Machine {
    pub(super) fn on_signaling(&mut self, state: State, input: Signaling) -> Step {
        match input {
            Signaling::Back(contract) => {
                self.online = Some(contract);
                self.outbox.hub_is_back(self.now);
                taken(state)
            }
            Signaling::Lost => {
                self.online = None;
                taken(self.signaling_lost(state))
            }
            Signaling::Incoming(incoming) => self.incoming(state, incoming),
            Signaling::Ringing { call_id, devices } => match state {
                State::Calling(mut s) if s.call.id == call_id => {
                    s.devices = devices;
                    taken(State::Calling(s))
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
            Signaling::Accepted { call_id, session } => self.accepted(state, &call_id, session),
            Signaling::Declined { which, reason, message } => self.declined(state, &which, reason, message),
            Signaling::Cancelled(which) => self.cancelled(state, &which),
            Signaling::AnsweredElsewhere { call_id, device } => match &state {
                State::Ringing(Ringing { call, .. }) if call.id == call_id => {
                    taken(self.over(state, EndReason::AnsweredElsewhere(device)))
                }
                State::Accepting(s) if s.call.id == call_id => {
                    taken(self.over(state, EndReason::AnsweredElsewhere(device)))
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
            Signaling::Missed { call_id, peer, mode, ago_ms } => self.missed(state, call_id, peer, mode, ago_ms),
            Signaling::Ended { call_id, reason } => self.ended(state, &call_id, reason),
            Signaling::Result(call_id, result) => self.on_result(state, &call_id, result),
        }
    }

    /// Only a plain caller that waits for its answer loses its call with the socket: the hub told the other side
    /// `cancelled`. An extended hub keeps the ring, and media does not need the hub.
    fn signaling_lost(&mut self, state: State) -> State {
        let plain_caller_waits = match &state {
            State::Placing(s) => s.call.contract == Contract::Plain,
            State::Calling(s) => s.call.contract == Contract::Plain,
            State::Idle
            | State::Ringing(_)
            | State::Accepting(_)
            | State::Connecting(_)
            | State::InCall(_)
            | State::Ended(_) => false,
        };
        if plain_caller_waits { self.over(state, EndReason::SignalingDown) } else { state }
    }

    fn incoming(&mut self, mut state: State, mut incoming: Incoming) -> Step {
        if incoming.contract == Contract::Plain {
            incoming.mode = Mode::Watch;
        }
        if self.is_finished(&incoming.call_id) {
            return stale(state);
        }
        match &mut state {
            State::Idle | State::Ended(_) => {
                self.put_away(state);
                taken(self.ring(incoming))
            }
            State::Ringing(s) if is_repeated(&s.call, &incoming) => {
                // Rings once however often it is said; only the time it has left is new.
                if incoming.ttl_ms.is_some() {
                    s.until = self.ring_end(incoming.ttl_ms);
                }
                taken(state)
            }
            State::Placing(s) if s.call.peer.login == incoming.peer.login => self.glare(state, incoming),
            State::Calling(s) if s.call.peer.login == incoming.peer.login => self.glare(state, incoming),
            State::Placing(_)
            | State::Calling(_)
            | State::Ringing(_)
            | State::Accepting(_)
            | State::Connecting(_)
            | State::InCall(_) => {
                if state.call().is_some_and(|call| call.id == incoming.call_id) {
                    return stale(state);
                }
                self.decline_busy(incoming);
                taken(state)
            }
        }
    }

    fn ring(&mut self, incoming: Incoming) -> State {
        let Incoming { call_id, contract, peer, mode, media, ttl_ms } = incoming;
        let mut call = Call::new(call_id, contract, peer, false, mode, media, self.now);
        call.ring_up = true;
        self.ring_ack(contract, &call.id, RingState::Delivered);
        self.surface(SurfaceCommand::ShowRing {
            call_id: call.id.clone(),
            peer: call.peer.clone(),
            mode: call.mode,
            media,
        });
        let until = self.ring_end(ttl_ms);
        State::Ringing(Ringing { call, since: self.now, until })
    }

    fn decline_busy(&mut self, incoming: Incoming) {
        let Incoming { call_id, contract, peer, mode, .. } = incoming;
        match contract {
            Contract::Plain => self.signal(crate::Signal::PlainDecline { login: peer.login.clone() }),
            Contract::Extended => {
                let word = LastWord::Decline(DeclineReason::Busy, String::new());
                self.extended_last_word(&call_id, word);
            }
        }
        self.note_missed(call_id, peer, mode, 0, EndReason::Refused(Refusal::Busy));
    }

    /// Both called each other. The smaller `call_id` lives (plain, which has none: the smaller login's call). Who
    /// wanted to be seen and heard anyway answers at once; who only wanted to watch is asked.
    fn glare(&mut self, state: State, incoming: Incoming) -> Step {
        let Some(own) = state.call() else {
            return stale(state);
        };
        let own_lives = match own.contract {
            Contract::Extended => own.id < incoming.call_id,
            Contract::Plain => self.config.login < incoming.peer.login,
        };
        if own_lives {
            let state_there = RingState::Suppressed(Suppressed::InCall);
            self.ring_ack(incoming.contract, &incoming.call_id, state_there);
            return taken(state);
        }
        let own = match state {
            State::Placing(s) => s.call,
            State::Calling(s) => s.call,
            State::Idle
            | State::Ringing(_)
            | State::Accepting(_)
            | State::Connecting(_)
            | State::InCall(_)
            | State::Ended(_) => return stale(state),
        };
        let answers = own.mode == Mode::TwoWay && incoming.mode == Mode::TwoWay;
        let (media, window_up) = (own.media, own.window_up && answers);
        self.let_go(own, answers);
        if !answers {
            return taken(self.ring(incoming));
        }
        let Incoming { call_id, contract, peer, mode, .. } = incoming;
        self.ring_ack(contract, &call_id, RingState::Delivered);
        let mut call = Call::new(call_id, contract, peer, false, mode, media, self.now);
        call.window_up = window_up;
        taken(self.take(call, media))
    }

    /// Ends the own call of a glare. It became the other one, so it is no line of history.
    pub(super) fn let_go(&mut self, call: Call, keep_window: bool) {
        if call.media_up {
            self.emit(Output::Media(MediaCommand::Leave { call_id: call.id.clone() }));
        }
        match call.contract {
            Contract::Extended => self.extended_last_word(&call.id, LastWord::Cancel),
            // Leaving the socket would take the other side's ring along.
            Contract::Plain => {}
        }
        if call.token_asked {
            self.emit(Output::Token(TokenCommand::Drop { call_id: call.id.clone() }));
        }
        self.remember(&call.id);
        if call.window_up && !keep_window {
            self.surface(SurfaceCommand::CloseCallWindow { call_id: call.id });
        }
    }

    fn accepted(&mut self, state: State, call_id: &CallId, session: String) -> Step {
        if self.is_finished(call_id) {
            // The answer and this side's giving up crossed: the hub may think that there is a call.
            self.extended_last_word(call_id, LastWord::Hangup);
            return stale(state);
        }
        match state {
            State::Placing(s) if s.call.id == *call_id => taken(self.answered(s.call, session)),
            State::Calling(s) if s.call.id == *call_id && s.leg.is_none() => taken(self.answered(s.call, session)),
            // After a glare the hub has answered for both.
            State::Accepting(s) if s.call.id == *call_id => taken(self.accepting_done(s, session)),
            State::Idle
            | State::Placing(_)
            | State::Calling(_)
            | State::Ringing(_)
            | State::Accepting(_)
            | State::Connecting(_)
            | State::InCall(_)
            | State::Ended(_) => stale(state),
        }
    }

    fn answered(&mut self, mut call: Call, session: String) -> State {
        follow_session(&mut call, &session);
        self.connect(call, session)
    }

    fn declined(&mut self, state: State, which: &Which, reason: DeclineReason, message: String) -> Step {
        if !state.call().is_some_and(|call| is_named(call, which)) {
            return stale(state);
        }
        let why = match reason {
            DeclineReason::Declined => EndReason::Declined(message),
            DeclineReason::Busy => EndReason::Refused(Refusal::Busy),
            DeclineReason::Dnd => EndReason::Refused(Refusal::Dnd),
        };
        match state {
            State::Placing(_) | State::Calling(_) => taken(self.over(state, why)),
            State::Ringing(_) => taken(self.over(state, EndReason::DeclinedElsewhere)),
            State::Idle | State::Accepting(_) | State::Connecting(_) | State::InCall(_) | State::Ended(_) => {
                stale(state)
            }
        }
    }

    fn cancelled(&mut self, state: State, which: &Which) -> Step {
        if !state.call().is_some_and(|call| is_named(call, which)) {
            return stale(state);
        }
        match &state {
            State::Placing(_) | State::Calling(_) | State::Ringing(_) | State::Accepting(_) => {
                taken(self.over(state, EndReason::Cancelled))
            }
            // Plain: the caller's socket is gone before it joined, so it will not come.
            State::Connecting(s) if s.call.contract == Contract::Plain && !s.call.outgoing => {
                taken(self.over(state, EndReason::Cancelled))
            }
            State::Idle | State::Connecting(_) | State::InCall(_) | State::Ended(_) => stale(state),
        }
    }

    fn missed(&mut self, state: State, call_id: CallId, peer: Peer, mode: Mode, ago_ms: u64) -> Step {
        if self.is_finished(&call_id) {
            return stale(state);
        }
        let current = state.call().is_some_and(|call| call.id == call_id);
        match &state {
            State::Ringing(_) | State::Accepting(_) if current => taken(self.over(state, EndReason::NoAnswer)),
            State::Placing(_) | State::Calling(_) | State::Connecting(_) | State::InCall(_) if current => stale(state),
            State::Idle
            | State::Placing(_)
            | State::Calling(_)
            | State::Ringing(_)
            | State::Accepting(_)
            | State::Connecting(_)
            | State::InCall(_)
            | State::Ended(_) => {
                self.note_missed(call_id, peer, mode, ago_ms, EndReason::NoAnswer);
                taken(state)
            }
        }
    }

    fn ended(&mut self, state: State, call_id: &CallId, reason: HubEnd) -> Step {
        if state.call().is_none_or(|call| call.id != *call_id) {
            return stale(state);
        }
        let in_ring = match &state {
            State::Idle | State::Ended(_) => return stale(state),
            State::Placing(_) | State::Calling(_) | State::Ringing(_) | State::Accepting(_) => true,
            State::Connecting(_) | State::InCall(_) => false,
        };
        let why = match reason {
            // A ring that the hub closed is one that nobody answered.
            HubEnd::Closed if in_ring => EndReason::NoAnswer,
            HubEnd::Failed | HubEnd::Closed => EndReason::Closed,
            HubEnd::Hangup => EndReason::PeerHungUp,
            HubEnd::Lost => EndReason::PeerLost,
        };
        taken(self.over(state, why))
    }
}

/// A session named after the called person is contract A's, and so is then the mode (`signaling.md`, mixing A and B).
pub(super) fn follow_session(call: &mut Call, session: &str) {
    if call.outgoing && session == call.peer.login {
        call.change_mode(Mode::Watch);
    }
}

fn is_named(call: &Call, which: &Which) -> bool {
    match which {
        Which::Id(id) => call.id == *id,
        Which::Login(login) => call.contract == Contract::Plain && call.peer.login == *login,
    }
}

fn is_repeated(call: &Call, incoming: &Incoming) -> bool {
    match incoming.contract {
        Contract::Extended => call.id == incoming.call_id,
        Contract::Plain => call.contract == Contract::Plain && call.peer.login == incoming.peer.login,
    }
}
