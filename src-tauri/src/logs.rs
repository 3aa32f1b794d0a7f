//! Logs: files that rotate daily, a week of them, owner-only by their directory. What is private is private by its type
//! (`private.rs`), not by a search over finished lines.

use std::io;

use tracing::{Level, Metadata};
use tracing_appender::{
    non_blocking::WorkerGuard,
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    layer::{Filter, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};

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
    let file = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer).with_filter(written(level));
    let screen = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(io::stderr)
        .with_filter(EnvFilter::new("warn,zbus=error"));
    tracing_subscriber::registry().with(file).with(screen).try_init().map_err(io::Error::other)?;
    Ok(guard)
}

/// What is written. Whatever `level` says: what libraries have to tell beyond `info` is whole messages, tokens and all,
/// and they know nothing of our redaction.
pub(crate) fn written<S>(level: &str) -> impl Filter<S> + use<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    filter(level).and(filter_fn(redacted))
}

fn redacted(event: &Metadata<'_>) -> bool {
    *event.level() <= Level::INFO || event.target().starts_with("zvonok")
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: &str) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone()).with_filter(written(level));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::debug!(target: "zvonok_app::core", "own detail");
            tracing::trace!(target: "tungstenite::protocol", "whole message");
            tracing::debug!(target: "hyper", "whole header");
            tracing::warn!(target: "hyper", "broken pipe");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn no_log_level_makes_libraries_write_what_they_carry() {
        for level in ["debug", "trace", "trace,hyper=trace", "info,tungstenite=trace,zvonok_app=debug"] {
            let text = logged(level);
            assert!(!text.contains("whole"), "{level}: {text}");
            assert!(text.contains("own detail") && text.contains("broken pipe"), "{level}: {text}");
        }
        assert!(!logged("info").contains("own detail"));
    }
}
