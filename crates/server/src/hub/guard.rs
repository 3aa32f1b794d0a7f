//! Who may speak to the hub at all: `Host`, `Origin`, and how often. Also the answers that browsers need (CORS).
//!
//! On loopback in open mode every page of every site could otherwise reach the hub: by a request of its own (foreign
//! `Origin`), or by a name of its own that resolves to 127.0.0.1 (foreign `Host`).

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::time::Instant;
use url::{Host, Url};
use zvonok_signaling_proto::Code;

use super::limits::{MAX_ADDRESSES, REQUEST_BURST, REQUESTS_PER_SECOND};
use super::machine::Answer;
use super::rest::reply;
use crate::failures::network;
use crate::serve::REQUEST_WITHIN;

/// Chromium's question before a public page may speak to a private address.
const REQUEST_PRIVATE: HeaderName = HeaderName::from_static("access-control-request-private-network");
/// Its answer.
const ALLOW_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// Who may come in.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Origins beside loopback ones, as browsers send them.
    pub allow_origin: Vec<String>,
    /// The hub is open for others than this machine: any `Host` is right.
    pub any_host: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Guard {
    access: Access,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Guard {
    pub(super) fn new(access: Access) -> Self {
        Self { access, buckets: Mutex::default() }
    }

    fn allows_origin(&self, origin: &str) -> bool {
        self.access.allow_origin.iter().any(|allowed| allowed.trim_end_matches('/').eq_ignore_ascii_case(origin))
            || is_loopback_origin(origin)
    }

    fn allows_host(&self, headers: &HeaderMap, authority: Option<&str>) -> bool {
        if self.access.any_host {
            return true;
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).or(authority);
        host.is_some_and(is_loopback_host)
    }

    /// Takes one request out of an address's bucket.
    fn allows_more(&self, address: IpAddr, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let address = network(address);
        if buckets.len() >= MAX_ADDRESSES && !buckets.contains_key(&address) {
            // A bucket that is full again carries no knowledge.
            buckets.retain(|_, bucket| bucket.at(now) < REQUEST_BURST);
            if buckets.len() >= MAX_ADDRESSES {
                let fullest = buckets.iter().max_by(|(_, one), (_, two)| one.at(now).total_cmp(&two.at(now)));
                if let Some(fullest) = fullest.map(|(address, _)| *address) {
                    buckets.remove(&fullest);
                }
            }
        }
        let bucket = buckets.entry(address).or_insert(Bucket { left: REQUEST_BURST, at: now });
        let left = bucket.at(now);
        *bucket = Bucket { left: (left - 1.0).max(0.0), at: now };
        left >= 1.0
    }
}

impl Bucket {
    fn at(&self, now: Instant) -> f64 {
        let refilled = now.saturating_duration_since(self.at).as_secs_f64() * REQUESTS_PER_SECOND;
        (self.left + refilled).min(REQUEST_BURST)
    }
}

/// The guard as a middleware.
pub(super) async fn check(
    State(guard): State<Arc<Guard>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if !guard.allows_host(request.headers(), request.uri().authority().map(http::uri::Authority::as_str)) {
        return refuse("This hub answers to loopback names only.");
    }
    let origin = request.headers().get(ORIGIN).cloned();
    if let Some(origin) = &origin
        && !origin.to_str().is_ok_and(|origin| guard.allows_origin(origin))
    {
        return refuse("Pages of this origin may not use the hub (--allow-origin lets them).");
    }
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let private = request.headers().contains_key(REQUEST_PRIVATE);
    let mut response = if !guard.allows_more(peer.ip(), Instant::now()) {
        // With the header below, or a page would see a network error instead of the words.
        reply(Answer::refused(Code::TooMany, "Too many requests. Wait a little."))
    } else if preflight {
        preflight_answer(private)
    } else {
        within(next.run(request)).await
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

/// A request whose body does not come must not be waited for for ever.
async fn within(response: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(REQUEST_WITHIN, response).await.unwrap_or_else(|_late| {
        let late = Answer::refused(Code::Malformed, "The request did not come in time.");
        reply(Answer { http: StatusCode::REQUEST_TIMEOUT.as_u16(), ..late })
    })
}

fn preflight_answer(private: bool) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type, authorization"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if private {
        headers.insert(ALLOW_PRIVATE, HeaderValue::from_static("true"));
    }
    response
}

fn refuse(message: &str) -> Response {
    reply(Answer::refused(Code::NotAllowed, message))
}

/// Whether `NAME`, `NAME:PORT`, `[::1]:PORT` is this machine's loopback.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    Url::parse(&format!("http://{host}/")).is_ok_and(|url| {
        url.username().is_empty() && url.password().is_none() && url.path() == "/" && is_loopback(&url)
    })
}

fn is_loopback_origin(origin: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    matches!(url.scheme(), "http" | "https") && is_loopback(&url) && url.origin().ascii_serialization() == origin
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
        Some(Host::Ipv6(address)) => Ipv6Addr::is_loopback(&address),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_loopback_names_are_loopback() {
        for good in ["localhost", "localhost:5001", "127.0.0.1:5001", "127.1.2.3", "[::1]:5001", "LOCALHOST:1"] {
            assert!(is_loopback_host(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "evil.example:5001",
            "10.0.0.1",
            "0.0.0.0",
            "[::2]",
            "localhost/evil",
            "localhost:99999",
            "a b",
        ] {
            assert!(!is_loopback_host(bad), "{bad}");
        }
        for good in ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:8080"] {
            assert!(is_loopback_origin(good), "{good}");
        }
        for bad in ["null", "", "https://evil.example", "file://", "http://localhost.evil.example", "tauri://localhost"]
        {
            assert!(!is_loopback_origin(bad), "{bad}");
        }
    }

    #[test]
    fn an_allowed_origin_is_exact() {
        let access = Access { allow_origin: vec!["https://pages.example/".into()], any_host: false };
        let guard = Guard::new(access);
        assert!(guard.allows_origin("https://pages.example"));
        for bad in ["http://pages.example", "https://pages.example:8443", "https://pages.example.evil.example"] {
            assert!(!guard.allows_origin(bad), "{bad}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_whose_body_does_not_come_is_answered_all_the_same() {
        let guard = Arc::new(Guard::new(Access::default()));
        let router = axum::Router::new()
            .route("/call", axum::routing::post(async |_body: axum::body::Bytes| "read"))
            .layer(axum::middleware::from_fn_with_state(guard, check));
        let never = futures_util::stream::pending::<Result<axum::body::Bytes, std::io::Error>>();
        let mut request =
            http::Request::post("http://localhost/call").body(axum::body::Body::from_stream(never)).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
        let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test]
    async fn a_page_may_read_that_it_asks_too_often() {
        let guard = Arc::new(Guard::new(Access::default()));
        let address = SocketAddr::from(([127, 0, 0, 1], 9));
        while guard.allows_more(address.ip(), Instant::now()) {}
        let router = axum::Router::new()
            .route("/call", axum::routing::get(async || "answered"))
            .layer(axum::middleware::from_fn_with_state(guard, check));
        let origin = "http://localhost:8080";
        let mut request =
            http::Request::get("http://localhost/call").header(ORIGIN, origin).body(axum::body::Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(address));
        let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], origin);
    }

    #[test]
    fn an_address_has_its_rate() {
        let guard = Guard::new(Access::default());
        let now = Instant::now();
        let one = IpAddr::from([10, 0, 0, 1]);
        let allowed = (0..1_000).filter(|_| guard.allows_more(one, now)).count();
        assert_eq!(allowed, 300);
        assert!(guard.allows_more(IpAddr::from([10, 0, 0, 2]), now), "another address has its own");
        assert!(guard.allows_more(one, now + Duration::from_secs(1)));
        let of_one = |n: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, n]);
        let allowed = (0..1_000).filter(|n| guard.allows_more(of_one(*n), now)).count();
        assert_eq!(allowed, 300, "who has a network has as many addresses as he likes");
    }

    #[test]
    fn many_addresses_shut_out_no_other_one() {
        let guard = Guard::new(Access::default());
        let (now, address) = (Instant::now(), |n: u32| IpAddr::from((0x0a00_0000 + n).to_be_bytes()));
        while guard.allows_more(address(0), now) {}
        for n in 1..=u32::try_from(MAX_ADDRESSES).unwrap() + 10 {
            assert!(guard.allows_more(address(n), now), "{n}");
        }
        assert_eq!(guard.buckets.lock().unwrap().len(), MAX_ADDRESSES);
        assert!(!guard.allows_more(address(0), now), "the fullest are forgotten, not the empty ones");
    }
}
