//! The handle: requests and emits.

use serde::Serialize;
use tokio::sync::{mpsc, watch};
use zvonok_signaling_proto::event::{Contact, RingAck};
use zvonok_signaling_proto::rest::{
    AcceptAnswer, AcceptRequest, CallAnswer, CallRef, CallRequest, CallsAnswer, DeclineRequest, Query, StatusRequest,
    TokenAnswer, UsersAnswer,
};
use zvonok_signaling_proto::{CallId, DeclineReason, Login, Media, Millis, Mode, StatusWord};

use crate::driver::{Command, Online};
use crate::error::RequestError;
use crate::rest::Rest;
use crate::sign_in::{Pocket, SessionToken};

/// A handle to the connection; cheap to clone. Requests name the socket, so they need the connection to stand.
#[derive(Debug, Clone)]
pub struct Client {
    rest: Rest,
    pocket: Pocket,
    commands: mpsc::Sender<Command>,
    online: watch::Receiver<Option<Online>>,
}

/// A call that was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    /// On a hub of part A: it rings, and that is all that is known. The session is the called login.
    Plain,
    /// What part B answers.
    Extended(CallAnswer),
}

/// How a ring is declined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// The call, in part B.
    pub call_id: CallId,
    /// The caller, in part A.
    pub caller: Login,
    /// Why; part A has no reasons.
    pub reason: DeclineReason,
    /// Words for the caller; part A has none.
    pub message: Option<String>,
}

impl Client {
    pub(crate) fn new(
        rest: Rest,
        pocket: Pocket,
        commands: mpsc::Sender<Command>,
        online: watch::Receiver<Option<Online>>,
    ) -> Self {
        Self { rest, pocket, commands, online }
    }

    fn online(&self) -> Result<Online, RequestError> {
        self.online.borrow().clone().ok_or(RequestError::NotConnected)
    }

    fn extended(&self, what: &'static str) -> Result<Online, RequestError> {
        let online = self.online()?;
        if online.extended { Ok(online) } else { Err(RequestError::Unsupported(what)) }
    }

    /// Rings somebody. On a hub of part A only `login` is sent, and the call is one of `watch`.
    ///
    /// # Errors
    /// [`RequestError`]; repeating with the same `call_id` has no second effect.
    pub async fn call(&self, login: Login, call_id: CallId, mode: Mode, media: Media) -> Result<Placed, RequestError> {
        let online = self.online()?;
        let sid = Some(online.sid);
        if online.extended {
            let (call_id, mode, media) = (Some(call_id), Some(mode), Some(media));
            self.rest.post("call", &CallRequest { sid, login, call_id, mode, media }).await.map(Placed::Extended)
        } else {
            let body = CallRequest { sid, login, call_id: None, mode: None, media: None };
            self.rest.say("call", &body).await.map(|()| Placed::Plain)
        }
    }

    /// Accepts a ring. On a hub of part A this is [`Client::status`] with [`StatusWord::Beasy`].
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn accept(&self, call_id: CallId, media: Media) -> Result<AcceptAnswer, RequestError> {
        let sid = Some(self.extended("accept")?.sid);
        self.rest.post("accept", &AcceptRequest { sid, call_id, media: Some(media) }).await
    }

    /// Declines a ring.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn decline(&self, decline: Decline) -> Result<(), RequestError> {
        let online = self.online()?;
        let Decline { call_id, caller, reason, message } = decline;
        let mut body =
            DeclineRequest { sid: Some(online.sid), reciever_login: None, call_id: None, reason: None, message: None };
        if online.extended {
            (body.call_id, body.reason, body.message) = (Some(call_id), Some(reason), message);
        } else {
            body.reciever_login = Some(caller);
        }
        self.rest.say("decline", &body).await
    }

    /// Gives up a call that rings. On a hub of part A the only way is [`Client::leave`].
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn cancel(&self, call_id: CallId) -> Result<(), RequestError> {
        let sid = Some(self.extended("cancel")?.sid);
        self.rest.say("cancel", &CallRef { sid, call_id }).await
    }

    /// Ends a call. On a hub of part A this is [`Client::status`] with [`StatusWord::Free`].
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn hangup(&self, call_id: CallId) -> Result<(), RequestError> {
        let sid = Some(self.extended("hangup")?.sid);
        self.rest.say("hangup", &CallRef { sid, call_id }).await
    }

    /// Says how this person is. On a hub of part A `busy` and `available` go out as `beasy` and `free`.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn status(&self, word: StatusWord) -> Result<(), RequestError> {
        let online = self.online()?;
        let status = match (online.extended, word) {
            (false, StatusWord::Busy) => StatusWord::Beasy,
            (false, StatusWord::Available) => StatusWord::Free,
            (true | false, word) => word,
        };
        self.rest.say("status", &StatusRequest { sid: Some(online.sid), status }).await
    }

    /// Gets a token for a call this person is in.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn token(&self, call_id: CallId) -> Result<TokenAnswer, RequestError> {
        let sid = Some(self.extended("token")?.sid);
        self.rest.post("token", &CallRef { sid, call_id }).await
    }

    /// Everybody else.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn users(&self) -> Result<Vec<Contact>, RequestError> {
        let query = Query { sid: Some(self.extended("users")?.sid), ..Query::default() };
        self.rest.get::<UsersAnswer>("users", &query).await.map(|answer| answer.users)
    }

    /// This person's calls, newest first: those that started before `before`, at most `limit`.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn calls(&self, before: Option<Millis>, limit: Option<usize>) -> Result<CallsAnswer, RequestError> {
        let query = Query { sid: Some(self.extended("calls")?.sid), before, limit };
        self.rest.get("calls", &query).await
    }

    /// Tells the hub how far a ring got here. Nothing on a hub of part A, or while there is no connection.
    pub async fn ring_ack(&self, ack: RingAck) {
        if self.extended("ring_ack").is_ok() {
            self.send(Command::RingAck(ack)).await;
        }
    }

    /// Presents this token from now on; without a connection the next try comes at once. `None` presents nothing, and
    /// leaves the connection that was made with a token.
    pub async fn sign_in_with(&self, token: Option<SessionToken>) {
        let leaves = token.is_none();
        self.pocket.put(token);
        if leaves {
            self.leave().await;
        } else {
            self.probe().await;
        }
    }

    /// Finds out whether the connection lives, after sleep or a change of networks; one that does not answer within
    /// 3 s is replaced. Without a connection the next try comes at once.
    pub async fn probe(&self) {
        self.send(Command::Probe).await;
    }

    /// Leaves the socket and connects again: in part A the caller's only way to give up.
    pub async fn leave(&self) {
        self.send(Command::Leave).await;
    }

    /// Ends the connection for good.
    pub async fn close(&self) {
        self.send(Command::Close).await;
    }

    /// Whether the connection stands, and speaks part B.
    #[must_use]
    pub fn is_extended(&self) -> Option<bool> {
        self.online.borrow().as_ref().map(|online| online.extended)
    }

    async fn send(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            tracing::debug!("the signaling client has ended");
        }
    }
}

/// Bodies are what the contract spells.
pub(crate) trait Body: Serialize + Sync {}
impl<T: Serialize + Sync> Body for T {}
