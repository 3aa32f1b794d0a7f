//! Webhooks: each event is posted to one address, in order.

use std::sync::Arc;

use reqwest::{Client, Url};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Event;
use crate::media::defaults;
use crate::media_settings::WebhookSettings;

/// Posts events.
#[derive(Debug)]
pub(super) struct Poster {
    client: Client,
    endpoint: Url,
    headers: http::HeaderMap,
    /// All where it is empty.
    events: Vec<String>,
}

impl Poster {
    /// Any certificate is accepted, as OpenVidu does: the endpoint is usually another container of the same machine.
    pub(super) fn new(settings: &WebhookSettings) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(any::AnyCertificate(provider)))
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(defaults::WEBHOOK_WITHIN)
            .connect_timeout(defaults::WEBHOOK_WITHIN)
            // Headers of the settings may be secrets: they go to that address alone.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        let mut headers = http::HeaderMap::new();
        for header in &settings.headers {
            let malformed = || "a header is `Name: value`".to_owned();
            let (name, value) = header.split_once(':').ok_or_else(malformed)?;
            let name = name.trim().parse::<http::HeaderName>().map_err(|_error| malformed())?;
            let mut value = value.trim().parse::<http::HeaderValue>().map_err(|_error| malformed())?;
            value.set_sensitive(true);
            headers.append(name, value);
        }
        Ok(Self { client, endpoint: settings.endpoint.clone(), headers, events: settings.events.clone() })
    }

    pub(super) async fn run(self, mut inbox: mpsc::Receiver<Event>, stop: CancellationToken) {
        loop {
            let event = tokio::select! {
                event = inbox.recv() => event,
                () = stop.cancelled() => inbox.try_recv().ok(),
            };
            let Some(event) = event else { return };
            if self.events.is_empty() || self.events.iter().any(|wanted| wanted == event.name) {
                self.post(event.name, &event.fields, &stop).await;
            }
        }
    }

    async fn post(&self, name: &str, fields: &Map<String, Value>, stop: &CancellationToken) {
        let mut body = fields.clone();
        body.insert("event".to_owned(), name.into());
        for attempt in 1..=defaults::WEBHOOK_TRIES {
            let request = self.client.post(self.endpoint.clone()).headers(self.headers.clone()).json(&body);
            match request.send().await {
                Ok(answer) if answer.status() == http::StatusCode::OK => return,
                Ok(answer) => {
                    tracing::error!(event = name, status = %answer.status(), "the webhook refused an event");
                    return;
                }
                // The address may have a secret in it, which is no part of the log.
                Err(error) => {
                    tracing::warn!(event = name, attempt, error = %error.without_url(), "the webhook does not answer");
                }
            }
            let pause = tokio::time::sleep(defaults::WEBHOOK_PAUSE * attempt);
            tokio::select! {
                () = pause => {}
                () = stop.cancelled() => return,
            }
        }
        tracing::error!(event = name, "an event was not told: the webhook never answered");
    }
}

/// A verifier that accepts everybody.
mod any {
    use std::sync::Arc;

    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{DigitallySignedStruct, Error, SignatureScheme};

    /// See [`super::Poster::new`].
    #[derive(Debug)]
    pub(super) struct AnyCertificate(pub(super) Arc<CryptoProvider>);

    impl ServerCertVerifier for AnyCertificate {
        fn verify_server_cert(
            &self,
            _end_entity: &CertificateDer<'_>,
            _intermediates: &[CertificateDer<'_>],
            _server_name: &ServerName<'_>,
            _ocsp_response: &[u8],
            _now: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }
}
