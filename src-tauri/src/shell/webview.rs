//! Each window's webview: what it needs beyond a page.

use tauri::WebviewWindow;

use crate::core::Window;

/// Origin of the app's own pages on Linux.
#[cfg(target_os = "linux")]
const ORIGIN: &str = "tauri://localhost";

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
