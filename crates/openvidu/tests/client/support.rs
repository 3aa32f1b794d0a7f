//! Servers on free loopback ports.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use tokio::net::TcpListener;
use url::Url;
use zvonok_openvidu::{Client, Secret, harden};

pub(crate) const SECRET: &str = "planted-secret";

/// What a server saw of the secret.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<AtomicUsize>);

impl Seen {
    pub(crate) fn secrets(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn look(&self, headers: &HeaderMap) -> bool {
        let good = headers.get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes() == basic().as_bytes());
        if headers.contains_key(header::AUTHORIZATION) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        good
    }
}

fn basic() -> String {
    let pair = format!("OPENVIDUAPP:{SECRET}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// Serves `app` until the test ends.
pub(crate) async fn serve(app: Router) -> Url {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url("http", address)
}

pub(crate) fn url(scheme: &str, address: SocketAddr) -> Url {
    Url::parse(&format!("{scheme}://{address}/")).unwrap()
}

pub(crate) fn http(base: &Url) -> reqwest::Client {
    // Whoever comes second finds it installed, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    harden(reqwest::Client::builder().no_proxy(), base).build().unwrap()
}

pub(crate) fn client(base: Url) -> Client {
    let http = http(&base);
    Client::new(base, Secret::new(SECRET), http).unwrap()
}

/// A small OpenVidu: the open path, Basic auth, one session that exists already.
pub(crate) fn openvidu(seen: Seen) -> Router {
    Router::new().fallback(answer).with_state(seen)
}

async fn answer(State(seen): State<Seen>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    if path == "/openvidu/api/config/openvidu-publicurl" {
        return "https://localhost:4443/".into_response();
    }
    if !seen.look(&head.headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let body = to_bytes(body, 10_000).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let parts: Vec<&str> = path.trim_start_matches("/openvidu/api/").split('/').collect();
    match (head.method, &parts[..]) {
        (Method::GET, ["config"]) => json(r#"{"VERSION":"2.32.2","OPENVIDU_CDR":false}"#),
        (Method::POST, ["sessions"]) if text.contains("\"there\"") => StatusCode::CONFLICT.into_response(),
        (Method::POST, ["sessions"]) if text.contains("\"new\"") => json(r#"{"id":"new","object":"session"}"#),
        (Method::POST, ["sessions", "there", "connection"]) => {
            assert!(text.contains("\"role\":\"SUBSCRIBER\"") && text.contains("\"data\":\"man\""), "{text}");
            json(
                r#"{"id":"con_A1","connectionId":"con_A1","token":"wss://localhost:4443?sessionId=there&token=tok_B2"}"#,
            )
        }
        (Method::POST, ["sessions", _, "connection"]) => StatusCode::NOT_FOUND.into_response(),
        (Method::DELETE, ["sessions", "there"] | ["sessions", "there", "connection", "con_A1"]) => {
            StatusCode::NO_CONTENT.into_response()
        }
        (Method::DELETE, ["sessions", _, "connection", _]) => StatusCode::BAD_REQUEST.into_response(),
        (Method::GET, ["sessions", "there"]) => json(
            r#"{"id":"there","sessionId":"there","object":"session","createdAt":1,"connections":{"numberOfElements":0,"content":[]}}"#,
        ),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

pub(crate) fn json(text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], Body::from(text)).into_response()
}
