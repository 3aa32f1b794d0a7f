//! What a server is started with; mirrors the flags of `zvonok-server`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::database::{DATABASE_FILE, Place};
use crate::limits::HubLimits;
use crate::media_settings::MediaSettings;
use crate::secret::Secret;

/// How long a call rings before it is missed, unless set otherwise: the contract's 45 s.
pub const RING_TTL: Duration = Duration::from_secs(45);

/// How a listener is secured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Tls {
    /// Plain.
    #[default]
    Off,
    /// A certificate of its own, made at the first start and kept in the data directory (in memory without one).
    SelfSigned,
    /// PEM files.
    Files {
        /// Certificate chain.
        cert: PathBuf,
        /// Private key.
        key: PathBuf,
    },
}

/// Where the figures for whoever looks after the server are read.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// The address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What readers show as `Authorization: Bearer`. Needed unless `listen` is this machine's alone.
    pub token: Option<Secret>,
    /// Without it the server goes on where the address is taken.
    pub needed: bool,
}

/// Where the figures are read unless set otherwise: beside the hub's 5001, on this machine alone.
pub const METRICS_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 5002);

/// Everything the embedded media server needs.
#[derive(Debug, Clone)]
pub struct EmbeddedMedia {
    /// REST and JSON-RPC; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How `listen` is secured.
    pub tls: Tls,
    /// The one UDP port for media, on the address of `listen`; 0 takes a free one.
    pub udp_port: u16,
    /// The host name or address that tokens and ICE candidates carry; `None` for the address of `listen`.
    pub public_host: Option<String>,
    /// The OpenVidu secret of REST's Basic authentication; never empty.
    pub secret: Secret,
    /// Where the self-signed certificate and recordings are kept; without it there are no recordings.
    pub data_dir: Option<PathBuf>,
    /// What else it can be told.
    pub settings: MediaSettings,
}

/// A real OpenVidu deployment.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its address, such as `https://office.example:4443`.
    pub url: url::Url,
    /// Its secret.
    pub secret: Secret,
}

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The hub's sockets and REST; port 0 takes a free one.
    pub hub_listen: SocketAddr,
    /// How `hub_listen` is secured.
    pub hub_tls: Tls,
    /// Origins of pages that may use the hub beside loopback ones, as a browser sends them (`https://pages.example`).
    pub allow_origin: Vec<String>,
    /// Embedded media; port 0 takes a free one.
    pub media_listen: SocketAddr,
    /// How `media_listen` is secured.
    pub media_tls: Tls,
    /// The embedded media's UDP port; 0 takes a free one.
    pub media_udp: u16,
    /// What else the embedded media can be told.
    pub media: MediaSettings,
    /// The host name or address that clients reach this machine by; `None` for the addresses listened on.
    pub public_host: Option<String>,
    /// The OpenVidu secret; `None` makes a random one, kept in `data_dir` if there is one.
    pub secret: Option<Secret>,
    /// Real OpenVidu deployments; if there is one, no media is embedded.
    pub openvidu: Vec<Deployment>,
    /// What is kept (secret, certificates), mode 0700; `None` keeps everything in memory.
    pub data_dir: Option<PathBuf>,
    /// Where the hub keeps calls, events and accounts; `None` for a SQLite file in `data_dir`, or memory without one.
    pub database: Option<Place>,
    /// The Redis that joins the hubs of one PostgreSQL into one, `redis://` or `rediss://`; it may have a password.
    pub redis_url: Option<Secret>,
    /// Open mode for others than this machine. A warning is logged at every start, and there is no `/token`.
    pub open: bool,
    /// How long a call rings.
    pub ring_ttl: Duration,
    /// The user `echo` is there and answers.
    pub echo: bool,
    /// Where figures are read; `None` for nowhere.
    pub metrics: Option<Metrics>,
    /// What the hub takes at the most.
    pub limits: HubLimits,
}

impl Default for Config {
    /// The tutorial's ports on loopback, in memory only.
    fn default() -> Self {
        Self {
            hub_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 5001)),
            hub_tls: Tls::Off,
            allow_origin: Vec::new(),
            media_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 4443)),
            media_tls: Tls::SelfSigned,
            media_udp: 0,
            media: MediaSettings::default(),
            public_host: None,
            secret: None,
            openvidu: Vec::new(),
            data_dir: None,
            database: None,
            redis_url: None,
            open: false,
            ring_ttl: RING_TTL,
            echo: true,
            metrics: None,
            limits: HubLimits::default(),
        }
    }
}

impl Config {
    /// Where the hub keeps things.
    #[must_use]
    pub fn place(&self) -> Place {
        match (&self.database, &self.data_dir) {
            (Some(place), _) => place.clone(),
            (None, Some(dir)) => Place::File(dir.join(DATABASE_FILE)),
            (None, None) => Place::Memory,
        }
    }

    /// Free ports on loopback and nothing on disk: what the app embeds.
    #[must_use]
    pub fn embedded() -> Self {
        Self {
            hub_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            media_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            ..Self::default()
        }
    }
}
