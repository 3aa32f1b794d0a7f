//! RTSP over TLS: `retina` speaks plain RTSP, so it speaks to a listener of this process, which carries everything to the
//! camera by TLS. The camera's certificate has to be one that the system trusts, or that `SSL_CERT_FILE` names.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use rustls::pki_types::ServerName;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tracing::Instrument as _;

use super::rtsp::CameraFault;
use crate::trust;

/// A way to one camera, as long as it is kept.
#[derive(Debug)]
pub(super) struct Tunnel {
    /// Where it begins.
    pub(super) entrance: SocketAddr,
    /// What carries; it ends with this.
    _carrier: JoinSet<()>,
}

/// Connects to the camera at `to`, whose certificate has to be `name`'s.
pub(super) async fn open(to: SocketAddr, name: String) -> Result<Tunnel, CameraFault> {
    let failed = |error: io::Error| CameraFault::Tls(error.kind().to_string());
    let config = tokio::task::spawn_blocking(trust::client).await.map_err(io::Error::other).map_err(failed)?;
    let config = config.map_err(|error| CameraFault::Tls(error.to_string()))?;
    let name = ServerName::try_from(name).map_err(|_error| CameraFault::Tls("the name is none".to_owned()))?;
    let camera = TcpStream::connect(to).await.map_err(failed)?;
    let mut camera = TlsConnector::from(config).connect(name, camera).await.map_err(failed)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
    let entrance = listener.local_addr().map_err(failed)?;
    let carry = async move {
        // One connection: whoever comes later finds nobody.
        let (mut near, _) = listener.accept().await?;
        drop(listener);
        tokio::io::copy_bidirectional(&mut near, &mut camera).await
    };
    let task = async move {
        let carried = carry.await;
        tracing::debug!(ended_well = carried.is_ok(), "the way to the camera ended");
    };
    let mut carrier = JoinSet::new();
    carrier.spawn(task.in_current_span());
    Ok(Tunnel { entrance, _carrier: carrier })
}
