//! The task that owns the hub machine.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use socketioxide::extract::{AckSender, SocketRef};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zvonok_signaling_proto::event::LoginRequest;

use super::clock::Clock;
use super::cluster::far::{Far, FarOut};
use super::journal::Journal;
use super::limits::HOLD_MS;
use super::machine::{Input, Machine, Output, Reply, Shown, SocketId, Standing};
use super::media::MediaOp;
use super::sessions::Pass;
use crate::echo::Echo;

/// Least time between two ticks: a deadline that stays due must not spin the task.
const MIN_TICK: Duration = Duration::from_millis(20);

/// Ends of sockets that are remembered; an event overtaken by so many others does not occur.
const GONE: usize = 256;

/// What is asked of the hub's task.
pub(super) enum Command {
    Login {
        socket: SocketRef,
        body: LoginRequest,
        pass: Option<Pass>,
        ack: AckSender,
    },
    Tell(Input),
    Ask {
        input: Input,
        reply: oneshot::Sender<Reply>,
    },
    Stand(oneshot::Sender<Standing>),
    /// Another hub's sockets are there: it is told how everybody is seen.
    Roster(Far),
    /// A `login` at another hub.
    Far {
        to: Far,
        id: u64,
        /// A former leader has let that socket in.
        again: bool,
        input: Input,
    },
}

/// Where a socket is.
pub(super) enum Line {
    Here(SocketRef),
    /// At another of many hubs, or by the way that others take.
    Far(Far),
}

/// What an input has led to, once it may be told.
pub(super) struct Told {
    pub(super) reply: Reply,
    pub(super) to: Asker,
    pub(super) outputs: Vec<Output>,
    /// What it rests on has to be kept first.
    pub(super) ticket: u64,
    pub(super) since: Instant,
}

/// Who is answered.
pub(super) enum Asker {
    Nobody,
    Login(AckSender),
    Request(oneshot::Sender<Reply>),
    Far {
        to: Far,
        id: u64,
        again: bool,
    },
    /// Who is told how everybody is seen.
    Roster(Far, Vec<Shown>),
}

/// The task that owns the machine.
pub(super) struct Task {
    pub(super) machine: Machine,
    pub(super) journal: Journal,
    /// In order; what comes later waits behind what waits.
    pub(super) held: VecDeque<Told>,
    pub(super) echo: Option<Echo>,
    pub(super) ops: mpsc::Sender<MediaOp>,
    /// The way to other hubs, where many are one.
    pub(super) far: Option<FarOut>,
    pub(super) sockets: HashMap<SocketId, Line>,
    /// Sockets whose end was told lately: their events are tasks of their own and may come later.
    pub(super) gone: VecDeque<SocketId>,
    pub(super) clock: Clock,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

impl Task {
    /// A task that asks the media server through `ops`, and ends sockets on `tasks`, until `stop`.
    pub(super) fn new(
        (machine, journal, clock): (Machine, Journal, Clock),
        echo: Option<Echo>,
        ops: mpsc::Sender<MediaOp>,
        far: Option<FarOut>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (sockets, gone, held) = (HashMap::new(), VecDeque::new(), VecDeque::new());
        Self { machine, journal, held, echo, ops, far, sockets, gone, clock, tasks, stop }
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
            let held = self.held.front().map(|told| told.since + Duration::from_millis(HOLD_MS));
            let waited = async {
                match held {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = self.journal.kept_more() => {}
                () = waited => {
                    if let Some(told) = self.held.front() {
                        self.journal.waited(told.since, Instant::now());
                    }
                }
                command = inbox.recv() => match command {
                    Some(command) => self.take(command),
                    None => break,
                },
                () = tick => self.handle(Input::Tick, Asker::Nobody),
            }
            if self.journal.has_backlog() {
                self.keep();
            }
            self.tell();
        }
        let Self { machine, journal, .. } = self;
        journal.finish(|| machine.everything()).await;
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Login { socket, body, pass, ack } => {
                let id = socket.id.to_string();
                if self.gone.contains(&id) {
                    return;
                }
                self.sockets.insert(id.clone(), Line::Here(socket));
                // Looked at here, where a session's end is an input as well: it comes before, or after and is told.
                let signed = pass.and_then(Pass::show);
                self.handle(Input::Login { socket: id, body, signed }, Asker::Login(ack));
            }
            Command::Tell(input) => self.handle_end(input, Asker::Nobody),
            Command::Ask { input, reply } => self.handle_end(input, Asker::Request(reply)),
            Command::Far { to, id, again, input } => {
                if let Input::Login { socket, .. } = &input {
                    self.sockets.insert(socket.clone(), Line::Far(to.clone()));
                }
                self.handle(input, Asker::Far { to, id, again });
            }
            Command::Roster(to) => {
                let (asker, ticket) = (Asker::Roster(to, self.machine.all_shown()), self.keep());
                let told = Told { reply: Reply::None, to: asker, outputs: Vec::new(), ticket, since: Instant::now() };
                self.held.push_back(told);
            }
            // Who asked may have given up.
            Command::Stand(reply) => drop(reply.send(self.machine.standing())),
        }
    }

    fn handle_end(&mut self, input: Input, to: Asker) {
        if let Input::SocketGone { socket } = &input {
            self.forget(socket);
        }
        if let Input::SocketsLost { sockets } = &input {
            // Nothing overtakes the word of their end, and these may be many.
            sockets.iter().for_each(|socket| _ = self.sockets.remove(socket));
        }
        self.handle(input, to);
    }

    /// Takes a socket out for good.
    pub(super) fn forget(&mut self, socket: &SocketId) -> Option<Line> {
        self.gone.push_back(socket.clone());
        if self.gone.len() > GONE {
            self.gone.pop_front();
        }
        self.sockets.remove(socket)
    }

    pub(super) fn handle(&mut self, input: Input, to: Asker) {
        let mut reply = self.machine.handle(input, self.clock.now());
        if let (Reply::Ack(ack), Asker::Far { again: true, .. }) = (&mut reply, &to) {
            // Its socket knows who is there, and hundreds of these may wait until what they rest on is kept.
            ack.roster = Vec::new();
        }
        let outputs = std::iter::from_fn(|| self.machine.poll_output()).collect();
        let ticket = self.keep();
        self.held.push_back(Told { reply, to, outputs, ticket, since: Instant::now() });
    }

    fn keep(&mut self) -> u64 {
        let changes = self.machine.take_changes();
        self.journal.keep(changes, || self.machine.everything())
    }
}
