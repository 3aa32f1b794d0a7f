//! What the hub asks of a media server: the embedded one, or a real OpenVidu deployment.
//!
//! One trait, so that the hub never knows which of the two it speaks to. Every call is idempotent where the contract
//! needs it: closing what is closed and revoking what is gone succeed.

use std::fmt;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use zvonok_openvidu::wire::recorded::Recording;

use crate::secret::Secret;

/// What a token's owner may do in the session. The names are OpenVidu's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Publishes and subscribes.
    Publisher,
    /// Only subscribes (the caller of a `watch` call).
    Subscriber,
}

/// A token made for one person of one call.
#[derive(Debug, Clone)]
pub struct MintedToken {
    /// The whole token, `wss://HOST:PORT?sessionId=S&token=tok_…`, to be handed on verbatim.
    pub token: Secret,
    /// OpenVidu's connection id, by which the token is revoked, and its owner evicted once it was used.
    pub connection_id: String,
    /// The public address of the media server that made it, such as `https://127.0.0.1:4443`: where to go with it.
    pub openvidu: String,
}

/// Why a media server did not do what the hub asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaControlError {
    /// A session name that OpenVidu would refuse.
    #[error("the session name {0:?} is not allowed")]
    BadSessionName(String),
    /// No such session; it was never made, or is closed.
    #[error("there is no session {0}")]
    NoSession(String),
    /// The media server cannot be reached, or does not answer in time.
    #[error("the media server does not answer: {0}")]
    Unreachable(String),
    /// The media server refused the hub's secret.
    #[error("the media server refused the secret")]
    Unauthorized,
    /// The media server holds as much as it is allowed to.
    #[error("the media server is full")]
    Full,
    /// The media server answered something it should not.
    #[error("the media server failed: {0}")]
    Failed(String),
    /// The session is recorded already, or may not be.
    #[error("the session is being recorded already")]
    BeingRecorded,
    /// Nothing can be recorded: nobody is there, or nobody publishes.
    #[error("nobody sends anything that could be recorded")]
    NobodyThere,
    /// No such recording; it was never made, or is deleted.
    #[error("there is no recording {0}")]
    NoRecording(String),
    /// An address that is not one of a camera, or that must not be gone to; the words do not repeat it.
    #[error("{0}")]
    BadCamera(String),
    /// This kind of media server cannot do that (a real OpenVidu has no echo participant).
    #[error("this media server has no {0}")]
    Unsupported(&'static str),
}

impl MediaControlError {
    /// What is asked to stop has not begun: later it will.
    pub(crate) fn only_just_starting() -> Self {
        Self::Unreachable("the recording is only just starting".to_owned())
    }

    /// Whether the same request may succeed a little later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Full | Self::NobodyThere => true,
            Self::BadSessionName(_)
            | Self::NoSession(_)
            | Self::Unauthorized
            | Self::Failed(_)
            | Self::BeingRecorded
            | Self::NoRecording(_)
            | Self::BadCamera(_)
            | Self::Unsupported(_) => false,
        }
    }
}

/// Answer of every [`MediaControl`] method.
pub type MediaFuture<'a, T> = BoxFuture<'a, Result<T, MediaControlError>>;

/// The hub's hand on a media server. Object safe, shared as `Arc<dyn MediaControl>`, usable from any task.
pub trait MediaControl: Send + Sync + fmt::Debug + 'static {
    /// Makes a session. With `name` it gets that id (OpenVidu's `customSessionId`, `[A-Za-z0-9_-]{1,64}`), and a
    /// session that exists already is a success (OpenVidu's 409); without, an unguessable id (at least 128 bits) is
    /// made. Returns the id.
    fn create_session<'a>(&'a self, name: Option<&'a str>) -> MediaFuture<'a, String>;

    /// Makes a single-use token for `session` with `role`; `server_data` (at most 1,000 characters) is what the others
    /// see as OpenVidu's server data of that participant.
    ///
    /// # Errors
    /// [`MediaControlError::NoSession`] where the session is not there.
    fn create_token<'a>(&'a self, session: &'a str, role: Role, server_data: &'a str) -> MediaFuture<'a, MintedToken>;

    /// Takes a token back; a participant that has used it is evicted with `forceDisconnectByServer`. Succeeds if the
    /// session or the connection is gone.
    fn revoke_token<'a>(&'a self, session: &'a str, connection_id: &'a str) -> MediaFuture<'a, ()>;

    /// Closes a session: everybody is evicted with `sessionClosedByServer`, its unused tokens die, an echo participant
    /// in it leaves. Succeeds if there is no such session.
    fn close_session<'a>(&'a self, session: &'a str) -> MediaFuture<'a, ()>;

    /// Lets a participant without a socket join `session`, that publishes back what others publish. Its server data
    /// is `server_data`. A second call for the same session does nothing.
    fn start_echo<'a>(&'a self, session: &'a str, server_data: &'a str) -> MediaFuture<'a, ()>;

    /// Lets the echo participant leave `session`. Succeeds if there is none.
    fn stop_echo<'a>(&'a self, session: &'a str) -> MediaFuture<'a, ()>;

    /// Starts recording each stream of `session` into a file of its own; `name` (letters, digits, `_`, `-`) is that of the
    /// archive.
    ///
    /// # Errors
    /// [`MediaControlError::BeingRecorded`], [`MediaControlError::NobodyThere`], [`MediaControlError::NoSession`], and
    /// [`MediaControlError::Unsupported`] where there are no recordings.
    fn start_recording<'a>(&'a self, _session: &'a str, _name: &'a str) -> MediaFuture<'a, Recording> {
        Box::pin(async { Err(MediaControlError::Unsupported("recordings")) })
    }

    /// Ends the recording `id` of `session`; one that has ended already is given as it is.
    ///
    /// # Errors
    /// [`MediaControlError::NoRecording`].
    fn stop_recording<'a>(&'a self, _session: &'a str, id: &'a str) -> MediaFuture<'a, Recording> {
        Box::pin(async move { Err(MediaControlError::NoRecording(id.to_owned())) })
    }

    /// The recording `id` of `session` as it is now.
    ///
    /// # Errors
    /// [`MediaControlError::NoRecording`].
    fn recording<'a>(&'a self, _session: &'a str, id: &'a str) -> MediaFuture<'a, Recording> {
        Box::pin(async move { Err(MediaControlError::NoRecording(id.to_owned())) })
    }

    /// Lets the IP camera at `uri` publish into `session`, with `server_data` as its server data, and gives its connection
    /// id, by which [`MediaControl::revoke_token`] takes it out.
    ///
    /// # Errors
    /// [`MediaControlError::BadCamera`] for an address that is not gone to, [`MediaControlError::NoSession`].
    fn add_camera<'a>(&'a self, _session: &'a str, _uri: &'a Secret, _server_data: &'a str) -> MediaFuture<'a, String> {
        Box::pin(async { Err(MediaControlError::Unsupported("cameras")) })
    }

    /// A new unguessable name for a session, of which several media servers know by the name which of them is to have it:
    /// the one with the fewest sessions of those that answer.
    fn fresh_session(&self) -> String {
        random_name()
    }

    /// Which of several media servers has that session, by a number of its own: one that does not answer holds up nothing
    /// that is for another.
    fn deployment(&self, _session: &str) -> usize {
        0
    }

    /// The media servers behind it that are not this process, by address, and whether each answers and takes the secret;
    /// in a few seconds at the most. None for the embedded one, which is well while the process is.
    fn reachable(&self) -> BoxFuture<'_, Vec<(String, bool)>> {
        Box::pin(async { Vec::new() })
    }

    /// The public address, such as `https://127.0.0.1:4443`; that of the first of several deployments.
    fn public_url(&self) -> &str;
}

/// An unguessable name of a session: 128 bits of the operating system's seed.
pub(crate) fn random_name() -> String {
    format!("{:032x}", rand::random::<u128>())
}
