//! Native notifications.

use notify_rust::{Notification, Timeout};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Ringing;

/// Shows the ring until it is answered or cancelled.
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) async fn show(name: String, watch: bool, reports: mpsc::Sender<Ringing>, cancel: CancellationToken) {
    use notify_rust::{Hint, Urgency};
    let mut notification = ring(&name, watch);
    notification
        .action("default", "Open")
        .action("accept", "Accept")
        .action("decline", "Decline")
        .urgency(Urgency::Critical)
        .hint(Hint::Category("call.incoming".to_owned()))
        // The core rings itself, and stops when the call is answered elsewhere.
        .hint(Hint::SuppressSound(true));
    let handle = match notification.show_async().await {
        Ok(handle) => handle,
        Err(error) => {
            tracing::warn!(%error, "the notification service did not take the ring");
            return tell(&reports, Ringing::NotShown).await;
        }
    };
    tell(&reports, Ringing::Shown).await;
    let mut chosen = None;
    tokio::select! {
        () = cancel.cancelled() => {}
        () = handle.wait_for_action_async(|action| chosen = Some(sort(action))) => {}
    }
    // Some services leave a notification up whose button was pressed.
    handle.close_async().await;
    if let Some(Some(chosen)) = chosen {
        tell(&reports, chosen).await;
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn sort(response: &notify_rust::NotificationResponse) -> Option<Ringing> {
    use notify_rust::NotificationResponse as Response;
    match response {
        Response::Default => Some(Ringing::Open),
        Response::Action(key) if key == "accept" => Some(Ringing::Accept),
        Response::Action(key) if key == "decline" => Some(Ringing::Decline),
        Response::Action(key) if key == "default" => Some(Ringing::Open),
        // The person wiped it away; the window and the sound go on.
        Response::Action(_) | Response::Reply(_) | Response::Closed(_) => None,
    }
}

/// Shows the ring without buttons; the ring window has them.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(super) async fn show(name: String, watch: bool, reports: mpsc::Sender<Ringing>, _cancel: CancellationToken) {
    let shown = tokio::task::spawn_blocking(move || ring(&name, watch).show().map(drop)).await;
    let what = if matches!(shown, Ok(Ok(()))) { Ringing::Shown } else { Ringing::NotShown };
    tell(&reports, what).await;
}

fn ring(name: &str, watch: bool) -> Notification {
    let mut notification = Notification::new();
    let body = if watch { "wants to see you" } else { "is calling" };
    notification.appname("Zvonok").summary(&escape(name)).body(body).icon("zvonok").timeout(Timeout::Never);
    notification
}

/// A notification that only tells something.
pub(crate) async fn plain(summary: String, body: String) {
    let shown = tokio::task::spawn_blocking(move || {
        Notification::new()
            .appname("Zvonok")
            .summary(&escape(&summary))
            .body(&escape(&body))
            .icon("zvonok")
            .show()
            .map(drop)
    })
    .await;
    match shown {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::info!(%error, "a notification was not shown"),
        Err(error) => tracing::warn!(%error, "a notification was not shown"),
    }
}

/// Name of the notification service, for `zvonok doctor`.
#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) fn server() -> Result<String, String> {
    notify_rust::get_server_information().map(|found| found.name).map_err(|error| error.to_string())
}

/// Other systems have exactly one.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(crate) fn server() -> Result<String, String> {
    Ok("the system's own".to_owned())
}

/// Notification services read markup; names are other people's text.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

async fn tell(reports: &mpsc::Sender<Ringing>, what: Ringing) {
    if reports.send(what).await.is_err() {
        tracing::debug!("the core has ended");
    }
}
