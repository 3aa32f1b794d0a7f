//! The machine itself: its queue, its clock, and what every source shares.

mod finish;
mod hub;
mod media;
mod results;
mod time;
mod token;
mod user;

use std::collections::VecDeque;

use crate::state::{Call, Connecting, Leg, State};
use crate::view::{CallView, View};
use crate::{
    CallId, Config, Contract, Input, MediaCommand, Millis, Output, RingState, Signal, Surface, SurfaceCommand,
    TokenCommand,
};
use finish::Outbox;

/// Ended calls whose late messages are recognised. 64: far more than can be under way at once, and small.
const REMEMBERED: usize = 64;

/// Longest ring that a hub can ask for: 10 minutes. Longer ones are a hub's mistake, or its malice.
const RING_LIMIT_MS: u64 = 600_000;

/// What an input came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// It had its effect.
    Taken,
    /// It belongs to another call, or came late or twice; nothing changed but what it leaves to clean up.
    Stale,
    /// The person asked for something that is not possible now.
    NotNow(NotNow),
}

/// Why the person's wish is not possible now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNow {
    /// There is a call already.
    InCall,
    /// Nothing rings.
    NothingRings,
    /// There is no call.
    NoCall,
    /// There is no connection to the hub.
    Offline,
    /// That is this person's own login.
    OwnLogin,
    /// This side of the call sends nothing.
    OnlyWatching,
}

/// The call state machine of one app: at most one call at a time. See the crate's documentation.
#[derive(Debug)]
pub struct Machine {
    config: Config,
    online: Option<Contract>,
    state: State,
    now: Millis,
    outputs: VecDeque<Output>,
    outbox: Outbox,
    finished: VecDeque<CallId>,
}

/// The state after an input, and what it came to.
type Step = (State, Reaction);

const fn taken(state: State) -> Step {
    (state, Reaction::Taken)
}

const fn stale(state: State) -> Step {
    (state, Reaction::Stale)
}

const fn not_now(state: State, why: NotNow) -> Step {
    (state, Reaction::NotNow(why))
}

impl Machine {
    /// A machine without a call and without a connection.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            online: None,
            state: State::Idle,
            now: Millis(0),
            outputs: VecDeque::new(),
            outbox: Outbox::default(),
            finished: VecDeque::new(),
        }
    }

    /// Takes an input at the time `now`, after everything that was due before it. Afterwards, take the outputs until
    /// there are none, and note the new [`deadline`](Self::deadline).
    pub fn handle(&mut self, input: Input, now: Millis) -> Reaction {
        self.now = self.now.max(now);
        self.expire();
        let state = std::mem::replace(&mut self.state, State::Idle);
        let (state, reaction) = match input {
            Input::User(input) => self.on_user(state, input),
            Input::Signaling(input) => self.on_signaling(state, input),
            Input::Token(input) => self.on_token(state, input),
            Input::Media(call_id, input) => self.on_media(state, &call_id, input),
            Input::Surface(call_id, input) => self.on_surface(state, &call_id, input),
            Input::Tick => taken(state),
        };
        self.state = state;
        self.expire();
        reaction
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due next; always later than the last time that was handled.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        [self.state.deadline(), self.outbox.deadline()].into_iter().flatten().min()
    }

    /// What status and windows show.
    #[must_use]
    pub fn view(&self) -> View {
        View { online: self.online, call: CallView::of(&self.state, self.online.is_some()) }
    }

    fn emit(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    fn signal(&mut self, signal: Signal) {
        self.emit(Output::Signal(signal));
    }

    fn surface(&mut self, command: SurfaceCommand) {
        self.emit(Output::Surface(command));
    }

    fn is_finished(&self, call_id: &CallId) -> bool {
        self.finished.contains(call_id)
    }

    fn remember(&mut self, call_id: &CallId) {
        if self.finished.len() >= REMEMBERED {
            self.finished.pop_front();
        }
        self.finished.push_back(call_id.clone());
    }

    fn ring_ack(&mut self, contract: Contract, call_id: &CallId, state: RingState) {
        match contract {
            Contract::Plain => {}
            Contract::Extended => self.signal(Signal::RingAck { call_id: call_id.clone(), state }),
        }
    }

    fn open_window(&mut self, call: &mut Call) {
        call.window_up = true;
        self.surface(SurfaceCommand::OpenCallWindow { call_id: call.id.clone() });
    }

    fn stop_ring(&mut self, call: &mut Call) {
        if std::mem::replace(&mut call.ring_up, false) {
            self.surface(SurfaceCommand::StopRing { call_id: call.id.clone() });
        }
    }

    fn fetch_token(&mut self, call: &mut Call, session: &str) {
        call.token_asked = true;
        self.emit(Output::Token(TokenCommand::Fetch {
            call_id: call.id.clone(),
            session: session.to_owned(),
            role: call.role(),
        }));
    }

    fn join(&mut self, call: &mut Call) {
        call.media_up = true;
        self.emit(Output::Media(MediaCommand::Join {
            call_id: call.id.clone(),
            publish: call.publishes(),
            subscribe: call.subscribes(),
            media: call.media,
            microphone: call.microphone,
            camera: call.camera,
        }));
    }

    /// When a ring ends of which the hub said that it lasts `ttl_ms`.
    fn ring_end(&self, ttl_ms: Option<u64>) -> Millis {
        self.now.plus(ttl_ms.unwrap_or(self.config.ring_ms).min(RING_LIMIT_MS))
    }

    /// The call is answered: window and token, both at once.
    fn connect(&mut self, mut call: Call, session: String) -> State {
        if !call.window_up {
            self.open_window(&mut call);
        }
        self.fetch_token(&mut call, &session);
        let until = self.now.plus(self.config.connecting_ms);
        State::Connecting(Connecting { call, since: self.now, until, leg: Leg::new(session) })
    }

    fn on_surface(&mut self, state: State, call_id: &CallId, input: Surface) -> Step {
        match state {
            State::Ringing(s) if s.call.id == *call_id => {
                let ack = match input {
                    Surface::Shown => RingState::Shown,
                    Surface::Sounding => RingState::Sounding,
                    Surface::Suppressed(why) => RingState::Suppressed(why),
                };
                self.ring_ack(s.call.contract, call_id, ack);
                taken(State::Ringing(s))
            }
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
}
