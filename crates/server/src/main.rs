//! `zvonok-server`: the hub and the media server from the command line.

mod flags;
mod limit_flags;
mod media_flags;
mod metrics_flags;
mod signals;
mod turn_flags;
mod user;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use tracing_subscriber::EnvFilter;
use zvonok_server::database::DatabaseError;
use zvonok_server::media::Transport;
use zvonok_server::{Running, StartError};

use flags::Flags;
use signals::{Asked, Signals};

/// What is logged unless `RUST_LOG` says otherwise. str0m warns of every browser that offers redundant audio.
const LOG: &str = "info,str0m::format=error";

/// What is never logged unless `RUST_LOG` names it: retina says whole addresses of cameras, at every level.
const SILENT: &str = "retina";

fn main() -> ExitCode {
    let flags = Flags::parse();
    let wanted = std::env::var(EnvFilter::DEFAULT_ENV).ok();
    tracing_subscriber::fmt().with_env_filter(filter(wanted.as_deref())).with_writer(std::io::stderr).init();
    match run(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell it to when standard error is closed.
            let _ = writeln!(std::io::stderr(), "zvonok-server: {error:#}");
            if let Some(advice) = error.downcast_ref::<StartError>().and_then(StartError::advice) {
                let _ = writeln!(std::io::stderr(), "{advice}");
            }
            ExitCode::FAILURE
        }
    }
}

/// What is logged; `wanted` is what `RUST_LOG` says.
fn filter(wanted: Option<&str>) -> EnvFilter {
    let silenced = |text: &str| format!("{text},{SILENT}=off");
    match wanted.filter(|text| !text.is_empty()) {
        Some(text) if text.contains(SILENT) => EnvFilter::try_new(text),
        Some(text) => EnvFilter::try_new(silenced(text)),
        None => EnvFilter::try_new(silenced(LOG)),
    }
    .unwrap_or_else(|_malformed| EnvFilter::new(silenced(LOG)))
}

#[tokio::main]
async fn run(mut flags: Flags) -> anyhow::Result<()> {
    let (user, within) = (flags.take_user(), flags.stop_within());
    let config = flags.config()?;
    if let Some(user) = user {
        if let Some(dir) = &config.data_dir {
            zvonok_server::make_data_dir(dir)?;
        }
        return user::run(user, &config.place()).await;
    }
    let kept = (config.secret.is_none() && config.openvidu.is_empty()).then(|| config.data_dir.clone()).flatten();
    let running = zvonok_server::start(config).await?;
    // Before anybody knows that it runs: whoever has read the addresses may signal.
    let mut signals = Signals::listen().context("cannot listen to signals")?;
    announce(&running, kept.as_deref()).context("cannot print the addresses")?;
    let taken_over = loop {
        tokio::select! {
            asked = signals.next() => match asked.context("cannot wait for a signal")? {
                Asked::Reload => running.reload_certificates(),
                Asked::Stop => break false,
            },
            () = running.taken_over() => break true,
        }
    };
    tracing::info!("stopping; the same signal again ends it at once");
    let ended = if taken_over { Err(StartError::Database(DatabaseError::Taken).into()) } else { Ok(()) };
    tokio::select! {
        late = tokio::time::timeout(within, running.shutdown()) => {
            if late.is_err() {
                tracing::warn!("not everything ended in time");
                // The runtime would wait for threads without end.
                std::process::exit(i32::from(taken_over));
            }
        }
        () = asked_again(&mut signals) => {
            tracing::warn!("ended at once, as asked");
            // Nothing is waited for: threads that write or compute are cut off as by a crash, which the data survives.
            std::process::exit(ENDED_AT_ONCE);
        }
    }
    ended
}

/// The exit code of a program that was told twice to end.
const ENDED_AT_ONCE: i32 = 1;

/// Comes back when the program is asked once more to stop.
async fn asked_again(signals: &mut Signals) {
    loop {
        match signals.next().await {
            Ok(Asked::Stop) => return,
            Ok(Asked::Reload) => {}
            Err(error) => {
                tracing::warn!(%error, "a second signal will not be heard");
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Prints where everything is, one thing a line.
fn announce(running: &Running, kept: Option<&std::path::Path>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "hub          {}", running.hub_url.as_str().trim_end_matches('/'))?;
    writeln!(out, "openvidu     {}", running.media_url.as_str().trim_end_matches('/'))?;
    for (transport, address) in running.media_addresses() {
        let transport = match transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        };
        writeln!(out, "media        {transport} {address}")?;
    }
    if let Some(fingerprint) = &running.fingerprint {
        writeln!(out, "certificate  SHA-256 {fingerprint}")?;
    }
    if let Some(metrics) = &running.metrics_url {
        writeln!(out, "metrics      {metrics}")?;
    }
    if let Some(dir) = kept {
        writeln!(out, "secret       kept in {}", dir.join(zvonok_server::secret::SECRET_FILE).display())?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(wanted: Option<&str>) -> String {
        let log = Log::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_env_filter(filter(wanted)).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(target: "retina::client::parse", "rtsp://camera.example/place");
            tracing::info!("something else");
        });
        let bytes = log.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn addresses_of_cameras_are_not_logged_unless_they_are_asked_for() {
        for wanted in [None, Some(""), Some("info"), Some("trace"), Some("not=a=filter")] {
            let text = logged(wanted);
            assert!(text.contains("something else") && !text.contains("camera.example"), "{wanted:?}: {text}");
        }
        assert!(logged(Some("info,retina=warn")).contains("camera.example"));
    }
}
