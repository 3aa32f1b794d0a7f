//! What the person does.

use super::finish::LastWord;
use super::{Machine, NotNow, Step, not_now, stale, taken};
use crate::state::{Accepting, Call, Placing, Ringing, State};
use crate::{
    CallId, Contract, DeclineReason, EndReason, Media, MediaCommand, Mode, Output, Peer, RingState, Signal, Suppressed,
    SurfaceCommand, User,
};

impl Machine {
    pub(super) fn on_user(&mut self, state: State, input: User) -> Step {
        match input {
            User::Place { call_id, peer, mode, media } => self.place(state, call_id, peer, mode, media),
            User::Accept { media } => self.accept(state, media),
            User::Decline { message } => self.decline(state, message),
            User::Stop => self.stop(state),
            User::DismissRing => self.dismiss(state),
            User::SetMicrophone(on) => self.switch(state, Switch::Microphone, on),
            User::SetCamera(on) => self.switch(state, Switch::Camera, on),
        }
    }

    fn place(&mut self, state: State, call_id: CallId, peer: Peer, mode: Mode, media: Media) -> Step {
        match state {
            State::Placing(_)
            | State::Calling(_)
            | State::Ringing(_)
            | State::Accepting(_)
            | State::Connecting(_)
            | State::InCall(_) => return not_now(state, NotNow::InCall),
            State::Idle | State::Ended(_) => {}
        }
        let Some(contract) = self.online else {
            return not_now(state, NotNow::Offline);
        };
        if peer.login == self.config.login {
            return not_now(state, NotNow::OwnLogin);
        }
        if self.is_finished(&call_id) {
            // A command that was repeated; an id names one call for ever.
            return stale(state);
        }
        self.put_away(state);
        let mode = match contract {
            Contract::Plain => Mode::Watch,
            Contract::Extended => mode,
        };
        let call = Call::new(call_id, contract, peer, true, mode, media, self.now);
        self.post_call(&call);
        taken(State::Placing(Placing {
            call,
            since: self.now,
            give_up: self.now.plus(self.config.place_ms),
            retry: None,
        }))
    }

    pub(super) fn post_call(&mut self, call: &Call) {
        self.signal(Signal::Call {
            call_id: call.id.clone(),
            login: call.peer.login.clone(),
            mode: call.mode,
            media: call.media,
        });
    }

    fn accept(&mut self, state: State, media: Media) -> Step {
        match state {
            State::Ringing(Ringing { call, .. }) => taken(self.take(call, media)),
            State::Idle
            | State::Placing(_)
            | State::Calling(_)
            | State::Accepting(_)
            | State::Connecting(_)
            | State::InCall(_)
            | State::Ended(_) => not_now(state, NotNow::NothingRings),
        }
    }

    /// Answers the incoming `call`.
    pub(super) fn take(&mut self, mut call: Call, media: Media) -> State {
        call.media = media;
        let mode = call.mode;
        call.set_mode(mode);
        self.stop_ring(&mut call);
        match call.contract {
            Contract::Plain => {
                call.busy_said = true;
                self.signal(Signal::PlainBusy);
                let session = self.config.login.clone();
                self.connect(call, session)
            }
            Contract::Extended => {
                self.post_accept(&call);
                // The window takes longer to open than the hub to answer: both at once.
                self.open_window(&mut call);
                let give_up = self.now.plus(self.config.accept_ms);
                State::Accepting(Accepting { call, since: self.now, give_up, retry: None })
            }
        }
    }

    pub(super) fn post_accept(&mut self, call: &Call) {
        self.signal(Signal::Accept { call_id: call.id.clone(), media: call.media });
    }

    fn decline(&mut self, state: State, message: String) -> Step {
        match state {
            State::Ringing(Ringing { call, .. }) => {
                let word = LastWord::Decline(DeclineReason::Declined, message.clone());
                taken(self.finish(call, None, word, EndReason::Declined(message)))
            }
            State::Idle
            | State::Placing(_)
            | State::Calling(_)
            | State::Accepting(_)
            | State::Connecting(_)
            | State::InCall(_)
            | State::Ended(_) => not_now(state, NotNow::NothingRings),
        }
    }

    pub(super) fn stop(&mut self, state: State) -> Step {
        let hung_up = EndReason::HungUp;
        match state {
            State::Idle => not_now(State::Idle, NotNow::NoCall),
            State::Placing(s) => taken(self.finish(s.call, None, LastWord::Cancel, hung_up)),
            State::Calling(s) => taken(self.finish(s.call, None, LastWord::Cancel, hung_up)),
            State::Ringing(s) => self.decline(State::Ringing(s), String::new()),
            State::Accepting(s) => taken(self.finish(s.call, None, LastWord::Hangup, hung_up)),
            State::Connecting(s) => taken(self.finish(s.call, None, LastWord::Hangup, hung_up)),
            State::InCall(s) => taken(self.finish(s.call, Some(s.since), LastWord::Hangup, hung_up)),
            State::Ended(s) => {
                self.put_away(State::Ended(s));
                taken(State::Idle)
            }
        }
    }

    fn dismiss(&mut self, state: State) -> Step {
        match state {
            State::Ringing(mut s) => {
                self.stop_ring(&mut s.call);
                let silent = RingState::Suppressed(Suppressed::Muted);
                self.ring_ack(s.call.contract, &s.call.id, silent);
                taken(State::Ringing(s))
            }
            State::Idle
            | State::Placing(_)
            | State::Calling(_)
            | State::Accepting(_)
            | State::Connecting(_)
            | State::InCall(_)
            | State::Ended(_) => not_now(state, NotNow::NothingRings),
        }
    }

    fn switch(&mut self, mut state: State, which: Switch, on: bool) -> Step {
        let call = match &mut state {
            State::Idle | State::Ringing(_) | State::Ended(_) => return not_now(state, NotNow::NoCall),
            State::Placing(s) => &mut s.call,
            State::Calling(s) => &mut s.call,
            State::Accepting(s) => &mut s.call,
            State::Connecting(s) => &mut s.call,
            State::InCall(s) => &mut s.call,
        };
        if !call.publishes() {
            return not_now(state, NotNow::OnlyWatching);
        }
        let command = match which {
            Switch::Microphone => {
                call.microphone = on;
                MediaCommand::SetMicrophone(on)
            }
            Switch::Camera => {
                call.camera = on;
                MediaCommand::SetCamera(on)
            }
        };
        if call.window_up {
            self.emit(Output::Media(command));
        }
        taken(state)
    }

    /// Removes what an ended call left on the screen.
    pub(super) fn put_away(&mut self, state: State) {
        if let State::Ended(ended) = state
            && ended.call.window_up
        {
            self.surface(SurfaceCommand::CloseCallWindow { call_id: ended.call.id });
        }
    }
}

/// What can be switched during a call.
#[derive(Clone, Copy)]
enum Switch {
    Microphone,
    Camera,
}
