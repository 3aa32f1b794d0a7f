//! One connection: login, heartbeat, events.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use zvonok_signaling_proto::event::{EventError, LoginAck, LoginRequest, RingAck, ServerEvent};
use zvonok_signaling_proto::packet::{Data, Engine, Packet};
use zvonok_signaling_proto::rest::Head;
use zvonok_signaling_proto::{Login, VERSION};

use crate::config::{Config, Timing};
use crate::dial::{Connected, Socket};
use crate::driver::{Command, End, Online};
use crate::{ConnectError, Contract, Event};

/// Number of `login`'s acknowledgement; those of `ring_ack` are above it.
const LOGIN_ACK: u64 = 1;
/// Malformed packets of one connection until it is given up.
const MAX_MALFORMED: u32 = 20;
/// Events that may come before the contract is settled.
const MAX_EARLY: usize = 64;
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
    early: Vec<ServerEvent>,
    malformed: u32,
    last_seq: &'a mut Option<u64>,
    last_ack: u64,
    events: &'a mpsc::Sender<Event>,
    online: &'a watch::Sender<Option<Online>>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        connected: Connected,
        config: &Config,
        last_seq: &'a mut Option<u64>,
        events: &'a mpsc::Sender<Event>,
        online: &'a watch::Sender<Option<Online>>,
    ) -> Self {
        let beat = |ms: u64| ms.clamp(HEARTBEAT.0, HEARTBEAT.1);
        let patience = beat(connected.open.ping_interval).saturating_add(beat(connected.open.ping_timeout));
        let hello = LoginRequest {
            login: config.login.clone(),
            version: Some(VERSION),
            device: Some(config.device.clone()),
            last_seq: *last_seq,
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
            early: Vec::new(),
            malformed: 0,
            last_seq,
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

    async fn on_message(&mut self, message: Message) -> Result<(), End> {
        self.heard = Instant::now();
        match message {
            Message::Text(text) => match Engine::decode(&text) {
                Ok(packet) => self.on_packet(packet).await,
                Err(error) => self.malformed(&error).await,
            },
            Message::Binary(_) => self.malformed(&"binary message").await,
            Message::Pong(number) => {
                if number[..] == self.probe.to_be_bytes() {
                    self.probed = None;
                }
                Ok(())
            }
            Message::Close(_) => Err(End::Failed(ConnectError::Closed)),
            Message::Ping(_) | Message::Frame(_) => Ok(()),
        }
    }

    /// Something that makes no sense: said in the log without its contents, and ignored until it is too much.
    async fn malformed(&mut self, what: &(dyn std::fmt::Display + Sync)) -> Result<(), End> {
        self.malformed += 1;
        tracing::warn!(%what, count = self.malformed, "the hub sent something malformed");
        if self.malformed == 1 {
            self.tell(Event::Malformed).await?;
        }
        if self.malformed >= MAX_MALFORMED { Err(End::Failed(ConnectError::Malformed)) } else { Ok(()) }
    }

    async fn on_packet(&mut self, packet: Engine) -> Result<(), End> {
        match packet {
            Engine::Ping => self.send(Engine::Pong).await,
            Engine::Close => Err(End::Failed(ConnectError::Closed)),
            Engine::Open(_) => self.malformed(&"a second handshake").await,
            Engine::Pong | Engine::Noop => Ok(()),
            Engine::Message(packet) if packet.namespace != "/" => self.malformed(&"another namespace").await,
            Engine::Message(packet) => match packet.data {
                Data::Event { name, mut args, .. } => {
                    let payload = if args.is_empty() { Value::Null } else { args.swap_remove(0) };
                    self.on_event(&name, payload).await
                }
                Data::Ack { id: LOGIN_ACK, mut args } if self.settle.is_some() => {
                    let answer = if args.is_empty() { Value::Null } else { args.swap_remove(0) };
                    self.on_login_ack(answer).await
                }
                Data::Ack { .. } => Ok(()),
                Data::Disconnect => Err(End::Failed(ConnectError::Closed)),
                Data::Connect(_) | Data::ConnectError(_) => self.malformed(&"the namespace a second time").await,
            },
        }
    }

    async fn on_login_ack(&mut self, answer: Value) -> Result<(), End> {
        if answer.get("version").and_then(Value::as_u64) == Some(u64::from(VERSION)) {
            return match serde_json::from_value::<LoginAck>(answer) {
                Ok(ack) => self.settled(Contract::Extended(Box::new(ack))).await,
                Err(_) => Err(End::Failed(ConnectError::Malformed)),
            };
        }
        match serde_json::from_value::<Head>(answer) {
            Ok(Head { status, code: Some(code), message }) if status != 0 => Err(End::Failed(ConnectError::Refused {
                code: Some(code),
                message: message.chars().take(200).collect(),
            })),
            Ok(_) | Err(_) => self.settled(Contract::Plain).await,
        }
    }

    /// The contract is known: tells it, and what came before it was.
    async fn settled(&mut self, contract: Contract) -> Result<(), End> {
        self.settle = None;
        let mut online = Online { sid: self.sid.clone(), extended: false };
        if let Contract::Extended(ack) = &contract {
            online = Online { sid: ack.sid.clone(), extended: true };
            *self.last_seq = Some(ack.replay_after.unwrap_or(ack.seq));
            if ack.dropped > 0 {
                tracing::warn!(dropped = ack.dropped, "the hub no longer has everything that was missed");
            }
        }
        tracing::info!(extended = online.extended, "signaling is online");
        self.online.send_replace(Some(online));
        self.tell(Event::Online(contract)).await?;
        for event in std::mem::take(&mut self.early) {
            self.tell(Event::Hub(event)).await?;
        }
        Ok(())
    }

    async fn on_event(&mut self, name: &str, payload: Value) -> Result<(), End> {
        let (event, seq) = match ServerEvent::decode(name, payload) {
            Ok(decoded) => decoded,
            Err(EventError::Unknown) => {
                tracing::debug!("an event of another contract");
                return Ok(());
            }
            Err(error) => return self.malformed(&error).await,
        };
        if self.settle.is_some() {
            if self.early.len() < MAX_EARLY {
                self.early.push(event);
            }
            return Ok(());
        }
        if let Some(seq) = seq {
            if self.last_seq.is_some_and(|last| seq <= last) {
                tracing::debug!(seq, "an event that was handled already");
                return Ok(());
            }
            *self.last_seq = Some(seq);
        }
        self.tell(Event::Hub(event)).await
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
