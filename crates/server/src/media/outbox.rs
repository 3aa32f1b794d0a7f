//! The writing end of one websocket.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::rpc::{ErrorObject, Response};

/// What a session hands to a socket's task.
#[derive(Debug)]
pub(super) enum Frame {
    /// Send this.
    Text(String),
    /// The participant is gone; close the socket if the client has not done so by then.
    CloseAfter(Duration),
}

/// A socket that can be written to, as long as its task runs.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    /// Tells sockets apart: a participant has another one after a reconnection.
    pub(super) id: u64,
    frames: mpsc::Sender<Frame>,
    kill: CancellationToken,
}

impl Outbox {
    pub(super) fn new(id: u64, frames: mpsc::Sender<Frame>, kill: CancellationToken) -> Self {
        Self { id, frames, kill }
    }

    /// Queues a frame. A client that does not read loses its socket instead of costing memory without bound.
    pub(super) fn send(&self, frame: Frame) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.frames.try_send(frame) {
            tracing::warn!("a client reads too slowly, its socket is closed");
            self.kill.cancel();
        }
    }

    /// Closes the socket at once: it was replaced.
    pub(super) fn kill(&self) {
        self.kill.cancel();
    }

    pub(super) fn answer(&self, id: Value, outcome: Result<Value, ErrorObject>) {
        let response = match outcome {
            Ok(result) => Response::result(id, result),
            Err(error) => Response::error(id, error),
        };
        if let Some(text) = text(&response) {
            self.send(Frame::Text(text));
        }
    }
}

/// JSON of a message; `None` cannot happen with the wire's types, and is logged if it does.
pub(super) fn text<T: serde::Serialize>(message: &T) -> Option<String> {
    serde_json::to_string(message).inspect_err(|error| tracing::error!(%error, "a message has no JSON")).ok()
}

/// JSON text of a notice; see [`text`].
pub(super) fn notice_text(notice: &Notice) -> Option<String> {
    notice.frame().inspect_err(|error| tracing::error!(%error, "a notice has no JSON")).ok()
}
