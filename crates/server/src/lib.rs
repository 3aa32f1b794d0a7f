//! The signaling hub and an OpenVidu-compatible media server in one program.
//!
//! [`start`] listens, [`Running::shutdown`] ends it; `zvonok-server` and the desktop app use the same two.
//!
//! ```no_run
//! # async fn run() -> Result<(), zvonok_server::StartError> {
//! let server = zvonok_server::start(zvonok_server::Config::embedded()).await?;
//! assert_eq!(server.hub_url.scheme(), "http");
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```

pub mod accounts;
mod advice;
mod certificates;
pub mod config;
mod cpu;
pub mod database;
mod deployments;
pub mod echo;
mod failures;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use media::fuzzing;
pub mod hub;
pub mod limits;
mod listen;
pub mod media;
pub mod media_control;
pub mod media_settings;
mod metrics;
mod private;
mod running;
mod seats;
pub mod secret;
mod serve;
mod trust;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use url::Url;

pub use config::{Config, Deployment, EmbeddedMedia, Metrics, Tls};
use database::{Claim, Database, Place};
use hub::cluster::{Bus, Joined};
use hub::machine::Settings;
pub use listen::StartError;
pub use media_control::{MediaControl, MediaControlError, MintedToken, Role};
pub use running::Running;
pub use secret::Secret;

/// Makes a data directory that only its owner can look into, unless it is there.
///
/// # Errors
/// It cannot be made.
pub fn make_data_dir(dir: &std::path::Path) -> Result<(), StartError> {
    private::make_dir(dir).map_err(|source| StartError::DataDir { dir: dir.to_owned(), source })
}

/// Starts hub and media server.
///
/// # Errors
/// An address that cannot be bound, a certificate or secret that cannot be read, an open mode that is not allowed.
pub async fn start(config: Config) -> Result<Running, StartError> {
    if config.redis_url.is_some() && config.openvidu.is_empty() {
        return Err(StartError::NotJoined(
            "send all people of a call to the same media server: name it with --openvidu",
        ));
    }
    let kept = Kept::open(&config).await?;
    if !config.openvidu.is_empty() {
        let control = Arc::new(deployments::Deployments::new(&config.openvidu)?);
        let running =
            start_on(Config { echo: false, ..config }, Arc::<deployments::Deployments>::clone(&control), kept).await?;
        let stop = running.stop.clone();
        running.tasks.spawn(async move {
            control.watch(&stop).await;
        });
        return Ok(running);
    }
    let secret = secret::load_or_make(config.secret.clone(), config.data_dir.as_deref())?;
    let media = media::start(EmbeddedMedia {
        listen: config.media_listen,
        tls: config.media_tls.clone(),
        udp_port: config.media_udp,
        public_host: config.public_host.clone(),
        secret: secret.clone(),
        data_dir: config.data_dir.clone(),
        settings: config.media.clone(),
    })
    .await?;
    let (media_url, fingerprint) = (media.url().clone(), media.fingerprint().map(str::to_owned));
    let control = media.control();
    start_hub(config, control, kept, Started { media: Some(media), media_url, fingerprint, secret }).await
}

/// Starts the hub on top of a media server of the caller's own.
///
/// # Errors
/// As [`start`].
pub async fn start_with(config: Config, media: Arc<dyn MediaControl>) -> Result<Running, StartError> {
    let kept = Kept::open(&config).await?;
    start_on(config, media, kept).await
}

async fn start_on(config: Config, media: Arc<dyn MediaControl>, kept: Kept) -> Result<Running, StartError> {
    let media_url = Url::parse(media.public_url()).map_err(|_| StartError::BadPublicHost)?;
    let secret = match config.openvidu.first() {
        Some(deployment) => deployment.secret.clone(),
        None => secret::load_or_make(config.secret.clone(), None)?,
    };
    start_hub(config, media, kept, Started { media: None, media_url, fingerprint: None, secret }).await
}

/// The media side, once it runs.
struct Started {
    media: Option<media::MediaServer>,
    media_url: Url,
    fingerprint: Option<String>,
    secret: Secret,
}

async fn start_hub(
    config: Config,
    control: Arc<dyn MediaControl>,
    Kept { database, claim, accounts, joined }: Kept,
    started: Started,
) -> Result<Running, StartError> {
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let outside = !config.hub_listen.ip().is_loopback();
    if accounts && config.open {
        tracing::warn!("--open has no effect: there are accounts, and nobody comes in without one");
    } else if outside && !accounts {
        tracing::warn!("open mode beyond this machine: whoever reaches the hub can be anybody, and it gives no tokens");
    }
    let settings = Settings {
        ring_ttl_ms: u64::try_from(config.ring_ttl.as_millis()).unwrap_or(u64::MAX / 4),
        // A token for whoever says a name is no better than no secret at all.
        tokens: !outside,
        durable: database.is_durable(),
        people: config.limits.people,
    };
    let access = hub::Access { allow_origin: config.allow_origin.clone(), any_host: outside || accounts };
    let looking = claim.clone().look_after(database.clone(), stop.clone());
    tasks.spawn(looking.instrument(tracing::info_span!("claim")));
    let options = hub::Options { settings, access, echo: config.echo, limits: config.limits, joined };
    let started_hub = hub::start(options, database, control, &tasks, &stop).await;
    let hub::Parts { router, sockets, rings, watch } = started_hub.map_err(StartError::Database)?;
    let hub = listen::listen(&config, router, &tasks)?;
    let hub_url = listen::url(&config, hub.address)?;
    let Started { media, media_url, fingerprint, secret } = started;
    let sources = metrics::Sources { hub: watch, media: media.as_ref().map(media::MediaServer::watch) };
    let metrics = listen::listen_for_metrics(&config, |metrics| metrics::router(metrics, sources), &tasks)?;
    let metrics_url = metrics.as_ref().map(|it| listen::metrics_url(&config, it.address)).transpose()?;
    let running = Running {
        hub_url,
        media_url,
        secret,
        fingerprint,
        metrics_url,
        hub,
        metrics,
        sockets,
        rings,
        media,
        tasks,
        stop,
        claim,
    };
    for certificate in running.certificates() {
        let watch = certificate.watch(running.stop.clone());
        running.tasks.spawn(watch.instrument(tracing::info_span!("certificates")));
    }
    Ok(running)
}

/// What is kept of earlier lives.
struct Kept {
    database: Database,
    claim: Claim,
    /// There are accounts, so the hub is not open.
    accounts: bool,
    /// Other hubs share it.
    joined: Option<Joined>,
}

impl Kept {
    async fn open(config: &Config) -> Result<Self, StartError> {
        if let Some(dir) = &config.data_dir {
            make_data_dir(dir)?;
        }
        let place = config.place();
        if config.redis_url.is_some() && !matches!(place, Place::Server(_)) {
            return Err(StartError::NotJoined("keep everything in one PostgreSQL: name it with --database-url"));
        }
        let database = Database::open(&place).await.map_err(StartError::Database)?;
        let accounts = !database.accounts().await.map_err(StartError::Database)?.is_empty();
        if !config.hub_listen.ip().is_loopback() && !config.open && !accounts {
            return Err(StartError::NotOpen(config.hub_listen));
        }
        let claim = database.claim(&place, config.redis_url.is_some()).await.map_err(StartError::Database)?;
        let joined = match &config.redis_url {
            Some(url) => {
                let own = database.identity().await.map_err(StartError::Database)?;
                let bus = Bus::open(url, own).await.map_err(StartError::Redis)?;
                Some(Joined { bus, place })
            }
            None => None,
        };
        Ok(Self { database, claim, accounts, joined })
    }
}
