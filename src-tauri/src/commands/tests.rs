//! Which window may use which command, decided by the real capability and permission files.

use tauri::{
    WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    ipc::{CallbackFn, InvokeBody},
    test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder},
    webview::InvokeRequest,
};

use super::handler;
use crate::{core::Core, shell};

/// Every command, and the windows that may use it.
const COMMANDS: [(&str, &[&str]); 25] = [
    ("get_view", &["main", "ring", "call"]),
    ("stop_call", &["main", "call"]),
    ("place_call", &["main"]),
    ("test_setup", &["main"]),
    ("save_setup", &["main"]),
    ("try_here", &["main"]),
    ("ask_secret", &["main"]),
    ("forget_secret", &["main"]),
    ("sign_in", &["main"]),
    ("sign_out", &["main"]),
    ("trust_certificate", &["main"]),
    ("unlock_keyring", &["main"]),
    ("dismiss_notice", &["main", "ring"]),
    ("add_contact", &["main"]),
    ("remove_contact", &["main"]),
    ("mark_missed_seen", &["main"]),
    ("accept_call", &["main", "ring"]),
    ("decline_call", &["main", "ring"]),
    ("dismiss_ring", &["ring"]),
    ("media_ticket", &["call"]),
    ("peer_ticket", &["call"]),
    ("media_event", &["call"]),
    ("media_report", &["call"]),
    ("set_microphone", &["call"]),
    ("set_camera", &["call"]),
];

#[cfg(not(windows))]
const ORIGIN: &str = "tauri://localhost";
#[cfg(windows)]
const ORIGIN: &str = "http://tauri.localhost";

/// What a window is told; `None` when the command was let through to the core.
fn refusal(window: &WebviewWindow<MockRuntime>, command: &str, origin: &str) -> Option<String> {
    let request = InvokeRequest {
        cmd: command.to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: origin.parse().unwrap(),
        body: InvokeBody::default(),
        headers: tauri::http::HeaderMap::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    let error = get_ipc_response(window, request).err()?.to_string();
    error.contains("not allowed").then_some(error)
}

#[test]
fn each_window_may_use_its_own_commands_and_no_other() {
    let app = mock_builder()
        .manage(Core::detached())
        .invoke_handler(handler())
        .build(shell::context::<MockRuntime>())
        .unwrap();
    for label in ["main", "ring", "call"] {
        let page = WebviewUrl::App(format!("{label}.html").into());
        let window = WebviewWindowBuilder::new(&app, label, page).build().unwrap();
        for (command, windows) in COMMANDS {
            let refused = refusal(&window, command, ORIGIN);
            assert_eq!(refused.is_none(), windows.contains(&label), "{command} from {label}: {refused:?}");
            let foreign = refusal(&window, command, "https://evil.example");
            assert!(foreign.is_some(), "{command} from a page that is not ours, in {label}");
        }
        assert!(refusal(&window, "plugin:window|close", ORIGIN).is_some(), "of Tauri's own only events are listed");
    }
}
