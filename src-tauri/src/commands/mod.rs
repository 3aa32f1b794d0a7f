//! Commands of the windows: each hands a wish to the core and its answer back. Which window may use which is decided in
//! `capabilities/` and `permissions/`.

mod call;
mod main;
mod ring;
#[cfg(test)]
mod tests;

use tauri::{Runtime, State, ipc::Invoke};
use zvonok_ipc::View;

use crate::core::Core;

/// What a command answers.
type Answered<T> = Result<T, zvonok_ipc::IpcError>;

/// What the window shows, as of now.
#[tauri::command]
pub(crate) fn get_view(core: State<'_, Core>) -> View {
    core.view()
}

/// Ends the call, or gives it up.
#[tauri::command]
pub(crate) async fn stop_call(core: State<'_, Core>) -> Answered<()> {
    core.ask(crate::core::Wish::Stop).await
}

/// All commands of all windows.
pub(crate) fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        get_view,
        stop_call,
        main::place_call,
        main::test_setup,
        main::save_setup,
        main::try_here,
        main::ask_secret,
        main::forget_secret,
        main::sign_in,
        main::sign_out,
        main::trust_certificate,
        main::unlock_keyring,
        main::dismiss_notice,
        main::add_contact,
        main::remove_contact,
        main::mark_missed_seen,
        ring::accept_call,
        ring::decline_call,
        ring::dismiss_ring,
        call::media_ticket,
        call::peer_ticket,
        call::media_event,
        call::media_report,
        call::set_microphone,
        call::set_camera,
    ]
}
