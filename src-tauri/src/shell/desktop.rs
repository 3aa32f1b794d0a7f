//! What the desktop offers: a display, a place for tray icons.

use tokio_util::sync::CancellationToken;

use crate::core::Core;

/// Starts this program anew, in the same process, with GDK's OpenGL switched off where nothing can render: GDK would load
/// a renderer in software for visuals that no window here uses, 35 MB of memory for a program in the tray. GDK reads the
/// variable when the display is opened, and a variable cannot be set safely in a running program.
#[cfg(target_os = "linux")]
pub(crate) fn spare_software_rendering() {
    use std::os::unix::process::CommandExt as _;
    const SWITCH: &str = "GDK_GL";
    if zvonok_peer::webkit::has_graphics_card() || std::env::var_os(SWITCH).is_some() {
        return;
    }
    let error = match std::env::current_exe() {
        Ok(program) => {
            std::process::Command::new(program).args(std::env::args_os().skip(1)).env(SWITCH, "disable").exec()
        }
        Err(error) => error,
    };
    crate::start::complain(&format!("cannot start again without OpenGL ({error}); going on with it"));
}

/// Other systems render with what they have.
#[cfg(not(target_os = "linux"))]
pub(crate) fn spare_software_rendering() {}

/// A display to open windows on.
///
/// # Errors
/// A sentence for the terminal when there is none; Tauri itself would panic.
#[cfg(target_os = "linux")]
pub(super) fn check_display() -> anyhow::Result<()> {
    gtk::init().map_err(|_error| {
        anyhow::anyhow!("there is no display: start Zvonok from a desktop session, or under `xvfb-run -a`")
    })
}

/// Other systems always have one.
#[cfg(not(target_os = "linux"))]
pub(super) fn check_display() -> anyhow::Result<()> {
    Ok(())
}

/// Tells the core whether tray icons are visible: on Linux only where a StatusNotifier watcher runs, which GNOME as
/// Debian ships it does not have.
#[cfg(target_os = "linux")]
pub(super) async fn watch_tray(core: Core, cancel: CancellationToken) {
    use crate::core::Wish;
    tokio::select! {
        () = cancel.cancelled() => {}
        watched = linux::watch(&core) => {
            if let Err(error) = watched {
                tracing::warn!(%error, "no session bus: no tray");
                core.tell(Wish::Tray(false));
            }
        }
    }
}

/// Windows and macOS always have a tray.
#[cfg(not(target_os = "linux"))]
pub(super) async fn watch_tray(core: Core, _cancel: CancellationToken) {
    core.tell(crate::core::Wish::Tray(true));
}

/// Ends the app as *Quit* does when the system or a terminal wants it to: the call is hung up, its token taken back.
/// Who asks twice does not want to wait.
pub(super) async fn end_when_told(core: Core, cancel: CancellationToken) {
    let mut told = match Told::listen() {
        Ok(told) => told,
        Err(error) => return tracing::warn!(%error, "signals are not heard: the app ends without hanging up"),
    };
    tokio::select! {
        () = cancel.cancelled() => return,
        () = told.next() => {}
    }
    tracing::info!("told to end");
    core.quit().await;
    told.next().await;
    std::process::exit(INTERRUPTED);
}

/// What a shell shows of a program that Ctrl+C ended.
const INTERRUPTED: i32 = 130;

#[cfg(unix)]
struct Told(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Told {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()]
            .map(signal)
            .into_iter()
            .collect::<Result<_, _>>()
            .map(Self)
    }

    async fn next(&mut self) {
        futures_util::future::select_all(self.0.iter_mut().map(|signal| Box::pin(signal.recv()))).await;
    }
}

#[cfg(not(unix))]
struct Told;

#[cfg(not(unix))]
impl Told {
    #[expect(clippy::unnecessary_wraps, reason = "the same face as on Unix")]
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "Ctrl+C is not heard");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use futures_util::StreamExt;
    use zbus::{Connection, fdo::DBusProxy, names::BusName};

    use crate::core::{Core, Wish};

    /// The name that whoever shows tray icons owns.
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";

    pub(super) async fn watch(core: &Core) -> zbus::Result<()> {
        let connection = Connection::session().await?;
        let bus = DBusProxy::new(&connection).await?;
        // Subscribed before asking, so that a watcher that starts in between is not missed.
        let mut changes = bus.receive_name_owner_changed_with_args(&[(0, WATCHER)]).await?;
        core.tell(Wish::Tray(bus.name_has_owner(BusName::try_from(WATCHER)?).await?));
        while let Some(change) = changes.next().await {
            core.tell(Wish::Tray(change.args()?.new_owner().is_some()));
        }
        Ok(())
    }
}
