//! Real OpenVidu deployments behind [`MediaControl`].

mod extras;
mod load;
mod place;

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use rustls::ClientConfig;
use zvonok_openvidu::wire;
use zvonok_openvidu::wire::recorded::Recording;
use zvonok_openvidu::{Client, Error, Minted};

use load::Load;

use crate::config::Deployment;
use crate::listen::StartError;
use crate::media_control::{MediaControl, MediaControlError, MediaFuture, MintedToken, Role};
use crate::secret::Secret;
use crate::trust;

/// Longest wait for one answer of a deployment. The hub gives up a little later, with its own message.
const TIMEOUT: Duration = Duration::from_secs(8);

/// Several deployments; a session lives on one of them, found by its name.
#[derive(Debug)]
pub(crate) struct Deployments {
    /// Each with its address.
    all: Vec<(Client, String)>,
    load: Load,
    public_url: String,
}

impl Deployments {
    /// Clients of all of them, which trust what the system trusts (and what `SSL_CERT_FILE` names).
    pub(crate) fn new(deployments: &[Deployment]) -> Result<Self, StartError> {
        let wrong = |error: &dyn std::fmt::Display| StartError::Deployment(error.to_string());
        let tls = trust::client().map_err(|error| wrong(&error))?;
        let made = |deployment: &Deployment| {
            // Everybody in a call is told the address.
            if !deployment.url.username().is_empty() || deployment.url.password().is_some() {
                return Err(wrong(&"its address has a user or password in it; the secret belongs into its file"));
            }
            let http = zvonok_openvidu::harden(reqwest::Client::builder(), &deployment.url)
                .tls_backend_preconfigured(ClientConfig::clone(&tls))
                .timeout(TIMEOUT)
                .build()
                .map_err(|error| wrong(&error))?;
            Client::new(deployment.url.clone(), deployment.secret.clone(), http).map_err(|error| wrong(&error))
        };
        let all = deployments
            .iter()
            .map(|deployment| Ok((made(deployment)?, deployment.url.as_str().trim_end_matches('/').to_owned())))
            .collect::<Result<Vec<_>, StartError>>()?;
        let public_url = all.first().map(|(_, url)| url.clone()).unwrap_or_default();
        Ok(Self { load: Load::new(all.len()), all, public_url })
    }

    /// The deployment of a session, and its address: always the same one for the same name among so many.
    fn at(&self, session: &str) -> Result<&(Client, String), MediaControlError> {
        self.all.get(self.deployment(session)).ok_or(MediaControlError::Unsupported("deployment"))
    }

    fn of(&self, session: &str) -> Result<&Client, MediaControlError> {
        Ok(&self.at(session)?.0)
    }
}

impl MediaControl for Deployments {
    fn create_session<'a>(&'a self, name: Option<&'a str>) -> MediaFuture<'a, String> {
        async move {
            let name = name.map_or_else(|| self.fresh_session(), str::to_owned);
            let made = self.of(&name)?.create_session(&name).await;
            self.load.made(self.deployment(&name), &made);
            made.map_err(|error| control_error(&error, &name))?;
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
            let (client, openvidu) = self.at(session)?;
            let minted = client.mint(session, role, server_data).await;
            let Minted { token, connection_id } = minted.map_err(|error| control_error(&error, session))?;
            Ok(MintedToken { token, connection_id, openvidu: openvidu.clone() })
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

    fn start_recording<'a>(&'a self, session: &'a str, name: &'a str) -> MediaFuture<'a, Recording> {
        self.record(session, name).boxed()
    }

    fn stop_recording<'a>(&'a self, session: &'a str, id: &'a str) -> MediaFuture<'a, Recording> {
        self.stop_record(session, id).boxed()
    }

    fn recording<'a>(&'a self, session: &'a str, id: &'a str) -> MediaFuture<'a, Recording> {
        self.recorded(session, id).boxed()
    }

    fn add_camera<'a>(&'a self, session: &'a str, uri: &'a Secret, server_data: &'a str) -> MediaFuture<'a, String> {
        self.let_camera_in(session, uri, server_data).boxed()
    }

    fn fresh_session(&self) -> String {
        place::name_at(self.load.fewest(), self.all.len())
    }

    fn deployment(&self, session: &str) -> usize {
        place::index(session, self.all.len())
    }

    fn reachable(&self) -> BoxFuture<'_, Vec<(String, bool)>> {
        let look = async |(client, url): &(Client, String)| {
            let found = tokio::time::timeout(crate::hub::LOOK_WITHIN, client.probe()).await;
            (url.clone(), matches!(found, Ok(Ok(_))))
        };
        join_all(self.all.iter().map(look)).boxed()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{EmbeddedMedia, Tls};

    #[tokio::test]
    async fn a_token_comes_with_the_address_of_the_deployment_that_made_it() {
        let mut servers = Vec::new();
        for secret in ["one", "two", "three"] {
            let config = EmbeddedMedia {
                listen: "127.0.0.1:0".parse().unwrap(),
                tls: Tls::Off,
                udp_port: 0,
                public_host: None,
                secret: Secret::new(secret),
                data_dir: None,
                settings: crate::media_settings::MediaSettings::default(),
            };
            servers.push((crate::media::start(config).await.unwrap(), Secret::new(secret)));
        }
        let deployments: Vec<_> = servers
            .iter()
            .map(|(server, secret)| Deployment { url: server.url().clone(), secret: secret.clone() })
            .collect();
        let control = Deployments::new(&deployments).unwrap();
        let mut used = std::collections::BTreeSet::new();
        for call in 0..20 {
            let session = control.create_session(Some(&format!("call-{call}"))).await.unwrap();
            let minted = control.create_token(&session, Role::Publisher, "").await.unwrap();
            let made_by = minted.openvidu.replace("http://", "ws://");
            assert!(minted.token.reveal().starts_with(&made_by), "a client dials {}", minted.openvidu);
            used.insert(minted.openvidu);
        }
        assert_eq!(used.len(), 3, "the calls are spread");
        assert!(control.look().await.iter().all(Result::is_ok));
        for _ in 0..12 {
            let session = control.create_session(None).await.unwrap();
            control.create_token(&session, Role::Publisher, "").await.unwrap();
        }
        let mut sessions = Vec::new();
        for (client, _) in &control.all {
            sessions.push(client.session_count().await.unwrap());
        }
        assert!(sessions.iter().max().unwrap() - sessions.iter().min().unwrap() <= 1, "the fewest first: {sessions:?}");
        assert!(control.look().await.iter().all(Result::is_ok));
        assert!(control.reachable().await.iter().all(|(_, reachable)| *reachable));
        let wrong: Vec<_> =
            deployments.iter().map(|it| Deployment { secret: Secret::new("wrong"), ..it.clone() }).collect();
        let looks = Deployments::new(&wrong).unwrap().look().await;
        assert!(looks.iter().all(|look| matches!(look, Err(Error::SecretRefused { .. }))), "{looks:?}");
        let mut servers = servers.into_iter().map(|(server, _)| server);
        servers.next().unwrap().shutdown().await;
        assert_eq!(control.look().await.iter().filter(|look| look.is_ok()).count(), 2);
        for _ in 0..20 {
            assert!(control.deployment(&control.fresh_session()) > 0, "a dead one is skipped");
        }
        for server in servers {
            server.shutdown().await;
        }
        let looks = control.look().await;
        assert!(looks.iter().all(|look| look.as_ref().is_err_and(Error::is_retryable)), "{looks:?}");
        let reachable = control.reachable().await;
        assert!(reachable.len() == 3 && reachable.iter().all(|(_, reachable)| !reachable), "{reachable:?}");
    }

    #[test]
    fn an_address_with_a_secret_in_it_is_refused_and_the_secret_not_repeated() {
        for address in ["https://OPENVIDUAPP:planted@office.example:4443", "https://planted@office.example"] {
            let deployment = Deployment { url: address.parse().unwrap(), secret: Secret::new("planted") };
            let error = Deployments::new(&[deployment]).unwrap_err();
            assert!(matches!(&error, StartError::Deployment(text) if !text.contains("planted")), "{error:?}");
        }
        let good = Deployment { url: "https://office.example".parse().unwrap(), secret: Secret::new("planted") };
        assert!(Deployments::new(&[good]).is_ok());
    }
}
