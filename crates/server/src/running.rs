//! A server that runs.

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::database::Claim;
use crate::listen::{self, Listening};
use crate::secret::Secret;
use crate::{certificates, hub, media};

/// A server that runs until it is shut down or dropped.
#[derive(Debug)]
pub struct Running {
    /// Where the hub is reached, such as `http://127.0.0.1:5001`.
    pub hub_url: Url,
    /// Where OpenVidu's REST and JSON-RPC are reached, such as `https://127.0.0.1:4443`.
    pub media_url: Url,
    /// The OpenVidu secret of the embedded media server; that of the first deployment where there are some.
    pub secret: Secret,
    /// SHA-256 of the media server's certificate as `AA:BB:…`; `None` where it has no TLS or is not ours.
    pub fingerprint: Option<String>,
    /// Where figures are read, such as `http://127.0.0.1:5002/metrics`; `None` for nowhere.
    pub metrics_url: Option<Url>,
    pub(crate) hub: Listening,
    pub(crate) metrics: Option<Listening>,
    pub(crate) sockets: socketioxide::SocketIo,
    pub(crate) rings: hub::Rings,
    pub(crate) media: Option<media::MediaServer>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) claim: Claim,
}

impl Running {
    /// The addresses that the embedded media server tells clients to send to, and how; none where media is elsewhere.
    #[must_use]
    pub fn media_addresses(&self) -> &[(media::Transport, SocketAddr)] {
        self.media.as_ref().map_or(&[], media::MediaServer::media_addresses)
    }

    /// Comes back when another server has claimed this one's database, since the database had lost the claim. This one
    /// keeps nothing any more, and is to be shut down.
    pub async fn taken_over(&self) {
        self.claim.lost().await;
    }

    /// Reads the certificates of all listeners anew, where they are files. Connections that are open stay; what cannot be
    /// used is refused with a line in the log, and what was used before stays in use. They are also read by themselves when
    /// the files change.
    pub fn reload_certificates(&self) {
        for certificate in self.certificates() {
            certificate.reload();
        }
    }

    pub(crate) fn certificates(&self) -> impl Iterator<Item = certificates::Certificate> {
        let metrics = self.metrics.as_ref().and_then(|it| it.certificate.clone());
        let media = self.media.as_ref().and_then(media::MediaServer::certificate);
        self.hub.certificate.clone().into_iter().chain(metrics).chain(media)
    }

    /// Tells everybody that it is over, and waits until all is closed (about 10 s at the most, usually far less).
    ///
    /// Signaling sockets are closed below Socket.IO, as a server that goes away does: clients come back by themselves, to
    /// this server's next life. Rings are kept for that where there is a database. In OpenVidu sessions everybody is evicted
    /// with `openviduServerStopped`, since media does not outlive the process.
    pub async fn shutdown(mut self) {
        self.rings.end().await;
        // First nobody comes in any more, or those who come back at once would find this life again.
        self.hub.close().await;
        if tokio::time::timeout(listen::GRACE, self.sockets.close()).await.is_err() {
            tracing::warn!("some sockets did not close in time");
        }
        if let Some(metrics) = &self.metrics {
            metrics.close().await;
        }
        self.stop.cancel();
        if let Some(media) = self.media.take() {
            media.shutdown().await;
        }
        self.tasks.close();
        if tokio::time::timeout(listen::GRACE, self.tasks.wait()).await.is_err() {
            tracing::warn!("some tasks did not end in time");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
        self.hub.abort();
        if let Some(metrics) = &self.metrics {
            metrics.abort();
        }
    }
}
