//! Logs: files that rotate daily, a week of them, owner-only by their directory. What is private is private by its type
//! (`private.rs`), not by a search over finished lines.

use std::io;

use tracing_appender::{
    non_blocking::WorkerGuard,
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::profile::{Profile, private_directory};

/// Days of logs that are kept.
const KEPT_FILES: usize = 7;

/// Starts logging at `level` (`info`, or a tracing filter) into the profile's `logs/`, and warnings to standard error.
///
/// The guard writes what is left when it is dropped.
pub(crate) fn start(profile: &Profile, level: &str) -> io::Result<WorkerGuard> {
    let directory = profile.logs();
    private_directory(&directory)?;
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("zvonok")
        .filename_suffix("log")
        .max_log_files(KEPT_FILES)
        .build(directory)
        .map_err(io::Error::other)?;
    let (writer, guard) = tracing_appender::non_blocking(files);
    let file = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer).with_filter(filter(level));
    let screen = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(io::stderr)
        .with_filter(EnvFilter::new("warn,zbus=error"));
    tracing_subscriber::registry().with(file).with(screen).try_init().map_err(io::Error::other)?;
    Ok(guard)
}

/// A bare level is ours; other crates stay at warnings, since their debug lines know nothing of our redaction.
fn filter(level: &str) -> EnvFilter {
    let bare = matches!(level, "error" | "warn" | "info" | "debug" | "trace");
    if !bare {
        return EnvFilter::new(level);
    }
    let ours = ["app", "call", "ipc", "openvidu", "peer", "server", "sfu", "signaling"];
    let mut directives = String::from("warn");
    for name in ours {
        directives.push_str(&format!(",zvonok_{name}={level}"));
    }
    EnvFilter::new(directives)
}
