//! Windows on demand: made when there is something to look at, destroyed when there is not.

use std::{
    collections::HashSet,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    time::{Duration, Instant},
};

use tauri::{
    AppHandle, Emitter, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    webview::{NewWindowResponse, PageLoadEvent},
};
use tokio::sync::oneshot;
use zvonok_ipc::{VIEW_EVENT, View};
use zvonok_openvidu::Secret;

use super::{
    orders::{Order, Orders},
    tray, webview,
};
use crate::{
    core::{Core, Device, Question, Surface, TrayState, Window, Wish},
    profile::Profile,
    prompt,
};

/// Size of the ring window, in logical pixels: the caller, two rows of buttons, and room for one notice, so that "no
/// sound" pushes no button out of sight. It cannot grow later: WebKitGTK stops painting a window that takes no focus
/// when it is resized while its page loads.
const RING: (f64, f64) = (380.0, 400.0);
/// Distance of the ring window from the screen's right edge, in logical pixels.
const RING_MARGIN: f64 = 24.0;

/// Windows whose end may wait to be noticed: one of each kind.
const GONE: usize = 3;

/// How long a window may take to go away.
const DESTROYED: Duration = Duration::from_secs(2);

/// The real surface. Orders are carried out one after the other by a thread of its own: building a webview waits for the
/// main loop, and nobody else may wait.
#[derive(Debug)]
pub(super) struct Desktop {
    app: AppHandle,
    orders: Arc<Orders>,
    gone: mpsc::SyncSender<Window>,
    /// Windows that the core itself is closing.
    closing: Arc<Mutex<HashSet<Window>>>,
}

impl Desktop {
    pub(super) fn start(app: AppHandle, profile: &Profile) -> Self {
        let orders = Arc::new(Orders::default());
        let inbox = Arc::clone(&orders);
        let (gone, destroyed) = mpsc::sync_channel(GONE);
        let closing = Arc::new(Mutex::new(HashSet::new()));
        let worker = app.clone();
        let marks = Arc::clone(&closing);
        // Two profiles must not overwrite each other's icons.
        let mut icon = tray::Tray::new(profile.runtime.join(format!("{}-tray", profile.name)));
        let pages = profile.runtime.join(format!("{}-pages", profile.name));
        std::thread::spawn(move || {
            while let Some(order) = inbox.take() {
                let done = match order {
                    Order::Open(window) => open(&worker, window, &pages),
                    Order::Close(window) => close(&worker, window, &marks, &destroyed),
                    Order::Tray(state) => icon.show(&worker, state),
                };
                if let Err(error) = done {
                    tracing::error!(%error, "a window or the tray did not do as told");
                }
            }
        });
        Self { app, orders, gone, closing }
    }

    /// A window is gone. True when a person closed it.
    pub(super) fn destroyed(&self, window: Window) -> bool {
        if !lock(&self.closing).remove(&window) {
            return true;
        }
        // The thread waits for one window at a time; what does not fit, it waited for long ago.
        if let Err(error) = self.gone.try_send(window) {
            tracing::debug!(%error, "nobody waits for a window to be gone");
        }
        false
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        self.orders.end();
    }
}

impl Surface for Desktop {
    fn open(&self, window: Window) {
        self.orders.give(Order::Open(window));
    }

    fn close(&self, window: Window) {
        self.orders.give(Order::Close(window));
    }

    fn tray(&self, state: TrayState) {
        self.orders.give(Order::Tray(state));
    }

    fn view(&self, view: &View) {
        if let Err(error) = self.app.emit(VIEW_EVENT, view) {
            tracing::warn!(%error, "a view was not delivered");
        }
    }

    fn control(&self, device: Device, on: bool) {
        let kind = match device {
            Device::Microphone => "microphone",
            Device::Camera => "camera",
        };
        let event = serde_json::json!({ "kind": kind, "on": on });
        if let Err(error) = self.app.emit_to(Window::Call.label(), "call_control", event) {
            tracing::warn!(%error, "the call window was not told");
        }
    }

    fn ask_secret(&self, question: Question, reply: oneshot::Sender<Option<Secret>>) {
        prompt::ask(&self.app, question, reply);
    }

    fn quit(&self) {
        self.app.exit(0);
    }
}

fn open(app: &AppHandle, window: Window, pages: &Path) -> tauri::Result<()> {
    if let Some(there) = app.get_webview_window(window.label()) {
        if window != Window::Ring {
            there.unminimize()?;
            there.show()?;
            there.set_focus()?;
        }
        return Ok(());
    }
    build(app, window, pages)
}

/// Destroys a window and waits until it is gone, so that opening it again makes a new one.
fn close(
    app: &AppHandle,
    window: Window,
    closing: &Mutex<HashSet<Window>>,
    gone: &mpsc::Receiver<Window>,
) -> tauri::Result<()> {
    let Some(there) = app.get_webview_window(window.label()) else { return Ok(()) };
    lock(closing).insert(window);
    there.destroy()?;
    let waiting = Instant::now();
    while let Ok(other) = gone.recv_timeout(DESTROYED.saturating_sub(waiting.elapsed())) {
        if other == window {
            return Ok(());
        }
    }
    lock(closing).remove(&window);
    tracing::warn!(window = window.label(), "a window does not go away");
    Ok(())
}

fn lock(closing: &Mutex<HashSet<Window>>) -> MutexGuard<'_, HashSet<Window>> {
    // Nothing between lock and unlock can panic.
    closing.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a window. What its page leaves behind goes to the folder `pages` in the runtime directory, which is memory and
/// ends with the session. A private (incognito) webview would leave nothing at all, but on Linux Tauri registers its
/// scheme once a web context while each private webview has a context of its own: the second window stays empty.
fn build(app: &AppHandle, window: Window, pages: &Path) -> tauri::Result<()> {
    let page = WebviewUrl::App(format!("{}.html", window.label()).into());
    let builder = WebviewWindowBuilder::new(app, window.label(), page)
        .title("Zvonok")
        .data_directory(pages.to_path_buf())
        .incognito(cfg!(not(target_os = "linux")))
        .on_navigation(webview::is_own_page)
        .on_new_window(|_url, _features| NewWindowResponse::Deny)
        .on_download(|_webview, _event| false)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Finished {
                tracing::info!(window = window.label(), "page loaded");
                if let Some(kind) = Window::from_label(window.label()) {
                    window.state::<Core>().tell(Wish::Loaded(kind));
                }
            }
        });
    let builder = match window {
        Window::Main => builder.inner_size(380.0, 640.0).min_inner_size(320.0, 480.0),
        Window::Call => builder.inner_size(900.0, 650.0).min_inner_size(320.0, 240.0),
        Window::Ring => {
            let builder = builder
                .inner_size(RING.0, RING.1)
                .resizable(false)
                .decorations(false)
                .always_on_top(true)
                .visible_on_all_workspaces(true)
                .skip_taskbar(true)
                .focused(false)
                .focusable(false);
            match beside(app)? {
                Some((x, y)) => builder.position(x, y),
                None => builder,
            }
        }
    };
    let made = builder.build()?;
    webview::prepare(&made, window)?;
    tell_first_view(app, &made);
    Ok(())
}

/// A page asks for its view once it runs; this covers one that listens first.
fn tell_first_view(app: &AppHandle, window: &WebviewWindow) {
    let view = app.state::<Core>().view();
    if let Err(error) = window.emit(VIEW_EVENT, view) {
        tracing::warn!(%error, "a view was not delivered");
    }
}

/// Where the ring goes: the primary monitor's right side, halfway up. The corners belong to notification services.
fn beside(app: &AppHandle) -> tauri::Result<Option<(f64, f64)>> {
    Ok(app.primary_monitor()?.map(|monitor| {
        let scale = monitor.scale_factor();
        let area = monitor.work_area();
        let position = area.position.to_logical::<f64>(scale);
        let size = area.size.to_logical::<f64>(scale);
        (position.x + size.width - RING.0 - RING_MARGIN, position.y + (size.height - RING.1) / 2.0)
    }))
}
