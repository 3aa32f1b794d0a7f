//! What is asked of a session's task, and the way to it.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use zvonok_openvidu::wire::join::JoinRoom;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::recorded::Recording;
use zvonok_openvidu::wire::recording::RecordingRequest;
use zvonok_openvidu::wire::rest::{Connection, Session as SessionObject};
use zvonok_openvidu::wire::{Reason, Role};

use super::super::outbox::Outbox;
use super::camera::NewCamera;
use super::recording::NotRecorded;
use super::rest::{NewConnection, SignalFault};

/// What is asked of a session's task.
#[derive(Debug)]
pub(in super::super) enum Message {
    // From REST and the hub.
    Describe { pending: bool, stats: bool, reply: oneshot::Sender<SessionObject> },
    Connect { new: NewConnection, reply: oneshot::Sender<Option<Connection>> },
    ConnectCamera { new: Box<NewCamera>, reply: oneshot::Sender<Option<Connection>> },
    Disconnect { connection: String, reply: oneshot::Sender<bool> },
    Change { connection: String, role: Option<Role>, record: Option<bool>, reply: oneshot::Sender<Option<Connection>> },
    Unpublish { stream: String, reply: oneshot::Sender<Ended> },
    Signal { notice: Notice, to: Vec<String>, reply: oneshot::Sender<Result<(), SignalFault>> },
    StartEcho { server_data: String, reply: oneshot::Sender<()> },
    StopEcho { reply: oneshot::Sender<()> },
    MayRecord { reply: oneshot::Sender<Result<(), NotRecorded>> },
    StartRecording { request: RecordingRequest, reply: oneshot::Sender<Result<Recording, NotRecorded>> },
    StopRecording { id: String, reason: Reason, reply: Option<oneshot::Sender<Option<Recording>>> },
    Close { reason: Reason, reply: oneshot::Sender<()> },
    // From sockets.
    Join { params: Box<JoinRoom>, outbox: Outbox, ip: IpAddr, id: Value, reply: oneshot::Sender<Option<String>> },
    Resume { connection: String, outbox: Outbox, id: Value, reply: oneshot::Sender<bool> },
    Request { connection: String, socket: u64, id: Value, method: String, params: Value },
    SocketLost { connection: String, socket: u64, unsent: Vec<String> },
}

/// The way to a session's task.
#[derive(Debug, Clone)]
pub(in super::super) struct SessionHandle {
    /// The session's name.
    pub(in super::super) id: Arc<str>,
    pub(super) mailbox: mpsc::Sender<Message>,
}

impl SessionHandle {
    /// The way to a task of the name `room`.
    #[cfg(test)]
    pub(in super::super) fn to(mailbox: mpsc::Sender<Message>) -> Self {
        Self { id: "room".into(), mailbox }
    }

    /// Whether both lead to the same task: names are used again.
    pub(in super::super) fn is(&self, other: &Self) -> bool {
        self.mailbox.same_channel(&other.mailbox)
    }

    /// Asks the task something; `None` where it is gone.
    pub(in super::super) async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.mailbox.send(message(reply)).await.ok()?;
        answer.await.ok()
    }

    /// Tells the task something; false where it is gone.
    pub(in super::super) async fn tell(&self, message: Message) -> bool {
        self.mailbox.send(message).await.is_ok()
    }
}

/// Whether a stream was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Ended {
    /// It was.
    Done,
    /// There is none.
    Unknown,
    /// It is a camera's, which has nothing else.
    Camera,
}

/// Delivers a reply. Where that cannot be, the one who asked is gone, and nobody misses it.
pub(super) fn respond<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("whoever asked is gone");
    }
}
