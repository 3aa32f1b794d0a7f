//! What the UI shows: one small snapshot, sent whole whenever something in it changed.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{CallView, ErrorCode, SetupView};

/// The event that carries a new [`View`] to every window.
pub const VIEW_EVENT: &str = "view";

/// Everything a window needs to draw itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// The profile's name (`--profile`).
    pub profile: String,
    /// Whether there are settings to work with, and which.
    pub setup: SetupView,
    /// The signaling connection.
    pub signaling: SignalingView,
    /// The signed-in person; absent before the first sign-in.
    pub me: Option<Person>,
    /// Directory of the hub, or this profile's own contacts where the hub has none.
    pub people: Vec<Person>,
    /// Past calls, newest first, 100 at the most.
    pub recent: Vec<RecentCall>,
    /// Missed calls that were not looked at yet.
    pub missed: u32,
    /// The call that is under way, at most one.
    pub call: Option<CallView>,
    /// What the person should know or do, newest last.
    pub notices: Vec<Notice>,
    /// Whether a status-notifier tray exists; without one, closing the main window needs a word first.
    pub tray: bool,
}

/// State of the signaling connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SignalingView {
    /// Where it stands.
    pub state: SignalingState,
    /// Host and port of the hub, for the status line.
    pub server: String,
    /// Whether the hub speaks the extended contract (directory, presence, history).
    pub extended: bool,
}

/// `signaling` of `zvonok status --json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SignalingState {
    /// Not connected, waiting to try again or not configured.
    Offline,
    /// Trying.
    Connecting,
    /// Signed in.
    Online,
}

/// Presence as the hub spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// No device is connected.
    Offline,
    /// Can be called.
    Available,
    /// In a call.
    Busy,
    /// Do not disturb.
    Dnd,
    /// Away.
    Away,
    /// A hub without a directory does not say.
    Unknown,
}

/// Somebody who can be called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Login, `[A-Za-z0-9_-]{1,64}`.
    pub login: String,
    /// Display name, up to 100 characters; the login where there is none.
    pub name: String,
    /// Presence.
    pub status: Presence,
    /// Last time seen online, if the hub says.
    #[ts(type = "number | null")]
    pub last_seen: Option<i64>,
    /// Kept by this profile itself (contract A), so it can be removed here.
    pub own_contact: bool,
    /// The embedded server's echo test.
    pub echo: bool,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RecentCall {
    /// The call's id.
    pub call_id: String,
    /// Outgoing or incoming.
    pub outgoing: bool,
    /// The other person's login.
    pub login: String,
    /// The other person's name.
    pub name: String,
    /// When it began to ring.
    #[ts(type = "number")]
    pub at: i64,
    /// How long people talked, in milliseconds; 0 when nobody answered.
    #[ts(type = "number")]
    pub duration_ms: i64,
    /// `answered`, `missed`, `declined`, `cancelled`, `busy` or `failed`.
    pub outcome: Outcome,
}

/// How a call ended, as the signaling contract spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// People talked.
    Answered,
    /// Nobody answered.
    Missed,
    /// The called person declined.
    Declined,
    /// The caller gave up.
    Cancelled,
    /// The called person was in a call or did not want to be disturbed.
    Busy,
    /// It broke.
    Failed,
}

/// One sentence for the person, with what to do about it. The words are the UI's, looked up by `code`;
/// `subject` and `detail` fill them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Identifies it for dismissal.
    pub id: String,
    /// What happened.
    pub code: ErrorCode,
    /// To what: a login, a host, a device name.
    pub subject: String,
    /// A technical addition for the curious and the log; may be empty.
    pub detail: String,
}
