//! `GET /metrics` and `GET /healthz` on a listener of their own, for whoever looks after the server.
//!
//! On loopback whoever is on this machine may read them, and no page (`Host`, as the hub's guard has it). Elsewhere a
//! bearer token is needed, and the hub's certificate is used where it has one.

mod page;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::config::Metrics;
use crate::hub::guard::is_loopback_host;
use crate::hub::rest::reply;
use crate::secret::Secret;
use crate::{cpu, hub, media};

/// Where the figures come from.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    pub(crate) hub: hub::Watch,
    /// `None` where media is elsewhere.
    pub(crate) media: Option<media::watch::Watch>,
}

/// Who may read.
#[derive(Debug)]
enum Readers {
    /// Programs of this machine.
    Local,
    /// Those who have the token.
    Token(Secret),
}

/// What is served on the listener.
pub(crate) fn router(metrics: &Metrics, sources: Sources) -> Router {
    let readers = match &metrics.token {
        Some(token) => Readers::Token(token.clone()),
        None => Readers::Local,
    };
    Router::new()
        .route("/metrics", get(figures))
        .route("/healthz", get(health))
        .with_state(sources)
        .layer(axum::middleware::from_fn_with_state(Arc::new(readers), check))
}

async fn figures(State(sources): State<Sources>) -> Response {
    let media = async {
        match &sources.media {
            Some(media) => media.figures().await,
            None => None,
        }
    };
    let (hub, media) = tokio::join!(sources.hub.figures(), media);
    match page::page(hub, media, cpu::process()) {
        Ok(text) => ([(CONTENT_TYPE, HeaderValue::from_static(page::CONTENT_TYPE))], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the figures cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn health(State(sources): State<Sources>) -> Response {
    reply(sources.hub.health().await.answer(true))
}

async fn check(State(readers): State<Arc<Readers>>, request: Request, next: Next) -> Response {
    match (readers.as_ref(), readers.let_in(request.headers())) {
        (_, true) => next.run(request).await,
        (Readers::Local, false) => (StatusCode::FORBIDDEN, "Loopback names only.\n").into_response(),
        (Readers::Token(_), false) => {
            let bearer = [(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
            (StatusCode::UNAUTHORIZED, bearer, "The token of --metrics-token-file is needed.\n").into_response()
        }
    }
}

impl Readers {
    fn let_in(&self, headers: &HeaderMap) -> bool {
        let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        match self {
            Self::Local => header(HOST).is_some_and(is_loopback_host),
            Self::Token(token) => header(AUTHORIZATION)
                .and_then(|given| given.split_once(' '))
                .is_some_and(|(scheme, given)| scheme.eq_ignore_ascii_case("bearer") && token.matches(given.trim())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn on_loopback_programs_may_read_and_pages_may_not() {
        for (host, may) in [("127.0.0.1:5002", true), ("localhost:5002", true), ("evil.example:5002", false)] {
            assert_eq!(Readers::Local.let_in(&headers(HOST, host)), may, "{host}");
        }
        assert!(!Readers::Local.let_in(&HeaderMap::new()));
    }

    #[test]
    fn elsewhere_only_the_token_opens() {
        let readers = Readers::Token(Secret::new("a-long-enough-token"));
        for (given, may) in [
            ("Bearer a-long-enough-token", true),
            ("bearer a-long-enough-token", true),
            ("Bearer a-long-enough-toke", false),
            ("Bearer ", false),
            ("Basic a-long-enough-token", false),
            ("a-long-enough-token", false),
        ] {
            assert_eq!(readers.let_in(&headers(AUTHORIZATION, given)), may, "{given}");
        }
        assert!(!readers.let_in(&headers(HOST, "127.0.0.1:5002")));
    }
}
