//! The OS keyring: service `zvonok`, one entry per profile and kind of secret.
//!
//! A locked, absent or refusing keyring is a state that the person sees; there is no plain-text fallback.

use std::time::Duration;

use keyring_core::Error;
use zvonok_ipc::{ErrorCode, IpcError, KeyringState};
use zvonok_openvidu::Secret;

use crate::{cli::SecretKind, profile::ProfileName};

/// The service name of all entries.
const SERVICE: &str = "zvonok";
/// How long the keyring may take; it may be asking the person for its password meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why a secret could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyringError {
    #[error("the keyring is locked")]
    Locked,
    #[error("there is no keyring: no secret service answers")]
    Absent,
    #[error("no secret is stored for this profile")]
    Missing,
    #[error("the keyring refused: {0}")]
    Refused(String),
}

impl KeyringError {
    /// What the windows show of it.
    pub(crate) fn state(&self) -> KeyringState {
        match self {
            Self::Locked => KeyringState::Locked,
            Self::Absent | Self::Refused(_) => KeyringState::Absent,
            Self::Missing => KeyringState::Ok,
        }
    }
}

impl From<KeyringError> for IpcError {
    fn from(error: KeyringError) -> Self {
        let code = match error {
            KeyringError::Locked => ErrorCode::KeyringLocked,
            KeyringError::Absent | KeyringError::Refused(_) => ErrorCode::KeyringAbsent,
            KeyringError::Missing => ErrorCode::SecretMissing,
        };
        Self { code, subject: String::new(), message: error.to_string() }
    }
}

/// One profile's entries.
#[derive(Debug, Clone)]
pub(crate) struct Keyring {
    profile: ProfileName,
}

impl Keyring {
    pub(crate) fn new(profile: ProfileName) -> Self {
        Self { profile }
    }

    /// Reads a secret. Unlocks the keyring if the system offers to, which may ask the person.
    pub(crate) async fn get(&self, kind: SecretKind) -> Result<Secret, KeyringError> {
        self.with(kind, |entry| entry.get_password().map(Secret::new)).await
    }

    /// Whether a secret is stored, found without unlocking anything.
    pub(crate) async fn has(&self, kind: SecretKind) -> Result<bool, KeyringError> {
        match self.with(kind, |entry| entry.get_credential().map(drop)).await {
            Ok(()) => Ok(true),
            Err(KeyringError::Missing) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Keeps a secret.
    pub(crate) async fn set(&self, kind: SecretKind, secret: Secret) -> Result<(), KeyringError> {
        self.with(kind, move |entry| entry.set_password(secret.reveal())).await
    }

    /// Removes a secret; one that is not there is removed already.
    pub(crate) async fn forget(&self, kind: SecretKind) -> Result<(), KeyringError> {
        match self.with(kind, keyring_core::Entry::delete_credential).await {
            Err(KeyringError::Missing) => Ok(()),
            other => other,
        }
    }

    /// The keyring speaks D-Bus and blocks, for as long as a person thinks about its password.
    async fn with<T, F>(&self, kind: SecretKind, act: F) -> Result<T, KeyringError>
    where
        T: Send + 'static,
        F: FnOnce(&keyring_core::Entry) -> keyring_core::Result<T> + Send + 'static,
    {
        let user = format!("{}/{}", self.profile, name(kind));
        let work = tokio::task::spawn_blocking(move || {
            open_store()?;
            let entry = keyring_core::Entry::new(SERVICE, &user).map_err(|error| sort(&error))?;
            act(&entry).map_err(|error| sort(&error))
        });
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => Err(KeyringError::Refused(error.to_string())),
            Err(_elapsed) => Err(KeyringError::Locked),
        }
    }
}

fn name(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::Openvidu => "openvidu",
        SecretKind::Hub => "hub",
    }
}

/// Connects to the system's store at each use until it succeeds once: a keyring may be started after the app.
fn open_store() -> Result<(), KeyringError> {
    if keyring_core::get_default_store().is_some() {
        return Ok(());
    }
    let absent = |error: Error| {
        tracing::info!(%error, "no keyring");
        KeyringError::Absent
    };
    #[cfg(target_os = "linux")]
    let store = zbus_secret_service_keyring_store::Store::new().map_err(absent)?;
    #[cfg(target_os = "macos")]
    let store = apple_native_keyring_store::keychain::Store::new().map_err(absent)?;
    #[cfg(windows)]
    let store = windows_native_keyring_store::Store::new().map_err(absent)?;
    keyring_core::set_default_store(store);
    Ok(())
}

/// The error's text may name the entry, never its content.
#[expect(clippy::wildcard_enum_match_arm, reason = "an enumeration of another crate that may grow")]
fn sort(error: &Error) -> KeyringError {
    match error {
        Error::NoEntry => KeyringError::Missing,
        Error::NoStorageAccess(_) => KeyringError::Locked,
        Error::NoDefaultStore => KeyringError::Absent,
        Error::PlatformFailure(source) => {
            let text = source.to_string();
            if text.contains("ServiceUnknown") || text.contains("No such file") {
                KeyringError::Absent
            } else {
                KeyringError::Refused(text)
            }
        }
        Error::BadEncoding(_) | Error::BadDataFormat(..) => KeyringError::Refused("the entry is damaged".to_owned()),
        Error::Ambiguous(_) => KeyringError::Refused("there are several such entries".to_owned()),
        other => KeyringError::Refused(other.to_string()),
    }
}

/// A keyring that lives as long as this process, in place of the system's.
#[cfg(test)]
pub(crate) fn in_memory() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| match keyring_core::mock::Store::new() {
        Ok(store) => keyring_core::set_default_store(store),
        Err(error) => panic!("no store in memory: {error}"),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(profile: &str) -> Keyring {
        in_memory();
        Keyring::new(profile.parse().unwrap())
    }

    #[tokio::test]
    async fn each_profile_and_each_kind_has_an_entry_of_its_own_under_zvonok() {
        let (one, other) = (keyring("keyring-one"), keyring("keyring-other"));
        one.set(SecretKind::Openvidu, Secret::new("a")).await.unwrap();
        one.set(SecretKind::Hub, Secret::new("b")).await.unwrap();
        other.set(SecretKind::Openvidu, Secret::new("c")).await.unwrap();
        for (keyring, kind, secret) in
            [(&one, SecretKind::Openvidu, "a"), (&one, SecretKind::Hub, "b"), (&other, SecretKind::Openvidu, "c")]
        {
            assert_eq!(keyring.get(kind).await.unwrap().reveal(), secret);
        }
        let entry = keyring_core::Entry::new("zvonok", "keyring-one/openvidu").unwrap();
        assert_eq!(entry.get_password().unwrap(), "a");

        one.forget(SecretKind::Openvidu).await.unwrap();
        one.forget(SecretKind::Openvidu).await.unwrap();
        assert!(matches!(one.get(SecretKind::Openvidu).await, Err(KeyringError::Missing)));
        assert_eq!(one.get(SecretKind::Hub).await.unwrap().reveal(), "b");
        assert_eq!(other.get(SecretKind::Openvidu).await.unwrap().reveal(), "c");
    }
}
