//! The handle to the hub.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use socketioxide::extract::{AckSender, SocketRef};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use zvonok_signaling_proto::Code;
use zvonok_signaling_proto::event::{LoginRequest, RingAck};

use super::change::HistoryQuery;
use super::clock::Clock;
use super::cluster::far::{Far, FarOut};
use super::cluster::{self, Joined};
use super::health::Last;
use super::journal;
use super::limits::{MAX_SAME_TIME, QUEUE};
use super::machine::{Answer, Bearer, Fresh, Input, Machine, Reply, Request, Settings, SocketId, Standing};
use super::media;
use super::rest::stopping;
use super::sessions::Pass;
use super::sign_in::{Door, SharedDoor};
use super::task::{Command, Task};
use super::turns::Turns;
use crate::database::{Database, full};
use crate::echo::Echo;
use crate::limits::HubLimits;
use crate::media_control::MediaControl;
use crate::seats::{NoSeat, Seat, Seats};

/// A handle to the hub.
#[derive(Debug, Clone)]
pub(super) struct Hub {
    commands: mpsc::Sender<Command>,
    pub(super) media: Arc<dyn MediaControl>,
    pub(super) database: Database,
    pub(super) door: SharedDoor,
    /// With the recordings of a call.
    pub(super) turns: Arc<Turns>,
    closed: Arc<AtomicBool>,
    seats: Arc<Seats>,
    tasks: TaskTracker,
    pub(super) last_look: Last,
    /// It is one of many.
    pub(super) many: bool,
}

impl Hub {
    pub(super) fn start(
        machine: Machine,
        (database, clock): (Database, Clock),
        echo: Option<Echo>,
        media: Arc<dyn MediaControl>,
        limits: HubLimits,
        (tasks, stop): (&TaskTracker, &CancellationToken),
        far: Option<FarOut>,
    ) -> Self {
        let (commands, inbox) = mpsc::channel(QUEUE);
        let (ops, work) = mpsc::channel(QUEUE);
        let (journal, written) = journal::journal();
        let task = Task::new((machine, journal, clock), echo, ops, far, tasks.clone(), stop.clone());
        let writing = journal::write(database.clone(), written, clock, stop.clone());
        tasks.spawn(writing.instrument(tracing::info_span!("hub_journal")));
        tasks.spawn(task.run(inbox).instrument(tracing::info_span!("hub")));
        tasks.spawn(media::run(Arc::clone(&media), work).instrument(tracing::info_span!("hub_media")));
        Self::new(commands, media, (database, clock), limits, tasks)
    }

    /// The door of one of many hubs: who decides is elsewhere, or in other tasks.
    pub(super) fn join(
        joined: Joined,
        settings: Settings,
        (database, clock): (Database, Clock),
        media: Arc<dyn MediaControl>,
        limits: HubLimits,
        (tasks, stop): (&TaskTracker, &CancellationToken),
    ) -> Self {
        let (commands, inbox) = mpsc::channel(QUEUE);
        let post = (joined, database.clone(), settings, Arc::clone(&media));
        cluster::join(post, inbox, tasks, stop);
        Self { many: true, ..Self::new(commands, media, (database, clock), limits, tasks) }
    }

    fn new(
        commands: mpsc::Sender<Command>,
        media: Arc<dyn MediaControl>,
        (database, clock): (Database, Clock),
        limits: HubLimits,
        tasks: &TaskTracker,
    ) -> Self {
        let (door, closed) = (Arc::new(Door::new(database.clone(), clock)), Arc::default());
        let seats = Seats::new(limits.sockets, limits.sockets_per_address);
        let (turns, last_look, tasks) = (Arc::default(), Last::default(), tasks.clone());
        Self { commands, media, database, door, turns, closed, seats, tasks, last_look, many: false }
    }

    /// Room for one more socket from there, if there is any.
    pub(super) fn room(&self, address: IpAddr) -> Result<Seat, NoSeat> {
        self.seats.take(address)
    }

    /// How many sockets there are.
    pub(super) fn sockets(&self) -> usize {
        self.seats.count()
    }

    pub(super) async fn login(&self, socket: SocketRef, body: LoginRequest, pass: Option<Pass>, ack: AckSender) {
        self.send(Command::Login { socket, body, pass, ack }).await;
    }

    pub(super) async fn tell(&self, input: Input) {
        if let Input::Accounts(accounts) = &input
            && !accounts.is_empty()
        {
            self.closed.store(true, Ordering::Relaxed);
        }
        if let Input::SessionOver { session } = &input {
            // Before the hub's task hears of it, which looks at it with every `login` after that.
            self.door.end(session);
        }
        self.send(Command::Tell(input)).await;
    }

    /// Whether only those come in who have an account.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    pub(super) async fn ring_ack(&self, socket: SocketId, body: RingAck) {
        self.send(Command::Tell(Input::RingAck { socket, body })).await;
    }

    pub(super) async fn gone(&self, socket: SocketId) {
        self.send(Command::Tell(Input::SocketGone { socket })).await;
    }

    /// A request and its answer; [`Reply::None`] when the hub is stopping.
    pub(super) async fn ask(&self, sid: Option<SocketId>, bearer: Bearer, request: Request) -> Reply {
        match fresh(self.media.fresh_session()) {
            Some(fresh) => self.reply_to(Input::Request { sid, bearer, request, fresh }).await,
            None => Reply::None,
        }
    }

    pub(super) async fn reply_to(&self, input: Input) -> Reply {
        self.submit(input).await.await.unwrap_or(Reply::None)
    }

    /// Hands an input on, in order; the answer comes later, or an error when the hub has stopped.
    pub(super) async fn submit(&self, input: Input) -> oneshot::Receiver<Reply> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Ask { input, reply }).await;
        answer
    }

    /// A `login` at another hub; `again` where a former leader has let that socket in.
    pub(super) async fn far_login(&self, to: Far, id: u64, again: bool, input: Input) {
        self.send(Command::Far { to, id, again, input }).await;
    }

    /// A hub has presented its sockets, and is told how everybody is seen.
    pub(super) async fn roster(&self, to: Far) {
        self.send(Command::Roster(to)).await;
    }

    /// What is answered in the end, after the media server or the database was asked.
    pub(super) async fn settle(&self, reply: Reply) -> Answer {
        match reply {
            Reply::Answer(answer) => answer,
            Reply::Grant(grant) => {
                // To its end: a token that the machine is not told of is never taken back.
                let hub = self.clone();
                let minted = self.surely(async move { hub.mint(grant).await }).await;
                minted.unwrap_or_else(|| Answer::refused(Code::Unavailable, "No token was made. Try again."))
            }
            Reply::History(query) => self.history(query).await,
            Reply::None | Reply::Ack(_) | Reply::LoginRefused(_) | Reply::Media(_) | Reply::Recordings(_) => stopping(),
        }
    }

    /// Does something to its end: a request is dropped as soon as the one who asked goes away. `None` where it panicked.
    pub(super) async fn surely<T: Send + 'static>(&self, what: impl Future<Output = T> + Send + 'static) -> Option<T> {
        self.tasks.spawn(what.in_current_span()).await.ok()
    }

    /// How it stands; nothing when it has stopped.
    pub(super) async fn standing(&self) -> Option<Standing> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Stand(reply)).await;
        answer.await.ok()
    }

    /// A page of the history.
    pub(super) async fn history(&self, query: HistoryQuery) -> Answer {
        match self.database.history(&query.login, query.before, query.limit + MAX_SAME_TIME).await {
            Ok(over) => query.page(over),
            Err(error) => {
                tracing::error!(error = full(&error), "the history cannot be read");
                Answer::refused(Code::Unavailable, "The history cannot be read just now.")
            }
        }
    }

    /// Ends what rings, and comes back when everybody's socket has the word.
    pub(super) async fn stop(&self) {
        self.reply_to(Input::Stop).await;
        // Outputs follow their input, and come before the next input's answer.
        self.reply_to(Input::Tick).await;
    }

    async fn send(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            tracing::debug!("the hub has stopped");
        }
    }
}

/// New unguessable ids: a UUIDv7 for a call, and the name of a session.
pub(super) fn fresh(session: String) -> Option<Fresh> {
    let call_id = uuid::Uuid::now_v7().to_string().parse().ok()?;
    Some(Fresh { call_id, session })
}
