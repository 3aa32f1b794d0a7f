//! `cargo xtask run`: the app with its own server and an echo contact, on the person's display or in a virtual one.

use std::path::Path;

use anyhow::Result;
#[cfg(not(target_os = "linux"))]
use anyhow::bail;

#[cfg(target_os = "linux")]
pub(crate) use echo::{echo_call, without_udp};

use crate::{
    packages::Purpose,
    paths, setup,
    steps::{command, sh},
};

#[cfg(target_os = "linux")]
mod echo;

/// The profile of a trial: its settings never meet those of a real one.
const PROFILE: &str = "try";

/// Builds everything and starts it.
pub(crate) fn run() -> Result<()> {
    let display = has_display();
    setup::prepare(if display { Purpose::Run } else { Purpose::Display })?;
    setup::build_ui()?;
    sh(command(&["cargo", "build", "--locked", "--bin", "zvonok", "--bin", "zvonok-server"]))?;
    let program = paths::debug_program(if cfg!(windows) { "zvonok.exe" } else { "zvonok" });
    if display { show(&program) } else { echo_call(&program) }
}

/// Starts the app for the person in front of the display, and waits until it is closed.
fn show(program: &Path) -> Result<()> {
    let mut app = std::process::Command::new(program);
    app.args(["--profile", PROFILE, "--server", "embedded"]);
    if !has_camera() {
        println!("No camera: a test picture and a spoken text take its place.");
        app.arg("--fake-media");
    }
    println!("Call `Echo test` in the window: it sends back what you send.");
    sh(app)
}

fn has_display() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn has_camera() -> bool {
    !cfg!(target_os = "linux") || (0..10).any(|number| Path::new(&format!("/dev/video{number}")).exists())
}

/// Elsewhere than on Linux there always is a display.
#[cfg(not(target_os = "linux"))]
pub(crate) fn echo_call(_program: &Path) -> Result<()> {
    bail!("the call without a display needs Linux")
}

/// Elsewhere than on Linux there are no network namespaces.
#[cfg(not(target_os = "linux"))]
pub(crate) fn without_udp() -> Result<()> {
    bail!("dropping UDP needs Linux's network namespaces")
}
