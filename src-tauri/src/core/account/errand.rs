//! What signing in and out does away from the driver: it waits for people, networks and keyrings.

use std::time::Duration;

use url::Url;
use zvonok_ipc::{ErrorCode, IpcError};
use zvonok_openvidu::Secret;
use zvonok_signaling::{Door, RequestError, SessionToken, may_carry_a_secret, proto::Code};

use crate::{
    cli::SecretKind,
    core::{link, reasons, surface::Question, trial},
    keyring::{Keyring, KeyringError},
    trust::{HostPort, Trust},
};

/// How long the hub may take. It hashes the passwords of those who sign in at once one after the other.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where to sign in or out, and as whom.
#[derive(Debug, Clone)]
pub(in crate::core) struct Errand {
    pub(super) server: Url,
    /// Who and where, as settings name it.
    pub(super) account: String,
    pub(super) device: String,
    pub(super) trust: Trust,
    pub(super) keyring: Keyring,
}

/// A session that the hub gave, and where it is one.
#[derive(Debug)]
pub(in crate::core) struct Session {
    pub(super) token: Secret,
    pub(super) errand: Errand,
}

impl Session {
    /// Takes it back: nobody will use it any more.
    pub(in crate::core) async fn undo(self) {
        self.errand.take_back(&self.token).await;
    }
}

impl Errand {
    /// Asks for the password and signs in; nothing when the person gave none. What the keyring had is gone then, as it is
    /// no longer said whose that is; it comes back as the second, where `before` says which hub it is of.
    pub(super) async fn sign_in(
        self,
        login: &str,
        before: Option<Url>,
        surface: &dyn crate::core::Surface,
    ) -> Result<Option<(Session, Option<Box<Session>>)>, IpcError> {
        let door = self.door()?;
        trial::may_be_trusted(&self.trust, &self.server).await?;
        let named = login.parse().map_err(|_error| self.told(ErrorCode::BadLogin))?;
        let (answer, asked) = tokio::sync::oneshot::channel();
        surface.ask_secret(Question::Password { login: login.to_owned(), hub: self.place() }, answer);
        let Some(password) = asked.await.ok().flatten() else { return Ok(None) };
        let given = door.sign_in(named, password.reveal(), link::device(&self.device)).await;
        drop(password);
        let token = given.map_err(|error| self.refused(&error))?;
        let session = Session { token: Secret::new(token.reveal()), errand: self };
        match session.errand.empty_the_keyring().await {
            Ok(old) => {
                let replaced = before.zip(old).map(|(server, token)| {
                    let errand = Self { server, ..session.errand.clone() };
                    Box::new(Session { token, errand })
                });
                Ok(Some((session, replaced)))
            }
            Err(error) => {
                session.undo().await;
                Err(error.into())
            }
        }
    }

    /// Takes out the session that is in the keyring, if there is one.
    async fn empty_the_keyring(&self) -> Result<Option<Secret>, KeyringError> {
        let old = match self.keyring.get(SecretKind::Hub).await {
            Ok(old) => Some(old),
            // What cannot be read goes all the same.
            Err(KeyringError::Missing | KeyringError::Refused(_)) => None,
            Err(error) => return Err(error),
        };
        self.keyring.forget(SecretKind::Hub).await.map(|()| old)
    }

    /// Keeps the session, or takes it back.
    pub(super) async fn keep(self, token: Secret) -> Result<(), IpcError> {
        let kept = self.keyring.set(SecretKind::Hub, token.clone()).await;
        if kept.is_err() {
            self.take_back(&token).await;
        }
        kept.map_err(IpcError::from)
    }

    /// Takes the session back and forgets it. It is forgotten also where the hub cannot be told, which is said.
    ///
    /// False where nothing was done, since the keyring does not say which session it is.
    pub(super) async fn sign_out(self, token: Option<Secret>) -> (bool, Result<(), IpcError>) {
        let token = match token {
            Some(token) => Some(token),
            None => match self.keyring.get(SecretKind::Hub).await {
                Ok(token) => Some(token),
                Err(KeyringError::Missing) => None,
                Err(error) => return (false, Err(error.into())),
            },
        };
        let told = match token {
            Some(token) => self.tell_out(&token).await,
            None => Ok(()),
        };
        let forgotten = self.keyring.forget(SecretKind::Hub).await.map_err(IpcError::from);
        (true, forgotten.and(told))
    }

    async fn tell_out(&self, token: &Secret) -> Result<(), IpcError> {
        match self.door()?.sign_out(SessionToken::new(token.reveal())).await {
            // It is over already.
            Err(RequestError::Refused { code: Some(Code::NotSignedIn), .. }) | Ok(()) => Ok(()),
            Err(error) => Err(self.refused(&error)),
        }
    }

    async fn take_back(&self, token: &Secret) {
        let Ok(door) = self.door() else { return };
        match door.sign_out(SessionToken::new(token.reveal())).await {
            // It is over already.
            Err(RequestError::Refused { code: Some(Code::NotSignedIn), .. }) | Ok(()) => {}
            Err(error) => {
                let error = for_the_log(&error);
                tracing::warn!(%error, "a session that nobody uses was not taken back");
            }
        }
    }

    fn door(&self) -> Result<Door, IpcError> {
        let endpoint = self.trust.endpoint(&self.server).map_err(|_error| self.told(ErrorCode::BadAddress))?;
        Ok(Door { server: self.server.clone(), http: endpoint.http, limit: PATIENCE })
    }

    fn place(&self) -> String {
        place(&self.server)
    }

    fn told(&self, code: ErrorCode) -> IpcError {
        reasons::error(code, &self.place())
    }

    /// What the person is told.
    #[expect(clippy::wildcard_enum_match_arm, reason = "an enumeration of another crate that may grow")]
    fn refused(&self, error: &RequestError) -> IpcError {
        tracing::info!(error = %for_the_log(error), "not signed in or out");
        self.told(match error {
            RequestError::Refused { code: Some(Code::NotSignedIn), .. } => ErrorCode::PasswordRefused,
            RequestError::Refused { code: Some(Code::TooMany), .. } => ErrorCode::TooManyTries,
            // The hub lets everybody in.
            RequestError::Refused { code: Some(Code::NotAllowed), .. } => ErrorCode::NoAccounts,
            RequestError::Insecure => ErrorCode::NotEncrypted,
            RequestError::Unanswered(_) | RequestError::Refused { code: Some(Code::Unavailable), .. } => {
                ErrorCode::ServerUnreachable
            }
            _ => ErrorCode::NotThatServer,
        })
    }
}

/// Refuses to sign in where a password or a session could not be sent.
pub(super) fn private(url: &Url) -> Result<(), IpcError> {
    if may_carry_a_secret(url) { Ok(()) } else { Err(reasons::error(ErrorCode::NotEncrypted, &place(url))) }
}

fn place(url: &Url) -> String {
    HostPort::of(url).map(|place| place.to_string()).unwrap_or_default()
}

/// Without the hub's own words: they may repeat what was sent to it, and the log may be sent to a stranger.
fn for_the_log(error: &RequestError) -> String {
    if let RequestError::Refused { code, .. } = error {
        format!("the hub refused with {code:?}")
    } else {
        error.to_string()
    }
}
