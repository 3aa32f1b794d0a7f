//! Commands of the call window.

use tauri::State;
use zvonok_ipc::{MediaEvent, MediaReport, MediaTicket, PeerTicket};

use super::Answered;
use crate::core::{Core, Wish};

/// Lets the window join its call through the gateway.
#[tauri::command]
pub(crate) async fn media_ticket(core: State<'_, Core>) -> Answered<MediaTicket> {
    core.ask(Wish::MediaTicket).await
}

/// Lets the window open one peer connection's socket.
#[tauri::command]
pub(crate) async fn peer_ticket(core: State<'_, Core>) -> Answered<PeerTicket> {
    core.ask(Wish::PeerTicket).await
}

/// Something happened to the window's media.
#[tauri::command]
pub(crate) async fn media_event(core: State<'_, Core>, event: MediaEvent) -> Answered<()> {
    core.ask(|reply| Wish::MediaEvent(event, reply)).await
}

/// The call's counters.
#[tauri::command]
pub(crate) async fn media_report(core: State<'_, Core>, report: MediaReport) -> Answered<()> {
    core.ask(|reply| Wish::MediaReport(report, reply)).await
}

/// Turns the microphone on or off.
#[tauri::command]
pub(crate) async fn set_microphone(core: State<'_, Core>, on: bool) -> Answered<()> {
    core.ask(|reply| Wish::SetMicrophone(on, reply)).await
}

/// Turns the camera on or off.
#[tauri::command]
pub(crate) async fn set_camera(core: State<'_, Core>, on: bool) -> Answered<()> {
    core.ask(|reply| Wish::SetCamera(on, reply)).await
}
