//! One machine with a clock of its own, and short words for what happens to it.

use zvonok_call::*;

pub(crate) struct Side {
    pub(crate) machine: Machine,
    pub(crate) now: Millis,
}

impl Side {
    /// Signed in as `login` at a hub that speaks `contract`.
    pub(crate) fn online(login: &str, contract: Contract) -> Self {
        let mut side = Self { machine: Machine::new(Config::new(login)), now: Millis(1_000) };
        side.feed(Input::Signaling(Signaling::Back(contract)));
        side
    }

    pub(crate) fn feed(&mut self, input: Input) -> (Reaction, Vec<Output>) {
        let reaction = self.machine.handle(input, self.now);
        (reaction, self.drain())
    }

    pub(crate) fn user(&mut self, input: User) -> Vec<Output> {
        self.feed(Input::User(input)).1
    }

    pub(crate) fn hub(&mut self, input: Signaling) -> Vec<Output> {
        self.feed(Input::Signaling(input)).1
    }

    pub(crate) fn result(&mut self, call_id: &str, result: RequestResult) -> Vec<Output> {
        self.hub(Signaling::Result(CallId::new(call_id), result))
    }

    pub(crate) fn media(&mut self, call_id: &str, input: MediaInput) -> Vec<Output> {
        self.feed(Input::Media(CallId::new(call_id), input)).1
    }

    pub(crate) fn token(&mut self, call_id: &str) -> Vec<Output> {
        self.feed(Input::Token(Token::Ready(CallId::new(call_id)))).1
    }

    /// Lets time pass up to the next deadline.
    pub(crate) fn next_deadline(&mut self) -> Vec<Output> {
        let deadline = self.machine.deadline().unwrap_or(self.now);
        assert!(deadline > self.now, "a deadline that was due has been dealt with");
        self.now = deadline;
        self.feed(Input::Tick).1
    }

    pub(crate) fn pass(&mut self, ms: u64) -> Vec<Output> {
        self.now = self.now.plus(ms);
        self.feed(Input::Tick).1
    }

    pub(crate) fn state(&self) -> Option<CallState> {
        self.machine.view().call.map(|call| call.state)
    }

    pub(crate) fn ended(&self) -> Option<EndReason> {
        match self.state() {
            Some(CallState::Ended(reason)) => Some(reason),
            Some(CallState::Calling | CallState::Ringing | CallState::Connecting | CallState::InCall) | None => None,
        }
    }

    pub(crate) fn place(&mut self, call_id: &str, login: &str, mode: Mode) -> Vec<Output> {
        let place = User::Place { call_id: CallId::new(call_id), peer: peer(login), mode, media: Media::Video };
        self.user(place)
    }

    pub(crate) fn placed(&mut self, call_id: &str, session: &str) -> Vec<Output> {
        let session = Some(session.to_owned());
        let (lives, mode) = (CallId::new(call_id), None);
        self.result(call_id, RequestResult::Placed { lives, mode, session, ttl_ms: Some(45_000) })
    }

    /// The plain contract's answer, which says nothing.
    pub(crate) fn plainly_placed(&mut self, call_id: &str) -> Vec<Output> {
        let (lives, mode) = (CallId::new(call_id), None);
        self.result(call_id, RequestResult::Placed { lives, mode, session: None, ttl_ms: None })
    }

    pub(crate) fn incoming(&mut self, call_id: &str, login: &str, mode: Mode) -> Vec<Output> {
        self.hub(Signaling::Incoming(Incoming {
            call_id: CallId::new(call_id),
            contract: Contract::Extended,
            peer: peer(login),
            mode,
            media: Media::Video,
            ttl_ms: Some(45_000),
        }))
    }

    pub(crate) fn plain_incoming(&mut self, call_id: &str, login: &str) -> Vec<Output> {
        self.hub(Signaling::Incoming(Incoming {
            call_id: CallId::new(call_id),
            contract: Contract::Plain,
            peer: peer(login),
            mode: Mode::Watch,
            media: Media::Video,
            ttl_ms: None,
        }))
    }

    /// From idle to seeing each other, as the caller of `login`.
    pub(crate) fn connected_caller(call_id: &str, login: &str) -> Self {
        let mut side = Self::online("man", Contract::Extended);
        side.place(call_id, login, Mode::TwoWay);
        side.placed(call_id, "ses_1");
        side.hub(Signaling::Accepted { call_id: CallId::new(call_id), session: "ses_1".into() });
        side.token(call_id);
        side.media(call_id, MediaInput::Joined);
        side.media(call_id, MediaInput::RemoteMedia);
        assert_eq!(side.state(), Some(CallState::InCall));
        side
    }

    /// From idle to seeing each other, called by `login`.
    pub(crate) fn connected_called(call_id: &str, login: &str, mode: Mode) -> Self {
        let mut side = Self::online("woman", Contract::Extended);
        side.incoming(call_id, login, mode);
        side.user(User::Accept { media: Media::Video });
        side.result(call_id, RequestResult::AcceptOk { session: "ses_1".into(), mode });
        side.token(call_id);
        side.media(call_id, MediaInput::Joined);
        side.media(call_id, MediaInput::RemoteJoined);
        if mode == Mode::TwoWay {
            side.media(call_id, MediaInput::RemoteMedia);
        }
        assert_eq!(side.state(), Some(CallState::InCall));
        side
    }

    fn drain(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.machine.poll_output()).collect()
    }
}

pub(crate) fn peer(login: &str) -> Peer {
    Peer { login: login.into(), name: login.to_uppercase(), verified: false }
}

/// The one line of history among `outputs`.
pub(crate) fn record(outputs: &[Output]) -> Option<&Record> {
    let mut records = outputs.iter().filter_map(|output| match output {
        Output::Record(record) => Some(record),
        Output::Signal(_) | Output::Token(_) | Output::Surface(_) | Output::Media(_) => None,
    });
    let first = records.next();
    assert!(records.next().is_none(), "a call is listed once: {outputs:?}");
    first
}

pub(crate) fn signals(outputs: &[Output]) -> Vec<&Signal> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Signal(signal) => Some(signal),
            Output::Token(_) | Output::Surface(_) | Output::Media(_) | Output::Record(_) => None,
        })
        .collect()
}

pub(crate) fn has_surface(outputs: &[Output], wanted: &SurfaceCommand) -> bool {
    outputs.iter().any(|output| matches!(output, Output::Surface(surface) if surface == wanted))
}
