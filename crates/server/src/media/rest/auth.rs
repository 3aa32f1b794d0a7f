//! Basic authentication of everything below the API, but for the one path that says where it is.

use std::sync::Arc;

use axum::extract::{OriginalUri, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode, header};
use zvonok_openvidu::wire::REST_USER;

use super::super::Shared;
use super::fault;
use crate::serve::REQUEST_WITHIN;

/// What is open to everybody, by its present name and by those of clients older than 2.16.
const OPEN: [&str; 3] =
    ["/openvidu/api/config/openvidu-publicurl", "/api/config/openvidu-publicurl", "/config/openvidu-publicurl"];

/// Lets a request through that carries the secret.
pub(super) async fn guard(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    request: Request,
    next: Next,
) -> Response {
    if !OPEN.contains(&uri.path()) && !allowed(&shared, request.headers()) {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"Realm\"")];
        return (StatusCode::UNAUTHORIZED, challenge).into_response();
    }
    // A request whose body does not come must not be waited for for ever.
    match tokio::time::timeout(REQUEST_WITHIN, next.run(request)).await {
        Ok(response) => fault::with_body(response, uri.path()),
        Err(_late) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

fn allowed(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some((scheme, encoded)) = given.and_then(|value| value.split_once(' ')) else { return false };
    if !scheme.eq_ignore_ascii_case("basic") {
        return false;
    }
    let Some(decoded) = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return false;
    };
    decoded.split_once(':').is_some_and(|(user, secret)| user == REST_USER && shared.secret.matches(secret))
}
