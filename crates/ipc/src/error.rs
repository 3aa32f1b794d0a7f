//! Errors: a code the UI has words for, and what it happened to.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a refused or failed command answers. The words shown are the UI's, looked up by `code`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IpcError {
    /// What happened.
    pub code: ErrorCode,
    /// To what: a login, a host, a device.
    pub subject: String,
    /// A sentence for logs and for the command line, in English; never a secret.
    pub message: String,
}

/// Everything the UI has a sentence and an action for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The address is not an address.
    BadAddress,
    /// The login has other characters than letters, digits, `_`, `-`, or is too long.
    BadLogin,
    /// Nothing answers there.
    ServerUnreachable,
    /// Something answers that is not the server expected.
    NotThatServer,
    /// Nobody vouches for the certificate and it is not pinned.
    CertificateUnknown,
    /// Another certificate than the pinned one.
    CertificateChanged,
    /// OpenVidu refused the secret.
    SecretRefused,
    /// No secret is stored.
    SecretMissing,
    /// The keyring is locked.
    KeyringLocked,
    /// There is no keyring.
    KeyringAbsent,
    /// The hub wants a sign-in.
    NotSignedIn,
    /// The hub takes the session no more that this profile had: it was taken back, or is too old.
    SessionOver,
    /// The hub does not know this login with this password.
    PasswordRefused,
    /// The hub takes no more tries of passwords for a while.
    TooManyTries,
    /// A password or a session would cross a network in plain text.
    NotEncrypted,
    /// The hub has no accounts: there is nothing to sign in to.
    NoAccounts,
    /// The hub does not allow this.
    NotAllowed,
    /// The hub refused, and only its own words say why (part A of the signaling contract has no codes).
    Refused,
    /// Nobody has that login.
    UnknownUser,
    /// The person is not connected.
    Offline,
    /// The person is in a call.
    Busy,
    /// The person does not want to be disturbed.
    Dnd,
    /// The person declined.
    Declined,
    /// Nobody answered in time.
    NoAnswer,
    /// The caller gave up.
    Cancelled,
    /// Another device of this person answered.
    AnsweredElsewhere,
    /// The other side's connection was lost.
    PeerLost,
    /// Signaling is down.
    SignalingDown,
    /// The token was refused by OpenVidu.
    TokenRefused,
    /// Signaling works but no media passes (UDP blocked).
    MediaBlocked,
    /// The server sent something malformed.
    Malformed,
    /// There is no camera.
    CameraAbsent,
    /// The camera was refused to the app.
    CameraRefused,
    /// Another program has the camera.
    CameraBusy,
    /// There is no microphone, or it was refused.
    MicrophoneAbsent,
    /// Part of the picture or sound cannot be encoded or decoded here; the call goes on with the rest.
    MediaTrouble,
    /// The ring made no sound: no output device.
    NoSound,
    /// No notification service.
    NoNotifications,
    /// There is no tray on this desktop.
    NoTray,
    /// Not possible now, such as accepting when nothing rings.
    NotNow,
    /// This profile runs already.
    AlreadyRunning,
    /// The settings file was not understood and was put aside.
    SettingsUnreadable,
    /// A defect of ours; the log has more.
    Internal,
}
