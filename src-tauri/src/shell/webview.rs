//! Each window's webview: what it needs beyond a page.

use tauri::{Url, WebviewWindow};

use crate::core::Window;

/// Origin of the app's own pages on Linux.
#[cfg(target_os = "linux")]
const ORIGIN: &str = "tauri://localhost";

/// Whether a window may show `url`: the app's own pages, and the empty one that a webview begins with. Another program's
/// page on this machine is as foreign as any other.
pub(super) fn is_own_page(url: &Url) -> bool {
    let own = if cfg!(windows) {
        matches!(url.scheme(), "http" | "https") && url.host_str() == Some("tauri.localhost")
    } else {
        url.scheme() == "tauri" && url.host_str() == Some("localhost")
    };
    let plain = url.port().is_none() && url.username().is_empty() && url.password().is_none();
    (own && plain) || url.as_str() == "about:blank"
}

/// Prepares the call window's webview for media. Other windows have no device to open and are refused any.
#[cfg(target_os = "linux")]
pub(super) fn prepare(window: &WebviewWindow, kind: Window) -> tauri::Result<()> {
    use std::rc::Rc;
    window.with_webview(move |platform| {
        let mut options = zvonok_peer::webkit::Options::new(ORIGIN);
        if kind != Window::Call {
            options.allow_capture = Rc::new(|_camera| false);
        }
        let prepared = zvonok_peer::webkit::prepare(&platform.inner(), options);
        tracing::info!(?prepared, window = kind.label(), "webview prepared");
    })
}

/// WebView2 and WKWebView come with what a call needs.
#[cfg(not(target_os = "linux"))]
pub(super) fn prepare(_window: &WebviewWindow, _kind: Window) -> tauri::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_own_page;

    #[test]
    fn a_window_shows_the_apps_own_pages_and_no_other() {
        let good = if cfg!(windows) { "http://tauri.localhost/main.html" } else { "tauri://localhost/main.html" };
        assert!(is_own_page(&good.parse().unwrap()));
        assert!(is_own_page(&"about:blank".parse().unwrap()));
        for bad in [
            "https://evil.example/",
            "http://localhost/",
            "http://localhost:8080/main.html",
            "http://127.0.0.1:4443/",
            "https://tauri.localhost.evil.example/",
            "http://tauri.localhost:8080/",
            "tauri://localhost.evil/",
            "tauri://user@localhost/",
            "about:srcdoc",
            "data:text/html,x",
            "file:///etc/passwd",
            "javascript:alert(1)",
        ] {
            assert!(!is_own_page(&bad.parse().unwrap()), "{bad}");
        }
    }
}
