//! What the call window's media reports.

use super::{Machine, Step, stale, taken};
use crate::state::{Call, Calling, Connecting, Health, InCall, Leg, Stage, State};
use crate::{CallId, Contract, Disconnect, EndReason, MediaFailure, MediaInput};

impl Machine {
    pub(super) fn on_media(&mut self, state: State, call_id: &CallId, input: MediaInput) -> Step {
        if state.call().is_none_or(|call| call.id != *call_id) {
            return stale(state);
        }
        if input == MediaInput::WindowClosed {
            return self.window_closed(state);
        }
        match state {
            State::Idle | State::Placing(_) | State::Ringing(_) | State::Ended(_) => stale(state),
            State::Calling(Calling { call, since, until, devices, leg: Some(leg) }) => {
                self.waiting_media(Calling { call, since, until, devices, leg: None }, leg, input)
            }
            State::Calling(Calling { leg: None, .. }) | State::Accepting(_) => self.preview_media(state, input),
            State::Connecting(s) => self.connecting_media(s, input),
            State::InCall(s) => self.in_call_media(s, input),
        }
    }

    /// The person closed the window: that ends the call. The window is gone, so nobody has to close it.
    fn window_closed(&mut self, mut state: State) -> Step {
        let call = match &mut state {
            State::Idle => return stale(state),
            State::Placing(s) => &mut s.call,
            State::Calling(s) => &mut s.call,
            State::Ringing(s) => &mut s.call,
            State::Accepting(s) => &mut s.call,
            State::Connecting(s) => &mut s.call,
            State::InCall(s) => &mut s.call,
            State::Ended(s) => &mut s.call,
        };
        if !std::mem::replace(&mut call.window_up, false) {
            return stale(state);
        }
        self.stop(state)
    }

    /// The window shows only the own picture: devices may fail, everything else is premature.
    fn preview_media(&mut self, mut state: State, input: MediaInput) -> Step {
        let MediaInput::Failed(failure) = input else {
            return stale(state);
        };
        if failure.is_fatal() {
            return taken(self.give_up(state, reason_of(failure)));
        }
        match &mut state {
            State::Calling(s) => s.call.lose_device(failure),
            State::Accepting(s) => s.call.lose_device(failure),
            State::Idle
            | State::Placing(_)
            | State::Ringing(_)
            | State::Connecting(_)
            | State::InCall(_)
            | State::Ended(_) => {}
        }
        taken(state)
    }

    /// Plain caller: waits in the session for the first stream, which is the answer.
    fn waiting_media(&mut self, mut s: Calling, mut leg: Leg, input: MediaInput) -> Step {
        let back = |s: Calling, leg: Leg| State::Calling(Calling { leg: Some(leg), ..s });
        match input {
            MediaInput::RemoteStream => {
                leg.remote_here = true;
                leg.stream_here = true;
                let until = self.now.plus(self.config.connecting_ms);
                taken(State::Connecting(Connecting { call: s.call, since: self.now, until, leg }))
            }
            MediaInput::RemoteMedia => taken(self.in_call(s.call, leg.health)),
            MediaInput::RemoteLeft => {
                leg.remote_here = false;
                taken(back(s, leg))
            }
            MediaInput::Joined
            | MediaInput::RemoteJoined
            | MediaInput::Reconnecting
            | MediaInput::Reconnected
            | MediaInput::Disconnected(_)
            | MediaInput::Failed(_)
            | MediaInput::WindowClosed => match self.leg_media(&mut s.call, &mut leg, input) {
                Ok(()) => taken(back(s, leg)),
                Err(reason) => taken(self.give_up(back(s, leg), reason)),
            },
        }
    }

    fn connecting_media(&mut self, mut s: Connecting, input: MediaInput) -> Step {
        match input {
            MediaInput::RemoteMedia => return taken(self.in_call(s.call, s.leg.health)),
            MediaInput::RemoteStream => {
                s.leg.remote_here = true;
                s.leg.stream_here = true;
                s.leg.health.peer_lives();
            }
            MediaInput::RemoteLeft => match s.call.contract {
                Contract::Plain => return taken(self.over(State::Connecting(s), EndReason::PeerHungUp)),
                Contract::Extended => {
                    s.leg.remote_here = false;
                    s.leg.stream_here = false;
                    s.leg.health.peer_gone.get_or_insert(self.now.plus(self.config.peer_gone_ms));
                }
            },
            MediaInput::Joined
            | MediaInput::RemoteJoined
            | MediaInput::Reconnecting
            | MediaInput::Reconnected
            | MediaInput::Disconnected(_)
            | MediaInput::Failed(_)
            | MediaInput::WindowClosed => {
                if let Err(reason) = self.leg_media(&mut s.call, &mut s.leg, input) {
                    return taken(self.give_up(State::Connecting(s), reason));
                }
            }
        }
        // The called side of a `watch` call receives nothing: it is in the call once somebody can see it.
        if !s.call.subscribes() && s.leg.remote_here && matches!(s.leg.stage, Stage::Joined) {
            return taken(self.in_call(s.call, s.leg.health));
        }
        self.expect_listener(&s.call, &mut s.leg);
        taken(State::Connecting(s))
    }

    /// Both are there and nothing is published: somebody whose devices cannot be used is waited for only so long, then
    /// it is a call in which that side listens.
    fn expect_listener(&self, call: &Call, leg: &mut Leg) {
        let waits = call.subscribes() && leg.remote_here && !leg.stream_here && matches!(leg.stage, Stage::Joined);
        if waits {
            leg.listener.get_or_insert(self.now.plus(self.config.listener_ms));
        } else {
            leg.listener = None;
        }
    }

    /// What is the same before and after the answer; an error ends the call.
    fn leg_media(&self, call: &mut Call, leg: &mut Leg, input: MediaInput) -> Result<(), EndReason> {
        match input {
            MediaInput::Joined => {
                leg.stage = Stage::Joined;
                leg.health.restoring = None;
            }
            MediaInput::RemoteJoined => {
                leg.remote_here = true;
                leg.health.peer_lives();
            }
            MediaInput::Reconnecting => leg.health.restoring(&self.config, self.now),
            MediaInput::Reconnected => leg.health.restoring = None,
            MediaInput::Disconnected(how) => self.disconnected(call.contract, &mut leg.health, how)?,
            MediaInput::Failed(failure) if failure.is_fatal() => return Err(reason_of(failure)),
            MediaInput::Failed(failure) => call.lose_device(failure),
            MediaInput::RemoteStream | MediaInput::RemoteMedia | MediaInput::RemoteLeft | MediaInput::WindowClosed => {}
        }
        Ok(())
    }

    fn in_call_media(&mut self, mut s: InCall, input: MediaInput) -> Step {
        match input {
            MediaInput::Joined | MediaInput::Reconnected => s.health.restoring = None,
            MediaInput::RemoteJoined | MediaInput::RemoteStream | MediaInput::RemoteMedia => s.health.peer_lives(),
            MediaInput::Reconnecting => s.health.restoring(&self.config, self.now),
            MediaInput::RemoteLeft => match s.call.contract {
                // The only sign of a hang-up that contract A has.
                Contract::Plain => return taken(self.over(State::InCall(s), EndReason::PeerHungUp)),
                Contract::Extended => {
                    s.health.peer_gone.get_or_insert(self.now.plus(self.config.peer_gone_ms));
                }
            },
            MediaInput::Disconnected(how) => {
                if let Err(reason) = self.disconnected(s.call.contract, &mut s.health, how) {
                    return taken(self.give_up(State::InCall(s), reason));
                }
            }
            MediaInput::Failed(failure) if failure.is_fatal() => {
                return taken(self.give_up(State::InCall(s), reason_of(failure)));
            }
            MediaInput::Failed(failure) => s.call.lose_device(failure),
            MediaInput::WindowClosed => {}
        }
        taken(State::InCall(s))
    }

    /// An extended hub evicts who is left when a call ends; its `ended` says why and may come a moment later.
    fn disconnected(&self, contract: Contract, health: &mut Health, how: Disconnect) -> Result<(), EndReason> {
        match (how, contract) {
            (Disconnect::Network, Contract::Plain | Contract::Extended) => Err(EndReason::MediaLost),
            (Disconnect::ThrownOut, Contract::Plain) => Err(EndReason::Closed),
            (Disconnect::ThrownOut, Contract::Extended) => {
                health.thrown_out.get_or_insert(self.now.plus(self.config.thrown_out_ms));
                Ok(())
            }
        }
    }

    pub(super) fn in_call(&self, call: Call, mut health: Health) -> State {
        health.peer_lives();
        State::InCall(InCall { call, since: self.now, health })
    }
}

const fn reason_of(failure: MediaFailure) -> EndReason {
    match failure {
        MediaFailure::Blocked => EndReason::MediaBlocked,
        MediaFailure::Unreachable => EndReason::NotJoined,
        MediaFailure::CameraAbsent
        | MediaFailure::CameraRefused
        | MediaFailure::CameraBusy
        | MediaFailure::MicrophoneAbsent
        | MediaFailure::TokenRefused
        | MediaFailure::Malformed
        | MediaFailure::Internal => EndReason::MediaFailed(failure),
    }
}
