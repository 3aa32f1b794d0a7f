//! The hub's sockets.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use socketioxide::extract::{AckSender, SocketRef, State, TryData};
use socketioxide::handler::ConnectHandler as _;
use socketioxide::layer::SocketIoLayer;
use socketioxide::{SocketIo, TransportType};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use zvonok_signaling_proto::event::{LoginRequest, RingAck};
use zvonok_signaling_proto::rest::Head;
use zvonok_signaling_proto::{Code, SOCKET_PATH};

use super::handle::Hub;
use super::limits::{EVENTS_AT_ONCE, MAX_MESSAGE, MAX_QUEUED, PING_INTERVAL_MS, PING_TIMEOUT_MS};

/// The Socket.IO endpoint: WebSockets only, namespace `/`.
pub(super) fn layer(hub: Hub) -> (SocketIoLayer, SocketIo) {
    let (layer, io) = SocketIo::builder()
        .req_path(SOCKET_PATH.trim_end_matches('/'))
        .transports([TransportType::Websocket])
        .ping_interval(Duration::from_millis(PING_INTERVAL_MS))
        .ping_timeout(Duration::from_millis(PING_TIMEOUT_MS))
        .max_buffer_size(MAX_QUEUED)
        .max_payload(u64::try_from(MAX_MESSAGE).unwrap_or(u64::MAX))
        .ws_max_message_size(MAX_MESSAGE)
        .ws_max_frame_size(MAX_MESSAGE)
        .with_state(hub)
        .build_layer();
    io.ns("/", connected.with(prepare));
    (layer, io)
}

/// What a socket has from its beginning to its end.
struct Seat {
    /// Its room among all sockets; none in tests.
    _room: Option<OwnedSemaphorePermit>,
    /// The library takes events for it from now on.
    ready: CancellationToken,
    /// The library handles each event in a task of its own, and counts them not.
    turns: Arc<Semaphore>,
}

impl Seat {
    fn new(room: Option<OwnedSemaphorePermit>) -> Self {
        Self { _room: room, ready: CancellationToken::new(), turns: Arc::new(Semaphore::new(EVENTS_AT_ONCE)) }
    }

    /// Leave to handle one more event; none where too many are being handled.
    fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).try_acquire_owned().ok()
    }
}

/// Leave to handle an event of the socket. One that sends faster than the hub takes is disconnected.
fn turn(socket: &SocketRef) -> Option<(Arc<Seat>, OwnedSemaphorePermit)> {
    let seat = socket.extensions.get::<Arc<Seat>>()?;
    let turn = seat.turn();
    if turn.is_none() {
        tracing::warn!("a socket sends more events than the hub can take, and is disconnected");
        // It may be gone already.
        let _ = socket.clone().disconnect();
    }
    Some((seat, turn?))
}

/// Runs before the client is told that it is connected: a `login` sent at once finds its handler.
async fn prepare(socket: SocketRef, State(hub): State<Hub>) -> Result<(), TooManySockets> {
    let room = hub.room().ok_or(TooManySockets)?;
    socket.extensions.insert(Arc::new(Seat::new(Some(room))));
    socket.on("login", login);
    socket.on("ring_ack", ring_ack);
    socket.on_disconnect(disconnected);
    Ok(())
}

/// Runs after the library has marked the socket as connected; that comes after the client was told, and on a busy
/// machine after the client's first event.
async fn connected(socket: SocketRef) {
    if let Some(seat) = socket.extensions.get::<Arc<Seat>>() {
        seat.ready.cancel();
    }
}

/// What a client reads when the hub is full.
#[derive(Debug, thiserror::Error)]
#[error("too many sockets")]
struct TooManySockets;

async fn login(socket: SocketRef, State(hub): State<Hub>, TryData(body): TryData<LoginRequest>, ack: AckSender) {
    let Some((seat, _turn)) = turn(&socket) else { return };
    match body {
        Ok(body) => {
            seat.ready.cancelled().await;
            hub.login(socket, body, ack).await;
        }
        Err(_) => {
            tracing::debug!("a malformed login");
            let head = Head::failure(Code::Malformed, "`login` has 1 to 64 letters, digits, `_` or `-`.");
            let _ = ack.send(&head);
        }
    }
}

async fn ring_ack(socket: SocketRef, State(hub): State<Hub>, TryData(body): TryData<RingAck>, ack: AckSender) {
    let Some((_seat, _turn)) = turn(&socket) else { return };
    match body {
        Ok(body) => {
            hub.ring_ack(socket.id.to_string(), body).await;
            let _ = ack.send(&json!({}));
        }
        Err(_) => {
            tracing::debug!("a malformed ring_ack");
            let _ = ack.send(&Head::failure(Code::Malformed, "`ring_ack` is malformed."));
        }
    }
}

async fn disconnected(socket: SocketRef, State(hub): State<Hub>) {
    hub.gone(socket.id.to_string()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_events_of_one_socket_are_handled_and_no_more() {
        let seat = Seat::new(None);
        let turns: Vec<_> = std::iter::from_fn(|| seat.turn()).collect();
        assert_eq!(turns.len(), EVENTS_AT_ONCE);
        drop(turns);
        assert!(seat.turn().is_some(), "when they were handled there is room again");
    }
}
