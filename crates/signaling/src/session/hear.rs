//! What the hub says.

use serde_json::Value;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use zvonok_signaling_proto::VERSION;
use zvonok_signaling_proto::event::{EventError, LoginAck, ServerEvent};
use zvonok_signaling_proto::packet::{Data, Engine};
use zvonok_signaling_proto::rest::Head;

use super::{LOGIN_ACK, Session};
use crate::driver::{End, Online};
use crate::{ConnectError, Contract, Event};

/// Malformed packets of one connection until it is given up.
const MAX_MALFORMED: u32 = 20;
/// Events that may come before the contract is settled.
const MAX_EARLY: usize = 64;

impl Session<'_> {
    pub(super) async fn on_message(&mut self, message: Message) -> Result<(), End> {
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
                // On a slow network the answer of a hub of part B may come after the guess: better late than part A.
                Data::Ack { id: LOGIN_ACK, mut args } if self.settle.is_some() || self.guessed => {
                    self.guessed = false;
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
            Ok(_) | Err(_) if self.settle.is_some() => self.settled(Contract::Plain).await,
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The contract is known: tells it, and what came before it was.
    pub(super) async fn settled(&mut self, contract: Contract) -> Result<(), End> {
        self.settle = None;
        let mut forgotten = Vec::new();
        let mut online = Online { sid: self.sid.clone(), extended: false };
        if let Contract::Extended(ack) = &contract {
            online = Online { sid: ack.sid.clone(), extended: true };
            let after = ack.replay_after.unwrap_or(ack.seq);
            if self.hello.last_seq.is_some_and(|known| after < known) {
                tracing::warn!("the hub was restarted and has forgotten what went before");
                forgotten = self.memory.forgotten(&ack.pending);
            }
            self.memory.last_seq = Some(after);
            ack.pending.iter().for_each(|calling| self.memory.rings(calling));
            if ack.dropped > 0 {
                tracing::warn!(dropped = ack.dropped, "the hub no longer has everything that was missed");
            }
        }
        tracing::info!(extended = online.extended, "signaling is online");
        self.online.send_replace(Some(online));
        self.tell(Event::Online(contract)).await?;
        for event in forgotten {
            self.tell(Event::Hub(event)).await?;
        }
        for (event, seq) in std::mem::take(&mut self.early) {
            self.pass_on(event, seq).await?;
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
                self.early.push((event, seq));
            }
            return Ok(());
        }
        self.pass_on(event, seq).await
    }

    /// Tells an event, unless it was told before.
    async fn pass_on(&mut self, event: ServerEvent, seq: Option<u64>) -> Result<(), End> {
        if let Some(seq) = seq {
            if self.memory.last_seq.is_some_and(|last| seq <= last) {
                tracing::debug!(seq, "an event that was handled already");
                return Ok(());
            }
            self.memory.last_seq = Some(seq);
        }
        self.memory.told(&event);
        self.tell(Event::Hub(event)).await
    }
}
