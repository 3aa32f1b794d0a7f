//! One request at a time: where it may go, what it may carry, how long it may take, how much of the answer is read.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::{Host, Url};

use super::{Error, Found};
use crate::Secret;
use crate::wire::REST_USER;
use crate::wire::rest::ErrorBody;

/// From sending a request to the last byte of its answer. 8 s: OpenVidu answers within milliseconds; a call's
/// set-up gives up after 20 s and wants to try twice.
const DEADLINE: Duration = Duration::from_secs(8);

/// For connecting alone.
const CONNECT_DEADLINE: Duration = Duration::from_secs(4);

/// Longest answer that is read, in bytes: all sessions of a deployment, with about 2 kB for each participant.
const ANSWER_LIMIT: usize = 16 << 20;

/// What of the server's own words is passed on, in characters.
const WORDS_LIMIT: usize = 200;

/// Makes the HTTP client for `base` follow no redirects, name no referrer, and give up connecting in time. What is for
/// this machine takes no proxy: plain HTTP is allowed there, and the secret would cross a network to reach it.
/// [`Client`](super::Client) expects to be given one that was built through this for its own address.
pub fn harden(builder: reqwest::ClientBuilder, base: &Url) -> reqwest::ClientBuilder {
    let builder = builder.redirect(reqwest::redirect::Policy::none()).referer(false).connect_timeout(CONNECT_DEADLINE);
    if is_loopback(base) { builder.no_proxy() } else { builder }
}

/// Whether `url` names this machine, by address or as `localhost`.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// Where an OpenVidu is, and the way there.
#[derive(Clone)]
pub(super) struct Place {
    base: Url,
    host: String,
    http: reqwest::Client,
}

/// An answer, read whole.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    body: Vec<u8>,
    host: String,
}

impl Place {
    pub(super) fn new(mut base: Url, http: reqwest::Client) -> Result<Self, Error> {
        // A user or password in the address would be sent along, and shown in messages.
        let clean = base.set_username("").is_ok() && base.set_password(None).is_ok();
        base.set_query(None);
        base.set_fragment(None);
        let Some(name) = base.host_str().filter(|_| clean && matches!(base.scheme(), "http" | "https")) else {
            return Err(Error::BadAddress { address: base.to_string() });
        };
        let host = base.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        Ok(Self { base, host, http })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// TLS, or this machine.
    pub(super) fn may_carry_a_secret(&self) -> Result<(), Error> {
        if is_loopback(&self.base) || self.base.scheme() == "https" {
            Ok(())
        } else {
            Err(Error::Insecure { host: self.host.clone() })
        }
    }

    /// `config/openvidu-publicurl` is open to everybody and answers with an address: nothing else does.
    pub(super) async fn recognise(&self) -> Result<Found, Error> {
        let answer = self.send(Method::GET, &["config", "openvidu-publicurl"], None, None::<&()>).await?;
        let text = std::str::from_utf8(&answer.body).unwrap_or_default().trim();
        let is_address = text.len() <= 1_024
            && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if answer.status == StatusCode::OK && is_address {
            Ok(Found { version: None, public_url: text.to_owned() })
        } else if answer.status.is_server_error() {
            Err(Error::Trouble { host: self.host.clone(), status: answer.status.as_u16() })
        } else {
            Err(self.not_openvidu(answer.status))
        }
    }

    pub(super) fn not_openvidu(&self, status: StatusCode) -> Error {
        Error::NotOpenvidu { host: self.host.clone(), status: status.as_u16() }
    }

    /// Sends one request below `/openvidu/api` and reads its answer. 401 and redirects are errors here, all other
    /// statuses are the caller's.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &[&str],
        secret: Option<&Secret>,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<Answer, Error> {
        let url = self.url(path)?;
        let mut request = self.http.request(method, url.clone()).timeout(DEADLINE);
        if let Some(secret) = secret {
            self.may_carry_a_secret()?;
            request = request.basic_auth(REST_USER, Some(secret.reveal()));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let failed = |source| Error::of_transport(&self.host, source);
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        if status.is_redirection() || *response.url() != url {
            return Err(Error::Redirected { host: self.host.clone() });
        }
        if status == StatusCode::UNAUTHORIZED && secret.is_some() {
            return Err(Error::SecretRefused { host: self.host.clone() });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_LIMIT {
                return Err(Error::Malformed { host: self.host.clone(), what: "it has no end" });
            }
            body.extend_from_slice(&chunk);
        }
        tracing::debug!(host = %self.host, status = status.as_u16(), "openvidu answered");
        Ok(Answer { status, body, host: self.host.clone() })
    }

    fn url(&self, path: &[&str]) -> Result<Url, Error> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Error::BadAddress { address: self.base.to_string() })?
            .pop_if_empty()
            .extend(["openvidu", "api"])
            .extend(path);
        Ok(url)
    }
}

impl Answer {
    /// The body as JSON; `what` says what is wrong otherwise.
    pub(super) fn json<T: DeserializeOwned>(&self, what: &'static str) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|_| self.malformed(what))
    }

    pub(super) fn malformed(&self, what: &'static str) -> Error {
        Error::Malformed { host: self.host.clone(), what }
    }

    /// The error that this status is.
    pub(super) fn refused(&self) -> Error {
        let status = self.status.as_u16();
        if self.status.is_server_error() {
            return Error::Trouble { host: self.host.clone(), status };
        }
        if self.status.is_success() {
            return self.malformed("a success that OpenVidu does not have here");
        }
        let message = serde_json::from_slice::<ErrorBody>(&self.body).map(|body| body.message).unwrap_or_default();
        let message = message.chars().filter(|c| !c.is_control()).take(WORDS_LIMIT).collect();
        Error::Refused { status, message }
    }
}
