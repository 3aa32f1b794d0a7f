//! The embedded, OpenVidu-compatible media server.
//!
//! The rest of the crate uses [`start`] and [`MediaServer`] only; everything below is this module's own.

use std::sync::Arc;

use url::Url;

use crate::config::EmbeddedMedia;
use crate::media_control::MediaControl;

/// Why the embedded media server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaStartError {
    /// It is not written yet.
    #[error("there is no embedded media server yet")]
    NotYet,
}

/// A running media server.
#[derive(Debug)]
pub struct MediaServer {
    control: Arc<dyn MediaControl>,
    url: Url,
    fingerprint: Option<String>,
}

impl MediaServer {
    /// The hub's hand on it.
    #[must_use]
    pub fn control(&self) -> Arc<dyn MediaControl> {
        Arc::clone(&self.control)
    }

    /// Where REST and JSON-RPC are reached.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// SHA-256 of its certificate as `AA:BB:…`, if it has one.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// Evicts everybody and closes the listeners.
    pub async fn shutdown(self) {}
}

/// Starts the media server.
///
/// # Errors
/// An address that cannot be bound, or a certificate that cannot be read.
pub async fn start(_config: EmbeddedMedia) -> Result<MediaServer, MediaStartError> {
    Err(MediaStartError::NotYet)
}
