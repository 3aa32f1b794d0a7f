//! The task that owns the hub machine.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use socketioxide::SocketError;
use socketioxide::extract::{AckSender, SocketRef};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use zvonok_signaling_proto::event::{LoginRequest, ServerEvent};

use super::clock::Clock;
use super::handle::fresh;
use super::machine::{Input, Machine, Output, Reply, SocketId};
use super::media::MediaOp;
use crate::echo::Echo;

/// Least time between two ticks: a deadline that stays due must not spin the task.
const MIN_TICK: Duration = Duration::from_millis(20);

/// Ends of sockets that are remembered; an event overtaken by so many others does not occur.
const GONE: usize = 256;

/// How often a socket that is full is asked to go, and how long after another: until its heartbeat has ended it.
const GOOD_BYES: u32 = 120;
const GOOD_BYE_PAUSE: Duration = Duration::from_millis(250);

/// What is asked of the hub's task.
pub(super) enum Command {
    Login { socket: SocketRef, body: LoginRequest, ack: AckSender },
    Tell(Input),
    Ask { input: Input, reply: oneshot::Sender<Reply> },
}

/// The task that owns the machine.
pub(super) struct Task {
    machine: Machine,
    echo: Option<Echo>,
    ops: mpsc::Sender<MediaOp>,
    sockets: HashMap<SocketId, SocketRef>,
    /// Sockets whose end was told lately: their events are tasks of their own and may come later.
    gone: VecDeque<SocketId>,
    clock: Clock,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Task {
    /// A task that asks the media server through `ops`, and ends sockets on `tasks`, until `stop`.
    pub(super) fn new(
        machine: Machine,
        echo: Option<Echo>,
        ops: mpsc::Sender<MediaOp>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (sockets, gone) = (HashMap::new(), VecDeque::new());
        Self { machine, echo, ops, sockets, gone, clock: Clock::start(), tasks, stop }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        loop {
            let due = self.machine.deadline().map(|at| self.clock.moment(at).max(Instant::now() + MIN_TICK));
            let tick = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => break,
                command = inbox.recv() => match command {
                    Some(command) => self.take(command),
                    None => break,
                },
                () = tick => {
                    self.handle(Input::Tick);
                    self.drain();
                }
            }
        }
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Login { socket, body, ack } => {
                let id = socket.id.to_string();
                if self.gone.contains(&id) {
                    return;
                }
                self.sockets.insert(id.clone(), socket);
                match self.handle(Input::Login { socket: id, body }) {
                    Reply::Ack(body) => log_lost(ack.send(&*body).is_ok()),
                    Reply::LoginRefused(head) => log_lost(ack.send(&head).is_ok()),
                    Reply::None | Reply::Answer(_) | Reply::Grant(_) => {}
                }
            }
            Command::Tell(input) => {
                if let Input::SocketGone { socket } = &input {
                    self.forget(socket);
                }
                self.handle(input);
            }
            Command::Ask { input, reply } => {
                let answer = self.handle(input);
                // The one who asked may have gone: what was done stays done.
                let _ = reply.send(answer);
            }
        }
        self.drain();
    }

    /// Takes a socket out for good.
    fn forget(&mut self, socket: &SocketId) -> Option<SocketRef> {
        self.gone.push_back(socket.clone());
        if self.gone.len() > GONE {
            self.gone.pop_front();
        }
        self.sockets.remove(socket)
    }

    fn handle(&mut self, input: Input) -> Reply {
        self.machine.handle(input, self.clock.now())
    }

    fn drain(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Emit { socket, event, seq, plain } => {
                    if self.echo.as_ref().is_some_and(|echo| echo.socket() == socket) {
                        self.echo(&event);
                    } else {
                        self.emit(&socket, &event, seq, plain);
                    }
                }
                Output::Disconnect { socket } => {
                    if let Some(socket) = self.sockets.remove(&socket) {
                        self.end(socket);
                    }
                }
                Output::CloseSession { session, connections, evict } => {
                    self.media(MediaOp::Close { session, connections, evict });
                }
            }
        }
    }

    fn emit(&mut self, to: &str, event: &ServerEvent, seq: Option<u64>, plain: bool) {
        let payload = if plain { event.plain_payload() } else { Some(event.payload(seq)) };
        let (Some(socket), Some(payload)) = (self.sockets.get(to), payload) else { return };
        if let Err(error) = socket.emit(event.name(), &payload) {
            // A reader too slow for its queue: what it misses is replayed when it comes back.
            tracing::warn!(%error, event = event.name(), "a socket does not take its events, and is disconnected");
            let socket = to.to_owned();
            if let Some(full) = self.forget(&socket) {
                self.end(full);
            }
            // Until then nobody takes it for reachable.
            self.handle(Input::SocketGone { socket });
        }
    }

    /// Disconnects a socket. One whose queue is full has no room for its good-bye either, and the library leaves it as it
    /// was: connected, and told nothing any more.
    fn end(&self, socket: SocketRef) {
        if !is_full(&socket.clone().disconnect()) {
            return;
        }
        let stop = self.stop.clone();
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
        self.tasks.spawn(ending.instrument(tracing::info_span!("good_bye")));
    }

    fn echo(&mut self, event: &ServerEvent) {
        let Some((sid, request)) = self.echo.as_ref().and_then(|echo| echo.react(event)) else { return };
        let Some(fresh) = fresh() else { return };
        if let Reply::Answer(answer) = self.handle(Input::Request { sid: Some(sid), request, fresh })
            && let Some(session) = answer.body.get("session").and_then(serde_json::Value::as_str)
        {
            self.media(MediaOp::StartEcho { session: session.to_owned() });
        }
    }

    fn media(&self, op: MediaOp) {
        if self.ops.try_send(op).is_err() {
            tracing::error!("the media server is too slow: a session is left to its own end");
        }
    }
}

fn is_full(ended: &Result<(), SocketError>) -> bool {
    matches!(ended, Err(SocketError::InternalChannelFull))
}

fn log_lost(sent: bool) {
    if !sent {
        tracing::debug!("a login was not acknowledged, its socket is closing");
    }
}
