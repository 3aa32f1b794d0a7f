//! One connection: login, heartbeat, events.

mod hear;

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use zvonok_signaling_proto::event::{LoginRequest, RingAck, ServerEvent};
use zvonok_signaling_proto::packet::{Data, Engine, Packet};
use zvonok_signaling_proto::{Login, VERSION};

use crate::config::{Config, Timing};
use crate::dial::{Connected, Socket};
use crate::driver::{Command, End, Online};
use crate::memory::Memory;
use crate::{ConnectError, Contract, Event};

/// Number of `login`'s acknowledgement; those of `ring_ack` are above it.
const LOGIN_ACK: u64 = 1;
/// Bounds of a server's heartbeat: a value outside is an error of its or a trap.
const HEARTBEAT: (u64, u64) = (1_000, 300_000);

/// One connection.
pub(crate) struct Session<'a> {
    socket: Socket,
    sid: String,
    login: Login,
    hello: LoginRequest,
    timing: Timing,
    /// Nothing for so long means that the connection is dead.
    patience: Duration,
    heard: Instant,
    /// When the answer to the newest probe is due.
    probed: Option<Instant>,
    /// Number of that probe: an answer to an older one says nothing about now.
    probe: u64,
    /// When `login` counts as not acknowledged; `None` once the contract is settled.
    settle: Option<Instant>,
    /// The contract was taken for part A because no acknowledgement came in time. It may still come.
    guessed: bool,
    early: Vec<(ServerEvent, Option<u64>)>,
    malformed: u32,
    memory: &'a mut Memory,
    last_ack: u64,
    events: &'a mpsc::Sender<Event>,
    online: &'a watch::Sender<Option<Online>>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        connected: Connected,
        config: &Config,
        memory: &'a mut Memory,
        events: &'a mpsc::Sender<Event>,
        online: &'a watch::Sender<Option<Online>>,
    ) -> Self {
        let beat = |ms: u64| ms.clamp(HEARTBEAT.0, HEARTBEAT.1);
        let patience = beat(connected.open.ping_interval).saturating_add(beat(connected.open.ping_timeout));
        let hello = LoginRequest {
            login: config.login.clone(),
            version: Some(VERSION),
            device: Some(config.device.clone()),
            last_seq: memory.last_seq,
        };
        Self {
            socket: connected.socket,
            sid: connected.sid,
            login: config.login.clone(),
            hello,
            timing: config.timing,
            patience: Duration::from_millis(patience),
            heard: Instant::now(),
            probed: None,
            probe: 0,
            settle: None,
            guessed: false,
            early: Vec::new(),
            malformed: 0,
            memory,
            last_ack: LOGIN_ACK,
            events,
            online,
        }
    }

    async fn send(&mut self, packet: Engine) -> Result<(), End> {
        self.write(Message::text(packet.encode())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        // A peer that does not read must not hold this side for longer than a dead one.
        match tokio::time::timeout(self.patience, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(End::Failed(broken(error))),
            Err(_) => Err(End::Failed(ConnectError::Dead)),
        }
    }

    async fn emit(&mut self, name: &str, payload: Value, ack: u64) -> Result<(), End> {
        let data = Data::Event { name: name.to_owned(), args: vec![payload], ack: Some(ack) };
        self.send(Engine::Message(Packet::main(data))).await
    }

    async fn tell(&self, event: Event) -> Result<(), End> {
        self.events.send(event).await.map_err(|_| End::Closed)
    }

    /// The next moment at which something is due by itself.
    fn due(&self) -> Instant {
        [Some(self.heard + self.patience), self.probed, self.settle].into_iter().flatten().min().unwrap_or(self.heard)
    }

    async fn on_due(&mut self, now: Instant) -> Result<(), End> {
        if self.settle.is_some_and(|at| at <= now) {
            self.guessed = true;
            return self.settled(Contract::Plain).await;
        }
        if self.probed.is_some_and(|at| at <= now) || self.heard + self.patience <= now {
            return Err(End::Failed(ConnectError::Dead));
        }
        Ok(())
    }

    async fn on_command(&mut self, command: Command) -> Result<(), End> {
        match command {
            Command::RingAck(body) => self.ring_ack(&body).await,
            Command::Probe => {
                // Engine.IO pings only from the server: the WebSocket's own ping has to be answered by any peer.
                self.probed = Some(Instant::now() + self.timing.probe);
                self.probe += 1;
                self.write(Message::Ping(self.probe.to_be_bytes().to_vec().into())).await
            }
            Command::Leave => {
                self.leave().await;
                Err(End::Left)
            }
            Command::Close => {
                self.leave().await;
                Err(End::Closed)
            }
        }
    }

    async fn leave(&mut self) {
        // Leaving needs no answer; a peer that is gone has left already.
        let _ = self.send(Engine::Message(Packet::main(Data::Disconnect))).await;
        let _ = self.socket.close(None).await;
    }

    async fn ring_ack(&mut self, body: &RingAck) -> Result<(), End> {
        self.last_ack += 1;
        let payload = serde_json::to_value(body).unwrap_or(Value::Null);
        self.emit("ring_ack", payload, self.last_ack).await
    }
}

/// Says `login` and carries everything until the connection ends.
pub(crate) async fn run(session: &mut Session<'_>, commands: &mut mpsc::Receiver<Command>) -> End {
    match drive(session, commands).await {
        Ok(never) => match never {},
        Err(end) => end,
    }
}

async fn drive(
    session: &mut Session<'_>,
    commands: &mut mpsc::Receiver<Command>,
) -> Result<std::convert::Infallible, End> {
    let hello = serde_json::to_value(&session.hello).unwrap_or_else(|_| json!({ "login": session.login }));
    session.settle = Some(Instant::now() + session.timing.login);
    session.emit("login", hello, LOGIN_ACK).await?;
    let events = session.events;
    loop {
        let due = session.due();
        tokio::select! {
            message = session.socket.next() => match message {
                Some(Ok(message)) => session.on_message(message).await?,
                Some(Err(error)) => return Err(End::Failed(broken(error))),
                None => return Err(End::Failed(ConnectError::Closed)),
            },
            command = commands.recv() => session.on_command(command.unwrap_or(Command::Close)).await?,
            () = events.closed() => return Err(End::Closed),
            () = sleep_until(due) => session.on_due(Instant::now()).await?,
        }
    }
}

fn broken(error: WsError) -> ConnectError {
    match error {
        WsError::Io(error) => ConnectError::Broken(error),
        WsError::ConnectionClosed | WsError::AlreadyClosed => ConnectError::Closed,
        // Their texts may quote what came: only that it was wrong is kept.
        WsError::Tls(_)
        | WsError::Capacity(_)
        | WsError::Protocol(_)
        | WsError::WriteBufferFull(_)
        | WsError::Utf8(_)
        | WsError::AttackAttempt
        | WsError::Url(_)
        | WsError::Http(_)
        | WsError::HttpFormat(_) => ConnectError::Malformed,
    }
}
