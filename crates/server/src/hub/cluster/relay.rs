//! A hub's own task where many are one: what sockets and requests bring goes to the leader, whoever that is.

use std::time::Duration;

use futures_util::StreamExt as _;
use redis::RedisError;
use redis::aio::{MultiplexedConnection, PubSubStream};
use socketioxide::extract::AckSender;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zvonok_signaling_proto::Code;

use super::super::handle::Hub;
use super::super::machine::{Answer, Input, Reply, SocketId, Standing};
use super::super::sessions::Pass;
use super::super::task::Command;
use super::asks::Asks;
use super::bus::{self, Bus, Said};
use super::link::Link;
use super::seats::Seats;
use super::wire::{Ask, FromNode, ToLeader};
use super::{ASK_WITHIN, BEAT};

/// Pause before Redis is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// Who is told the answer.
pub(super) enum Back {
    Nobody,
    Login {
        socket: SocketId,
        ack: AckSender,
    },
    /// A socket that knows nothing of it.
    Again(SocketId),
    Request(oneshot::Sender<Reply>),
}

/// See the module.
pub(super) struct Relay {
    pub(super) node: String,
    bus: Bus,
    pub(super) seats: Seats,
    pub(super) asks: Asks<Back>,
    pub(super) link: Link,
    /// What goes to the leader next.
    pub(super) outgoing: Vec<FromNode>,
    /// It goes although it is nothing.
    pub(super) beat: bool,
    /// The hub stops: its sockets are closed by nobody's wish.
    leaving: bool,
    /// The hub of whoever leads, while that is this one.
    leading: watch::Receiver<Option<Hub>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Relay {
    pub(super) fn new(
        node: String,
        bus: Bus,
        leading: watch::Receiver<Option<Hub>>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (seats, asks, link) = (Seats::new(tasks.clone(), stop.clone()), Asks::new(), Link::new(Instant::now()));
        Self { node, bus, seats, asks, link, outgoing: Vec::new(), beat: false, leaving: false, leading, tasks, stop }
    }

    /// Serves `inbox` until it is stopped. `leader` is the name of who leads.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Command>, mut leader: watch::Receiver<Option<String>>) {
        let (stop, mut every) = (self.stop.clone(), interval(BEAT));
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_there = true;
        loop {
            let wires = connect(self.bus.clone(), self.bus.node_channel(&self.node), !is_there);
            tokio::pin!(wires);
            let wires = loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    wires = &mut wires => break wires,
                    command = inbox.recv(), if self.asks.has_room(self.seats.count()) => match command {
                        Some(command) => self.take(command),
                        None => return,
                    },
                    _ = every.tick() => self.give_up(),
                }
            };
            let (mut heard, connection) = match wires {
                Ok(wires) => wires,
                Err(error) => {
                    if std::mem::take(&mut is_there) {
                        tracing::error!(%error, "Redis does not answer: nobody is called until it does");
                    }
                    continue;
                }
            };
            if !std::mem::replace(&mut is_there, true) {
                tracing::info!("Redis answers again");
            }
            let (says, said) = mpsc::channel(bus::QUEUE);
            let speaking = bus::speak(connection, said);
            tokio::pin!(speaking);
            self.link.wired();
            self.follow(leader.borrow_and_update().clone());
            while self.flush(&says) && !self.link.is_deaf() {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ended = &mut speaking => break,
                    packet = heard.next() => match packet {
                        Some(packet) => self.hear(packet.get_payload_bytes()),
                        None => break,
                    },
                    changed = leader.changed() => match changed {
                        Ok(()) => self.follow(leader.borrow_and_update().clone()),
                        Err(_) => return,
                    },
                    command = inbox.recv(), if self.asks.has_room(self.seats.count()) => match command {
                        Some(command) => self.take(command),
                        None => return,
                    },
                    _ = every.tick() => {
                        self.give_up();
                        self.tick();
                    }
                }
            }
            tracing::warn!("the connection to Redis is lost: what was not answered is asked again");
            self.follow(None);
        }
    }

    /// What sockets and requests bring.
    fn take(&mut self, command: Command) {
        let until = Some(Instant::now() + ASK_WITHIN);
        match command {
            Command::Login { socket, body, pass, ack } => {
                let id = socket.id.to_string();
                // Looked at here, where a session's end comes by as well: before it, or after and is asked for later.
                let signed = pass.and_then(Pass::show);
                if self.seats.has(&id) {
                    self.asks.forget_login(&id);
                }
                if let Some(ask) = self.seats.take(socket, body, signed) {
                    // However long it takes: a page that is sent away does not come again by itself.
                    self.asks.add(ask, Back::Login { socket: id, ack }, None);
                }
            }
            Command::Tell(Input::RingAck { socket, body }) => {
                self.asks.add(Ask::RingAck { socket, body }, Back::Nobody, until);
            }
            // The hub goes, not they: the leader notices that it has gone, and leaves them time to come back elsewhere.
            Command::Tell(Input::SocketGone { socket }) if self.leaving => _ = self.seats.forget(&socket),
            Command::Tell(Input::SocketGone { socket }) => {
                if self.seats.forget(&socket) {
                    self.gone(socket);
                }
            }
            Command::Tell(Input::SessionOver { session }) => {
                self.asks.add(Ask::SessionOver { session }, Back::Nobody, None);
            }
            // Whoever signs in next may be among them.
            Command::Tell(Input::Accounts(_)) => self.asks.add(Ask::Accounts, Back::Nobody, until),
            Command::Ask { input: Input::Request { sid, bearer, request, fresh }, reply } => {
                self.asks.add(Ask::Request { sid, bearer, request, fresh }, Back::Request(reply), until);
            }
            // What the media server has done is told until it is known, however long that takes.
            Command::Ask { input: Input::Recorded { call_id, recording }, reply } => {
                self.asks.add(Ask::Recorded { call_id, recording }, Back::Request(reply), None);
            }
            Command::Ask { input: Input::CameraIn { grant, camera }, reply } => {
                self.asks.add(Ask::CameraIn { grant, camera }, Back::Request(reply), None);
            }
            Command::Ask { input: Input::CameraOut { call_id, camera }, reply } => {
                self.asks.add(Ask::CameraOut { call_id, camera }, Back::Request(reply), None);
            }
            Command::Stand(reply) => self.stand(reply),
            Command::Ask { input: Input::Stop, reply } => {
                self.leaving = true;
                drop(reply.send(Reply::None));
            }
            // Everything else is the leader's own.
            Command::Ask { reply, .. } => drop(reply.send(Reply::None)),
            Command::Tell(_) | Command::Far { .. } | Command::Roster(_) => {}
        }
    }

    /// How it stands. Calls and rings are counted by the hub that leads; one that follows has none to tell of, and none
    /// at all is how one stands that nobody leads.
    fn stand(&self, reply: oneshot::Sender<Standing>) {
        let leading = self.leading.borrow().clone();
        if let Some(hub) = leading {
            let asking = async move {
                if let Some(standing) = hub.standing().await {
                    // Who asked may have given up.
                    let _ = reply.send(standing);
                }
            };
            self.tasks.spawn(asking);
        } else if self.link.is_up() {
            let _ = reply.send(Standing::default());
        }
    }

    /// Answers what has waited for too long.
    fn give_up(&mut self) {
        for back in self.asks.expired(Instant::now(), |socket| self.seats.has(socket)) {
            match back {
                Back::Request(reply) => {
                    let words = "The hubs cannot reach each other just now. Try again in a moment.";
                    // The one who asked may have gone.
                    drop(reply.send(Reply::Answer(Answer::refused(Code::Unavailable, words))));
                }
                Back::Login { .. } | Back::Nobody | Back::Again(_) => {}
            }
        }
    }

    /// Sends what is to be sent; false where too much waits for Redis.
    fn flush(&mut self, says: &mpsc::Sender<Said>) -> bool {
        self.pump();
        let beat = std::mem::take(&mut self.beat);
        let body = std::mem::take(&mut self.outgoing);
        let Some(leader) = self.link.leader() else { return true };
        if body.is_empty() && !beat {
            return true;
        }
        let packet = ToLeader { node: self.node.clone(), link: self.link.number, heard: self.link.heard, body };
        let channel = self.bus.leader_channel(leader);
        match serde_json::to_string(&packet) {
            Ok(text) => says.try_send(Said { channel, text }).is_ok(),
            Err(error) => {
                // Structs of strings and numbers have no way to fail.
                tracing::error!(%error, "a packet cannot be written");
                false
            }
        }
    }
}

/// What is heard there, and a connection to speak by.
async fn connect(bus: Bus, channel: String, pause: bool) -> Result<(PubSubStream, MultiplexedConnection), RedisError> {
    if pause {
        sleep(PAUSE).await;
    }
    Ok((bus.hear(channel).await?, bus.connect().await?))
}
