//! What happens to a call, grouped by where it comes from.

use crate::{CallId, Contract, Device, Media, MediaFailure, Mode, Peer, Refusal, Suppressed, TokenFailure};

/// Anything that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The person did something.
    User(User),
    /// The hub said something, or a request to it has a result.
    Signaling(Signaling),
    /// The token source answered.
    Token(Token),
    /// The call window's media reported.
    Media(CallId, MediaInput),
    /// A ring surface reported.
    Surface(CallId, Surface),
    /// Time passed; feed it when [`Machine::deadline`](crate::Machine::deadline) is due. Every other input takes care
    /// of what is due as well.
    Tick,
}

/// From the person, by window, notification, tray or command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// Call somebody.
    Place {
        /// A new id (UUIDv7).
        call_id: CallId,
        /// Whom.
        peer: Peer,
        /// Both ways or watching. In the plain contract every call is a `Watch`.
        mode: Mode,
        /// With or without camera.
        media: Media,
    },
    /// Take the call that rings.
    Accept {
        /// With or without camera.
        media: Media,
    },
    /// Refuse the call that rings.
    Decline {
        /// Words for the caller; may be empty. The plain contract cannot carry them.
        message: String,
    },
    /// End whatever is under way: cancel, decline or hang up; or put away the reason of a call that ended.
    Stop,
    /// Stop ringing here without an answer.
    DismissRing,
    /// Microphone on or off.
    SetMicrophone(bool),
    /// Camera on or off.
    SetCamera(bool),
}

/// From the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signaling {
    /// Signed in; again after every reconnect.
    Back(Contract),
    /// The socket is gone.
    Lost,
    /// `calling`: somebody calls. Plain: the app makes `call_id`, `session` is ignored, `mode` is `Watch`.
    Incoming(Incoming),
    /// `ringing`: how far the ring got.
    Ringing {
        /// Which call.
        call_id: CallId,
        /// Where it rings.
        devices: Vec<Device>,
    },
    /// `accepted`: for the caller; after a glare for the called side as well.
    Accepted {
        /// Which call.
        call_id: CallId,
        /// The OpenVidu session.
        session: String,
    },
    /// `declined` (plain also `decline`).
    Declined {
        /// Which call.
        which: Which,
        /// Why.
        reason: DeclineReason,
        /// Words of the person; may be empty.
        message: String,
    },
    /// `cancelled`: the caller gave up.
    Cancelled(Which),
    /// `answered_elsewhere`.
    AnsweredElsewhere {
        /// Which call.
        call_id: CallId,
        /// The other device's name.
        device: Option<String>,
    },
    /// `missed`: a ring died, perhaps while this app was away.
    Missed {
        /// Which call.
        call_id: CallId,
        /// Who called.
        peer: Peer,
        /// Both ways or watching.
        mode: Mode,
        /// How long ago by the hub's clock, in milliseconds; 0 when unknown.
        ago_ms: u64,
    },
    /// `ended`.
    Ended {
        /// Which call.
        call_id: CallId,
        /// Why.
        reason: HubEnd,
    },
    /// A request got its result.
    Result(CallId, RequestResult),
}

/// `calling`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The call's id.
    pub call_id: CallId,
    /// The contract it came by.
    pub contract: Contract,
    /// Who calls.
    pub peer: Peer,
    /// Both ways or watching.
    pub mode: Mode,
    /// What the caller sends.
    pub media: Media,
    /// How long it still rings; `None` where the hub does not say.
    pub ttl_ms: Option<u64>,
}

/// Names a call by its id (extended) or by the other person (plain).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// By id.
    Id(CallId),
    /// By the other person's login.
    Login(String),
}

/// `declined`'s `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclineReason {
    /// By the person.
    Declined,
    /// In a call.
    Busy,
    /// Not to be disturbed.
    Dnd,
}

/// `ended`'s `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HubEnd {
    /// Somebody hung up.
    Hangup,
    /// The other side was lost.
    Lost,
    /// It could not be set up.
    Failed,
    /// The session was closed.
    Closed,
}

/// The result of a request. `Unanswered` means that nothing or nothing sensible came back: the request is repeated
/// under the same id, which has no second effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestResult {
    /// `/call` succeeded.
    Placed {
        /// The `call_id` of the answer. Another one than was posted means that both called each other and that this
        /// is the call that lives, answered already. Plain: the one that was posted.
        lives: CallId,
        /// The mode of the answer, if it has one.
        mode: Option<Mode>,
        /// The session; `None` in the plain contract. When it is the called login and there is no `mode`, the call
        /// follows the plain rule for the mode as well (`signaling.md`, mixing A and B).
        session: Option<String>,
        /// How long it rings; `None` in the plain contract.
        ttl_ms: Option<u64>,
    },
    /// `/call` was refused.
    PlaceRefused(Refusal),
    /// `/call` got no answer.
    PlaceUnanswered,
    /// `/accept` succeeded.
    AcceptOk {
        /// The OpenVidu session.
        session: String,
        /// Both ways or watching.
        mode: Mode,
    },
    /// `/accept` was refused.
    AcceptRefused(Refusal),
    /// `/accept` got no answer.
    AcceptUnanswered,
    /// `/cancel`, `/decline` or `/hangup` was answered, whatever the answer was.
    LastWordHeard,
    /// `/cancel`, `/decline` or `/hangup` got no answer.
    LastWordUnanswered,
}

/// From the token source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// The app holds a token for this call (the machine never sees it).
    Ready(CallId),
    /// There is none.
    Failed {
        /// For which call.
        call_id: CallId,
        /// Why.
        failure: TokenFailure,
        /// Whether another try makes sense.
        retryable: bool,
    },
}

/// From the call window's media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaInput {
    /// Joined the session, and where this side publishes, the own stream is published.
    Joined,
    /// Another participant is in the session (openvidu-browser's `connectionCreated` of a remote connection).
    RemoteJoined,
    /// Another participant publishes (`streamCreated`). In the plain contract this is the answer.
    RemoteStream,
    /// The first remote picture or sound was decoded.
    RemoteMedia,
    /// The other participant or its stream is gone.
    RemoteLeft,
    /// Being restored.
    Reconnecting,
    /// Restored.
    Reconnected,
    /// The session is over for this side (`sessionDisconnected`) without this side having left.
    Disconnected(Disconnect),
    /// Something does not work.
    Failed(MediaFailure),
    /// The person closed the call window.
    WindowClosed,
}

/// openvidu-browser's reasons of `sessionDisconnected`, grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disconnect {
    /// `forceDisconnectByServer`, `forceDisconnectByUser`, `sessionClosedByServer`: thrown out.
    ThrownOut,
    /// `networkDisconnect`, `nodeCrashed` and everything else.
    Network,
}

/// From the ring's surfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Notification or ring window are on the screen.
    Shown,
    /// The ringtone plays.
    Sounding,
    /// Nobody will notice.
    Suppressed(Suppressed),
}
