//! Commands of the main window.

use tauri::State;
use zvonok_ipc::{PlaceCall, Setup, TestResult};

use super::Answered;
use crate::core::{Core, Setting, Wish};

/// Calls somebody.
#[tauri::command]
pub(crate) async fn place_call(core: State<'_, Core>, call: PlaceCall) -> Answered<()> {
    core.ask(|reply| Wish::Place(call, reply)).await
}

/// Tries a form without saving it.
#[tauri::command]
pub(crate) async fn test_setup(core: State<'_, Core>, setup: Setup) -> Answered<TestResult> {
    core.ask(|reply| Wish::Setting(Setting::TestSetup(setup, reply))).await
}

/// Saves the form and connects with it.
#[tauri::command]
pub(crate) async fn save_setup(core: State<'_, Core>, setup: Setup) -> Answered<()> {
    core.ask(|reply| Wish::Setting(Setting::SaveSetup(setup, reply))).await
}

/// Starts the server inside the app and uses it.
#[tauri::command]
pub(crate) async fn try_here(core: State<'_, Core>) -> Answered<()> {
    core.ask(|reply| Wish::Setting(Setting::TryHere(reply))).await
}

/// Asks the person for OpenVidu's secret in a dialog of the core's own; true when one was stored.
#[tauri::command]
pub(crate) async fn ask_secret(core: State<'_, Core>, openvidu: String) -> Answered<bool> {
    core.ask(|reply| Wish::Setting(Setting::AskSecret { openvidu, reply })).await
}

/// Removes the secret from the keyring.
#[tauri::command]
pub(crate) async fn forget_secret(core: State<'_, Core>) -> Answered<()> {
    core.ask(|reply| Wish::Setting(Setting::ForgetSecret(reply))).await
}

/// Asks the person for an account's password in a dialog of the core's own, and signs in with it at the hub of a form
/// that may not be saved yet; true when somebody is signed in.
#[tauri::command]
pub(crate) async fn sign_in(core: State<'_, Core>, setup: Setup) -> Answered<bool> {
    core.ask(|reply| Wish::Setting(Setting::SignIn(setup, reply))).await
}

/// Takes the session of a form, which may not be saved yet, back and removes it from the keyring.
#[tauri::command]
pub(crate) async fn sign_out(core: State<'_, Core>, setup: Setup) -> Answered<()> {
    core.ask(|reply| Wish::Setting(Setting::SignOut(setup, reply))).await
}

/// The person trusts this certificate for this host and port.
#[tauri::command]
pub(crate) async fn trust_certificate(core: State<'_, Core>, host: String, fingerprint: String) -> Answered<()> {
    core.ask(|reply| Wish::Setting(Setting::TrustCertificate { host, fingerprint, reply })).await
}

/// Asks the system to unlock the keyring.
#[tauri::command]
pub(crate) async fn unlock_keyring(core: State<'_, Core>) -> Answered<()> {
    core.ask(|reply| Wish::Setting(Setting::UnlockKeyring(reply))).await
}

/// Takes a notice away.
#[tauri::command]
pub(crate) async fn dismiss_notice(core: State<'_, Core>, id: String) -> Answered<()> {
    core.ask(|reply| Wish::Setting(Setting::DismissNotice { id, reply })).await
}

/// Keeps somebody on this profile's own list.
#[tauri::command]
pub(crate) async fn add_contact(core: State<'_, Core>, login: String, name: String) -> Answered<()> {
    core.ask(|reply| Wish::Setting(Setting::AddContact { login, name, reply })).await
}

/// Takes somebody off this profile's own list.
#[tauri::command]
pub(crate) async fn remove_contact(core: State<'_, Core>, login: String) -> Answered<()> {
    core.ask(|reply| Wish::Setting(Setting::RemoveContact { login, reply })).await
}

/// The person looked at the missed calls.
#[tauri::command]
pub(crate) async fn mark_missed_seen(core: State<'_, Core>) -> Answered<()> {
    core.ask(|reply| Wish::Setting(Setting::MarkMissedSeen(reply))).await
}
