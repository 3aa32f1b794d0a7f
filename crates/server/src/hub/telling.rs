//! Telling people what their task has decided: acknowledgements, answers, events, and good-byes.

use std::time::Duration;

use socketioxide::SocketError;
use socketioxide::extract::SocketRef;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use zvonok_signaling_proto::event::ServerEvent;

use super::cluster::far::{Parcels, login_done};
use super::handle::fresh;
use super::machine::{Bearer, Input, Output, Reply};
use super::media::MediaOp;
use super::task::{Asker, Line, Task};
use crate::media_control::random_name;

/// How often a socket that is full is asked to go, and how long after another: until its heartbeat has ended it.
const GOOD_BYES: u32 = 120;
const GOOD_BYE_PAUSE: Duration = Duration::from_millis(250);

impl Task {
    /// Tells what may be told. Telling may lead to more.
    pub(super) fn tell(&mut self) {
        while let Some(told) = self.held.front() {
            let ticket = told.ticket;
            if !self.journal.is_kept(ticket) {
                return;
            }
            let Some(told) = self.held.pop_front() else { return };
            match (told.to, told.reply) {
                (Asker::Login(ack), Reply::Ack(body)) => log_lost(ack.send(&*body).is_ok()),
                (Asker::Login(ack), Reply::LoginRefused(head)) => log_lost(ack.send(&head).is_ok()),
                // The one who asked may have gone: what was done stays done.
                (Asker::Request(reply), answer) => drop(reply.send(answer)),
                (Asker::Far { to, id, .. }, reply) => {
                    if let Some(far) = &self.far {
                        far.send(to, vec![login_done(id, reply)]);
                    }
                }
                (Asker::Roster(to, people), _) => {
                    if let Some(far) = &self.far {
                        far.roster(&to, people);
                    }
                }
                (Asker::Login(_) | Asker::Nobody, _) => {}
            }
            self.put_out(told.outputs);
        }
    }

    fn put_out(&mut self, outputs: Vec<Output>) {
        let mut parcels = Parcels::default();
        for output in outputs {
            match output {
                Output::Emit { socket, event, seq, plain } => {
                    if self.echo.as_ref().is_some_and(|echo| echo.socket() == socket) {
                        self.echo(&event);
                    } else if let Some(Line::Far(to)) = self.sockets.get(&socket) {
                        parcels.emit(to, socket, &event, seq, plain);
                    } else {
                        self.emit(&socket, &event, seq, plain);
                    }
                }
                Output::Shown(shown) => parcels.show(shown),
                Output::Disconnect { socket } => match self.sockets.remove(&socket) {
                    Some(Line::Here(socket)) => end(socket, &self.tasks, &self.stop),
                    Some(Line::Far(to)) => parcels.disconnect(&to, socket),
                    None => {}
                },
                Output::CloseSession { session, connections, evict } => {
                    self.media(MediaOp::Close { session, connections, evict });
                }
            }
        }
        if let Some(far) = &self.far {
            parcels.send(far);
        }
    }

    fn emit(&mut self, to: &str, event: &ServerEvent, seq: Option<u64>, plain: bool) {
        let payload = if plain { event.plain_payload() } else { Some(event.payload(seq)) };
        let (Some(Line::Here(socket)), Some(payload)) = (self.sockets.get(to), payload) else { return };
        if let Err(error) = socket.emit(event.name(), &payload) {
            // A reader too slow for its queue: what it misses is replayed when it comes back.
            tracing::warn!(%error, event = event.name(), "a socket does not take its events, and is disconnected");
            let socket = to.to_owned();
            if let Some(Line::Here(full)) = self.forget(&socket) {
                end(full, &self.tasks, &self.stop);
            }
            // Until then nobody takes it for reachable.
            self.handle(Input::SocketGone { socket }, Asker::Nobody);
        }
    }

    fn echo(&mut self, event: &ServerEvent) {
        let Some((sid, request)) = self.echo.as_ref().and_then(|echo| echo.react(event)) else { return };
        // It calls nobody.
        let Some(fresh) = fresh(random_name()) else { return };
        let ServerEvent::Calling(calling) = event else { return };
        // In order: the session's end, if it comes at once, comes after its echo.
        self.media(MediaOp::StartEcho { session: calling.session.clone() });
        self.handle(Input::Request { sid: Some(sid), bearer: Bearer::None, request, fresh }, Asker::Nobody);
    }

    fn media(&self, op: MediaOp) {
        if self.ops.try_send(op).is_err() {
            tracing::error!("the media server is too slow: a session is left to its own end");
        }
    }
}

/// Disconnects a socket. One whose queue is full has no room for its good-bye either, and the library leaves it as it was:
/// connected, and told nothing any more.
pub(super) fn end(socket: SocketRef, tasks: &TaskTracker, stop: &CancellationToken) {
    if !is_full(&socket.clone().disconnect()) {
        return;
    }
    let stop = stop.clone();
    let ending = async move {
        for _ in 0..GOOD_BYES {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(GOOD_BYE_PAUSE) => {}
            }
            if !is_full(&socket.clone().disconnect()) {
                return;
            }
        }
    };
    tasks.spawn(ending.instrument(tracing::info_span!("good_bye")));
}

fn is_full(ended: &Result<(), SocketError>) -> bool {
    matches!(ended, Err(SocketError::InternalChannelFull))
}

fn log_lost(sent: bool) {
    if !sent {
        tracing::debug!("a login was not acknowledged, its socket is closing");
    }
}
