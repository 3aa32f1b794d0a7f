//! The one task that owns what changes.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use zvonok_ipc::{ErrorCode, IpcError, KeyringState, MediaReport, SetupView, SignalingState, SignalingView, View};

use super::{Core, Surface, TrayState, WISHES, Window, Wish, now_ms};
use crate::{
    profile::Profile,
    settings::{Settings, SettingsFile},
    status::Status,
};

/// What the driver is made of.
pub(crate) struct Parts {
    pub(crate) profile: Profile,
    pub(crate) settings: Settings,
    pub(crate) file: SettingsFile,
    pub(crate) surface: Box<dyn Surface>,
    pub(crate) fake_media: bool,
    pub(crate) tasks: TaskTracker,
    pub(crate) cancel: CancellationToken,
}

/// Starts the driver.
pub(crate) fn spawn(parts: Parts) -> Core {
    let (wishes, inbox) = mpsc::channel(WISHES);
    let (views, view) = watch::channel(first_view(&parts));
    let tasks = parts.tasks.clone();
    let driver = Driver { parts, views: Arc::new(views), report: MediaReport::default() };
    tasks.spawn(driver.run(inbox));
    Core { wishes, view }
}

fn first_view(parts: &Parts) -> View {
    View {
        profile: parts.profile.name.to_string(),
        setup: SetupView {
            ready: parts.settings.ready(),
            setup: parts.settings.setup(),
            embedded: parts.settings.embedded(),
            secret_stored: false,
            keyring: KeyringState::Ok,
            certificate: None,
        },
        signaling: SignalingView { state: SignalingState::Offline, server: String::new(), extended: false },
        me: None,
        people: Vec::new(),
        recent: Vec::new(),
        missed: 0,
        call: None,
        notices: Vec::new(),
        tray: false,
    }
}

struct Driver {
    parts: Parts,
    views: Arc<watch::Sender<View>>,
    report: MediaReport,
}

impl Driver {
    async fn run(self, mut inbox: mpsc::Receiver<Wish>) {
        loop {
            let wish = tokio::select! {
                () = self.parts.cancel.cancelled() => return,
                wish = inbox.recv() => wish,
            };
            let Some(wish) = wish else { return };
            self.grant(wish);
        }
    }

    fn grant(&self, wish: Wish) {
        match wish {
            Wish::Open => self.parts.surface.open(Window::Main),
            Wish::Quit => self.parts.surface.quit(),
            Wish::Status { json, reply } => {
                let status = Status::new(&self.views.borrow(), &self.report, now_ms());
                let text = if json {
                    status.to_json().map_err(|error| IpcError {
                        code: ErrorCode::Internal,
                        subject: String::new(),
                        message: error.to_string(),
                    })
                } else {
                    Ok(status.to_text())
                };
                _ = reply.send(text);
            }
            Wish::Tray(there) => {
                self.views.send_modify(|view| view.tray = there);
                self.parts.surface.tray(TrayState::Offline);
            }
            other => tracing::warn!(?other, "not possible yet"),
        }
    }
}
