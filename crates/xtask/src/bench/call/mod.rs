//! `bench call`: two apps in a call through one server, and two Chromium pages in the same kind of call beside them.
//!
//! Both pairs use the same test camera and voice (`ui/lib/fake-media`), whose mark carries the time at which a frame was
//! drawn; all run on this machine, so that is one clock. The two calls come one after the other, because four parties
//! at once would measure the machine and not them.

mod apps;
mod pages;

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};
use zvonok_testkit::Server;

use self::{apps::Apps, pages::Pages};
use super::{
    figure::{Better, Figure, Table},
    options::{Options, Suite},
};
use crate::{
    packages::Purpose,
    paths, setup,
    steps::{command, sh},
};

/// One side of a call, measured over the call's time.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    /// Frames with the other's mark and a higher counter, a second.
    frames_per_second: f64,
    /// Longest time between two of them, in milliseconds.
    longest_freeze_ms: f64,
    /// From drawing a frame on the other side to its decoded pixels here, in milliseconds.
    delay_p50_ms: f64,
    /// The same.
    delay_p95_ms: f64,
    /// Processor time of the whole process tree for each of those frames, in milliseconds.
    cpu_ms_per_frame: f64,
    /// Memory of the whole process tree, in megabytes (PSS).
    memory_mb: f64,
}

/// Both sides of a call.
#[derive(Debug, Clone, Copy, Default)]
struct Pair {
    sides: [Side; 2],
    /// From the press of a button to the later side's first picture, in milliseconds.
    to_first_picture_ms: f64,
}

impl Pair {
    fn least(&self, of: impl Fn(&Side) -> f64) -> f64 {
        self.sides.iter().map(of).fold(f64::INFINITY, f64::min)
    }

    fn most(&self, of: impl Fn(&Side) -> f64) -> f64 {
        self.sides.iter().map(of).fold(0.0, f64::max)
    }

    fn mean(&self, of: impl Fn(&Side) -> f64) -> f64 {
        self.sides.iter().map(of).sum::<f64>() / 2.0
    }
}

/// The programs that are measured.
struct Programs {
    app: PathBuf,
    server: PathBuf,
}

/// The variable that names a folder with both programs, instead of building them.
const PROGRAMS: &str = "ZVONOK_BENCH_PROGRAMS";

/// What stands beside the app.
const CHROMIUM: &str = "Chromium page";

/// Measures the suite.
pub(crate) fn measure(options: &Options) -> Result<Table> {
    let programs = build(options)?;
    let folder = paths::target().join("bench");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    // Without TLS on loopback: the certificate question is a person's, and TLS costs nothing of what is measured here.
    let server = Server::start(&programs.server, &folder.join("server"), &["--media-tls", "off"])?;
    println!("Two apps in a call of {} s ...", options.call_time().as_secs());
    let apps = Apps::measure(&programs.app, &server, options)?;
    println!("Two Chromium pages in a call of {} s ...", options.call_time().as_secs());
    let pages = Pages::measure(&server, options);
    Ok(Table { conditions: conditions(options)?, figures: figures(apps, pages) })
}

fn figures(apps: Apps, pages: Result<Pair>) -> Vec<Figure> {
    let call = &apps.call;
    let own = |of: fn(&Pair) -> f64| call.as_ref().map(of).map_err(again);
    let peer = |of: fn(&Pair) -> f64| pages.as_ref().map(of).map_err(again);
    let figure =
        |name, unit, of: fn(&Pair) -> f64| Figure::new(Suite::Call, name, unit, own(of)).beside(CHROMIUM, peer(of));
    let alone = |name, unit, value| Figure::new(Suite::Call, name, unit, value);
    vec![
        figure("frames per second received, worse side", "1/s", |pair| pair.least(|side| side.frames_per_second))
            .reach(Better::More, 25.0),
        figure("longest freeze, worse side", "ms", |pair| pair.most(|side| side.longest_freeze_ms))
            .reach(Better::Less, 500.0),
        figure("glass to glass, median", "ms", |pair| pair.mean(|side| side.delay_p50_ms)),
        figure("glass to glass, 95th percentile", "ms", |pair| pair.most(|side| side.delay_p95_ms)),
        alone("/call posted to notification shown", "ms", apps.to_notification).reach(Better::Less, 150.0),
        alone("/call posted to ring window painted", "ms", apps.to_ring_window)
            .reach(Better::Less, 600.0)
            .with_note("seen by a look every 50 ms"),
        figure("accept pressed to first remote frame", "ms", |pair| pair.to_first_picture_ms)
            .reach(Better::Less, 1_500.0)
            .with_note(
                "until the later side decoded it, the `accept` command's own start included; the page: from *Join*",
            ),
        alone("memory, started into the tray", "MB", apps.memory_in_tray).reach(Better::Less, 85.0),
        alone("memory, after a call", "MB", apps.memory_after).reach(Better::Less, 100.0),
        figure("memory in a call", "MB", |pair| pair.mean(|side| side.memory_mb)),
        figure("processor time per received frame", "ms", |pair| pair.mean(|side| side.cpu_ms_per_frame)),
    ]
}

/// The same error for another figure.
fn again(error: &anyhow::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

/// Builds what is measured, unless [`PROGRAMS`] names a folder with both, such as one of a package.
fn build(options: &Options) -> Result<Programs> {
    setup::prepare(Purpose::Test)?;
    // The pages use the test camera that the windows ship.
    setup::build_ui()?;
    let at = |folder: PathBuf| Programs { app: folder.join("zvonok"), server: folder.join("zvonok-server") };
    if let Some(folder) = std::env::var_os(PROGRAMS) {
        let programs = at(PathBuf::from(folder));
        ensure!(programs.app.is_file() && programs.server.is_file(), "{PROGRAMS} lacks a program");
        return Ok(programs);
    }
    let mut cargo = command(&["cargo", "build", "--locked", "--package", "zvonok", "--package", "zvonok-server"]);
    cargo.arg("--bins");
    if !options.debug {
        cargo.arg("--release");
    }
    sh(cargo)?;
    Ok(at(paths::target().join(if options.debug { "debug" } else { "release" })))
}

/// What a reader has to know about the run.
fn conditions(options: &Options) -> Result<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo").context("cannot read /proc/cpuinfo")?;
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1)).unwrap_or("unknown");
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let load = fs::read_to_string("/proc/loadavg").context("cannot read /proc/loadavg")?;
    let chromium = Command::new("chromium").arg("--version").output().context("could not start chromium")?;
    Ok(format!(
        "{} build, {} s of call, rest of {} s; {cores} cores ({model}), load {} at the end; beside it {}",
        match (std::env::var_os(PROGRAMS).is_some(), options.debug) {
            (true, _) => "given",
            (false, true) => "debug",
            (false, false) => "release",
        },
        options.call_time().as_secs(),
        options.rest_time().as_secs(),
        load.split_whitespace().next().unwrap_or("unknown"),
        String::from_utf8_lossy(&chromium.stdout).trim(),
    ))
}
