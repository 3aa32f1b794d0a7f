//! Tokens made here, with the secret.

use url::Url;
use zvonok_call::{Role, TokenFailure};
use zvonok_openvidu::{CertificateProblem, Client, Error, Secret, wire};

use super::{Fetching, NoToken, Token, TokenSource};
use crate::{
    cli::SecretKind,
    keyring::{Keyring, KeyringError},
    trust::Trust,
};

/// Where the secret is.
#[derive(Debug, Clone)]
pub(crate) enum Purse {
    /// In the keyring: read when it is needed, not kept.
    Keyring(Keyring),
    /// In the keyring as well, but for another OpenVidu.
    Another,
    /// In memory only: the embedded server's own.
    Memory(Secret),
}

/// Makes tokens at one OpenVidu.
#[derive(Debug, Clone)]
pub(crate) struct Mint {
    pub(crate) openvidu: Url,
    pub(crate) purse: Purse,
    pub(crate) trust: Trust,
    /// What other participants are told about this one: the own login.
    pub(crate) data: String,
}

impl Mint {
    async fn client(&self) -> Result<Client, NoToken> {
        let http = self.trust.endpoint(&self.openvidu).map_err(|error| {
            tracing::error!(%error, "no way to OpenVidu");
            NoToken { failure: TokenFailure::Unreachable, retryable: false }
        })?;
        // The certificate is looked at, and OpenVidu recognised, before the secret leaves the keyring.
        Client::recognise(self.openvidu.clone(), http.http.clone()).await.map_err(|error| sort(&error))?;
        let secret = match &self.purse {
            Purse::Memory(secret) => secret.clone(),
            Purse::Another => return Err(no_secret(&KeyringError::Missing)),
            Purse::Keyring(keyring) => keyring.get(SecretKind::Openvidu).await.map_err(|error| no_secret(&error))?,
        };
        Client::new(self.openvidu.clone(), secret, http.http).map_err(|error| sort(&error))
    }
}

impl TokenSource for Mint {
    fn fetch(&self, _call_id: String, session: String, role: Role) -> Fetching<Result<Token, NoToken>> {
        let mint = self.clone();
        Box::pin(async move {
            let role = match role {
                Role::Publisher => wire::Role::Publisher,
                Role::Subscriber => wire::Role::Subscriber,
            };
            let minted = mint.client().await?.mint(&session, role, &mint.data).await.map_err(|error| sort(&error))?;
            Ok(Token { token: minted.token, openvidu: mint.openvidu, connection: Some(minted.connection_id) })
        })
    }

    fn revoke(&self, session: String, connection: String) -> Fetching<()> {
        let mint = self.clone();
        Box::pin(async move {
            let Ok(client) = mint.client().await else { return };
            if let Err(error) = client.delete_connection(&session, &connection).await {
                tracing::info!(%error, "an unused token was not revoked");
            }
        })
    }
}

fn no_secret(error: &KeyringError) -> NoToken {
    tracing::warn!(%error, "no secret");
    let failure = match error {
        KeyringError::Locked => TokenFailure::KeyringLocked,
        KeyringError::Absent | KeyringError::Refused(_) => TokenFailure::KeyringAbsent,
        KeyringError::Missing => TokenFailure::SecretMissing,
    };
    NoToken { failure, retryable: false }
}

/// The error's own words are for the log; no variant holds a secret.
pub(crate) fn sort(error: &Error) -> NoToken {
    tracing::warn!(%error, "no token");
    NoToken { failure: failure(error), retryable: error.is_retryable() }
}

/// What the machine calls it.
#[expect(clippy::wildcard_enum_match_arm, reason = "an enumeration of another crate that may grow")]
pub(crate) fn failure(error: &Error) -> TokenFailure {
    match error {
        Error::BadAddress { .. } | Error::Insecure { .. } | Error::NotOpenvidu { .. } | Error::Redirected { .. } => {
            TokenFailure::NotOpenvidu
        }
        Error::Unreachable { .. } | Error::Trouble { .. } => TokenFailure::Unreachable,
        Error::TimedOut { .. } => TokenFailure::TimedOut,
        Error::Certificate { problem, .. } => match problem {
            CertificateProblem::Refused => TokenFailure::CertificateChanged,
            CertificateProblem::Unknown
            | CertificateProblem::Expired
            | CertificateProblem::WrongName
            | CertificateProblem::Bad => TokenFailure::CertificateUnknown,
        },
        Error::SecretRefused { .. } => TokenFailure::SecretRefused,
        Error::NoSession | Error::Refused { .. } => TokenFailure::NotAllowed,
        _ => TokenFailure::Malformed,
    }
}
