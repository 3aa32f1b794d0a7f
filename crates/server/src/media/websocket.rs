//! The websocket `/openvidu`: one task for each socket. It answers pings by itself, lets participants in, and carries
//! everything else between the client and its session.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::ws::{Message as WsMessage, WebSocket};
use futures_util::stream::StreamExt as _;
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use zvonok_openvidu::wire::join::JoinRoom;
use zvonok_openvidu::wire::rpc::{ErrorObject, JSONRPC, Response, code};

use super::outbox::{self, Frame, Inbox, Outbox, Sink, close, text, write, write_until};
use super::session::{Message, SessionHandle, unknown_reconnection};
use super::{Shared, defaults};

/// Where a socket is in its life.
enum Stage {
    /// It belongs to nobody yet.
    Fresh,
    /// It is a participant's.
    Joined { session: SessionHandle, connection: String },
}

struct Socket {
    shared: Arc<Shared>,
    ip: IpAddr,
    outbox: Outbox,
    stage: Stage,
    ping_interval: Duration,
    /// When it is closed for want of a ping, of a join, or after leaving.
    closes_at: Instant,
    leaving: bool,
}

/// Serves one socket until it ends.
pub(super) async fn serve(shared: Arc<Shared>, ws: WebSocket, ip: IpAddr) {
    // Whoever opens sockets without ever joining costs no more than these.
    let _seat = match shared.sockets.take(ip) {
        Ok(seat) => seat,
        Err(none) => {
            tracing::warn!(%none, "a websocket is refused");
            return;
        }
    };
    let kill = shared.stop.child_token();
    let id = shared.last_socket.fetch_add(1, Ordering::Relaxed);
    let (outbox, mut outgoing) = outbox::channel(id, kill.clone());
    let mut socket = Socket {
        outbox,
        shared,
        ip,
        stage: Stage::Fresh,
        ping_interval: defaults::PING_INTERVAL,
        closes_at: Instant::now() + defaults::JOIN_WITHIN,
        leaving: false,
    };
    let failed = socket.run(ws, &mut outgoing, &kill).await;
    let unsent = outgoing.close(failed);
    if let Stage::Joined { session, connection } = socket.stage {
        session.tell(Message::SocketLost { connection, socket: id, unsent }).await;
    }
}

/// What a socket's task woke up for.
enum Woken {
    Killed,
    Outgoing(Option<Frame>),
    Incoming(Option<Result<WsMessage, axum::Error>>),
    Late,
}

impl Socket {
    /// Gives back what was to be sent when the socket failed.
    async fn run(&mut self, ws: WebSocket, outgoing: &mut Inbox, kill: &CancellationToken) -> Option<String> {
        let (mut sink, mut stream) = ws.split();
        loop {
            let woken = tokio::select! {
                () = kill.cancelled() => Woken::Killed,
                frame = outgoing.recv() => Woken::Outgoing(frame),
                message = stream.next() => Woken::Incoming(message),
                () = tokio::time::sleep_until(self.closes_at) => Woken::Late,
            };
            let reply = match woken {
                Woken::Killed => {
                    if self.shared.stop.is_cancelled() {
                        self.say_goodbye(&mut sink, outgoing).await;
                    }
                    break;
                }
                Woken::Outgoing(None) | Woken::Incoming(None | Some(Err(_))) => break,
                Woken::Late => {
                    let late = matches!(self.stage, Stage::Joined { .. });
                    close(&mut sink, 1000, if late { "Close for not receive ping from client" } else { "" }).await;
                    break;
                }
                Woken::Outgoing(Some(Frame::CloseAfter(time))) => {
                    self.leaving = true;
                    self.stage = Stage::Fresh;
                    self.closes_at = Instant::now() + time;
                    continue;
                }
                Woken::Outgoing(Some(Frame::Text(text))) => {
                    if !write_until(&mut sink, text.clone(), kill).await {
                        return Some(text);
                    }
                    continue;
                }
                Woken::Outgoing(Some(Frame::Answer(text))) => Some(text),
                Woken::Incoming(Some(Ok(WsMessage::Text(text)))) => self.receive(&text).await,
                Woken::Incoming(Some(Ok(WsMessage::Close(_)))) => break,
                // Not part of the protocol; the websocket layer answers its own pings.
                Woken::Incoming(Some(Ok(WsMessage::Binary(_) | WsMessage::Ping(_) | WsMessage::Pong(_)))) => None,
            };
            if let Some(reply) = reply
                && !write_until(&mut sink, reply, kill).await
            {
                break;
            }
        }
        None
    }

    /// The server stops: the client is still told that it was evicted, or it would try to come back for ever.
    async fn say_goodbye(&self, sink: &mut Sink, outgoing: &mut Inbox) {
        while let Some(frame) = outgoing.try_recv() {
            if let Frame::Text(text) | Frame::Answer(text) = frame
                && !write(sink, text, defaults::SHUTDOWN).await
            {
                return;
            }
        }
        close(sink, 1001, "").await;
    }

    /// One frame of the client. What this task answers by itself comes back; the rest goes through the outbox.
    async fn receive(&mut self, frame: &str) -> Option<String> {
        let Ok(message) = serde_json::from_str::<Value>(frame) else {
            return error(Value::Null, ErrorObject::new(code::PARSE, "the message is not JSON"));
        };
        let id = message.get("id").cloned().unwrap_or(Value::Null);
        let version = message.get("jsonrpc").and_then(Value::as_str);
        let Some(method) = message.get("method").and_then(Value::as_str) else {
            return error(id, ErrorObject::new(code::INVALID_REQUEST, "the message has no method"));
        };
        // A ping is never answered with an error, whatever is wrong with it: the library would drop its socket and all its
        // requests.
        if version != Some(JSONRPC) && method != "ping" {
            return error(id, ErrorObject::new(code::INVALID_REQUEST, "the message is not JSON-RPC 2.0"));
        }
        let params = message.get("params").cloned().unwrap_or_else(|| json!({}));
        match method {
            "ping" => {
                self.pinged(&params);
                text(&Response::result(id, json!({ "value": "pong" })))
            }
            "joinRoom" if matches!(self.stage, Stage::Fresh) && !self.leaving => self.join(id, params).await,
            "connect" => self.resume(id, &params).await,
            _ => self.pass_on(id, method.to_owned(), params).await,
        }
    }

    fn pinged(&mut self, params: &Value) {
        if let Some(interval) = params.get("interval").and_then(Value::as_u64).filter(|interval| *interval > 0) {
            self.ping_interval = Duration::from_millis(interval).min(defaults::PING_INTERVAL_MAX);
        }
        // Pings keep a participant's socket open, not one that has not joined or has left.
        if let Stage::Joined { .. } = self.stage {
            self.watch();
        }
    }

    fn watch(&mut self) {
        self.closes_at = Instant::now() + self.ping_interval * defaults::PINGS_MISSED;
    }

    async fn join(&mut self, id: Value, params: Value) -> Option<String> {
        let params: JoinRoom = match serde_json::from_value(params) {
            Ok(params) => params,
            Err(fault) => {
                let message = format!("the parameters are malformed: {fault}");
                return error(id, ErrorObject::new(code::INVALID_PARAMS, message));
            }
        };
        let Some(session) = self.shared.directory.session(&params.session) else {
            return error(id, ErrorObject::new(code::SESSION_NOT_FOUND, "there is no such session"));
        };
        let (outbox, ip, answered) = (self.outbox.clone(), self.ip, id.clone());
        let joined =
            session.ask(|reply| Message::Join { params: Box::new(params), outbox, ip, id: answered, reply }).await;
        match joined {
            Some(Some(connection)) => {
                self.stage = Stage::Joined { session, connection };
                self.watch();
                None
            }
            // The session has answered. Who guesses needs another socket for each guess.
            Some(None) => {
                self.leaving = true;
                self.closes_at = self.closes_at.min(Instant::now() + defaults::CLOSE_AFTER_LEAVING);
                None
            }
            None => error(id, ErrorObject::new(code::SESSION_CLOSED, "the session is closing")),
        }
    }

    async fn resume(&mut self, id: Value, params: &Value) -> Option<String> {
        let known = params.get("sessionId").and_then(Value::as_str).and_then(|rpc| self.shared.directory.rpc(rpc));
        let Some((session, connection)) = known else { return error(id, unknown_reconnection()) };
        let may = match &self.stage {
            Stage::Fresh => !self.leaving,
            // One participant's socket does not become another's: the first would never be told that it is lost.
            Stage::Joined { connection: mine, .. } => *mine == connection,
        };
        if !may {
            return error(id, unknown_reconnection());
        }
        let (outbox, answered, name) = (self.outbox.clone(), id.clone(), connection.clone());
        match session.ask(|reply| Message::Resume { connection: name, outbox, id: answered, reply }).await {
            Some(true) => {
                self.stage = Stage::Joined { session, connection };
                self.watch();
                None
            }
            Some(false) => None,
            None => error(id, unknown_reconnection()),
        }
    }

    async fn pass_on(&self, id: Value, method: String, params: Value) -> Option<String> {
        let Stage::Joined { session, connection } = &self.stage else {
            return error(id, ErrorObject::new(code::NOT_JOINED, "this connection has not joined a session"));
        };
        let message =
            Message::Request { connection: connection.clone(), socket: self.outbox.id, id: id.clone(), method, params };
        if session.tell(message).await {
            None
        } else {
            error(id, ErrorObject::new(code::SESSION_CLOSED, "the session is closed"))
        }
    }
}

fn error(id: Value, error: ErrorObject) -> Option<String> {
    text(&Response::error(id, error))
}
