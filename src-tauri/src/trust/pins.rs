//! Pins: certificates a person decided to trust, per host and port; and questions that wait for such a decision.

use std::{
    collections::HashMap,
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest, Sha256};
use url::Url;
use zvonok_ipc::CertificateQuestion;

use crate::settings::Pin;

/// `HOST:PORT`, lower case, as pins are kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct HostPort(String);

impl HostPort {
    /// Of an address; `None` for one without host or known port.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        let port = url.port_or_known_default()?;
        Some(Self(format!("{}:{port}", url.host_str()?.to_ascii_lowercase())))
    }

    pub(crate) fn named(text: &str) -> Self {
        Self(text.to_ascii_lowercase())
    }

    /// Whether its host is `name`, a host name or an address without brackets.
    pub(super) fn is_at(&self, name: &str) -> bool {
        let host = self.0.rsplit_once(':').map_or(self.0.as_str(), |(host, _port)| host).trim_matches(['[', ']']);
        match (host.parse::<IpAddr>(), name.parse::<IpAddr>()) {
            (Ok(own), Ok(other)) => own == other,
            _ => host.trim_end_matches('.').eq_ignore_ascii_case(name.trim_end_matches('.')),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 of a certificate in DER, shown as `AA:BB:…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint(String);

impl Fingerprint {
    pub(crate) fn of(certificate: &[u8]) -> Self {
        let bytes: Vec<String> = Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect();
        Self(bytes.join(":"))
    }

    pub(crate) fn named(text: &str) -> Self {
        Self(text.to_ascii_uppercase())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shared by all connections of this profile.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pins {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    decided: HashMap<HostPort, Fingerprint>,
    questions: HashMap<HostPort, CertificateQuestion>,
}

impl Pins {
    pub(crate) fn load(pins: &[Pin]) -> Self {
        let decided = pins.iter().map(|pin| (HostPort::named(&pin.host), Fingerprint::named(&pin.fingerprint)));
        Self { inner: Arc::new(Mutex::new(Inner { decided: decided.collect(), questions: HashMap::new() })) }
    }

    /// The person's decision, or the embedded server's own certificate.
    pub(crate) fn decide(&self, host: &HostPort, fingerprint: Fingerprint) {
        let mut inner = self.lock();
        inner.questions.remove(host);
        inner.decided.insert(host.clone(), fingerprint);
    }

    pub(crate) fn decided(&self, host: &HostPort) -> Option<Fingerprint> {
        self.lock().decided.get(host).cloned()
    }

    /// What the verifier could not decide.
    pub(super) fn ask(&self, host: &HostPort, question: CertificateQuestion) {
        self.lock().questions.insert(host.clone(), question);
    }

    /// A good certificate answers an older question.
    pub(super) fn settle(&self, host: &HostPort) {
        self.lock().questions.remove(host);
    }

    pub(crate) fn question(&self, host: &HostPort) -> Option<CertificateQuestion> {
        self.lock().questions.get(host).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing between lock and unlock can panic half-way through a change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
