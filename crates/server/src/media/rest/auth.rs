//! Basic authentication of everything below the API, but for the one path that says where it is.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest as _, OriginalUri, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode, header};
use tokio::time::Instant;
use zvonok_openvidu::wire::REST_USER;

use super::super::Shared;
use super::super::guesses::Guess;
use super::fault;
use crate::serve::REQUEST_WITHIN;

/// What is open to everybody, by its present name and by those of clients older than 2.16.
const OPEN: [&str; 3] =
    ["/openvidu/api/config/openvidu-publicurl", "/api/config/openvidu-publicurl", "/config/openvidu-publicurl"];

/// Lets a request through that carries the secret.
pub(super) async fn guard(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    OriginalUri(uri): OriginalUri,
    request: Request,
    next: Next,
) -> Response {
    if !OPEN.contains(&uri.path()) {
        match judged(&shared, peer.ip(), request.headers()) {
            Guess::Right => {}
            Guess::Wrong => {
                let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"Realm\"")];
                return (StatusCode::UNAUTHORIZED, challenge).into_response();
            }
            Guess::TooMany => return StatusCode::TOO_MANY_REQUESTS.into_response(),
        }
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

fn judged(shared: &Shared, address: IpAddr, headers: &HeaderMap) -> Guess {
    // Who gives no secret has guessed none: browsers ask so first.
    let Some((user, secret)) = credentials(headers) else { return Guess::Wrong };
    shared.guesses.judge(address, Instant::now(), || user == REST_USER && shared.secret.matches(&secret))
}

/// Name and secret of a request.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = given.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then_some(())?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(user, secret)| (user.to_owned(), secret.to_owned()))
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
