//! Playing the ringtone.

use std::num::NonZero;

use rodio::{DeviceSinkBuilder, Player, Source, buffer::SamplesBuffer};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Ringing, tone};

/// Plays until cancelled, on a thread of its own: opening a sound device may block for seconds.
pub(super) fn start(reports: mpsc::Sender<Ringing>, cancel: CancellationToken) {
    std::thread::spawn(move || {
        let Some(samples) = samples() else { return };
        let sink = match DeviceSinkBuilder::open_default_sink() {
            Ok(sink) => sink,
            Err(error) => {
                tracing::warn!(%error, "the ring makes no sound");
                tell(&reports, Ringing::Silent);
                return;
            }
        };
        let mut sink = sink;
        sink.log_on_drop(false);
        let player = Player::connect_new(sink.mixer());
        player.append(samples.repeat_infinite());
        tell(&reports, Ringing::Sounding);
        block_until(&cancel);
        player.stop();
    });
}

/// Whether there is a sound device; for `zvonok doctor`.
pub(crate) fn probe() -> Result<(), String> {
    let mut sink = DeviceSinkBuilder::open_default_sink().map_err(|error| error.to_string())?;
    sink.log_on_drop(false);
    Ok(())
}

fn samples() -> Option<SamplesBuffer> {
    Some(SamplesBuffer::new(NonZero::new(1)?, NonZero::new(tone::RATE)?, tone::round()))
}

fn block_until(cancel: &CancellationToken) {
    let (ended, wait) = std::sync::mpsc::channel::<()>();
    let cancel = cancel.clone();
    tauri::async_runtime::spawn(async move {
        cancel.cancelled().await;
        drop(ended);
    });
    // Ends by the sender being dropped.
    _ = wait.recv();
}

fn tell(reports: &mpsc::Sender<Ringing>, what: Ringing) {
    if reports.blocking_send(what).is_err() {
        tracing::debug!("the core has ended");
    }
}
