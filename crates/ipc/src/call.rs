//! A call as windows and `zvonok status --json` see it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ErrorCode;

/// Both sides publish, or only the called person does (the tutorial's kind).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Both publish.
    TwoWay,
    /// The caller only sees; the caller's camera and microphone are never opened.
    Watch,
}

/// What a call opens with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// Camera and microphone.
    Video,
    /// Microphone only.
    Audio,
}

/// `call.state` of `zvonok status --json`; a window additionally sees `ended` for the moment in which it says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Outgoing, waiting for an answer.
    Calling,
    /// Incoming, waiting for this person.
    Ringing,
    /// Answered, media is on its way.
    Connecting,
    /// The first remote picture or sound was decoded.
    InCall,
    /// Over; `ended` of [`CallView`] says how.
    Ended,
}

/// The call that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CallView {
    /// The call's id.
    pub call_id: String,
    /// The other person's login.
    pub login: String,
    /// The other person's display name.
    pub name: String,
    /// Whether the name was vouched for by a sign-in (a hub in open mode vouches for nobody).
    pub verified: bool,
    /// Whether this side placed it.
    pub outgoing: bool,
    /// Both ways or watching.
    pub mode: Mode,
    /// Video or audio only.
    pub media: Media,
    /// Where it stands.
    pub state: CallState,
    /// When the state began.
    #[ts(type = "number")]
    pub since: i64,
    /// How it ended, once it has; `None` for an ordinary hang-up.
    pub ended: Option<ErrorCode>,
    /// What `ended` is about: the person's login, or the host of a server; empty for this computer, and until then.
    pub about: String,
    /// Words the other person sent with a decline; may be empty.
    pub message: String,
    /// Microphone on.
    pub microphone: bool,
    /// Camera on.
    pub camera: bool,
    /// Signaling or media is being restored.
    pub reconnecting: bool,
}

/// Argument of `place_call`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PlaceCall {
    /// Whom to call.
    pub login: String,
    /// Both ways or watching.
    pub mode: Mode,
    /// Video or audio only.
    pub media: Media,
}
