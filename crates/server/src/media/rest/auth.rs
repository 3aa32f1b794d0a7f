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

/// Lets a request through that carries the secret.
pub(super) async fn guard(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    request: Request,
    next: Next,
) -> Response {
    let open = uri.path().ends_with("/api/config/openvidu-publicurl");
    if !open && !allowed(&shared, request.headers()) {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"Realm\"")];
        return (StatusCode::UNAUTHORIZED, challenge).into_response();
    }
    fault::with_body(next.run(request).await, uri.path())
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
