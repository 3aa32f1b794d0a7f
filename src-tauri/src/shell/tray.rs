//! The tray icon and its menu.

use std::path::{Path, PathBuf};

use tauri::{
    AppHandle, Manager,
    image::Image,
    menu::{Menu, MenuItem, PredefinedMenuItem},
    tray::{TrayIcon, TrayIconBuilder},
};

use crate::{
    core::{Core, TrayState, Wish},
    verbs::{Answer, Verb},
};

/// The icon, once there is a place for it.
pub(super) struct Tray {
    /// Where the icon's pictures are handed to the desktop from.
    directory: PathBuf,
    icon: Option<TrayIcon>,
    items: Option<Items>,
    shown: Option<TrayState>,
}

/// The entries that come and go with a call.
struct Items {
    accept: MenuItem<tauri::Wry>,
    decline: MenuItem<tauri::Wry>,
    stop: MenuItem<tauri::Wry>,
    mute: MenuItem<tauri::Wry>,
}

impl Tray {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory, icon: None, items: None, shown: None }
    }

    /// Shows `state`; makes the icon the first time.
    pub(super) fn show(&mut self, app: &AppHandle, state: TrayState) -> tauri::Result<()> {
        if self.shown == Some(state) {
            return Ok(());
        }
        if self.icon.is_none() {
            let (icon, items) = make(app, &self.directory)?;
            self.icon = Some(icon);
            self.items = Some(items);
        }
        if let (Some(icon), Some(items)) = (&self.icon, &self.items) {
            icon.set_icon(Some(picture(state)?))?;
            icon.set_tooltip(Some(words(state)))?;
            items.accept.set_enabled(state == TrayState::Ringing)?;
            items.decline.set_enabled(state == TrayState::Ringing)?;
            items.stop.set_enabled(state == TrayState::InCall)?;
            items.mute.set_enabled(state == TrayState::InCall)?;
        }
        self.shown = Some(state);
        Ok(())
    }
}

fn make(app: &AppHandle, directory: &Path) -> tauri::Result<(TrayIcon, Items)> {
    let item = |id: &str, text: &str, enabled| MenuItem::with_id(app, id, text, enabled, None::<&str>);
    let open = item("open", "Open Zvonok", true)?;
    let items = Items {
        accept: item("accept", "Accept", false)?,
        decline: item("decline", "Decline", false)?,
        stop: item("stop", "Stop", false)?,
        mute: item("mute", "Mute", false)?,
    };
    let quit = item("quit", "Quit", true)?;
    let line = || PredefinedMenuItem::separator(app);
    let menu = Menu::with_items(
        app,
        &[&open, &line()?, &items.accept, &items.decline, &items.stop, &items.mute, &line()?, &quit],
    )?;
    let icon = TrayIconBuilder::with_id("zvonok").temp_dir_path(directory).menu(&menu).on_menu_event(|app, event| {
        if let Some(verb) = verb(event.id().as_ref()) {
            let core = app.state::<Core>().inner().clone();
            tauri::async_runtime::spawn(async move {
                if let Answer::Refused(error) = core.verb(verb).await {
                    tracing::info!(error = error.message, "the tray's menu was refused");
                }
            });
        } else {
            app.state::<Core>().tell(Wish::Open);
        }
    });
    Ok((icon.build(app)?, items))
}

fn verb(id: &str) -> Option<Verb> {
    match id {
        "accept" => Some(Verb::Accept { audio: false }),
        "decline" => Some(Verb::Decline),
        "stop" => Some(Verb::Stop),
        "mute" => Some(Verb::Mute),
        "quit" => Some(Verb::Quit),
        _ => None,
    }
}

fn words(state: TrayState) -> &'static str {
    match state {
        TrayState::Idle => "Zvonok",
        TrayState::Ringing => "Zvonok: somebody calls",
        TrayState::InCall => "Zvonok: in a call",
        TrayState::Offline => "Zvonok: offline",
        TrayState::Dnd => "Zvonok: do not disturb",
    }
}

fn picture(state: TrayState) -> tauri::Result<Image<'static>> {
    Image::from_bytes(match state {
        TrayState::Idle => include_bytes!("../../../icons/tray/idle.png"),
        TrayState::Ringing => include_bytes!("../../../icons/tray/ringing.png"),
        TrayState::InCall => include_bytes!("../../../icons/tray/call.png"),
        TrayState::Offline => include_bytes!("../../../icons/tray/offline.png"),
        TrayState::Dnd => include_bytes!("../../../icons/tray/dnd.png"),
    })
}
