//! Why the embedded media server did not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use zvonok_sfu::SfuError;

use super::events::EventsFault;

/// Why the embedded media server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaStartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address} for media")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The public host has no address, or the UDP port cannot be bound.
    #[error("cannot open the UDP port {port} for media")]
    Udp {
        /// The port, 0 for any.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The TCP port of those without UDP cannot be bound.
    #[error("cannot open the TCP port {port} for media")]
    Tcp {
        /// The port, 0 for any.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the certificate cannot be read or written.
    #[error("cannot use the file {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The directory of recordings cannot be used.
    #[error("cannot use the directory {}", dir.display())]
    Directory {
        /// The directory.
        dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("cannot use the certificate: {0}")]
    Certificate(String),
    /// The public host makes no URL.
    #[error("the public host {0:?} is not a host name or an address")]
    PublicHost(String),
    /// Events cannot be told.
    #[error("{0}")]
    Events(String),
    /// The SFU does not start.
    #[error("cannot start the SFU")]
    Sfu(#[from] SfuError),
}

impl From<EventsFault> for MediaStartError {
    fn from(fault: EventsFault) -> Self {
        Self::Events(match &fault {
            EventsFault::Cdr(source) => format!("{fault}: {source}"),
            EventsFault::Webhook(_) => fault.to_string(),
        })
    }
}
