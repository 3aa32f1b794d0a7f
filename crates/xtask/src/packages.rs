//! The Debian packages that Zvonok needs, by purpose, and their installation.
//!
//! A room that needs another package adds it here, with a word on what for.

use std::{
    io::{IsTerminal, Write},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    paths,
    steps::{command, sh},
};

/// What a command needs packages for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Compiling the workspace.
    Build,
    /// Starting the app on a desktop.
    Run,
    /// A display, a session bus and a screenshot where the machine has none.
    Display,
    /// Every test.
    Test,
    /// What `bench` measures beside ours. Nothing else needs it, so it is asked for alone.
    Peers,
}

/// Needed to compile.
const BUILD: &[&str] = &[
    "build-essential",              // the linker, and the C of aws-lc
    "pkg-config",                   // finds the libraries below
    "libwebkit2gtk-4.1-dev",        // the webview
    "libayatana-appindicator3-dev", // the tray
    "librsvg2-dev",                 // icons
    "libasound2-dev",               // the ringtone
    "libdbus-1-dev",                // tao, below Tauri
];

/// Needed to run the app.
const RUN: &[&str] = &[
    "libwebkit2gtk-4.1-0",
    "libayatana-appindicator3-1",
    "gstreamer1.0-plugins-base", // WebKitGTK plays and captures through GStreamer
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-libav",
    "libsecret-1-0",
    "xdg-utils",
];

/// Needed for a call without a display of the machine's own.
const DISPLAY: &[&str] = &[
    "xvfb",
    "dbus",
    "dbus-x11",
    "openbox",      // a window that nobody manages is never focused
    "imagemagick",  // `import` takes the screenshot
    "xdotool",      // finds the window
    "at-spi2-core", // the accessibility tree
    "fonts-dejavu-core",
    "adwaita-icon-theme",
];

/// Needed for the tests.
const TEST: &[&str] = &[
    "gnome-keyring",
    "libsecret-tools",
    "dunst",
    "libglib2.0-bin",
    "chromium",
    "mingw-w64", // C parts of the check for Windows
    "iproute2",  // network namespaces in which UDP is dropped
    "iptables",
    "procps",
    "coturn",
    "postgresql",     // the hub's tables are tested on it
    "redis-server",   // joins hubs
    "systemd",        // looks at the server's unit
    "docker-compose", // looks at its compose file
    "espeak-ng",
    "ffmpeg", // decodes recordings
    "unzip",
    "python3-gi", // an IP camera: GStreamer's RTSP server
    "gir1.2-gst-rtsp-server-1.0",
    "gstreamer1.0-rtsp",
    "gstreamer1.0-plugins-ugly",      // x264
    "gstreamer1.0-tools",             // composes recordings
    "gstreamer1.0-plugins-base-apps", // `gst-discoverer-1.0` looks at what was composed
    "x11-apps",                       // `xwd` watches the screen for `bench`
    "x11-utils",                      // `xprop` tells which window is on top
];

/// Needed beside our figures.
const PEERS: &[&str] = &[
    "janus", // its videoroom
];

/// The packages for a purpose; what a purpose builds on is included.
fn packages(purpose: Purpose) -> Vec<&'static str> {
    let parts: &[&[&str]] = match purpose {
        Purpose::Build => &[BUILD],
        Purpose::Run => &[BUILD, RUN],
        Purpose::Display => &[BUILD, RUN, DISPLAY],
        Purpose::Test => &[BUILD, RUN, DISPLAY, TEST],
        Purpose::Peers => &[PEERS],
    };
    parts.iter().flat_map(|part| part.iter().copied()).collect()
}

/// Makes sure that the packages for `purpose` are installed.
///
/// Root installs them; anybody else is asked before `sudo`, if there is a terminal to ask on; otherwise the exact
/// command is the error. On a system without `apt-get` the list is printed and the build goes on: it may well succeed.
pub(crate) fn install(purpose: Purpose) -> Result<()> {
    let wanted = packages(purpose);
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    if paths::on_path("apt-get").is_none() || paths::on_path("dpkg-query").is_none() {
        println!("This system has no apt-get. Zvonok needs what Debian calls: {}", wanted.join(" "));
        return Ok(());
    }
    let missing = missing(&wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get update && apt-get install --yes --no-install-recommends {}", missing.join(" "));
    if is_root()? {
        println!("Installing: {}", missing.join(" "));
        return apt(&[], &missing);
    }
    let has_sudo = paths::on_path("sudo").is_some();
    if !has_sudo || !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        bail!("Debian packages are missing. Install them as root, then try again:\n\n  {line}");
    }
    print!("Debian packages are missing: {}\nInstall them with sudo? [Y/n] ", missing.join(" "));
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("no answer")?;
    if !matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes") {
        bail!("Nothing was installed. To do it by hand, as root:\n\n  {line}");
    }
    apt(&["sudo"], &missing)
}

fn apt(prefix: &[&str], missing: &[&str]) -> Result<()> {
    let run = |words: &[&str]| {
        let all: Vec<&str> = prefix.iter().chain(words).copied().collect();
        let mut command = command(&all);
        command.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        command
    };
    // With sudo the password is asked for on the terminal, which must then be there.
    let with_terminal = |mut command: Command| {
        if !prefix.is_empty() {
            command.stdin(Stdio::inherit());
        }
        sh(command)
    };
    with_terminal(run(&["apt-get", "update", "-q"]))
        .context("apt-get could not fetch the package lists: is this machine online?")?;
    let mut words = vec!["apt-get", "install", "-q", "--yes", "--no-install-recommends"];
    words.extend(missing);
    with_terminal(run(&words)).context("apt-get could not install what is missing")
}

/// Those that dpkg does not list as installed.
fn missing<'a>(wanted: &[&'a str]) -> Result<Vec<&'a str>> {
    // dpkg-query fails when one is unknown and still lists the others.
    let listed = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(wanted)
        .stderr(Stdio::null())
        .output()
        .context("could not start dpkg-query")?;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let installed: Vec<&str> = text.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    Ok(wanted.iter().copied().filter(|name| !installed.contains(name)).collect())
}

fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("-u").output().context("could not start id")?;
    Ok(output.stdout.trim_ascii() == b"0")
}
