//! Commands about a ring: of its own window, and answering it of the main window too.

use tauri::State;
use zvonok_ipc::Media;

use super::Answered;
use crate::core::{Core, Wish};

/// Answers the ringing call.
#[tauri::command]
pub(crate) async fn accept_call(core: State<'_, Core>, media: Media) -> Answered<()> {
    core.ask(|reply| Wish::Accept(Some(media), reply)).await
}

/// Declines it, with words for the caller or without.
#[tauri::command]
pub(crate) async fn decline_call(core: State<'_, Core>, message: Option<String>) -> Answered<()> {
    core.ask(|reply| Wish::Decline(message, reply)).await
}

/// Closes the window and silences the ring here.
#[tauri::command]
pub(crate) async fn dismiss_ring(core: State<'_, Core>) -> Answered<()> {
    core.ask(Wish::DismissRing).await
}
