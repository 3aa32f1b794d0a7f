//! What the app has to do. Outputs come in the order in which they are to be started.

use crate::{CallId, DeclineReason, EndReason, Media, Millis, Mode, Outcome, Peer, RingState, Role};

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Towards the hub.
    Signal(Signal),
    /// Towards the token source.
    Token(TokenCommand),
    /// Notifications, sound, windows.
    Surface(SurfaceCommand),
    /// Towards the call window's media.
    Media(MediaCommand),
    /// Write a line of history.
    Record(Record),
}

/// Requests and emits to the hub. Those with a result: feed it back as
/// [`Signaling::Result`](crate::Signaling::Result) with the same call id, a time-out as `…Unanswered`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// `POST /call`; the plain contract sends only `login` (and `sid`). Has a result.
    Call {
        /// Idempotency key.
        call_id: CallId,
        /// Whom.
        login: String,
        /// Both ways or watching.
        mode: Mode,
        /// With or without camera.
        media: Media,
    },
    /// `POST /accept`. Extended only. Has a result.
    Accept {
        /// Which call.
        call_id: CallId,
        /// With or without camera.
        media: Media,
    },
    /// `POST /decline`. Extended only. A last word.
    Decline {
        /// Which call.
        call_id: CallId,
        /// Why.
        reason: DeclineReason,
        /// Words for the caller; may be empty.
        message: String,
    },
    /// `POST /cancel`. Extended only. A last word.
    Cancel {
        /// Which call.
        call_id: CallId,
    },
    /// `POST /hangup`. Extended only. A last word.
    Hangup {
        /// Which call.
        call_id: CallId,
    },
    /// `ring_ack`. Extended only. No result.
    RingAck {
        /// Which call.
        call_id: CallId,
        /// How far the ring got.
        state: RingState,
    },
    /// Plain: `POST /decline` with `reciever_login`. No result awaited.
    PlainDecline {
        /// The caller to be told.
        login: String,
    },
    /// Plain: `POST /status` with `beasy`, which accepts. No result awaited.
    PlainBusy,
    /// Plain: `POST /status` with `free`, after the call. No result awaited.
    PlainFree,
    /// Plain: close the socket and connect again. It is the only way in which a caller of that contract can give up
    /// ("a caller that goes away makes the hub emit `cancelled`").
    PlainLeave,
}

/// Towards the token source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenCommand {
    /// Get a token and keep it for the call's gateway handle; answer with [`Token`](crate::Token).
    Fetch {
        /// For which call.
        call_id: CallId,
        /// The OpenVidu session.
        session: String,
        /// What it has to allow.
        role: Role,
    },
    /// Forget the call's token and handle; revoke the token if it was not used.
    Drop {
        /// Which call.
        call_id: CallId,
    },
}

/// Notifications, sound, windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SurfaceCommand {
    /// Notification, ringtone, tray, ring window. Once for a call.
    ShowRing {
        /// Which call.
        call_id: CallId,
        /// Who calls.
        peer: Peer,
        /// Both ways or watching.
        mode: Mode,
        /// What the caller sends.
        media: Media,
    },
    /// All of that away again.
    StopRing {
        /// Which call.
        call_id: CallId,
    },
    /// Tell the person about a call that was missed.
    NotifyMissed {
        /// Which call.
        call_id: CallId,
        /// Who called.
        peer: Peer,
        /// How long ago it began to ring, in milliseconds.
        ago_ms: u64,
    },
    /// Open the call window, or let the one that is open take over this call.
    OpenCallWindow {
        /// Which call.
        call_id: CallId,
    },
    /// Destroy it.
    CloseCallWindow {
        /// The call it was last opened for.
        call_id: CallId,
    },
}

/// Towards the call window's media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaCommand {
    /// The token is there: the window may join (its `media_ticket` can be answered now).
    Join {
        /// Which call.
        call_id: CallId,
        /// Open camera and microphone and publish.
        publish: bool,
        /// Subscribe to what the other publishes.
        subscribe: bool,
        /// What to open.
        media: Media,
        /// Microphone on from the start.
        microphone: bool,
        /// Camera on from the start.
        camera: bool,
    },
    /// Leave the session and close devices, whether the window stays or not.
    Leave {
        /// Which call.
        call_id: CallId,
    },
    /// Microphone on or off.
    SetMicrophone(bool),
    /// Camera on or off.
    SetCamera(bool),
}

/// A line of history; every call that rang anywhere gets exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Which call.
    pub call_id: CallId,
    /// The other person.
    pub peer: Peer,
    /// Placed by this side.
    pub outgoing: bool,
    /// Both ways or watching.
    pub mode: Mode,
    /// With or without camera on this side.
    pub media: Media,
    /// When it began: placed, or began to ring. 0 if that was before this clock began to count.
    pub began: Millis,
    /// How long before `ended` it began, in milliseconds; right in any case, so take this for the time of day.
    pub began_ago_ms: u64,
    /// When the first remote picture or sound came.
    pub answered: Option<Millis>,
    /// When it ended.
    pub ended: Millis,
    /// How it is listed.
    pub outcome: Outcome,
    /// Why it ended.
    pub reason: EndReason,
}
