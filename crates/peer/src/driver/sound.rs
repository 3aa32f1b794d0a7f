//! The audio thread of one connection: started with its first sound, gone with the connection.

use std::future::pending;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};

use tokio::sync::mpsc;

use crate::audio::{AudioCounters, AudioIn, AudioOut, Engine, Playout};
use crate::defaults::AUDIO_MESSAGES;
use crate::error::PeerError;

#[derive(Debug)]
pub(super) struct Sound {
    playout: Playout,
    counters: Arc<AudioCounters>,
    thread: Option<(SyncSender<AudioIn>, mpsc::Receiver<AudioOut>)>,
    dropped: u64,
}

impl Sound {
    pub(super) fn new(playout: Playout, counters: Arc<AudioCounters>) -> Result<Self, PeerError> {
        Ok(Self { playout, counters, thread: None, dropped: 0 })
    }

    /// Gives the thread something to do; it is dropped when the thread is behind.
    pub(super) fn send(&mut self, input: AudioIn) {
        if self.thread.is_none() {
            match start(self.playout.clone(), Arc::clone(&self.counters)) {
                Ok(thread) => self.thread = Some(thread),
                Err(error) => {
                    tracing::error!(%error, "no sound: the audio thread did not start");
                    return;
                }
            }
        }
        let Some((sender, _)) = &self.thread else { return };
        match sender.try_send(input) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.dropped += 1;
                if self.dropped.is_power_of_two() {
                    tracing::warn!(dropped = self.dropped, "the audio thread is behind");
                }
            }
            Err(TrySendError::Disconnected(_)) => tracing::error!("the audio thread is gone"),
        }
    }

    /// What the thread gives next; forever while there is no thread.
    pub(super) async fn next(&mut self) -> AudioOut {
        if let Some((_, receiver)) = &mut self.thread
            && let Some(sound) = receiver.recv().await
        {
            return sound;
        }
        pending().await
    }
}

fn start(
    playout: Playout,
    counters: Arc<AudioCounters>,
) -> Result<(SyncSender<AudioIn>, mpsc::Receiver<AudioOut>), PeerError> {
    let (inputs, waiting) = sync_channel(AUDIO_MESSAGES);
    let (outputs, receiver) = mpsc::channel(AUDIO_MESSAGES);
    let run = move || {
        let mut engine = Engine::new(playout, counters);
        for input in waiting {
            let mut give = |output| {
                if outputs.try_send(output).is_err() {
                    tracing::trace!("the driver is behind with sound");
                }
            };
            if let Err(error) = engine.handle(input, &mut give) {
                tracing::warn!(%error, "sound was lost");
            }
        }
    };
    std::thread::Builder::new().name("peer-audio".to_owned()).spawn(run).map_err(PeerError::Thread)?;
    Ok((inputs, receiver))
}
