//! Verbs to the running instance: one line of JSON each way, over a socket that only this person can open.
//!
//! No secret crosses it: `zvonok secret set` writes to the keyring itself and only says here that it did.

mod ask;
mod listen;
mod name;

use serde::{Deserialize, Serialize};
use zvonok_ipc::{IpcError, PlaceCall};

pub(crate) use ask::{AskError, ask, ended};
pub(crate) use listen::{ListenError, Listening};

/// A line's most bytes, either way.
const MAX_LINE: u64 = 64 * 1024;

/// What a second launch can ask of the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub(crate) enum Verb {
    /// A second launch without a verb: show the main window.
    Open,
    /// `zvonok call`.
    Call(PlaceCall),
    /// `zvonok accept`.
    Accept {
        /// Without camera.
        audio: bool,
    },
    /// `zvonok decline`.
    Decline,
    /// `zvonok stop`.
    Stop,
    /// `zvonok mute`: the other way round each time.
    Mute,
    /// `zvonok status`.
    Status {
        /// As JSON.
        json: bool,
    },
    /// `zvonok doctor`.
    Doctor,
    /// `zvonok quit`.
    Quit,
    /// The keyring's content changed.
    SecretChanged {
        /// OpenVidu's secret.
        openvidu: bool,
        /// The hub's session.
        hub: bool,
    },
}

/// The answer to a [`Verb`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Done; `text` is what to print, if anything.
    Done {
        /// For standard output.
        text: Option<String>,
    },
    /// Not done, and why.
    Refused(IpcError),
}
