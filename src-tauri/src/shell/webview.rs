//! Each window's webview before its page is loaded.

use tauri::WebviewWindow;

use crate::core::Window;

/// Prepares the call window's webview for media; other windows need none.
#[cfg(target_os = "linux")]
pub(super) fn prepare(_window: &WebviewWindow, _kind: Window) -> tauri::Result<()> {
    Ok(())
}

/// WebView2 and WKWebView come with what a call needs.
#[cfg(not(target_os = "linux"))]
pub(super) fn prepare(_window: &WebviewWindow, _kind: Window) -> tauri::Result<()> {
    Ok(())
}
