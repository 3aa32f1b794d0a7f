//! Real OpenVidu deployments behind [`MediaControl`].

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use rustls::{ClientConfig, RootCertStore};
use zvonok_openvidu::wire;
use zvonok_openvidu::{Client, Error};

use crate::config::Deployment;
use crate::listen::StartError;
use crate::media_control::{MediaControl, MediaControlError, MediaFuture, MintedToken, Role};
use crate::secret::Secret;

/// Longest wait for one answer of a deployment. The hub gives up a little later, with its own message.
const TIMEOUT: Duration = Duration::from_secs(8);

/// Several deployments; a session lives on one of them, found by its name.
#[derive(Debug)]
pub(crate) struct Deployments {
    clients: Vec<Client>,
    public_url: String,
}

impl Deployments {
    /// Clients of all of them, which trust what the system trusts (and what `SSL_CERT_FILE` names).
    pub(crate) fn new(deployments: &[Deployment]) -> Result<Self, StartError> {
        let wrong = |error: &dyn std::fmt::Display| StartError::Deployment(error.to_string());
        let mut roots = RootCertStore::empty();
        let (_, ignored) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        tracing::debug!(ignored, "the system's trust store");
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = zvonok_openvidu::harden(reqwest::Client::builder())
            .tls_backend_preconfigured(tls)
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| wrong(&error))?;
        let client = |deployment: &Deployment| {
            let secret = zvonok_openvidu::Secret::new(deployment.secret.reveal());
            Client::new(deployment.url.clone(), secret, http.clone()).map_err(|error| wrong(&error))
        };
        let clients = deployments.iter().map(client).collect::<Result<Vec<_>, _>>()?;
        let public_url = deployments.first().map(|first| first.url.as_str().trim_end_matches('/').to_owned());
        Ok(Self { clients, public_url: public_url.unwrap_or_default() })
    }

    /// The deployment of a session: always the same one for the same name.
    fn of(&self, session: &str) -> Result<&Client, MediaControlError> {
        let mut hasher = DefaultHasher::new();
        session.hash(&mut hasher);
        let count = u64::try_from(self.clients.len().max(1)).unwrap_or(1);
        let index = usize::try_from(hasher.finish() % count).unwrap_or(0);
        self.clients.get(index).ok_or(MediaControlError::Unsupported("deployment"))
    }
}

impl MediaControl for Deployments {
    fn create_session<'a>(&'a self, name: Option<&'a str>) -> MediaFuture<'a, String> {
        async move {
            let name = name.map_or_else(|| format!("{:032x}", rand::random::<u128>()), str::to_owned);
            self.of(&name)?.create_session(&name).await.map_err(|error| control_error(&error, &name))?;
            Ok(name)
        }
        .boxed()
    }

    fn create_token<'a>(&'a self, session: &'a str, role: Role, server_data: &'a str) -> MediaFuture<'a, MintedToken> {
        async move {
            let role = match role {
                Role::Publisher => wire::Role::Publisher,
                Role::Subscriber => wire::Role::Subscriber,
            };
            let minted = self.of(session)?.mint(session, role, server_data).await;
            let minted = minted.map_err(|error| control_error(&error, session))?;
            Ok(MintedToken { token: Secret::new(minted.token.reveal()), connection_id: minted.connection_id })
        }
        .boxed()
    }

    fn revoke_token<'a>(&'a self, session: &'a str, connection_id: &'a str) -> MediaFuture<'a, ()> {
        async move {
            let done = self.of(session)?.delete_connection(session, connection_id).await;
            done.map_err(|error| control_error(&error, session))
        }
        .boxed()
    }

    fn close_session<'a>(&'a self, session: &'a str) -> MediaFuture<'a, ()> {
        async move {
            let done = self.of(session)?.close_session(session).await;
            done.map_err(|error| control_error(&error, session))
        }
        .boxed()
    }

    fn start_echo<'a>(&'a self, _session: &'a str, _server_data: &'a str) -> MediaFuture<'a, ()> {
        async { Err(MediaControlError::Unsupported("echo participant")) }.boxed()
    }

    fn stop_echo<'a>(&'a self, _session: &'a str) -> MediaFuture<'a, ()> {
        async { Ok(()) }.boxed()
    }

    fn public_url(&self) -> &str {
        &self.public_url
    }
}

fn control_error(error: &Error, session: &str) -> MediaControlError {
    if matches!(error, Error::NoSession) {
        MediaControlError::NoSession(session.to_owned())
    } else if matches!(error, Error::SecretRefused { .. }) {
        MediaControlError::Unauthorized
    } else if error.is_retryable() {
        MediaControlError::Unreachable(error.to_string())
    } else {
        MediaControlError::Failed(error.to_string())
    }
}
