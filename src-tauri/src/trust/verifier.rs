//! The verifier that rustls asks: the pin if there is one, otherwise the system's trust store.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use zvonok_ipc::CertificateQuestion;

use super::pins::{Fingerprint, HostPort, Pins};

/// Decides for one host and port.
#[derive(Debug)]
pub(super) struct Verifier {
    host: HostPort,
    pins: Pins,
    /// `None` where the system has no trust store: then nobody vouches for anybody.
    system: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    pub(super) fn new(host: HostPort, pins: Pins, roots: &Arc<RootCertStore>, provider: Arc<CryptoProvider>) -> Self {
        let system = WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(&provider)).build().ok();
        Self { host, pins, system, provider }
    }

    fn refuse(&self, certificate: &CertificateDer<'_>, seen: &Fingerprint, previous: Option<&Fingerprint>) -> Error {
        self.pins.ask(
            &self.host,
            CertificateQuestion {
                host: self.host.to_string(),
                fingerprint: seen.as_str().to_owned(),
                subject: subject(certificate),
                previous: previous.map(|pin| pin.as_str().to_owned()),
            },
        );
        Error::InvalidCertificate(if previous.is_some() {
            CertificateError::ApplicationVerificationFailure
        } else {
            CertificateError::UnknownIssuer
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let seen = Fingerprint::of(end_entity);
        if !self.host.is_at(&server_name.to_str()) {
            // A proxy on the way, say. A pin is for its own host, and so is a question.
            let Some(system) = &self.system else { return Err(CertificateError::UnknownIssuer.into()) };
            return system.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        }
        match self.pins.decided(&self.host) {
            Some(pin) if pin == seen => {}
            Some(pin) => return Err(self.refuse(end_entity, &seen, Some(&pin))),
            None => {
                let vouched = self.system.as_ref().map(|system| {
                    system.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                });
                match vouched {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => {
                        tracing::info!(host = %self.host, %error, "nobody vouches for the certificate");
                        return Err(self.refuse(end_entity, &seen, None));
                    }
                    None => return Err(self.refuse(end_entity, &seen, None)),
                }
            }
        }
        self.pins.settle(&self.host);
        Ok(ServerCertVerified::assertion())
    }

    // The signatures prove that the server holds the certificate's key; a pin is worth nothing without them.

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whom the certificate names; empty when it cannot be read.
pub(crate) fn subject(certificate: &CertificateDer<'_>) -> String {
    x509_parser::parse_x509_certificate(certificate).map(|(_, parsed)| parsed.subject().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verify(verifier: &Verifier, certificate: &CertificateDer<'_>, name: &str) -> Result<ServerCertVerified, Error> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        verifier.verify_server_cert(certificate, &[], &name, &[], UnixTime::now())
    }

    #[test]
    fn a_pin_never_vouches_for_another_host() {
        let made = rcgen::generate_simple_self_signed(vec!["office.example".to_owned()]).unwrap();
        let certificate = made.cert.der().clone();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let (host, pins) = (HostPort::named("office.example:4443"), Pins::default());
        let other = rcgen::generate_simple_self_signed(vec!["other.example".to_owned()]).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(other.cert.der().clone()).unwrap();
        let verifier = Verifier::new(host.clone(), pins.clone(), &Arc::new(roots), provider);
        assert!(verify(&verifier, &certificate, "office.example").is_err(), "nobody vouches for it yet");
        pins.decide(&host, Fingerprint::of(&certificate));
        assert!(verify(&verifier, &certificate, "office.example").is_ok());
        assert!(verify(&verifier, &certificate, "other.example").is_err(), "the same certificate elsewhere");
        assert!(pins.question(&host).is_none(), "and that is no question about the pinned host");
    }

    #[test]
    fn a_host_is_known_by_name_and_address() {
        assert!(HostPort::named("Office.example:4443").is_at("office.example"));
        assert!(HostPort::named("[::1]:4443").is_at("::1"));
        assert!(HostPort::named("[::ffff:7f00:1]:4443").is_at("::ffff:127.0.0.1"));
        assert!(!HostPort::named("office.example:4443").is_at("office.example.evil"));
        assert!(!HostPort::named("127.0.0.1:4443").is_at("127.0.0.2"));
    }
}
