//! Carrying out what the machine wants. Nothing here waits: what takes time comes back as a happening.

use tokio::sync::mpsc;
use zvonok_call::{
    CallId, EndReason, MediaCommand, Mode, Output, Peer, Record, RequestResult, Role, Signal, SurfaceCommand,
    TokenCommand, TokenFailure,
};
use zvonok_ipc::{ErrorCode, MediaReport};

use super::{
    Window,
    driver::Driver,
    happening::Happening,
    reasons,
    seat::{Join, Seat, Sitter},
    signals::Asked,
    surface::Device,
};
use crate::{
    loopback::GatewayReport,
    private::Personal,
    ring::{self, Ring, Ringing},
    tokens::{Granted, NoToken},
};

/// Reports of one gateway or ring that may wait.
const REPORTS: usize = 8;

impl Driver {
    pub(super) fn carry_out(&mut self, output: Output) {
        match output {
            Output::Signal(signal) => self.send(signal),
            Output::Token(TokenCommand::Fetch { call_id, session, role }) => self.fetch(call_id, session, role),
            Output::Token(TokenCommand::Drop { call_id }) => self.leave(&call_id),
            Output::Surface(command) => self.surface(command),
            Output::Media(command) => self.media(command),
            Output::Record(record) => self.record(&record),
        }
    }

    fn send(&self, signal: Signal) {
        let Some((call_id, nothing)) = unanswered(&signal) else {
            if let Some(link) = &self.link {
                self.parts.tasks.spawn(link.tell(signal));
            }
            return;
        };
        match &self.link {
            Some(link) => {
                let answer = link.ask(signal);
                self.start(async move {
                    let Asked { result, malformed } = answer.await;
                    Happening::Answered { call_id, result: result.unwrap_or(nothing), malformed }
                });
            }
            None => self.start(async move { Happening::Answered { call_id, result: nothing, malformed: false } }),
        }
    }

    fn fetch(&mut self, call_id: CallId, session: String, role: Role) {
        self.seat_of(&call_id);
        if let Some(seat) = &mut self.seat {
            seat.expect(session.clone());
        }
        let Some(source) = self.token_source() else {
            let failure = TokenFailure::NotOpenvidu;
            self.start(async move { Happening::Token { call_id, got: Err(NoToken { failure, retryable: false }) } });
            return;
        };
        let token = source.fetch(call_id.to_string(), session.clone(), role);
        self.start(async move {
            let got = token.await.map(|token| Granted { session, token, source });
            Happening::Token { call_id, got }
        });
    }

    /// The seat of this call; another call's is left first.
    fn seat_of(&mut self, call_id: &CallId) {
        if self.seat.as_ref().is_some_and(|seat| seat.call_id == *call_id) {
            return;
        }
        if let Some(other) = self.seat.take() {
            let other_id = other.call_id.clone();
            self.seat = Some(other);
            self.leave(&other_id);
        }
        self.seat = Some(Seat::new(call_id.clone()));
    }

    fn leave(&mut self, call_id: &CallId) {
        let Some(mut seat) = self.seat.take_if(|seat| seat.call_id == *call_id) else { return };
        if let Some(granted) = seat.leave(&self.parts.doors) {
            self.revoke(granted);
        }
    }

    /// Takes a token back that is not needed any more.
    pub(super) fn revoke(&self, granted: Granted) {
        if let Some(revoking) = granted.revoke() {
            self.parts.tasks.spawn(revoking);
        }
    }

    /// The end: no token stays behind, the one in use as little as those that are on their way.
    pub(super) async fn give_everything_back(&mut self, mut happened: mpsc::Receiver<Happening>) {
        if let Some(seat) = &self.seat {
            let call_id = seat.call_id.clone();
            self.leave(&call_id);
        }
        happened.close();
        while let Some(happening) = happened.recv().await {
            happening.undo().await;
        }
    }

    pub(super) fn give_ticket(&mut self) {
        let name = self.me.as_ref().map_or_else(|| self.settings.login.clone(), |me| me.name.clone());
        let Some(seat) = &mut self.seat else { return };
        let (reports, mut seen) = mpsc::channel::<GatewayReport>(REPORTS);
        let who = Sitter { login: &self.settings.login, name: &name, fake_media: self.parts.fake_media };
        if !seat.seat(&self.parts.doors, &self.trust, &reports, &who) {
            return;
        }
        let (call_id, happenings) = (seat.call_id.clone(), self.happenings.clone());
        self.parts.tasks.spawn(async move {
            while let Some(report) = seen.recv().await {
                if happenings.send(Happening::Gateway(call_id.clone(), report)).await.is_err() {
                    return;
                }
            }
        });
    }

    fn surface(&mut self, command: SurfaceCommand) {
        match command {
            SurfaceCommand::ShowRing { call_id, peer, mode, media: _ } => self.show_ring(call_id, &peer, mode),
            SurfaceCommand::StopRing { call_id } => {
                if self.ring.take_if(|(ringing, _)| *ringing == call_id).is_some() {
                    self.parts.surface.close(Window::Ring);
                }
            }
            SurfaceCommand::NotifyMissed { peer, .. } => {
                self.parts.tasks.spawn(ring::plain("Missed call".to_owned(), peer.name));
            }
            SurfaceCommand::OpenCallWindow { call_id } => {
                self.seat_of(&call_id);
                self.report = MediaReport::default();
                self.parts.surface.open(Window::Call);
            }
            SurfaceCommand::CloseCallWindow { .. } => self.parts.surface.close(Window::Call),
        }
    }

    fn show_ring(&mut self, call_id: CallId, peer: &Peer, mode: Mode) {
        tracing::info!(%call_id, caller = %Personal(&peer.login), ?mode, "ring");
        let (reports, mut seen) = mpsc::channel::<Ringing>(REPORTS);
        let ring = Ring::start(&peer.name, mode == Mode::Watch, &reports, &self.parts.tasks);
        let (ringing, happenings) = (call_id.clone(), self.happenings.clone());
        self.parts.tasks.spawn(async move {
            while let Some(report) = seen.recv().await {
                if happenings.send(Happening::Ring(ringing.clone(), report)).await.is_err() {
                    return;
                }
            }
        });
        self.ring = Some((call_id, ring));
        self.parts.surface.open(Window::Ring);
    }

    fn media(&mut self, command: MediaCommand) {
        match command {
            MediaCommand::Join { call_id, publish, subscribe, media, microphone: _, camera: _ } => {
                self.seat_of(&call_id);
                if let Some(seat) = &mut self.seat {
                    seat.join(Join { publish, subscribe, media });
                }
                self.give_ticket();
            }
            // The window sees in its view that the call ended, and the handle dies with the token.
            MediaCommand::Leave { call_id } => tracing::debug!(%call_id, "leave"),
            MediaCommand::SetMicrophone(on) => self.control(Device::Microphone, on),
            MediaCommand::SetCamera(on) => self.control(Device::Camera, on),
        }
    }

    fn record(&mut self, record: &Record) {
        tracing::info!(call_id = %record.call_id, reason = ?plain(&record.reason), "call ended");
        if let Some(code) = reasons::ended(&record.reason)
            && worth_a_notice(code, record.outgoing)
        {
            let subject = self.subject(&record.reason, &record.peer.login);
            self.notices.add(code, subject, reasons::words(&record.reason));
        }
        let line = self.recent(record);
        self.history.add(line);
    }
}

/// Which call a request is about, and what it came to if nobody answers; `None` for one without a result.
fn unanswered(signal: &Signal) -> Option<(CallId, RequestResult)> {
    match signal {
        Signal::Call { call_id, .. } => Some((call_id.clone(), RequestResult::PlaceUnanswered)),
        Signal::Accept { call_id, .. } => Some((call_id.clone(), RequestResult::AcceptUnanswered)),
        Signal::Decline { call_id, .. } | Signal::Cancel { call_id } | Signal::Hangup { call_id } => {
            Some((call_id.clone(), RequestResult::LastWordUnanswered))
        }
        Signal::RingAck { .. }
        | Signal::PlainDecline { .. }
        | Signal::PlainBusy
        | Signal::PlainFree
        | Signal::PlainLeave => None,
    }
}

/// What the person who was called already saw in the ring window needs no notice.
fn worth_a_notice(code: ErrorCode, outgoing: bool) -> bool {
    !matches!(code, ErrorCode::Cancelled | ErrorCode::AnsweredElsewhere)
        && (outgoing || !matches!(code, ErrorCode::Declined | ErrorCode::NoAnswer | ErrorCode::Busy))
}

/// A reason without other people's words, for the log.
fn plain(reason: &EndReason) -> Option<ErrorCode> {
    reasons::ended(reason)
}
