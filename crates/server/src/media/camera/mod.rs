//! IP cameras: RTSP in, packets of a stream out.
//!
//! One task for each camera connects, forwards H.264 and G.711 as they come, and connects again when the camera goes
//! away. Sound that no browser takes (AAC) is left out.

mod address;
mod defaults;
#[cfg(fuzzing)]
pub(super) mod fuzzing;
mod packets;
mod rtsp;
mod tunnel;

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use zvonok_sfu::{AudioCodec, Codecs, StreamId, VideoCodec};

use super::driver::Media;

pub(super) use address::{Address, BadAddress};

/// A camera that is forwarded until this is dropped.
#[derive(Debug)]
pub(super) struct Camera {
    wanted: watch::Sender<bool>,
    stop: CancellationToken,
}

impl Camera {
    /// Forwards the camera at `address` as `stream`, as long as it is wanted.
    pub(super) fn start(
        address: Arc<Address>,
        stream: StreamId,
        media: Media,
        wanted: bool,
        tasks: &TaskTracker,
    ) -> Self {
        let (sender, receiver) = watch::channel(wanted);
        let stop = CancellationToken::new();
        // Its address says where it is, and may have a password in it: neither is part of the log.
        let span = tracing::info_span!("camera", stream = stream.0);
        let puller = rtsp::Puller { address, stream, media, wanted: receiver };
        let stopped = stop.clone();
        let task = async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                () = puller.run() => {}
            }
        };
        tasks.spawn(task.instrument(span));
        Self { wanted: sender, stop }
    }

    /// Whether anybody is to get its pictures.
    pub(super) fn want(&self, wanted: bool) {
        self.wanted.send_if_modified(|before| std::mem::replace(before, wanted) != wanted);
    }
}

impl Camera {
    /// Forwards it no longer.
    pub(super) fn end(&self) {
        self.stop.cancel();
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a camera's stream is offered as before the camera has said what it has.
pub(super) const USUAL: Codecs = Codecs { audio: Some(AudioCodec::Pcma), video: Some(VideoCodec::H264) };

/// What the camera says that it has; [`USUAL`] where it does not answer now.
pub(super) async fn look(address: &Address) -> Codecs {
    match tokio::time::timeout(defaults::ANSWER, rtsp::codecs(address)).await {
        Ok(Ok(codecs)) => codecs,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the camera does not say what it has");
            USUAL
        }
        Err(_late) => {
            tracing::warn!("the camera does not answer");
            USUAL
        }
    }
}
