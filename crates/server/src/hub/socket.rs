//! The hub's sockets.

use std::time::Duration;

use serde_json::json;
use socketioxide::extract::{AckSender, SocketRef, State, TryData};
use socketioxide::layer::SocketIoLayer;
use socketioxide::{SocketIo, TransportType};
use zvonok_signaling_proto::event::{LoginRequest, RingAck};
use zvonok_signaling_proto::rest::Head;
use zvonok_signaling_proto::{Code, SOCKET_PATH};

use super::limits::{MAX_MESSAGE, PING_INTERVAL_MS, PING_TIMEOUT_MS};
use super::task::Hub;

/// The Socket.IO endpoint: WebSockets only, namespace `/`.
pub(super) fn layer(hub: Hub) -> (SocketIoLayer, SocketIo) {
    let (layer, io) = SocketIo::builder()
        .req_path(SOCKET_PATH.trim_end_matches('/'))
        .transports([TransportType::Websocket])
        .ping_interval(Duration::from_millis(PING_INTERVAL_MS))
        .ping_timeout(Duration::from_millis(PING_TIMEOUT_MS))
        .max_payload(u64::try_from(MAX_MESSAGE).unwrap_or(u64::MAX))
        .ws_max_message_size(MAX_MESSAGE)
        .ws_max_frame_size(MAX_MESSAGE)
        .with_state(hub)
        .build_layer();
    io.ns("/", connected);
    (layer, io)
}

async fn connected(socket: SocketRef, State(hub): State<Hub>) {
    if !hub.admit() {
        tracing::warn!("a socket was refused, there are too many");
        let _ = socket.disconnect();
        return;
    }
    socket.on("login", login);
    socket.on("ring_ack", ring_ack);
    socket.on_disconnect(disconnected);
}

async fn login(socket: SocketRef, State(hub): State<Hub>, TryData(body): TryData<LoginRequest>, ack: AckSender) {
    match body {
        Ok(body) => hub.login(socket, body, ack).await,
        Err(_) => {
            tracing::debug!("a malformed login");
            let head = Head::failure(Code::Malformed, "`login` has 1 to 64 letters, digits, `_` or `-`.");
            let _ = ack.send(&head);
        }
    }
}

async fn ring_ack(socket: SocketRef, State(hub): State<Hub>, TryData(body): TryData<RingAck>, ack: AckSender) {
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
