//! Text frames of Engine.IO 4 and Socket.IO 5, the client's side and the server's.
//!
//! One WebSocket message is one Engine.IO packet; `message` packets carry one Socket.IO packet. Binary attachments do
//! not occur in the contract and are an error value here.
//! See <https://socket.io/docs/v4/engine-io-protocol/> and <https://socket.io/docs/v4/socket-io-protocol/>.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Largest frame that is looked at, in bytes: Engine.IO's own default of `maxPayload` for servers.
pub const MAX_FRAME: usize = 1_000_000;

/// Why a frame could not be read. Never contains what was in the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacketError {
    /// No bytes.
    #[error("empty frame")]
    Empty,
    /// More than [`MAX_FRAME`].
    #[error("frame too large")]
    TooLarge,
    /// An Engine.IO packet type that does not exist.
    #[error("unknown engine packet")]
    UnknownEngine,
    /// A Socket.IO packet type that does not exist.
    #[error("unknown socket packet")]
    UnknownSocket,
    /// Binary events and acks, which the contract does not have.
    #[error("binary packet")]
    Binary,
    /// The acknowledgement's number is missing or too long.
    #[error("bad acknowledgement number")]
    BadAck,
    /// What follows is not JSON, or JSON of another shape than the packet has.
    #[error("bad payload")]
    BadPayload,
}

/// The handshake that a server opens with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    /// Engine.IO session, not the socket's id.
    pub sid: String,
    /// Transports to upgrade to; none over a WebSocket.
    #[serde(default)]
    pub upgrades: Vec<String>,
    /// A ping comes this often, in milliseconds.
    pub ping_interval: u64,
    /// And the connection is dead when none came for this long on top, in milliseconds.
    pub ping_timeout: u64,
    /// Largest message the server takes, in bytes.
    #[serde(default)]
    pub max_payload: Option<u64>,
}

/// An Engine.IO packet.
#[derive(Debug, Clone, PartialEq)]
pub enum Engine {
    /// Handshake, from the server.
    Open(Open),
    /// The transport is being closed.
    Close,
    /// Heartbeat, from the server. The probe of an upgrade carries `probe`.
    Ping,
    /// Its answer.
    Pong,
    /// A Socket.IO packet.
    Message(Packet),
    /// Upgrade and filler packets.
    Noop,
}

/// A Socket.IO packet.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet {
    /// Namespace, `/` for the contract.
    pub namespace: String,
    /// What it is.
    pub data: Data,
}

/// What a Socket.IO packet is.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Ask for a namespace (client, with `auth`), or confirm it (server, with `sid`).
    Connect(Option<Value>),
    /// Leave a namespace.
    Disconnect,
    /// An event with its arguments; `ack` asks for an acknowledgement.
    Event {
        /// The event.
        name: String,
        /// What it carries.
        args: Vec<Value>,
        /// Number to acknowledge with.
        ack: Option<u64>,
    },
    /// An acknowledgement.
    Ack {
        /// Its number.
        id: u64,
        /// What it carries.
        args: Vec<Value>,
    },
    /// The namespace was refused.
    ConnectError(Value),
}

impl Packet {
    /// A packet of namespace `/`.
    #[must_use]
    pub fn main(data: Data) -> Self {
        Self { namespace: "/".to_owned(), data }
    }
}

impl Engine {
    /// Reads one text frame.
    ///
    /// # Errors
    /// [`PacketError`] for whatever is not a packet; the connection should be dropped and opened again.
    pub fn decode(frame: &str) -> Result<Self, PacketError> {
        if frame.len() > MAX_FRAME {
            return Err(PacketError::TooLarge);
        }
        let mut chars = frame.chars();
        let kind = chars.next().ok_or(PacketError::Empty)?;
        let rest = chars.as_str();
        match kind {
            '0' => serde_json::from_str(rest).map(Self::Open).map_err(|_| PacketError::BadPayload),
            '1' => Ok(Self::Close),
            '2' => Ok(Self::Ping),
            '3' => Ok(Self::Pong),
            '4' => Packet::decode(rest).map(Self::Message),
            '5' | '6' => Ok(Self::Noop),
            _ => Err(PacketError::UnknownEngine),
        }
    }

    /// Writes one text frame.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Open(open) => format!("0{}", serde_json::to_string(open).unwrap_or_default()),
            Self::Close => "1".to_owned(),
            Self::Ping => "2".to_owned(),
            Self::Pong => "3".to_owned(),
            Self::Message(packet) => format!("4{}", packet.encode()),
            Self::Noop => "6".to_owned(),
        }
    }
}

impl Packet {
    fn decode(text: &str) -> Result<Self, PacketError> {
        let mut chars = text.chars();
        let kind = chars.next().ok_or(PacketError::Empty)?;
        let (namespace, rest) = namespace(chars.as_str());
        let data = match kind {
            '0' if rest.is_empty() => Data::Connect(None),
            '0' => Data::Connect(Some(object(rest)?)),
            '1' => Data::Disconnect,
            '2' => {
                let (ack, rest) = number(rest)?;
                let mut args = array(rest)?;
                if args.is_empty() {
                    return Err(PacketError::BadPayload);
                }
                let Value::String(name) = args.remove(0) else { return Err(PacketError::BadPayload) };
                Data::Event { name, args, ack }
            }
            '3' => {
                let (id, rest) = number(rest)?;
                Data::Ack { id: id.ok_or(PacketError::BadAck)?, args: array(rest)? }
            }
            '4' => Data::ConnectError(serde_json::from_str(rest).map_err(|_| PacketError::BadPayload)?),
            '5' | '6' => return Err(PacketError::Binary),
            _ => return Err(PacketError::UnknownSocket),
        };
        Ok(Self { namespace: namespace.to_owned(), data })
    }

    fn encode(&self) -> String {
        let namespace = if self.namespace == "/" { String::new() } else { format!("{},", self.namespace) };
        match &self.data {
            Data::Connect(None) => format!("0{namespace}"),
            Data::Connect(Some(auth)) => format!("0{namespace}{auth}"),
            Data::Disconnect => format!("1{namespace}"),
            Data::Event { name, args, ack } => {
                let mut all = vec![Value::from(name.as_str())];
                all.extend(args.iter().cloned());
                let ack = ack.map(|id| id.to_string()).unwrap_or_default();
                format!("2{namespace}{ack}{}", Value::Array(all))
            }
            Data::Ack { id, args } => format!("3{namespace}{id}{}", Value::Array(args.clone())),
            Data::ConnectError(error) => format!("4{namespace}{error}"),
        }
    }
}

/// Splits `/name,` (with an optional query, as Socket.IO 4 sends) off the front.
fn namespace(text: &str) -> (&str, &str) {
    if !text.starts_with('/') {
        return ("/", text);
    }
    let (name, rest) = text.split_once(',').unwrap_or((text, ""));
    (name.split_once('?').map_or(name, |(name, _)| name), rest)
}

/// Splits an acknowledgement's number off the front.
fn number(text: &str) -> Result<(Option<u64>, &str), PacketError> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    digits.parse().map(|id| (Some(id), rest)).map_err(|_| PacketError::BadAck)
}

fn array(text: &str) -> Result<Vec<Value>, PacketError> {
    serde_json::from_str(text).map_err(|_| PacketError::BadPayload)
}

fn object(text: &str) -> Result<Value, PacketError> {
    let value: Value = serde_json::from_str(text).map_err(|_| PacketError::BadPayload)?;
    if value.is_object() { Ok(value) } else { Err(PacketError::BadPayload) }
}

#[cfg(test)]
mod tests;
