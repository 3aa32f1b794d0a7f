//! The hub's sockets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
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
use super::limits::{EVENTS_AT_ONCE, MAX_QUEUED, PING_INTERVAL_MS, PING_TIMEOUT_MS};
use super::sessions::Pass;
use crate::seats::{NoSeat, Seat};

/// The Socket.IO endpoint: WebSockets only, namespace `/`.
pub(super) fn layer(hub: Hub, message_bytes: usize) -> (SocketIoLayer, SocketIo) {
    let (layer, io) = SocketIo::builder()
        .req_path(SOCKET_PATH.trim_end_matches('/'))
        .transports([TransportType::Websocket])
        .ping_interval(Duration::from_millis(PING_INTERVAL_MS))
        .ping_timeout(Duration::from_millis(PING_TIMEOUT_MS))
        .max_buffer_size(MAX_QUEUED)
        .max_payload(u64::try_from(message_bytes).unwrap_or(u64::MAX))
        .ws_max_message_size(message_bytes)
        .ws_max_frame_size(message_bytes)
        .with_state(hub)
        .build_layer();
    io.ns("/", connected.with(prepare));
    (layer, io)
}

/// What a socket has from its beginning to its end.
struct Place {
    /// Its room among all sockets; none in tests.
    _room: Option<Seat>,
    /// What its token has shown.
    pass: Option<Pass>,
    /// The library takes events for it from now on.
    ready: CancellationToken,
    /// The library handles each event in a task of its own, and counts them not.
    turns: Arc<Semaphore>,
}

impl Place {
    fn new(room: Option<Seat>, pass: Option<Pass>) -> Self {
        Self { _room: room, pass, ready: CancellationToken::new(), turns: Arc::new(Semaphore::new(EVENTS_AT_ONCE)) }
    }

    /// Leave to handle one more event; none where too many are being handled.
    fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).try_acquire_owned().ok()
    }
}

/// Leave to handle an event of the socket. One that sends faster than the hub takes is disconnected.
fn turn(socket: &SocketRef) -> Option<(Arc<Place>, OwnedSemaphorePermit)> {
    let seat = socket.extensions.get::<Arc<Place>>()?;
    let turn = seat.turn();
    if turn.is_none() {
        tracing::warn!("a socket sends more events than the hub can take, and is disconnected");
        // It may be gone already.
        let _ = socket.clone().disconnect();
    }
    Some((seat, turn?))
}

/// Runs before the client is told that it is connected: a `login` sent at once finds its handler.
async fn prepare(socket: SocketRef, State(hub): State<Hub>, TryData(auth): TryData<Auth>) -> Result<(), Refused> {
    let peer = socket.req_parts().extensions.get::<ConnectInfo<SocketAddr>>();
    // The listener knows it of every connection.
    let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    let room = hub.room(address).map_err(|none| match none {
        NoSeat::Full => Refused::TooMany,
        NoSeat::Address => Refused::TooManyThere,
    })?;
    let pass = match auth.ok().and_then(|auth| auth.token) {
        Some(token) if hub.is_closed() => hub.door.pass(&token).await.map_err(|_| Refused::Unavailable)?,
        Some(_) | None => None,
    };
    if hub.is_closed() && pass.is_none() {
        return Err(Refused::NotSignedIn);
    }
    socket.extensions.insert(Arc::new(Place::new(Some(room), pass)));
    socket.on("login", login);
    socket.on("ring_ack", ring_ack);
    socket.on_disconnect(disconnected);
    Ok(())
}

/// Runs after the library has marked the socket as connected; that comes after the client was told, and on a busy
/// machine after the client's first event.
async fn connected(socket: SocketRef) {
    if let Some(seat) = socket.extensions.get::<Arc<Place>>() {
        seat.ready.cancel();
    }
}

/// The CONNECT packet's `auth`.
#[derive(serde::Deserialize)]
struct Auth {
    token: Option<String>,
}

/// What a client reads that is not let in: a [`Code`], and words for people. The library has no other member for it.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("too_many: The hub has as many sockets as it can.")]
    TooMany,
    #[error("too_many: Your address has as many sockets as one may have.")]
    TooManyThere,
    #[error("not_signed_in: Sign in first.")]
    NotSignedIn,
    #[error("unavailable: The hub cannot look up accounts just now.")]
    Unavailable,
}

async fn login(socket: SocketRef, State(hub): State<Hub>, TryData(body): TryData<LoginRequest>, ack: AckSender) {
    let Some((seat, _turn)) = turn(&socket) else { return };
    match body {
        Ok(body) => {
            seat.ready.cancelled().await;
            hub.login(socket, body, seat.pass.clone(), ack).await;
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
        let seat = Place::new(None, None);
        let turns: Vec<_> = std::iter::from_fn(|| seat.turn()).collect();
        assert_eq!(turns.len(), EVENTS_AT_ONCE);
        drop(turns);
        assert!(seat.turn().is_some(), "when they were handled there is room again");
    }
}
