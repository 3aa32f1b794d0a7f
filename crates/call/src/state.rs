//! The states; each owns what only it knows.

use crate::{CallId, Config, Contract, Device, EndReason, Media, MediaFailure, Millis, Mode, Peer, Role, TokenFailure};

/// Where the machine stands. `lib.rs` draws the transitions.
#[derive(Debug)]
pub(crate) enum State {
    Idle,
    Placing(Placing),
    Calling(Calling),
    Ringing(Ringing),
    Accepting(Accepting),
    Connecting(Connecting),
    InCall(InCall),
    Ended(Ended),
}

/// What every call has, and which of its traces in the outer world have to be removed at its end.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: CallId,
    pub(crate) contract: Contract,
    pub(crate) peer: Peer,
    pub(crate) outgoing: bool,
    pub(crate) mode: Mode,
    pub(crate) media: Media,
    pub(crate) microphone: bool,
    pub(crate) camera: bool,
    pub(crate) began: Millis,
    /// Ring surfaces are up.
    pub(crate) ring_up: bool,
    /// The call window is open.
    pub(crate) window_up: bool,
    /// A token was asked for.
    pub(crate) token_asked: bool,
    /// The window was told to join.
    pub(crate) media_up: bool,
    /// `beasy` was said and needs its `free`.
    pub(crate) busy_said: bool,
}

impl Call {
    pub(crate) fn new(
        id: CallId,
        contract: Contract,
        peer: Peer,
        outgoing: bool,
        mode: Mode,
        media: Media,
        began: Millis,
    ) -> Self {
        let mut call = Self {
            id,
            contract,
            peer,
            outgoing,
            mode,
            media,
            microphone: false,
            camera: false,
            began,
            ring_up: false,
            window_up: false,
            token_asked: false,
            media_up: false,
            busy_said: false,
        };
        call.set_mode(mode);
        call
    }

    /// Decides the mode; a side that does not publish has neither microphone nor camera.
    pub(crate) fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
        self.microphone = self.publishes();
        self.camera = self.publishes() && self.media == Media::Video;
    }

    /// Decides the mode anew if it is another one; what the person switched stays otherwise.
    pub(crate) fn change_mode(&mut self, mode: Mode) {
        if self.mode != mode {
            self.set_mode(mode);
        }
    }

    pub(crate) const fn publishes(&self) -> bool {
        match self.mode {
            Mode::TwoWay => true,
            Mode::Watch => !self.outgoing,
        }
    }

    pub(crate) const fn subscribes(&self) -> bool {
        match self.mode {
            Mode::TwoWay => true,
            Mode::Watch => self.outgoing,
        }
    }

    pub(crate) const fn role(&self) -> Role {
        if self.publishes() { Role::Publisher } else { Role::Subscriber }
    }

    /// A device is missing: the call goes on without it.
    pub(crate) const fn lose_device(&mut self, failure: MediaFailure) {
        match failure {
            MediaFailure::CameraAbsent | MediaFailure::CameraRefused | MediaFailure::CameraBusy => self.camera = false,
            MediaFailure::MicrophoneAbsent => self.microphone = false,
            MediaFailure::TokenRefused
            | MediaFailure::Blocked
            | MediaFailure::Malformed
            | MediaFailure::Unreachable
            | MediaFailure::Internal => {}
        }
    }
}

/// `/call` is posted.
#[derive(Debug)]
pub(crate) struct Placing {
    pub(crate) call: Call,
    pub(crate) since: Millis,
    pub(crate) give_up: Millis,
    pub(crate) retry: Option<Millis>,
}

/// It rings over there.
#[derive(Debug)]
pub(crate) struct Calling {
    pub(crate) call: Call,
    pub(crate) since: Millis,
    pub(crate) until: Millis,
    pub(crate) devices: Vec<Device>,
    /// Plain contract only: the caller waits inside the session.
    pub(crate) leg: Option<Leg>,
}

/// It rings here.
#[derive(Debug)]
pub(crate) struct Ringing {
    pub(crate) call: Call,
    pub(crate) since: Millis,
    pub(crate) until: Millis,
}

/// Accepted by the person, `/accept` is posted.
#[derive(Debug)]
pub(crate) struct Accepting {
    pub(crate) call: Call,
    pub(crate) since: Millis,
    pub(crate) give_up: Millis,
    pub(crate) retry: Option<Millis>,
}

/// Answered; token, join and first remote media are on the way.
#[derive(Debug)]
pub(crate) struct Connecting {
    pub(crate) call: Call,
    pub(crate) since: Millis,
    pub(crate) until: Millis,
    pub(crate) leg: Leg,
}

/// People see or hear each other.
#[derive(Debug)]
pub(crate) struct InCall {
    pub(crate) call: Call,
    pub(crate) since: Millis,
    pub(crate) health: Health,
}

/// Over; the reason is on the screen.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) call: Call,
    pub(crate) since: Millis,
    pub(crate) until: Millis,
    pub(crate) reason: EndReason,
}

/// This side's way into the session.
#[derive(Debug, Default)]
pub(crate) struct Leg {
    pub(crate) session: String,
    pub(crate) stage: Stage,
    /// Another participant was seen.
    pub(crate) remote_here: bool,
    /// And it publishes.
    pub(crate) stream_here: bool,
    /// When the other participant counts as one who sends nothing: no camera and no microphone can be used there.
    pub(crate) listener: Option<Millis>,
    pub(crate) health: Health,
}

/// How far the leg is.
#[derive(Debug, Default)]
pub(crate) enum Stage {
    /// The token was asked for.
    #[default]
    Token,
    /// The token failed so and is asked for again at that time.
    TokenAgain(TokenFailure, Millis),
    /// The window was told to join.
    Joining,
    /// It did, and publishes if it is to.
    Joined,
}

/// What is wrong with media, each with the time at which it is given up.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Health {
    pub(crate) restoring: Option<Millis>,
    pub(crate) peer_gone: Option<Millis>,
    pub(crate) thrown_out: Option<Millis>,
}

impl Health {
    pub(crate) fn deadline(self) -> Option<Millis> {
        [self.restoring, self.peer_gone, self.thrown_out].into_iter().flatten().min()
    }

    /// What is given up at `now`.
    pub(crate) fn verdict(self, now: Millis) -> Option<EndReason> {
        let due = |at: Option<Millis>| at.is_some_and(|at| at <= now);
        if due(self.thrown_out) {
            Some(EndReason::Closed)
        } else if due(self.peer_gone) {
            Some(EndReason::PeerLost)
        } else if due(self.restoring) {
            Some(EndReason::MediaLost)
        } else {
            None
        }
    }

    pub(crate) const fn is_restoring(self) -> bool {
        self.restoring.is_some() || self.peer_gone.is_some()
    }

    /// The other side shows life.
    pub(crate) const fn peer_lives(&mut self) {
        self.peer_gone = None;
    }

    pub(crate) fn restoring(&mut self, config: &Config, now: Millis) {
        self.restoring.get_or_insert(now.plus(config.restoring_ms));
    }
}

impl Leg {
    pub(crate) fn new(session: String) -> Self {
        Self { session, ..Self::default() }
    }

    pub(crate) fn deadline(&self) -> Option<Millis> {
        let retry = match self.stage {
            Stage::TokenAgain(_, at) => Some(at),
            Stage::Token | Stage::Joining | Stage::Joined => None,
        };
        [retry, self.listener, self.health.deadline()].into_iter().flatten().min()
    }

    /// Why it did not come to media in time.
    pub(crate) const fn shortfall(&self) -> EndReason {
        match self.stage {
            Stage::Token => EndReason::NoToken(TokenFailure::TimedOut),
            Stage::TokenAgain(failure, _) => EndReason::NoToken(failure),
            Stage::Joining => EndReason::NotJoined,
            Stage::Joined => {
                if self.remote_here {
                    EndReason::MediaBlocked
                } else {
                    EndReason::PeerLost
                }
            }
        }
    }
}

impl State {
    /// The call of this state.
    pub(crate) const fn call(&self) -> Option<&Call> {
        match self {
            Self::Idle => None,
            Self::Placing(s) => Some(&s.call),
            Self::Calling(s) => Some(&s.call),
            Self::Ringing(s) => Some(&s.call),
            Self::Accepting(s) => Some(&s.call),
            Self::Connecting(s) => Some(&s.call),
            Self::InCall(s) => Some(&s.call),
            Self::Ended(s) => Some(&s.call),
        }
    }

    /// When something is due without any input.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        match self {
            Self::Idle => None,
            Self::Placing(s) => [Some(s.give_up), s.retry].into_iter().flatten().min(),
            Self::Calling(s) => [Some(s.until), s.leg.as_ref().and_then(Leg::deadline)].into_iter().flatten().min(),
            Self::Ringing(s) => Some(s.until),
            Self::Accepting(s) => [Some(s.give_up), s.retry].into_iter().flatten().min(),
            Self::Connecting(s) => [Some(s.until), s.leg.deadline()].into_iter().flatten().min(),
            Self::InCall(s) => s.health.deadline(),
            Self::Ended(s) => Some(s.until),
        }
    }
}
