//! Hubs with accounts: signing in and out, and the token that is presented in between.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::{Host, Url};
use zeroize::Zeroizing;
use zvonok_signaling_proto::Login;
use zvonok_signaling_proto::account::{SignInAnswer, SignInRequest};
use zvonok_signaling_proto::event::Device;

use crate::RequestError;
use crate::rest::Rest;

/// Longest token that is taken, in bytes. Our hub's have 47; it goes into a header of every request.
const MAX_TOKEN: usize = 1_024;

/// The token of a session: redacted in `Debug`, without `Display`, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// Wraps a token. Copies of the text that exist elsewhere are the caller's to wipe.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(Zeroizing::new(token.into()))
    }

    /// The token itself, for whoever keeps or sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it can be one: what goes into a header has no control characters and an end.
    fn is_sane(&self) -> bool {
        !self.0.is_empty() && self.0.len() <= MAX_TOKEN && self.0.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The token in use, shared by the requests and the socket of one client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pocket(Arc<Mutex<Option<SessionToken>>>);

impl Pocket {
    pub(crate) fn with(token: Option<SessionToken>) -> Self {
        Self(Arc::new(Mutex::new(token)))
    }

    pub(crate) fn put(&self, token: Option<SessionToken>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// The token, if `url` may see it.
    pub(crate) fn token_for(&self, url: &Url) -> Option<SessionToken> {
        let token = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        if may_carry_a_secret(url) {
            return Some(token);
        }
        tracing::warn!("the session's token is not sent: the connection is not encrypted");
        None
    }

    /// Takes that token out, unless it was exchanged meanwhile.
    pub(crate) fn drop_if(&self, token: &SessionToken) -> bool {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take_if(|kept| kept == token).is_some()
    }
}

/// Whether a password or token may go to `url`: by TLS, or within this machine. To no other is any sent.
#[must_use]
pub fn may_carry_a_secret(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "wss")
        || match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            None => false,
        }
}

/// Where to sign in or out: a hub's REST base, a way there that follows no redirect, and how long an answer may take.
#[derive(Debug, Clone)]
pub struct Door {
    /// Base of the REST requests.
    pub server: Url,
    /// HTTP of the program's one place that decides whom to trust.
    pub http: reqwest::Client,
    /// For the whole request. A hub hashes passwords for about a tenth of a second each, one after the other.
    pub limit: Duration,
}

impl Door {
    /// Whether a password may go there: by TLS, or within this machine.
    #[must_use]
    pub fn is_private(&self) -> bool {
        may_carry_a_secret(&self.server)
    }

    /// Signs in.
    ///
    /// # Errors
    /// [`RequestError::Insecure`] before anything is sent in plain text to another machine; [`RequestError::Refused`]
    /// with the code `not_signed_in` where login and password do not fit, `too_many` after too many tries, `not_allowed`
    /// where the hub has no accounts; the others as they are.
    pub async fn sign_in(&self, login: Login, password: &str, device: Device) -> Result<SessionToken, RequestError> {
        let body = SignInRequest { login, password: password.to_owned(), device };
        let answer: SignInAnswer = self.rest(None)?.post("login", &body).await?;
        let token = SessionToken::new(answer.token);
        if token.is_sane() { Ok(token) } else { Err(RequestError::Malformed("login")) }
    }

    /// Takes a session back.
    ///
    /// # Errors
    /// [`RequestError`]; a session that is over already is as good.
    pub async fn sign_out(&self, token: SessionToken) -> Result<(), RequestError> {
        self.rest(Some(token))?.say("logout", &serde_json::json!({})).await
    }

    fn rest(&self, token: Option<SessionToken>) -> Result<Rest, RequestError> {
        if !self.is_private() {
            return Err(RequestError::Insecure);
        }
        Ok(Rest::new(self.server.clone(), self.http.clone(), self.limit, Pocket::with(token)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_nowhere_in_plain_text_but_this_machine() {
        let pocket = Pocket::with(Some(SessionToken::new("planted")));
        for good in
            ["https://hub.example", "wss://hub.example", "http://127.0.0.1:1", "http://[::1]:1", "ws://localhost"]
        {
            assert!(pocket.token_for(&good.parse().unwrap()).is_some(), "{good}");
        }
        for bad in ["http://hub.example", "ws://10.0.0.1:1", "http://localhost.evil.example"] {
            assert!(pocket.token_for(&bad.parse().unwrap()).is_none(), "{bad}");
        }
        assert!(!format!("{pocket:?}").contains("planted"));
    }

    #[test]
    fn a_token_that_was_exchanged_meanwhile_stays() {
        let (old, new) = (SessionToken::new("old"), SessionToken::new("new"));
        let pocket = Pocket::with(Some(new.clone()));
        assert!(!pocket.drop_if(&old));
        assert!(pocket.drop_if(&new) && !pocket.drop_if(&new));
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_no_token() {
        assert!(SessionToken::new("zvt_x").is_sane());
        for bad in ["", "a b", "a\r\nb", "ключ", &"x".repeat(1_025)] {
            assert!(!SessionToken::new(bad).is_sane(), "{bad:?}");
        }
    }
}
