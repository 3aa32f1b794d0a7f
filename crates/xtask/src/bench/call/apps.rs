//! Two apps in a call.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use zvonok_testkit::{App, Desktop, Keyring, Parts, Server, tree_cpu, tree_memory, until};

use super::{
    super::{
        clock,
        options::Options,
        screen::{Part, painted},
    },
    Pair, Side,
};

/// How long anything may take that is waited for. A call that does not come about in this time is an error.
const SOON: Duration = Duration::from_secs(60);

/// How long the ring window may take. Less than a ring lasts, so that a window that is not found does not cost the call.
const RING_SOON: Duration = Duration::from_secs(20);

/// The screen; both call windows fit beside each other.
const SCREEN: (u32, u32) = (1280, 960);

/// Where the ring window comes up: the right side, below the corner in which the notification may cover it. The desktop is
/// empty there.
const RING_PLACE: Part = Part { left: 1280 - 24 - 360, top: 200, width: 340, height: 740 };

/// What was measured of the apps; each on its own, so that one that fails leaves the others.
pub(super) struct Apps {
    pub(super) memory_in_tray: Result<f64>,
    pub(super) memory_after: Result<f64>,
    pub(super) to_notification: Result<f64>,
    pub(super) to_ring_window: Result<f64>,
    pub(super) call: Result<Pair>,
}

impl Apps {
    /// Starts both, lets one call the other, and looks at everything on the way.
    pub(super) fn measure(program: &Path, server: &Server, options: &Options) -> Result<Self> {
        let desktop = Desktop::start(Parts {
            keyring: Keyring::Absent,
            notifications: true,
            accessibility: false,
            // What a file-backed sound card costs is no part of the product.
            sound: false,
            screen: SCREEN,
        })?;
        let start = |login: &str| -> Result<App> {
            let arguments = ["--server", server.hub(), "--openvidu", server.media(), "--login", login];
            let more = ["--tokens", "hub", "--fake-media", "--hidden", "--log", "info"];
            let app = App::start(&desktop, program, login, &[&arguments[..], &more[..]].concat())?;
            app.wait_online()?;
            Ok(app)
        };
        let woman = start("woman")?;
        rest(options.rest_time())?;
        let memory_in_tray = alone(&woman).and_then(|()| megabytes(&woman));
        let man = start("man")?;

        let rung = ring(&desktop, &man, &woman);
        if rung.is_err() {
            keep_evidence(&desktop, &[&man, &woman])?;
        }
        let (to_notification, to_ring_window) = rung?;
        let call = talk([&man, &woman], options);
        if call.is_err() {
            keep_evidence(&desktop, &[&man, &woman])?;
        }
        let memory_after = man.must(&["stop"]).and_then(|_| {
            for app in [&man, &woman] {
                app.wait_call("idle", SOON)?;
            }
            until("the webviews to be gone", SOON, || Ok(woman.webviews()? == 0))?;
            rest(options.rest_time())?;
            megabytes(&woman)
        });
        Ok(Self { memory_in_tray, memory_after, to_notification, to_ring_window, call })
    }
}

/// Keeps what explains a call that did not come about.
fn keep_evidence(desktop: &Desktop, apps: &[&App]) -> Result<()> {
    let kept = desktop.keep_evidence(&crate::paths::target().join("bench/failed"))?;
    for app in apps {
        fs::write(kept.join(format!("{}-app.log", app.profile())), log(desktop, app)?)?;
    }
    println!("Logs and a picture of the screen are in {}", kept.display());
    Ok(())
}

/// What an app has logged.
fn log(desktop: &Desktop, app: &App) -> Result<String> {
    let folder = desktop.folders().data().join("zvonok").join(app.profile()).join("logs");
    let mut text = String::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        text.push_str(&fs::read_to_string(entry?.path())?);
    }
    Ok(text)
}

/// Man calls; how long until Woman sees the notification, and the ring window.
fn ring(desktop: &Desktop, man: &App, woman: &App) -> Result<(Result<f64>, Result<f64>)> {
    let began = clock::now();
    let (called, window) = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| painted(desktop, RING_PLACE, RING_SOON));
        let called = man.must(&["call", "woman"]);
        let window = watcher.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the watcher of the screen panicked")));
        (called, window)
    });
    called?;
    if window.is_err() {
        desktop.screenshot(&crate::paths::target().join("bench/ring.png"))?;
    }
    woman.wait_call("ringing", RING_SOON)?;
    let posted = posted(desktop, man, began);
    let notified = desktop.notifications().and_then(|dunst| {
        dunst.wait_for("man", SOON)?;
        dunst.last_shown_at()?.context("nothing was shown").map(clock::at)
    });
    let since = |moment: Result<f64>| -> Result<f64> {
        let posted = posted.as_ref().map_err(super::again)?;
        Ok(moment? - posted)
    };
    Ok((since(notified), since(window)))
}

/// When Man's core placed the call, as its log says.
fn posted(desktop: &Desktop, man: &App, near: f64) -> Result<f64> {
    let mut moment = None;
    until("the call to be in the log", SOON, || {
        moment = clock::of_line(&log(desktop, man)?, &["INFO", ": call ", "mode="], near).ok();
        Ok(moment.is_some())
    })?;
    moment.context("the log does not say when the call was placed")
}

/// Woman accepts, and both talk for the call's time.
fn talk(apps: [&App; 2], options: &Options) -> Result<Pair> {
    let pressed = clock::now();
    apps[1].must(&["accept"])?;
    let mut first_pictures = Vec::new();
    for app in apps {
        let status = app.wait_call("in_call", SOON)?;
        first_pictures.push(clock::now() - number(&status, "/call/since_ms"));
    }
    let to_first_picture_ms = first_pictures.into_iter().fold(0.0, f64::max) - pressed;
    for app in apps {
        app.wait_for("the other's mark to be read", SOON, |status| number(status, "/media/recognised/frames") > 30.0)?;
    }
    let before = apps.map(look);
    rest(options.call_time())?;
    let after = apps.map(look);
    let mut sides = [Side::default(); 2];
    for (side, (before, after)) in sides.iter_mut().zip(before.into_iter().zip(after)) {
        *side = compare(&before?, &after?)?;
    }
    Ok(Pair { sides, to_first_picture_ms })
}

/// One look at an app in a call.
struct Look {
    at: Instant,
    status: Value,
    cpu: Duration,
    memory_mb: f64,
}

fn look(app: &App) -> Result<Look> {
    Ok(Look { at: Instant::now(), status: app.status()?, cpu: tree_cpu(app.id())?, memory_mb: megabytes(app)? })
}

fn compare(before: &Look, after: &Look) -> Result<Side> {
    let state = after.status.pointer("/call/state").and_then(Value::as_str).unwrap_or_default();
    ensure!(state == "in_call", "the call ended before its time: it is `{state}`");
    let grown = |pointer: &str| number(&after.status, pointer) - number(&before.status, pointer);
    let frames = grown("/media/recognised/frames");
    ensure!(frames > 0.0, "no frame with the other's mark arrived");
    let time = after.at.duration_since(before.at).as_secs_f64();
    Ok(Side {
        frames_per_second: frames / time,
        longest_freeze_ms: number(&after.status, "/media/recognised/longest_freeze_ms"),
        delay_p50_ms: number(&after.status, "/media/recognised/delay_ms_p50"),
        delay_p95_ms: number(&after.status, "/media/recognised/delay_ms_p95"),
        cpu_ms_per_frame: after.cpu.saturating_sub(before.cpu).as_secs_f64() * 1_000.0 / frames,
        memory_mb: after.memory_mb,
    })
}

/// Memory is to be that of the core alone.
fn alone(app: &App) -> Result<()> {
    ensure!(app.webviews()? == 0, "{} has a webview although nothing is open", app.profile());
    Ok(())
}

fn megabytes(app: &App) -> Result<f64> {
    Ok(tree_memory(app.id())? as f64 / 1e6)
}

fn number(status: &Value, pointer: &str) -> f64 {
    status.pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0)
}

/// Lets time pass.
pub(super) fn rest(time: Duration) -> Result<()> {
    let began = Instant::now();
    until("time to pass", time + SOON, || Ok(began.elapsed() >= time))
}
