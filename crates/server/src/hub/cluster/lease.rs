//! Who leads: whoever has the lease.

use std::sync::Arc;
use std::time::Duration;

use redis::RedisError;
use redis::aio::MultiplexedConnection;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::leader::{Fallen, lead};
use super::{BEAT, LEASE, MARGIN, Post};
use crate::database::full;

/// How long a hub that could not lead leaves it to others.
const REST: Duration = Duration::from_secs(3);

/// How long the end of a leader is waited for.
const END_WITHIN: Duration = Duration::from_secs(4);

/// A hub that leads when nobody else does.
pub(super) struct Member {
    node: String,
    post: Arc<Post>,
    /// Who leads, for the relay.
    says: watch::Sender<Option<String>>,
    connection: Option<MultiplexedConnection>,
    /// How often this hub has led: each time by another name.
    term: u64,
    leading: Option<Leading>,
    /// When the lease was renewed, or seen with somebody, for the last time.
    seen: Instant,
    rest_until: Instant,
}

struct Leading {
    stop: CancellationToken,
    task: JoinHandle<Result<(), Fallen>>,
}

impl Member {
    pub(super) fn new(node: String, post: Arc<Post>, says: watch::Sender<Option<String>>) -> Self {
        let (seen, rest_until) = (Instant::now(), Instant::now());
        Self { node, post, says, connection: None, term: 0, leading: None, seen, rest_until }
    }

    /// Takes part until it is stopped.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut every = interval(BEAT);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut leads = self.post.leading.subscribe();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = every.tick() => {}
                // This hub's own relay is told at once that it is heard now.
                Ok(()) = leads.changed() => {}
                fallen = ended(&mut self.leading) => {
                    tracing::error!(error = fallen, "this hub leads no more");
                    self.rest_until = Instant::now() + REST;
                    self.give_up().await;
                }
            }
            let asked = Instant::now();
            // Longer than that the lease may be somebody else's before the answer is there.
            match timeout(MARGIN, self.renew()).await {
                Ok(Ok(leader)) => {
                    self.seen = asked;
                    self.found(leader).await;
                }
                Ok(Err(error)) => {
                    tracing::debug!(%error, "the lease cannot be seen");
                    self.lost().await;
                }
                Err(_late) => {
                    tracing::debug!("the lease cannot be seen in time");
                    self.lost().await;
                }
            }
        }
        self.give_up().await;
        if let Some(connection) = &mut self.connection
            && let Err(error) = self.post.bus.leave(connection, &self.node).await
        {
            tracing::debug!(%error, "Redis was not told that this hub is gone");
        }
    }

    fn name(&self) -> String {
        format!("{}.{}", self.node, self.term)
    }

    async fn renew(&mut self) -> Result<Option<String>, RedisError> {
        let wanted = self.leading.is_some() || Instant::now() >= self.rest_until;
        let name = if wanted { self.name() } else { String::new() };
        let bus = &self.post.bus;
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(bus.connect().await?),
        };
        bus.renew(connection, &name, &self.node).await
    }

    /// That one has the lease.
    async fn found(&mut self, leader: Option<String>) {
        let mine = leader.as_deref() == Some(&self.name());
        if mine && self.leading.is_none() {
            let stop = CancellationToken::new();
            let leading = lead(Arc::clone(&self.post), self.name(), stop.clone());
            let task = tokio::spawn(leading.instrument(tracing::info_span!("hub_leader")));
            self.leading = Some(Leading { stop, task });
        } else if !mine && self.leading.is_some() {
            tracing::error!("this hub leads no more: another one does");
            self.give_up().await;
        }
        // Nobody is heard before the leader has read what is kept: what this hub presents would be lost, and be presented
        // again seconds later.
        let leader = leader.filter(|_| !mine || self.post.leading.borrow().is_some());
        self.says.send_if_modified(|known| {
            let differs = *known != leader;
            *known = leader;
            differs
        });
    }

    /// Another connection has to be made.
    async fn lost(&mut self) {
        self.connection = None;
        self.is_blind().await;
    }

    /// The lease cannot be renewed: before somebody else may have it, it is given up.
    async fn is_blind(&mut self) {
        let since = self.seen.elapsed();
        if self.leading.is_some() && since >= LEASE - MARGIN {
            tracing::error!("this hub leads no more: it cannot renew its lease in Redis");
            self.give_up().await;
        }
        if since >= LEASE {
            self.says.send_if_modified(|known| known.take().is_some());
        }
    }

    /// Stops leading, and gives the lease back if that can be said.
    async fn give_up(&mut self) {
        let name = self.name();
        self.term += 1;
        if let Some(Leading { stop, task }) = self.leading.take() {
            stop.cancel();
            // The database refuses what it would write later.
            if timeout(END_WITHIN, task).await.is_err() {
                tracing::warn!("leading does not end in time");
            }
        }
        if let Some(connection) = &mut self.connection
            && let Err(error) = self.post.bus.release(connection, &name).await
        {
            tracing::debug!(%error, "the lease was not given back, and ends by itself");
        }
    }
}

/// Comes back when leading has ended by itself, with the reason.
async fn ended(leading: &mut Option<Leading>) -> String {
    let fallen = match leading {
        Some(Leading { task, .. }) => task.await,
        None => std::future::pending().await,
    };
    *leading = None;
    match fallen {
        Ok(Ok(())) => "its journal or its way to the hubs has failed".to_owned(),
        Ok(Err(error)) => full(&error),
        Err(error) => error.to_string(),
    }
}
