//! The writing end of one websocket.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as WsMessage, WebSocket};
use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::rpc::{ErrorObject, Response};

use super::defaults;

/// What a session hands to a socket's task.
#[derive(Debug)]
pub(super) enum Frame {
    /// Send this; it is kept where it cannot be sent.
    Text(String),
    /// Send this answer. A client whose socket is lost has given up waiting for it.
    Answer(String),
    /// The participant is gone; close the socket if the client has not done so by then.
    CloseAfter(Duration),
}

/// A socket that can be written to, as long as its task runs.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    /// Tells sockets apart: a participant has another one after a reconnection.
    pub(super) id: u64,
    frames: mpsc::Sender<Frame>,
    /// Bytes of the frames that wait.
    waiting: Arc<AtomicUsize>,
    kill: CancellationToken,
}

/// Where a socket's task takes what it has to write.
#[derive(Debug)]
pub(super) struct Inbox {
    frames: mpsc::Receiver<Frame>,
    waiting: Arc<AtomicUsize>,
}

/// Both ends of the way to one socket. `kill` is what ends its task.
pub(super) fn channel(id: u64, kill: CancellationToken) -> (Outbox, Inbox) {
    let (sender, frames) = mpsc::channel(defaults::OUTBOX);
    let waiting = Arc::new(AtomicUsize::new(0));
    (Outbox { id, frames: sender, waiting: Arc::clone(&waiting), kill }, Inbox { frames, waiting })
}

impl Inbox {
    /// The next frame; `None` when nobody can send any more. Nothing is lost where this is given up waiting for.
    pub(super) async fn recv(&mut self) -> Option<Frame> {
        let frame = self.frames.recv().await;
        self.taken(frame)
    }

    /// The next frame, if one waits.
    pub(super) fn try_recv(&mut self) -> Option<Frame> {
        let frame = self.frames.try_recv().ok();
        self.taken(frame)
    }

    /// What was not sent and is worth sending later. Nothing is taken any more.
    pub(super) fn close(mut self, failed: Option<String>) -> Vec<String> {
        self.frames.close();
        let rest = std::iter::from_fn(|| self.frames.try_recv().ok()).filter_map(|frame| match frame {
            Frame::Text(text) => Some(text),
            Frame::Answer(_) | Frame::CloseAfter(_) => None,
        });
        failed.into_iter().chain(rest).collect()
    }

    fn taken(&self, frame: Option<Frame>) -> Option<Frame> {
        let bytes = frame.as_ref().map_or(0, Frame::bytes);
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        frame
    }
}

impl Frame {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Answer(text) => text.len(),
            Self::CloseAfter(_) => 0,
        }
    }
}

impl Outbox {
    /// Queues a frame, or gives it back where the socket is at its end. A client that does not read loses its socket instead
    /// of costing memory without bound.
    pub(super) fn send(&self, frame: Frame) -> Result<(), Frame> {
        let bytes = frame.bytes();
        let before = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        // One frame always fits: what a large session answers to `joinRoom` may be longer than the bound.
        let sent = if before > 0 && before + bytes > defaults::OUTBOX_BYTES {
            Err(mpsc::error::TrySendError::Full(frame))
        } else {
            self.frames.try_send(frame)
        };
        sent.map_err(|error| {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            match error {
                mpsc::error::TrySendError::Full(frame) => {
                    tracing::warn!("a client reads too slowly, its socket is closed");
                    self.kill.cancel();
                    frame
                }
                mpsc::error::TrySendError::Closed(frame) => frame,
            }
        })
    }

    /// Queues the last frames for somebody who has left: nobody is there to be told of a socket that is lost.
    pub(super) fn send_last(&self, frames: impl IntoIterator<Item = Frame>) {
        if frames.into_iter().any(|frame| self.send(frame).is_err()) {
            tracing::debug!("a client was gone before it could be told so");
        }
    }

    /// Closes the socket at once.
    pub(super) fn end(&self) {
        self.kill.cancel();
    }

    /// Closes the socket at once, if `by` is another one: it was replaced.
    pub(super) fn replaced(&self, by: &Self) {
        if self.id != by.id {
            self.kill.cancel();
        }
    }

    pub(super) fn answer(&self, id: Value, outcome: Result<Value, ErrorObject>) {
        let response = match outcome {
            Ok(result) => Response::result(id, result),
            Err(error) => Response::error(id, error),
        };
        self.send_last(text(&response).map(Frame::Answer));
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

/// The writing half of a websocket.
pub(super) type Sink = SplitSink<WebSocket, WsMessage>;

/// Whether a frame was written in time.
pub(super) async fn write(sink: &mut Sink, text: String, within: Duration) -> bool {
    let sent = tokio::time::timeout(within, sink.send(WsMessage::text(text))).await;
    matches!(sent, Ok(Ok(())))
}

/// Whether a frame was written before `kill`: what cannot be written by a socket that was replaced goes by the next one, which
/// waits for it.
pub(super) async fn write_until(sink: &mut Sink, text: String, kill: &CancellationToken) -> bool {
    tokio::select! {
        // What needs no waiting is written all the same: the last words when the server stops.
        biased;
        written = write(sink, text, defaults::WRITE_WITHIN) => written,
        () = kill.cancelled() => false,
    }
}

/// Closes a socket in order, if the client still reads.
pub(super) async fn close(sink: &mut Sink, code: u16, reason: &'static str) {
    let close = WsMessage::Close(Some(CloseFrame { code, reason: reason.into() }));
    if !matches!(tokio::time::timeout(defaults::SHUTDOWN, sink.send(close)).await, Ok(Ok(()))) {
        tracing::debug!("a client was gone before it could be told so");
    }
}
