//! What goes into the hub machine and what comes out.

use serde::{Deserialize, Serialize};
use zvonok_signaling_proto::event::{LoginAck, LoginRequest, RingAck};
use zvonok_signaling_proto::rest::{
    AcceptRequest, BlockRequest, CallRequest, DeclineRequest, Head, InviteRequest, SettingsRequest,
};
use zvonok_signaling_proto::{CallId, Login, Millis, StatusWord};

use super::super::change::{HistoryQuery, RecordingsQuery};
use super::media::{CallCamera, MediaGrant};
use super::respond::Answer;
use crate::accounts::{Account, Signed};
use crate::media_control::Role;

/// A socket's id: what Socket.IO calls `socket.id`, and bodies `sid`.
pub type SocketId = String;

/// Anything that happens to the hub.
#[derive(Debug, Clone)]
pub enum Input {
    /// From a socket: `login`.
    Login {
        /// Which socket.
        socket: SocketId,
        /// The event.
        body: LoginRequest,
        /// What its token has shown, if it sent one.
        signed: Option<Signed>,
    },
    /// From a socket: `ring_ack`.
    RingAck {
        /// Which socket.
        socket: SocketId,
        /// The event.
        body: RingAck,
    },
    /// A socket is gone.
    SocketGone {
        /// Which socket.
        socket: SocketId,
    },
    /// Sockets are gone with the hub that had them: nobody has given anything up.
    SocketsLost {
        /// Which sockets.
        sockets: Vec<SocketId>,
    },
    /// From REST.
    Request {
        /// The socket that the body names.
        sid: Option<SocketId>,
        /// Its token.
        bearer: Bearer,
        /// What is asked.
        request: Request,
        /// Ids to use, if new ones are needed.
        fresh: Fresh,
    },
    /// From the media server: a token asked for by [`Reply::Grant`] was made.
    Minted {
        /// The grant.
        grant: Grant,
        /// OpenVidu's connection id of the token.
        connection_id: String,
    },
    /// From the media server: a call is recorded.
    Recorded {
        /// The call.
        call_id: CallId,
        /// The hub's id of the recording.
        recording: String,
    },
    /// From the media server: a camera was let into a call.
    CameraIn {
        /// By whom, and where.
        grant: Box<MediaGrant>,
        /// The camera.
        camera: CallCamera,
    },
    /// From the media server: a camera was taken out.
    CameraOut {
        /// The call.
        call_id: CallId,
        /// The hub's id of the camera.
        camera: String,
    },
    /// From the database: all accounts, some of which have changed.
    Accounts(Vec<Account>),
    /// A token was taken back.
    SessionOver {
        /// Its hash.
        session: String,
    },
    /// Whoever of [`super::Machine::expect_back`] could come back has.
    Gathered,
    /// Time passed; feed it when [`super::Machine::deadline`] is due.
    Tick,
    /// The hub stops: what rings is over, and nothing rings any more.
    Stop,
}

/// The token of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bearer {
    /// It sent none that is known.
    None,
    /// Its hash, to be compared with that of the socket named beside it.
    Hash(String),
    /// What it has shown, where no socket is named.
    Session(Signed),
}

/// A REST request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Request {
    /// `POST /call`
    Call(CallRequest),
    /// `POST /accept`
    Accept(AcceptRequest),
    /// `POST /decline`
    Decline(DeclineRequest),
    /// `POST /cancel`
    Cancel(CallId),
    /// `POST /hangup`
    Hangup(CallId),
    /// `POST /invite`
    Invite(InviteRequest),
    /// `POST /settings`
    Settings(SettingsRequest),
    /// `POST /status`
    Status(StatusWord),
    /// `POST /token`
    Token(CallId),
    /// `POST /calls/ID/recording`, `/calls/ID/cameras`: whether that may be.
    Media(CallId),
    /// `GET /recordings`
    Recordings,
    /// `GET /users`
    Users,
    /// `POST /block`
    Block(BlockRequest),
    /// `GET /blocks`
    Blocks,
    /// `GET /calls`
    Calls {
        /// Only calls that started before this.
        before: Option<Millis>,
        /// At most so many.
        limit: Option<usize>,
    },
}

impl Request {
    /// Whether it is a device that asks, and not only a person.
    #[must_use]
    pub fn needs_device(&self) -> bool {
        match self {
            Self::Settings(_)
            | Self::Users
            | Self::Calls { .. }
            | Self::Block(_)
            | Self::Blocks
            // An admin need not be in the call.
            | Self::Media(_)
            | Self::Recordings => false,
            Self::Call(_)
            | Self::Accept(_)
            | Self::Decline(_)
            | Self::Cancel(_)
            | Self::Hangup(_)
            | Self::Invite(_)
            | Self::Status(_)
            | Self::Token(_) => true,
        }
    }
}

/// Unguessable ids made by the driver, since the machine has no randomness.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fresh {
    /// A call id, for callers of part A who send none.
    pub call_id: CallId,
    /// A session name.
    pub session: String,
}

/// Leave to make a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The call.
    pub call_id: CallId,
    /// For whom.
    pub login: Login,
    /// For which of the person's devices.
    pub device: String,
    /// The OpenVidu session.
    pub session: String,
    /// What the token allows.
    pub role: Role,
}

/// What an input is answered with, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Nothing to answer.
    None,
    /// Acknowledgement of `login`; to be sent before the outputs.
    Ack(Box<LoginAck>),
    /// `login` was refused.
    LoginRefused(Head),
    /// Answer of a request.
    Answer(Answer),
    /// A token may be made; feed [`Input::Minted`] when it was.
    Grant(Grant),
    /// The media server may be asked.
    Media(Box<MediaGrant>),
    /// The recordings are with the database.
    Recordings(RecordingsQuery),
    /// The history is with the database.
    History(HistoryQuery),
}
