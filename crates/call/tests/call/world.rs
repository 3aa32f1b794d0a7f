//! What a machine's outputs make of the outer world, and what must always hold there.

use std::collections::BTreeSet;

use zvonok_call::*;

/// Everything that a machine has up outside of itself.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) ring: Option<CallId>,
    pub(crate) window: Option<CallId>,
    pub(crate) tokens: BTreeSet<CallId>,
    pub(crate) joined: Option<CallId>,
    pub(crate) busy: bool,
    pub(crate) listed: BTreeSet<CallId>,
    pub(crate) missed: BTreeSet<CallId>,
}

impl World {
    /// Carries out `output`, complaining about what makes no sense.
    pub(crate) fn apply(&mut self, output: &Output) {
        match output {
            Output::Signal(Signal::PlainBusy) => self.busy = true,
            Output::Signal(Signal::PlainFree) => {
                assert!(std::mem::take(&mut self.busy), "free without busy");
            }
            Output::Signal(
                Signal::Call { .. }
                | Signal::Accept { .. }
                | Signal::Decline { .. }
                | Signal::Cancel { .. }
                | Signal::Hangup { .. }
                | Signal::RingAck { .. }
                | Signal::PlainDecline { .. }
                | Signal::PlainLeave,
            ) => {}
            Output::Token(TokenCommand::Fetch { call_id, .. }) => {
                self.tokens.insert(call_id.clone());
            }
            Output::Token(TokenCommand::Drop { call_id }) => {
                self.tokens.remove(call_id);
            }
            Output::Surface(surface) => self.surface(surface),
            Output::Media(MediaCommand::Join { call_id, publish, microphone, camera, .. }) => {
                assert!(self.joined.is_none(), "joined twice");
                assert_eq!(self.window.as_ref(), Some(call_id), "only the call's window can join");
                assert!(self.tokens.contains(call_id), "joined without a token");
                assert!(*publish || !(*microphone || *camera), "a side that only watches opens no device");
                self.joined = Some(call_id.clone());
            }
            Output::Media(MediaCommand::Leave { call_id }) => {
                assert_eq!(self.joined.take().as_ref(), Some(call_id), "left what was not joined");
            }
            Output::Media(MediaCommand::SetMicrophone(_) | MediaCommand::SetCamera(_)) => {
                assert!(self.window.is_some(), "there is no window to switch anything in");
            }
            Output::Record(record) => {
                assert!(self.listed.insert(record.call_id.clone()), "{} is listed twice", record.call_id);
                assert!(record.answered.is_none() || record.outcome == Outcome::Answered);
            }
        }
    }

    fn surface(&mut self, surface: &SurfaceCommand) {
        match surface {
            SurfaceCommand::ShowRing { call_id, .. } => {
                assert!(self.ring.replace(call_id.clone()).is_none(), "two rings at once");
                assert!(self.window.is_none(), "a ring over the window of another call");
            }
            SurfaceCommand::StopRing { call_id } => {
                assert_eq!(self.ring.take().as_ref(), Some(call_id), "stopped a ring that was not there");
            }
            SurfaceCommand::NotifyMissed { call_id, .. } => {
                assert!(self.missed.insert(call_id.clone()), "{call_id} is missed twice");
            }
            SurfaceCommand::OpenCallWindow { call_id } => {
                assert!(self.ring.is_none(), "a window over a ring");
                self.window = Some(call_id.clone());
            }
            SurfaceCommand::CloseCallWindow { call_id } => {
                assert_eq!(self.window.take().as_ref(), Some(call_id), "closed a window that was not there");
                assert!(self.joined.is_none(), "closed before leaving");
            }
        }
    }

    /// Compares with what the machine says about itself, after all of its outputs were applied.
    pub(crate) fn check(&self, machine: &Machine, now: Millis) {
        let view = machine.view();
        assert!(machine.deadline().is_none_or(|deadline| deadline > now), "something due was left undone");
        let Some(call) = view.call else {
            assert!(self.ring.is_none() && self.window.is_none() && self.joined.is_none() && !self.busy, "{self:?}");
            assert!(self.tokens.is_empty(), "a token lies around: {self:?}");
            return;
        };
        assert_eq!(self.ring.is_some(), call.ring_up);
        assert_eq!(self.window.as_ref(), call.window_up.then_some(&call.call_id));
        assert!(!call.ring_up || call.state == CallState::Ringing);
        assert!(self.tokens.iter().all(|token| *token == call.call_id));
        match call.state {
            CallState::InCall => assert_eq!(self.joined.as_ref(), Some(&call.call_id)),
            CallState::Ended(_) => assert!(self.joined.is_none() && self.tokens.is_empty() && !self.busy),
            CallState::Calling | CallState::Connecting => {
                assert!(machine.deadline().is_some(), "waiting without an end");
            }
            CallState::Ringing => {
                assert!(machine.deadline().is_some(), "waiting without an end");
                assert!(self.window.is_none());
            }
        }
    }
}

/// A machine whose outputs are carried out and checked at every step.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) machine: Machine,
    pub(crate) world: World,
    pub(crate) now: Millis,
}

impl Checked {
    pub(crate) fn new(login: &str) -> Self {
        Self { machine: Machine::new(Config::new(login)), world: World::default(), now: Millis(0) }
    }

    pub(crate) fn feed(&mut self, input: Input) -> Vec<Output> {
        if let Input::Media(call_id, MediaInput::WindowClosed) = &input
            && self.world.window.as_ref() == Some(call_id)
        {
            // The window is gone before the machine hears of it, and left the session with it.
            self.world.window = None;
        }
        self.machine.handle(input, self.now);
        let outputs: Vec<Output> = std::iter::from_fn(|| self.machine.poll_output()).collect();
        for output in &outputs {
            self.world.apply(output);
        }
        self.world.check(&self.machine, self.now);
        outputs
    }

    /// Lets time pass until nothing is due any more; true if it came to rest in `steps`.
    pub(crate) fn rest(&mut self, steps: usize) -> bool {
        for _ in 0..steps {
            let Some(deadline) = self.machine.deadline() else {
                return true;
            };
            self.now = deadline;
            self.feed(Input::Tick);
        }
        false
    }
}
