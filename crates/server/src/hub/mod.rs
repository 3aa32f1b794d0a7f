//! The hub: who is online, and who rings whom.
//!
//! [`machine`] decides and is free of I/O; one task owns it (`task`). The router carries bytes to it and back: REST
//! and Socket.IO on one listener, behind one guard.

pub mod change;
mod clock;
pub mod cluster;
pub(crate) mod guard;
mod handle;
mod head;
mod health;
mod journal;
pub mod limits;
pub mod logs;
pub mod machine;
mod media;
mod recordings;
pub(crate) mod rest;
mod sessions;
mod sign_in;
#[cfg(test)]
pub(crate) mod slow;
mod socket;
mod task;
mod telling;
mod tries;
mod turns;
mod watch;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use zvonok_signaling_proto::Login;

pub use guard::Access;
use handle::Hub;
pub(crate) use health::WITHIN as LOOK_WITHIN;
use machine::{Machine, Settings, Standing};

use crate::database::{Database, DatabaseError};
use crate::echo;
use crate::limits::HubLimits;
use crate::media_control::MediaControl;

/// What a hub is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a call rings, and whether tokens are handed out.
    pub settings: Settings,
    /// Who may come in.
    pub access: Access,
    /// The user `echo` is there.
    pub echo: bool,
    /// What it takes at the most.
    pub limits: HubLimits,
    /// It is one of many; none of them has the echo.
    pub joined: Option<cluster::Joined>,
}

/// A hub's tasks and its router.
#[derive(Debug)]
pub struct Parts {
    /// To be served with connection info of [`std::net::SocketAddr`].
    pub router: Router,
    /// Closes the sockets.
    pub sockets: socketioxide::SocketIo,
    /// Ends what rings, before the sockets are closed.
    pub rings: Rings,
    /// Looks at it.
    pub watch: Watch,
}

/// Looks at a hub from outside.
#[derive(Debug, Clone)]
pub struct Watch(Hub);

/// What a hub has to say about itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    /// Sockets that were let in.
    pub(crate) sockets: usize,
    /// Calls and rings.
    pub(crate) standing: Standing,
}

impl Watch {
    /// Its figures; nothing where it does not answer.
    pub(crate) async fn figures(&self) -> Option<Figures> {
        let standing = tokio::time::timeout(health::WITHIN, self.0.standing()).await.ok().flatten()?;
        Some(Figures { sockets: self.0.sockets(), standing })
    }

    /// Whether it can do its work.
    pub(crate) async fn health(&self) -> health::Report {
        self.0.health().await
    }
}

/// The calls that ring.
#[derive(Debug)]
pub struct Rings(Hub);

impl Rings {
    /// Tells callers and called that it is over, since the hub stops. Nothing rings afterwards.
    pub async fn end(&self) {
        self.0.stop().await;
    }
}

/// Starts the hub's tasks on `tasks`, to be ended by `stop`, from what `database` has kept.
///
/// # Errors
/// The database cannot be read.
pub async fn start(
    options: Options,
    database: Database,
    media: Arc<dyn MediaControl>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<Parts, DatabaseError> {
    let clock = clock::Clock::start();
    let hub = if let Some(joined) = options.joined {
        Hub::join(joined, options.settings, (database, clock), media, options.limits, (tasks, stop))
    } else {
        let echo = options.echo.then(echo::Echo::new);
        let begun = begin(options.settings, &database, clock, echo.as_ref()).await?;
        Hub::start(begun.machine, (database, clock), echo, media, options.limits, (tasks, stop), None)
    };
    hub.look(true).await?;
    tasks.spawn(watch::watch(hub.clone(), stop.clone()).instrument(tracing::info_span!("hub_accounts")));
    let (layer, sockets) = socket::layer(hub.clone(), options.limits.message_bytes);
    let (rings, watch) = (Rings(hub.clone()), Watch(hub.clone()));
    let router = rest::routes(hub)
        .layer(DefaultBodyLimit::max(limits::MAX_BODY))
        .layer(layer)
        .layer(axum::middleware::map_request(head::own))
        // Outermost, so that nothing is reached around it.
        .layer(axum::middleware::from_fn_with_state(Arc::new(guard::Guard::new(options.access)), guard::check));
    Ok(Parts { router, sockets, rings, watch })
}

/// What a hub decides from.
struct Begun {
    machine: Machine,
    /// Who was connected when it ended.
    connected: BTreeSet<Login>,
}

/// Reads what is kept.
async fn begin(
    settings: Settings,
    database: &Database,
    clock: clock::Clock,
    resident: Option<&echo::Echo>,
) -> Result<Begun, DatabaseError> {
    let kept = database.load(clock.now()).await?;
    let connected = kept.connected();
    let mut machine = Machine::new(settings);
    if let Some((echo, login)) = resident.and_then(|echo| Some((echo, echo.login()?))) {
        machine.add_resident(login, echo::NAME, echo.socket().to_owned());
    }
    let unreadable = machine.restore(kept, clock.now());
    if unreadable > 0 {
        tracing::error!(unreadable, "calls of another version of this server cannot go on");
    }
    machine.set_accounts(database.accounts().await?, clock.now());
    Ok(Begun { machine, connected })
}
