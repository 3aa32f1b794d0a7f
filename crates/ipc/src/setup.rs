//! First start and settings: where calls go.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ErrorCode;

/// Who makes OpenVidu tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TokenSource {
    /// This machine, with the OpenVidu secret from the keyring.
    Openvidu,
    /// The hub.
    Hub,
}

/// What the person fills in. The secret and an account's password are not part of it: they are asked for by the core
/// itself (`ask_secret`, `sign_in`), so that they never are in a webview or an IPC message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Setup {
    /// The hub's address, such as `http://office.example:5001`, or `embedded`.
    pub server: String,
    /// The socket's address where it differs from `server`; empty for the same.
    pub socket: String,
    /// OpenVidu's address, such as `https://office.example:4443`; empty where the hub hands out tokens.
    pub openvidu: String,
    /// Own login.
    pub login: String,
    /// Who makes tokens.
    pub tokens: TokenSource,
}

/// The settings as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SetupView {
    /// False until settings were saved once (or given by flags).
    pub ready: bool,
    /// Current settings.
    pub setup: Setup,
    /// The embedded server is in use.
    pub embedded: bool,
    /// The keyring holds a secret for this profile.
    pub secret_stored: bool,
    /// Host and port of the OpenVidu whose secret it is; empty while nobody said.
    pub secret_for: String,
    /// The hub in use has accounts, and nobody is signed in.
    pub sign_in: bool,
    /// Who the session in the keyring is for, and where, such as `woman@office.example:5001`; empty while there is none.
    pub account_for: String,
    /// State of the keyring itself.
    pub keyring: KeyringState,
    /// A certificate that needs a decision.
    pub certificate: Option<CertificateQuestion>,
}

/// State of the OS keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeyringState {
    /// Not asked yet, or working.
    Ok,
    /// It exists and is locked.
    Locked,
    /// There is none.
    Absent,
}

/// A certificate that no trust store vouches for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CertificateQuestion {
    /// Host and port that presented it.
    pub host: String,
    /// SHA-256 of the certificate, as `AA:BB:…`.
    pub fingerprint: String,
    /// The subject it names; may be empty.
    pub subject: String,
    /// The fingerprint trusted before, when this one replaced it: then it is refused until a person decides.
    pub previous: Option<String>,
}

/// Answer of `test_setup`: one line a part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    /// Lines in the order tried: signaling, certificate, OpenVidu, secret.
    pub lines: Vec<TestLine>,
    /// A certificate that has to be trusted before anything secret is sent.
    pub certificate: Option<CertificateQuestion>,
}

/// One part of the connection test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TestLine {
    /// What was tried.
    pub part: TestPart,
    /// None when it works.
    pub problem: Option<ErrorCode>,
    /// For the curious: version, status, address.
    pub detail: String,
}

/// A part of the connection test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TestPart {
    /// The hub answers and signs the login in.
    Signaling,
    /// OpenVidu's certificate.
    Certificate,
    /// OpenVidu answers.
    Openvidu,
    /// OpenVidu accepts the secret.
    Secret,
}
