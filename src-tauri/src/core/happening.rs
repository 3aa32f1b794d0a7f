//! What happens without the person: answers to what the driver started, and what the hub says.

use zvonok_call::{CallId, Contract, Incoming, RequestResult, Signaling};
use zvonok_ipc::{ErrorCode, IpcError, KeyringState, Person, Presence};
use zvonok_openvidu::Secret;

use super::{Ask, account::Session, embedded::Embedded};
use crate::{
    keyring::KeyringError,
    loopback::GatewayReport,
    ring::Ringing,
    tokens::{Granted, NoToken},
};

/// Something that happened.
pub(super) enum Happening {
    /// From the link of this number; one from an older link is ignored.
    Hub(u64, Box<HubEvent>),
    /// A request to the hub has a result.
    Answered {
        call_id: CallId,
        result: RequestResult,
        /// What the hub answered made no sense.
        malformed: bool,
    },
    /// The token source answered.
    Token { call_id: CallId, got: Result<Granted, NoToken> },
    /// Notification or sound reported.
    Ring(CallId, Ringing),
    /// The gateway reported.
    Gateway(CallId, GatewayReport),
    /// The embedded server started or did not.
    Embedded { started: Result<Box<Embedded>, String>, reply: Option<Ask<()>> },
    /// The keyring was looked at.
    Keyring { state: KeyringState, stored: bool },
    /// The person was asked for the secret of an OpenVidu; true when one was kept.
    SecretAsked { openvidu: String, kept: Result<bool, IpcError>, reply: Ask<bool> },
    /// The keyring was asked for the session, for the link of this number.
    SessionRead { link: u64, got: Result<Secret, KeyringError> },
    /// The hub gave a session; `replaced` is the one that the keyring had.
    SignedIn { session: Session, replaced: Option<Box<Session>>, reply: Ask<bool> },
    /// Nobody is signed in: no password was given, or it did not work.
    NotSignedIn { done: Result<bool, IpcError>, reply: Ask<bool> },
    /// The keyring has the session, or has not taken it.
    SessionKept { done: Result<(), IpcError>, reply: Ask<bool> },
    /// The session is gone; `left` is false where nothing was done.
    SignedOut { left: bool, done: Result<(), IpcError>, reply: Ask<()> },
    /// Something asked of the keyring is done.
    KeyringDone { done: Result<(), IpcError>, reply: Ask<()> },
}

impl Happening {
    /// Nobody will ever hear of it: a token must not lie around.
    pub(super) async fn undo(self) {
        if let Self::SignedIn { session, replaced, .. } = self {
            session.undo().await;
            if let Some(replaced) = replaced {
                replaced.undo().await;
            }
        } else if let Self::Token { got: Ok(granted), .. } = self
            && let Some(revoking) = granted.revoke()
        {
            revoking.await;
        }
    }
}

/// What the hub's connection says.
pub(super) enum HubEvent {
    /// Trying to connect.
    Connecting,
    /// Signed in; again after each reconnect.
    Back {
        contract: Contract,
        /// The directory; empty where the hub has none.
        people: Vec<Person>,
        me: Option<Person>,
        /// Rings that are still alive.
        pending: Vec<Incoming>,
    },
    /// The connection is gone.
    Lost,
    /// It has accounts, and nobody is signed in.
    WantsSession,
    /// It takes the session no more that was presented.
    SessionOver,
    /// For the machine.
    Call(Signaling),
    /// Somebody's presence changed.
    Presence { login: String, status: Presence, last_seen: Option<i64> },
    /// Something that only a person can mend.
    Problem(ErrorCode, String),
}
