//! Whom to believe on the network: one place that decides it for REST, signaling and gateway alike.
//!
//! A certificate is good when the system's own trust store vouches for it, or when a person decided to trust exactly
//! this one for exactly this host and port (a pin). A pinned host whose certificate changed is refused until a person
//! decides again. Nothing secret is sent before the certificate was found good: TLS verification comes first.

mod look;
mod pins;
mod verifier;

use std::{sync::Arc, time::Duration};

use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};
use url::Url;
use zvonok_ipc::CertificateQuestion;

pub(crate) use look::{Look, Wire, dial, look};
pub(crate) use pins::{Fingerprint, HostPort, Pins};
use verifier::Verifier;
#[cfg(fuzzing)]
pub(crate) use verifier::subject;

/// How long a connection may take to be made: two retransmitted SYNs and a TLS handshake on a slow link.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a whole REST request may take. OpenVidu answers within milliseconds; a loaded one within seconds.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Why there is no way to an address at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrustError {
    #[error("`{0}` names no host and port")]
    NoHost(String),
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    #[error("cannot set up HTTP")]
    Http(#[from] reqwest::Error),
}

/// The brain. Cheap to clone; pins decided later hold for endpoints made earlier.
#[derive(Debug, Clone)]
pub(crate) struct Trust {
    pins: Pins,
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

/// A way to one host and port.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// For sockets; no ALPN.
    pub(crate) tls: Arc<ClientConfig>,
    /// For REST; follows no redirect, and takes no proxy: sockets cannot take one yet, and REST alone would make no call.
    pub(crate) http: reqwest::Client,
}

impl Trust {
    /// Loads the system's trust store. One that cannot be read vouches for nobody, and every certificate becomes a
    /// question.
    pub(crate) fn new(pins: Pins) -> Self {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "part of the system's trust store cannot be read");
        }
        let mut roots = RootCertStore::empty();
        let (added, ignored) = roots.add_parsable_certificates(found.certs);
        tracing::debug!(added, ignored, "the system's trust store");
        Self { pins, roots: Arc::new(roots), provider: Arc::new(rustls::crypto::aws_lc_rs::default_provider()) }
    }

    /// What was decided, and what waits for a decision.
    pub(crate) fn pins(&self) -> &Pins {
        &self.pins
    }

    /// The way to the host and port of `url`.
    pub(crate) fn endpoint(&self, url: &Url) -> Result<Endpoint, TrustError> {
        let host = HostPort::of(url).ok_or_else(|| TrustError::NoHost(url.to_string()))?;
        let verifier = Verifier::new(host, self.pins.clone(), &self.roots, Arc::clone(&self.provider));
        let tls = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        let http = zvonok_openvidu::harden(reqwest::Client::builder().no_proxy(), url)
            .tls_backend_preconfigured(tls.clone())
            .timeout(REQUEST_TIMEOUT);
        Ok(Endpoint { tls: Arc::new(tls), http: http.build()? })
    }

    /// The question that a failed connection to `url` left behind, if it was the certificate that failed it.
    pub(crate) fn question(&self, url: &Url) -> Option<CertificateQuestion> {
        HostPort::of(url).and_then(|host| self.pins.question(&host))
    }
}
