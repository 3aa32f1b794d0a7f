//! Windows on demand: made when there is something to look at, destroyed when there is not.

use std::sync::mpsc;

use tauri::{AppHandle, Emitter, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, webview::PageLoadEvent};
use zvonok_ipc::{VIEW_EVENT, View};

use super::{tray, webview};
use crate::core::{Core, Device, Surface, TrayState, Window};

/// Size of the ring window, in logical pixels.
const RING: (f64, f64) = (380.0, 260.0);
/// Distance of the ring window from the screen's upper right corner, in logical pixels.
const RING_MARGIN: f64 = 24.0;

/// The real surface. Orders are carried out one after the other by a thread of its own: building a webview waits for the
/// main loop, and nobody else may wait.
pub(super) struct Desktop {
    app: AppHandle,
    orders: mpsc::Sender<Order>,
}

enum Order {
    Open(Window),
    Close(Window),
    Tray(TrayState),
}

impl Desktop {
    pub(super) fn start(app: AppHandle) -> Self {
        let (orders, inbox) = mpsc::channel();
        let worker = app.clone();
        std::thread::spawn(move || {
            let mut icon = tray::Tray::default();
            for order in inbox {
                let done = match order {
                    Order::Open(window) => open(&worker, window),
                    Order::Close(window) => close(&worker, window),
                    Order::Tray(state) => icon.show(&worker, state),
                };
                if let Err(error) = done {
                    tracing::error!(%error, "a window or the tray did not do as told");
                }
            }
        });
        Self { app, orders }
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_err() {
            tracing::error!("the window thread has ended");
        }
    }
}

impl Surface for Desktop {
    fn open(&self, window: Window) {
        self.order(Order::Open(window));
    }

    fn close(&self, window: Window) {
        self.order(Order::Close(window));
    }

    fn tray(&self, state: TrayState) {
        self.order(Order::Tray(state));
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

    fn quit(&self) {
        self.app.exit(0);
    }
}

fn open(app: &AppHandle, window: Window) -> tauri::Result<()> {
    if let Some(there) = app.get_webview_window(window.label()) {
        if window != Window::Ring {
            there.unminimize()?;
            there.show()?;
            there.set_focus()?;
        }
        return Ok(());
    }
    build(app, window)
}

fn close(app: &AppHandle, window: Window) -> tauri::Result<()> {
    app.get_webview_window(window.label()).map_or(Ok(()), |there| there.destroy())
}

fn build(app: &AppHandle, window: Window) -> tauri::Result<()> {
    let page = WebviewUrl::App(format!("{}.html", window.label()).into());
    let builder = WebviewWindowBuilder::new(app, window.label(), page)
        .title("Zvonok")
        // Nothing that a page could leave behind on the disk.
        .incognito(true)
        .on_navigation(|url| matches!(url.host_str(), Some("localhost" | "tauri.localhost")) || url.scheme() == "about")
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Finished {
                tracing::info!(window = window.label(), "page loaded");
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
            match corner(app)? {
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

/// Where the ring goes: the primary monitor's upper right corner.
fn corner(app: &AppHandle) -> tauri::Result<Option<(f64, f64)>> {
    Ok(app.primary_monitor()?.map(|monitor| {
        let scale = monitor.scale_factor();
        let area = monitor.work_area();
        let position = area.position.to_logical::<f64>(scale);
        let size = area.size.to_logical::<f64>(scale);
        (position.x + size.width - RING.0 - RING_MARGIN, position.y + RING_MARGIN)
    }))
}
