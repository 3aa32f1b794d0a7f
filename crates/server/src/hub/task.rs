//! The task that owns the hub machine, and the handle to it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use socketioxide::extract::{AckSender, SocketRef};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use zvonok_signaling_proto::event::{LoginRequest, RingAck, ServerEvent};

use super::clock::Clock;
use super::limits::{MAX_SOCKETS, QUEUE};
use super::machine::{Fresh, Input, Machine, Output, Reply, Request, SocketId};
use super::media::{self, MediaOp};
use crate::echo::Echo;
use crate::media_control::MediaControl;

/// Least time between two ticks: a deadline that stays due must not spin the task.
const MIN_TICK: Duration = Duration::from_millis(20);

/// Ends of sockets that are remembered; an event overtaken by so many others does not occur.
const GONE: usize = 256;

/// A handle to the hub.
#[derive(Debug, Clone)]
pub(super) struct Hub {
    commands: mpsc::Sender<Command>,
    pub(super) media: Arc<dyn MediaControl>,
    seats: Arc<Semaphore>,
}

enum Command {
    Login { socket: SocketRef, body: LoginRequest, ack: AckSender },
    Tell(Input),
    Ask { input: Input, reply: oneshot::Sender<Reply> },
}

impl Hub {
    pub(super) fn start(
        machine: Machine,
        echo: Option<Echo>,
        media: Arc<dyn MediaControl>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let (commands, inbox) = mpsc::channel(QUEUE);
        let (ops, work) = mpsc::channel(QUEUE);
        let task = Task { machine, echo, ops, sockets: HashMap::new(), gone: VecDeque::new(), clock: Clock::start() };
        tasks.spawn(task.run(inbox, stop.clone()).instrument(tracing::info_span!("hub")));
        tasks.spawn(media::run(Arc::clone(&media), work).instrument(tracing::info_span!("hub_media")));
        Self { commands, media, seats: Arc::new(Semaphore::new(MAX_SOCKETS)) }
    }

    /// Room for one more socket, if there is any.
    pub(super) fn room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.seats).try_acquire_owned().ok()
    }

    pub(super) async fn login(&self, socket: SocketRef, body: LoginRequest, ack: AckSender) {
        self.send(Command::Login { socket, body, ack }).await;
    }

    pub(super) async fn ring_ack(&self, socket: SocketId, body: RingAck) {
        self.send(Command::Tell(Input::RingAck { socket, body })).await;
    }

    pub(super) async fn gone(&self, socket: SocketId) {
        self.send(Command::Tell(Input::SocketGone { socket })).await;
    }

    /// A request and its answer; [`Reply::None`] when the hub is stopping.
    pub(super) async fn ask(&self, sid: Option<SocketId>, request: Request) -> Reply {
        match fresh() {
            Some(fresh) => self.reply_to(Input::Request { sid, request, fresh }).await,
            None => Reply::None,
        }
    }

    pub(super) async fn reply_to(&self, input: Input) -> Reply {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Ask { input, reply }).await;
        answer.await.unwrap_or(Reply::None)
    }

    async fn send(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            tracing::debug!("the hub has stopped");
        }
    }
}

/// New unguessable ids: 128 bits of the operating system's seed for a session, a UUIDv7 for a call.
fn fresh() -> Option<Fresh> {
    let call_id = uuid::Uuid::now_v7().to_string().parse().ok()?;
    Some(Fresh { call_id, session: format!("{:032x}", rand::random::<u128>()) })
}

struct Task {
    machine: Machine,
    echo: Option<Echo>,
    ops: mpsc::Sender<MediaOp>,
    sockets: HashMap<SocketId, SocketRef>,
    /// Sockets whose end was told lately: their events are tasks of their own and may come later.
    gone: VecDeque<SocketId>,
    clock: Clock,
}

impl Task {
    async fn run(mut self, mut inbox: mpsc::Receiver<Command>, stop: CancellationToken) {
        loop {
            let due = self.machine.deadline().map(|at| self.clock.moment(at).max(Instant::now() + MIN_TICK));
            let tick = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
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
                    self.sockets.remove(socket);
                    self.gone.push_back(socket.clone());
                    if self.gone.len() > GONE {
                        self.gone.pop_front();
                    }
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
                        let _ = socket.disconnect();
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
            tracing::debug!(%error, event = event.name(), "a socket does not take its events");
            if let Some(socket) = self.sockets.remove(to) {
                let _ = socket.disconnect();
            }
        }
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

fn log_lost(sent: bool) {
    if !sent {
        tracing::debug!("a login was not acknowledged, its socket is closing");
    }
}
