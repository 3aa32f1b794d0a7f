//! Who may open a socket: the app's own pages, by exact `Origin` and `Host`, with a handle.

use tokio_tungstenite::tungstenite::{
    handshake::server::{ErrorResponse, Request, Response},
    http::{HeaderMap, StatusCode, header},
};

/// Origins of the app's own pages. WebKitGTK and WKWebView send the first from page and worker, WebView2 one of the others.
#[cfg(not(windows))]
const ORIGINS: [&str; 1] = ["tauri://localhost"];
#[cfg(windows)]
const ORIGINS: [&str; 2] = ["http://tauri.localhost", "https://tauri.localhost"];

/// What a request that passed the gate asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) path: Path,
    pub(super) handle: String,
    /// openvidu-browser's own sign that it connects again.
    pub(super) again: bool,
}

/// The listener's two paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    Gateway,
    Peer,
}

/// Looks at a handshake; the handle itself is looked up by the caller.
pub(super) fn check(request: &Request, port: u16) -> Result<Wanted, StatusCode> {
    let headers = request.headers();
    if only(headers, &header::HOST) != Some(&format!("127.0.0.1:{port}")) {
        return Err(StatusCode::MISDIRECTED_REQUEST);
    }
    if !only(headers, &header::ORIGIN).is_some_and(|origin| ORIGINS.contains(&origin)) {
        return Err(StatusCode::FORBIDDEN);
    }
    let (path, key) = match request.uri().path() {
        "/openvidu" => (Path::Gateway, "sessionId"),
        "/peer" => (Path::Peer, "handle"),
        _ => return Err(StatusCode::NOT_FOUND),
    };
    let query = request.uri().query().unwrap_or_default();
    let value = |wanted: &str| {
        url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted).map(|(_, value)| value)
    };
    let handle = value(key).filter(|handle| !handle.is_empty()).ok_or(StatusCode::UNAUTHORIZED)?;
    Ok(Wanted { path, handle: handle.into_owned(), again: value("reconnect").is_some_and(|value| value == "true") })
}

/// A header that is there exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The refusal as tungstenite wants it.
pub(super) fn refuse(status: StatusCode) -> ErrorResponse {
    let mut response = ErrorResponse::new(None);
    *response.status_mut() = status;
    response
}

/// The acceptance: no subprotocol, no cookie.
pub(super) fn accept(response: Response) -> Response {
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = ORIGINS[0];

    fn request(uri: &str, host: &str, origin: Option<&str>) -> Request {
        let mut builder = tokio_tungstenite::tungstenite::http::Request::builder().uri(uri).header("Host", host);
        if let Some(origin) = origin {
            builder = builder.header("Origin", origin);
        }
        builder.body(()).unwrap()
    }

    #[test]
    fn the_apps_own_page_with_a_handle_passes() {
        let wanted = check(&request("/openvidu?sessionId=ab&reconnect=true", "127.0.0.1:9", Some(ORIGIN)), 9).unwrap();
        assert_eq!(wanted, Wanted { path: Path::Gateway, handle: "ab".to_owned(), again: true });
        let wanted = check(&request("/peer?handle=cd", "127.0.0.1:9", Some(ORIGIN)), 9).unwrap();
        assert_eq!(wanted, Wanted { path: Path::Peer, handle: "cd".to_owned(), again: false });
    }

    #[test]
    fn another_origin_is_refused() {
        for origin in [
            None,
            Some("null"),
            Some("http://127.0.0.1:9"),
            Some("tauri://localhost.evil"),
            Some("https://evil.example"),
        ] {
            let refused = check(&request("/peer?handle=cd", "127.0.0.1:9", origin), 9);
            assert_eq!(refused.unwrap_err(), StatusCode::FORBIDDEN, "{origin:?}");
        }
    }

    #[test]
    fn another_host_is_refused() {
        for host in ["localhost:9", "127.0.0.1", "127.0.0.1:10", "rebound.example:9", "[::1]:9"] {
            let refused = check(&request("/peer?handle=cd", host, Some(ORIGIN)), 9);
            assert_eq!(refused.unwrap_err(), StatusCode::MISDIRECTED_REQUEST, "{host}");
        }
    }

    #[test]
    fn a_missing_handle_and_an_unknown_path_are_refused() {
        for (uri, status) in [
            ("/peer", StatusCode::UNAUTHORIZED),
            ("/peer?handle=", StatusCode::UNAUTHORIZED),
            ("/openvidu?handle=ab", StatusCode::UNAUTHORIZED),
            ("/", StatusCode::NOT_FOUND),
            ("/openvidu/../peer?handle=ab", StatusCode::NOT_FOUND),
        ] {
            assert_eq!(check(&request(uri, "127.0.0.1:9", Some(ORIGIN)), 9).unwrap_err(), status, "{uri}");
        }
    }

    proptest::proptest! {
        #[test]
        fn only_the_exact_host_origin_and_path_pass(
            uri in "(/openvidu|/peer|/)?[!-~&&[^#\\\\<>\"{}|^`]]{0,30}",
            host in "(127\\.0\\.0\\.1:1|localhost:1|127\\.0\\.0\\.1|[!-~]{0,20})[0-9]{0,2}",
            origin in proptest::option::of("(tauri://localhost|null|https?://[a-z.]{1,12}|tauri://[a-z]{1,9})[a-z:0-9]{0,3}"),
        ) {
            let Ok(parsed) = uri.parse::<tokio_tungstenite::tungstenite::http::Uri>() else { return Ok(()) };
            let Ok(value) = tokio_tungstenite::tungstenite::http::HeaderValue::from_str(&host) else { return Ok(()) };
            let mut request = Request::new(());
            *request.uri_mut() = parsed;
            request.headers_mut().insert(header::HOST, value);
            if let Some(origin) = &origin {
                let origin = tokio_tungstenite::tungstenite::http::HeaderValue::from_str(origin).unwrap();
                request.headers_mut().insert(header::ORIGIN, origin);
            }
            if let Ok(wanted) = check(&request, 1) {
                proptest::prop_assert_eq!(host, "127.0.0.1:1");
                proptest::prop_assert_eq!(origin.as_deref(), Some(ORIGIN));
                proptest::prop_assert!(uri.starts_with("/openvidu") || uri.starts_with("/peer"));
                proptest::prop_assert!(!wanted.handle.is_empty());
            }
        }
    }
}
