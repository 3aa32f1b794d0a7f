//! The shell: Tauri, its windows and its tray. It decides nothing; what is shown and when comes from the core.

mod csp;
mod desktop;
mod orders;
mod tray;
mod webview;
mod windows;

use std::{sync::Arc, time::Duration};

use tauri::{Manager, RunEvent, WindowEvent};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use desktop::spare_software_rendering;

use crate::{
    cli::Flags,
    commands,
    core::{self, Core, Wish},
    loopback::Loopback,
    profile::Profile,
    settings::{Settings, SettingsFile},
    verbs::Listening,
};

/// How long the rest may take after the last window is gone: hanging up, revoking a token, writing a line of history.
const SHUTDOWN: Duration = Duration::from_secs(3);

/// Everything that was decided before there is a window system.
pub(crate) struct Start {
    pub(crate) profile: Profile,
    pub(crate) listening: Listening,
    pub(crate) settings: Settings,
    /// Where settings that were not understood are now.
    pub(crate) put_aside: Option<std::path::PathBuf>,
    pub(crate) file: SettingsFile,
    pub(crate) flags: Flags,
    pub(crate) loopback: Loopback,
}

/// Runs the app until it is quit. Must be called on the main thread.
///
/// # Errors
/// When there is no display, or Tauri cannot start.
pub(crate) fn run(start: Start, runtime: tokio::runtime::Runtime) -> anyhow::Result<()> {
    desktop::check_display()?;
    tauri::async_runtime::set(runtime.handle().clone());
    let tasks = TaskTracker::new();
    let cancel = CancellationToken::new();
    let mut context = context();
    csp::allow_loopback(&mut context, start.loopback.port());
    let app = {
        let tasks = tasks.clone();
        let cancel = cancel.clone();
        let handle = runtime.handle().clone();
        tauri::Builder::default().invoke_handler(commands::handler()).setup(move |app| {
            let _entered = handle.enter();
            set_up(app.handle(), start, &tasks, &cancel);
            Ok(())
        })
    }
    .build(context)?;
    let code = app.run_return(on_event);
    tracing::info!(code, "the windows are gone");
    cancel.cancel();
    tasks.close();
    runtime.block_on(async {
        if tokio::time::timeout(SHUTDOWN, tasks.wait()).await.is_err() {
            tracing::warn!("some work was cut short at the end");
        }
    });
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(())
}

/// The context that the build script generated.
pub(crate) fn context<R: tauri::Runtime>() -> tauri::Context<R> {
    tauri::generate_context!()
}

fn set_up(app: &tauri::AppHandle, start: Start, tasks: &TaskTracker, cancel: &CancellationToken) {
    let hidden = start.flags.hidden;
    let surface = Arc::new(windows::Desktop::start(app.clone(), &start.profile));
    app.manage(Arc::clone(&surface));
    let core = core::spawn(core::Parts {
        profile: start.profile,
        settings: start.settings,
        put_aside: start.put_aside,
        file: start.file,
        surface,
        doors: start.loopback.start(tasks, cancel.clone()),
        fake_media: start.flags.fake_media,
        tasks: tasks.clone(),
        cancel: cancel.clone(),
    });
    let verbs = core.clone();
    let handle = move |verb| {
        let core = verbs.clone();
        async move { core.verb(verb).await }
    };
    tasks.spawn(start.listening.serve(handle, tasks.clone(), cancel.clone()));
    tasks.spawn(desktop::watch_tray(core.clone(), cancel.clone()));
    tasks.spawn(desktop::end_when_told(core.clone(), cancel.clone()));
    if !hidden {
        core.tell(Wish::Open);
    }
    app.manage(core);
}

#[expect(clippy::wildcard_enum_match_arm, reason = "of all events two matter, and Tauri may add more")]
fn on_event(app: &tauri::AppHandle, event: RunEvent) {
    match event {
        // The last window is gone; the app goes on in the tray. `code` is there when it was asked to end.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        RunEvent::WindowEvent { label, event: WindowEvent::Destroyed, .. } => {
            if let Some(window) = core::Window::from_label(&label)
                && app.state::<Arc<windows::Desktop>>().destroyed(window)
            {
                app.state::<Core>().tell(Wish::Closed(window));
            }
        }
        _ => {}
    }
}
