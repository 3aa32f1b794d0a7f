//! The signaling hub and an OpenVidu-compatible media server in one program.
//!
//! [`start`] listens, [`Running::shutdown`] ends it; `zvonok-server` and the desktop app use the same two.

pub mod config;
pub mod echo;
pub mod hub;
pub mod media;
pub mod media_control;
pub mod secret;

use url::Url;

pub use config::{Config, Deployment, EmbeddedMedia, Tls};
pub use media_control::{MediaControl, MediaControlError, MintedToken, Role};
pub use secret::Secret;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The media server did not start.
    #[error("cannot start the media server")]
    Media(#[from] media::MediaStartError),
}

/// A server that runs until it is shut down or dropped.
#[derive(Debug)]
pub struct Running {
    /// Where the hub is reached, such as `http://127.0.0.1:5001`.
    pub hub_url: Url,
    /// Where OpenVidu's REST and JSON-RPC are reached, such as `https://127.0.0.1:4443`.
    pub media_url: Url,
    /// The OpenVidu secret of the embedded media server.
    pub secret: Secret,
    /// SHA-256 of the media server's certificate as `AA:BB:…`; `None` where it has no TLS or is not ours.
    pub fingerprint: Option<String>,
}

/// Starts hub and media server.
///
/// # Errors
/// An address that cannot be bound, a certificate that cannot be read, an open mode that is not allowed.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let secret = config.secret.clone().unwrap_or_else(|| Secret::new(uuid::Uuid::new_v4().simple().to_string()));
    let media = media::start(EmbeddedMedia {
        listen: config.media_listen,
        tls: config.media_tls,
        udp_port: config.media_udp,
        public_host: config.public_host,
        secret: secret.clone(),
        data_dir: config.data_dir,
    })
    .await?;
    Ok(Running {
        hub_url: media.url().clone(),
        media_url: media.url().clone(),
        secret,
        fingerprint: media.fingerprint().map(str::to_owned),
    })
}
