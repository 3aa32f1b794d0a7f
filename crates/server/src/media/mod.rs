//! The embedded, OpenVidu-compatible media server.
//!
//! The rest of the crate uses [`start`] and [`MediaServer`] only; everything below is this module's own.
//!
//! One task for each session owns what the session is, one for each websocket reads and writes it, and one owns the
//! SFU and its UDP sockets; each TCP connection for media has one. They speak through bounded channels.

mod addresses;
mod camera;
mod control;
mod defaults;
mod directory;
mod driver;
mod error;
mod events;
mod extras;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod guesses;
mod host;
mod ids;
mod outbox;
mod recording;
mod rest;
mod session;
pub(crate) mod tls;
pub mod turn;
pub(crate) mod watch;
mod websocket;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum_server::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use url::Url;
use zvonok_openvidu::wire::Reason;
pub use zvonok_sfu::Transport;

use self::directory::{Directory, NotEntered as NotMade};
pub use self::error::MediaStartError;
use self::events::Events;
pub(crate) use self::extras::check_camera;
pub(crate) use self::host::{host_for, names};
use self::recording::Recordings;
use self::session::{Message, Properties, SessionHandle};
use crate::certificates::Certificate;
use crate::config::EmbeddedMedia;
use crate::media_control::MediaControl;
use crate::media_settings::MediaSettings;
use crate::seats::Seats;
use crate::secret::Secret;
use crate::serve;

/// What all tasks of the media server share; none of it changes.
#[derive(Debug)]
struct Shared {
    directory: Directory,
    media: driver::Media,
    secret: Secret,
    guesses: guesses::Guesses,
    settings: MediaSettings,
    events: Events,
    /// `None` where there is no directory to keep them in.
    recordings: Option<Arc<Recordings>>,
    /// `https://host:port`, without a slash at its end.
    public_url: String,
    /// The same with `wss`: how tokens begin.
    token_base: String,
    host: String,
    port: u16,
    tasks: TaskTracker,
    /// Of sessions alone: the last events are told when these have ended.
    sessions: TaskTracker,
    stop: CancellationToken,
    /// Everything is over: who tells of events tells the last of them.
    told: CancellationToken,
    sockets: Arc<Seats>,
    last_socket: AtomicU64,
}

impl Shared {
    /// Makes a session and its task, unless one of that name is there.
    fn create_session(self: &Arc<Self>, name: &str, properties: Properties) -> Result<SessionHandle, NotMade> {
        self.directory.enter(name, || {
            let (handle, task) = session::new(name.to_owned(), properties, Arc::clone(self));
            self.sessions.spawn(task.instrument(tracing::info_span!("session", id = name)));
            handle
        })
    }
}

/// A running media server.
#[derive(Debug)]
pub struct MediaServer {
    control: Arc<dyn MediaControl>,
    url: Url,
    fingerprint: Option<String>,
    addresses: Vec<(Transport, SocketAddr)>,
    shared: Arc<Shared>,
    http: Handle<SocketAddr>,
    certificate: Option<Certificate>,
}

impl MediaServer {
    /// The hub's hand on it.
    #[must_use]
    pub fn control(&self) -> Arc<dyn MediaControl> {
        Arc::clone(&self.control)
    }

    /// What its listener is secured with, where that is in files.
    pub(crate) fn certificate(&self) -> Option<Certificate> {
        self.certificate.clone()
    }

    /// Looks at it.
    pub(crate) fn watch(&self) -> watch::Watch {
        watch::Watch(Arc::clone(&self.shared))
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

    /// The addresses that clients send media to, and how.
    #[must_use]
    pub fn media_addresses(&self) -> &[(Transport, SocketAddr)] {
        &self.addresses
    }

    /// Evicts everybody and closes the listeners.
    pub async fn shutdown(self) {
        let sessions = self.shared.directory.sessions();
        let closing = sessions.iter().map(|session| {
            let reason = Reason::OpenviduServerStopped;
            session.ask(move |reply| Message::Close { reason, reply })
        });
        // All at once: one that waits for a disk must not keep the others' people waiting.
        let closed: Result<Vec<Option<()>>, _> =
            tokio::time::timeout(defaults::SHUTDOWN, futures_util::future::join_all(closing)).await;
        if closed.is_err() {
            tracing::warn!("some sessions were not closed in time");
        }
        // First the sockets, since the listener waits for them.
        self.shared.stop.cancel();
        self.shared.sessions.close();
        if tokio::time::timeout(defaults::SHUTDOWN, self.shared.sessions.wait()).await.is_err() {
            tracing::warn!("some sessions did not end in time");
        }
        self.shared.told.cancel();
        self.http.graceful_shutdown(Some(defaults::SHUTDOWN));
        self.shared.tasks.close();
        if tokio::time::timeout(defaults::SHUTDOWN, self.shared.tasks.wait()).await.is_err() {
            tracing::warn!("some tasks of the media server did not end in time");
        }
    }
}

impl Drop for MediaServer {
    fn drop(&mut self) {
        self.http.shutdown();
        self.shared.stop.cancel();
        self.shared.told.cancel();
    }
}

/// Starts the media server.
///
/// # Errors
/// An address that cannot be bound, or a certificate that cannot be read.
pub async fn start(config: EmbeddedMedia) -> Result<MediaServer, MediaStartError> {
    let listen_error = |source| MediaStartError::Listen { address: config.listen, source };
    let bound = serve::bind(config.listen).map_err(listen_error)?;
    let port = bound.address.port();

    let host = host_for(config.public_host.as_deref(), bound.address.ip());
    let identity = tls::identity(&config.tls, config.data_dir.as_deref(), names(&host))?;
    let scheme = if identity.is_some() { ("https", "wss") } else { ("http", "ws") };
    let public_url = format!("{}://{host}:{port}", scheme.0);
    let url = Url::parse(&public_url).map_err(|_error| MediaStartError::PublicHost(host.clone()))?;

    let ports = addresses::Ports { udp: config.udp_port, tcp: config.settings.tcp_port };
    let opened = addresses::open(config.listen.ip(), ports, config.public_host.as_deref()).await;
    let doors = opened.map_err(|addresses::NotOpen { transport, source }| match transport {
        Transport::Udp => MediaStartError::Udp { port: config.udp_port, source },
        Transport::Tcp => MediaStartError::Tcp { port: config.settings.tcp_port.unwrap_or(config.udp_port), source },
    })?;
    let addresses = doors.advertised();
    let (stop, told) = (CancellationToken::new(), CancellationToken::new());
    let tasks = TaskTracker::new();
    let (media, driver) = driver::start(doors, &tasks, stop.clone())?;
    tasks.spawn(driver.instrument(tracing::info_span!("sfu")));

    let recordings = recording::of(&config, &public_url)?;
    let cdr = config.data_dir.as_ref().filter(|_| config.settings.cdr).map(|dir| dir.join(CDR_DIR));
    let events = Events::start(config.settings.webhook.as_ref(), cdr, &tasks, &told)?;
    let limits = config.settings.limits;
    let shared = Arc::new(Shared {
        directory: Directory::new(limits.sessions),
        media,
        secret: config.secret,
        guesses: guesses::Guesses::default(),
        settings: config.settings,
        events,
        recordings,
        token_base: format!("{}://{host}:{port}", scheme.1),
        public_url: public_url.clone(),
        host,
        port,
        tasks: tasks.clone(),
        sessions: TaskTracker::new(),
        stop,
        told,
        sockets: Seats::new(limits.sockets, limits.sockets_per_address),
        last_socket: AtomicU64::new(1),
    });
    let recovering = Arc::clone(&shared);
    drop(tasks.spawn_blocking(move || {
        if let Some(recordings) = &recovering.recordings {
            recordings.recover(&recovering.stop, |recording| session::tell_recovered(&recovering.events, recording));
        }
    }));
    let fingerprint = identity.as_ref().map(|identity| identity.fingerprint.clone());
    let router = rest::router(Arc::clone(&shared));
    let tls = identity.map(tls::Identity::exchangeable);
    let certificate = tls.as_ref().and_then(|used| Certificate::new("media", &config.tls, used));
    let http = serve::serve(bound, tls, router, &tasks, "media").map_err(listen_error)?;
    tracing::info!(url = %public_url, ?addresses, "media server listens");
    let control = Arc::new(control::EmbeddedControl { shared: Arc::clone(&shared), public_url });
    Ok(MediaServer { control, url, fingerprint, addresses, shared, http, certificate })
}

/// Where records of events are, in the data directory.
const CDR_DIR: &str = "cdr";
