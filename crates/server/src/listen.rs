//! The hub's listener, and why a server does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::certificates::Certificate;
use crate::config::{Config, Metrics, Tls};
use crate::database::DatabaseError;
use crate::hub::cluster::RedisError;
use crate::media::{MediaStartError, host_for, names, tls};
use crate::secret::SecretError;
use crate::serve;

/// How long requests under way may take when the server stops.
pub(crate) const GRACE: Duration = Duration::from_secs(3);

/// What the system may hold for each client of the hub, in bytes: a directory of a thousand people. Whoever reads less
/// is noticed by what waits behind it, before calls ring for long on a machine that does not hear them.
const SEND_BUFFER: usize = 64 * 1024;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The media server did not start.
    #[error("cannot start the media server")]
    Media(#[from] MediaStartError),
    /// Nobody signs in in open mode, so it is for this machine only unless that is asked for.
    #[error(
        "the hub would listen on {0} without sign-in: use a loopback address, add an account with `zvonok-server user add`, or say --open if that is meant"
    )]
    NotOpen(SocketAddr),
    /// The address is taken, or not one of this machine's.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The data directory cannot be made.
    #[error("cannot use the data directory {}", dir.display())]
    DataDir {
        /// The directory.
        dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The secret cannot be read or kept.
    #[error("cannot get the OpenVidu secret")]
    Secret(#[from] SecretError),
    /// The database cannot be opened or read.
    #[error("cannot use the database")]
    Database(#[source] DatabaseError),
    /// What hubs that are joined into one need is missing.
    #[error("--redis-url joins hubs that {0}")]
    NotJoined(&'static str),
    /// Redis cannot be used.
    #[error("cannot use Redis")]
    Redis(#[source] RedisError),
    /// The public host makes no address.
    #[error("the public host is not a host name or address")]
    BadPublicHost,
    /// The hub's certificate cannot be used.
    #[error("cannot secure the hub")]
    HubTls(#[source] MediaStartError),
    /// The figures' address is taken, or not one of this machine's.
    #[error("cannot serve metrics on {address}")]
    Metrics {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Figures tell who calls how much: beyond this machine they need a token.
    #[error(
        "metrics on {0} could be read by everybody: use a loopback address, or give a token with --metrics-token-file"
    )]
    MetricsOpen(SocketAddr),
    /// A deployment's address or the system's trust store cannot be used.
    #[error("cannot use the OpenVidu deployment: {0}")]
    Deployment(String),
}

/// A listener that serves.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    handle: Handle<SocketAddr>,
    /// What it is secured with, where that is in files.
    pub(crate) certificate: Option<Certificate>,
}

impl Listening {
    /// Takes no more connections and lets requests end.
    pub(crate) async fn close(&self) {
        self.handle.graceful_shutdown(Some(GRACE));
    }

    /// Drops every connection.
    pub(crate) fn abort(&self) {
        self.handle.shutdown();
    }
}

/// Binds the hub's address and serves `router` on it, on `tasks`.
pub(crate) fn listen(config: &Config, router: Router, tasks: &TaskTracker) -> Result<Listening, StartError> {
    let failed = |source| StartError::Listen { address: config.hub_listen, source };
    let bound = serve::bind(config.hub_listen).and_then(|it| it.with_send_buffers(SEND_BUFFER)).map_err(failed)?;
    let address = bound.address;
    let names = names(&host_for(config.public_host.as_deref(), address.ip()));
    // The same self-signed certificate as the media server's, so that there is one fingerprint to compare.
    let identity = tls::identity(&config.hub_tls, config.data_dir.as_deref(), names).map_err(StartError::HubTls)?;
    let tls = identity.map(tls::Identity::exchangeable);
    let certificate = tls.as_ref().and_then(|used| Certificate::new("hub", &config.hub_tls, used));
    let handle = serve::serve(bound, tls, router, tasks, "hub").map_err(failed)?;
    Ok(Listening { address, handle, certificate })
}

/// Binds the figures' address, if there is one, and serves what `router` makes on it, on `tasks`.
pub(crate) fn listen_for_metrics(
    config: &Config,
    router: impl FnOnce(&Metrics) -> Router,
    tasks: &TaskTracker,
) -> Result<Option<Listening>, StartError> {
    let Some(metrics) = &config.metrics else { return Ok(None) };
    let outside = !metrics.listen.ip().is_loopback();
    if outside && metrics.token.is_none() {
        return Err(StartError::MetricsOpen(metrics.listen));
    }
    let failed = |source| StartError::Metrics { address: metrics.listen, source };
    let bound = match serve::bind(metrics.listen) {
        Ok(bound) => bound,
        Err(error) if !metrics.needed => {
            let address = metrics.listen;
            tracing::warn!(%error, "metrics are not served on {address}; --metrics-listen names another address, or off");
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    let address = bound.address;
    let tls = metrics_tls(config, address);
    if outside && *tls == Tls::Off {
        tracing::warn!("the metrics' token crosses the network in clear: give the hub a certificate with --hub-tls");
    }
    let names = names(&host_for(config.public_host.as_deref(), address.ip()));
    let identity = tls::identity(tls, config.data_dir.as_deref(), names).map_err(StartError::HubTls)?;
    let used = identity.map(tls::Identity::exchangeable);
    let certificate = used.as_ref().and_then(|used| Certificate::new("metrics", tls, used));
    let handle = serve::serve(bound, used, router(metrics), tasks, "metrics").map_err(failed)?;
    Ok(Some(Listening { address, handle, certificate }))
}

/// On loopback nobody listens in.
fn metrics_tls(config: &Config, address: SocketAddr) -> &Tls {
    if address.ip().is_loopback() { &Tls::Off } else { &config.hub_tls }
}

/// Where the figures are read.
pub(crate) fn metrics_url(config: &Config, address: SocketAddr) -> Result<Url, StartError> {
    let host = if address.ip().is_loopback() { None } else { config.public_host.as_deref() };
    let mut url = address_of(metrics_tls(config, address), host, address)?;
    url.set_path("/metrics");
    Ok(url)
}

/// The address that people and programs are told.
pub(crate) fn url(config: &Config, address: SocketAddr) -> Result<Url, StartError> {
    address_of(&config.hub_tls, config.public_host.as_deref(), address)
}

fn address_of(tls: &Tls, public_host: Option<&str>, address: SocketAddr) -> Result<Url, StartError> {
    let scheme = if *tls == Tls::Off { "http" } else { "https" };
    let host = host_for(public_host, address.ip());
    Url::parse(&format!("{scheme}://{host}:{}", address.port())).map_err(|_| StartError::BadPublicHost)
}
