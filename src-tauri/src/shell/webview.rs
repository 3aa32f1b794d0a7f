//! Each window's webview: what it needs beyond a page.

use tauri::{Url, WebviewWindow};
#[cfg(any(target_os = "linux", test))]
use zvonok_ipc::{CallState, CallView, Mode};

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

/// Prepares a webview for media. The call window may open devices while there is a call in which this side sends; other
/// windows have none to open and are refused any.
#[cfg(target_os = "linux")]
pub(super) fn prepare(window: &WebviewWindow, kind: Window) -> tauri::Result<()> {
    use std::rc::Rc;

    use tauri::Manager as _;
    let core = window.state::<crate::core::Core>().inner().clone();
    window.with_webview(move |platform| {
        let mut options = zvonok_peer::webkit::Options::new(ORIGIN);
        options.allow_capture = Rc::new(move |_camera| kind == Window::Call && sends(core.view().call.as_ref()));
        let prepared = zvonok_peer::webkit::prepare(&platform.inner(), options);
        tracing::info!(?prepared, window = kind.label(), "webview prepared");
    })
}

/// Whether this side sends in the call: not while it only rings, not after its end, and not when it only watches.
#[cfg(any(target_os = "linux", test))]
fn sends(call: Option<&CallView>) -> bool {
    call.is_some_and(|call| {
        let publishes = call.mode == Mode::TwoWay || !call.outgoing;
        publishes && !matches!(call.state, CallState::Ringing | CallState::Ended)
    })
}

/// WebView2 and WKWebView come with what a call needs.
#[cfg(not(target_os = "linux"))]
pub(super) fn prepare(_window: &WebviewWindow, _kind: Window) -> tauri::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use zvonok_ipc::Media;

    use super::*;

    #[test]
    fn devices_open_only_for_a_call_in_which_this_side_sends() {
        let call = |outgoing, mode, state| CallView {
            call_id: "c".to_owned(),
            login: "woman".to_owned(),
            name: "Woman".to_owned(),
            verified: true,
            outgoing,
            mode,
            media: Media::Video,
            state,
            since: 0,
            ended: None,
            about: String::new(),
            message: String::new(),
            microphone: true,
            camera: true,
            reconnecting: false,
        };
        assert!(!sends(None));
        for (outgoing, mode, state, may) in [
            (true, Mode::TwoWay, CallState::Connecting, true),
            (false, Mode::TwoWay, CallState::InCall, true),
            (false, Mode::Watch, CallState::Connecting, true),
            (true, Mode::Watch, CallState::Connecting, false),
            (true, Mode::Watch, CallState::InCall, false),
            (false, Mode::TwoWay, CallState::Ringing, false),
            (false, Mode::TwoWay, CallState::Ended, false),
        ] {
            assert_eq!(sends(Some(&call(outgoing, mode, state))), may, "{outgoing} {mode:?} {state:?}");
        }
    }

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
