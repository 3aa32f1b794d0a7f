//! Basic authentication of everything below the API, but for the one path that says where it is.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, OriginalUri, Request, State};
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
    match arrived(request).await {
        Ok(request) => fault::with_body(next.run(request).await, uri.path()),
        Err(response) => response,
    }
}

/// The request with all of its body: one that does not come must not be waited for for ever. What is done then may take its
/// time: who stops a recording gets the answer when all of it is packed.
async fn arrived(request: Request) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    let whole = Bytes::from_request(Request::from_parts(parts.clone(), body), &());
    match tokio::time::timeout(REQUEST_WITHIN, whole).await {
        Ok(Ok(bytes)) => Ok(Request::from_parts(parts, bytes.into())),
        Ok(Err(refused)) => Err(refused.into_response()),
        Err(_late) => Err(StatusCode::REQUEST_TIMEOUT.into_response()),
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::Router;
    use axum::body::Body;
    use axum::routing::post;

    use super::*;

    async fn in_time(request: Request, next: Next) -> Response {
        match arrived(request).await {
            Ok(request) => next.run(request).await,
            Err(response) => response,
        }
    }

    async fn slow(_body: Bytes) -> StatusCode {
        tokio::time::sleep(Duration::from_secs(600)).await;
        StatusCode::CREATED
    }

    async fn status(body: Body) -> StatusCode {
        let router = Router::new().route("/", post(slow)).layer(axum::middleware::from_fn(in_time));
        let request = Request::builder().method("POST").uri("/").body(body).unwrap();
        tower::ServiceExt::oneshot(router, request).await.unwrap().status()
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_to_come_in_time_and_its_answer_may_take_longer() {
        assert_eq!(status("{}".into()).await, StatusCode::CREATED);
        let never = futures_util::stream::pending::<std::io::Result<Bytes>>();
        assert_eq!(status(Body::from_stream(never)).await, StatusCode::REQUEST_TIMEOUT);
        let long = vec![b' '; 3 * 1024 * 1024];
        assert_eq!(status(long.into()).await, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
