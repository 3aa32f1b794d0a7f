//! Many hubs as one (`--redis-url`).
//!
//! One of them leads: it has the machine ([`super::machine`]) and its journal, like a hub that is alone. All of them,
//! the leader too, have sockets and REST, and send what comes in by these to the leader (`relay`), which answers and
//! says what has to be emitted (`leader`). Who leads is a lease in Redis (`lease`); that nobody else writes is a number
//! in PostgreSQL, checked in every transaction (`Database::lead`). When a leader dies, the next one reads what is kept,
//! the hubs present their sockets again, and what was not answered is asked again. Nobody has to connect anew.

mod asked;
mod asks;
mod bus;
mod desk;
pub(super) mod far;
mod leader;
mod lease;
mod link;
mod papers;
mod people;
mod relay;
mod seats;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

pub use bus::Bus;
pub use redis::RedisError;

use super::handle::Hub;
use super::machine::Settings;
use super::task::Command;
use crate::database::{Database, Place};
use crate::media_control::MediaControl;

/// How long a leader leads without saying so again: a killed one is followed by another after so long at the most.
/// Shorter, a machine that hangs for a moment would cost it.
const LEASE: Duration = Duration::from_secs(5);

/// How often the lease is renewed and looked at, and how often both ends of a link say that they are there.
const BEAT: Duration = Duration::from_secs(1);

/// A leader that could not renew its lease stops so long before it ends; an answer of Redis is waited for so long.
const MARGIN: Duration = Duration::from_secs(2);

/// Who has said nothing for so long is not there.
const SILENCE: Duration = Duration::from_secs(5);

/// How long requests wait for a leader: longer than a killed one is missed, shorter than clients wait for an answer.
const ASK_WITHIN: Duration = Duration::from_secs(10);

/// What makes a hub one of many.
#[derive(Debug, Clone)]
pub struct Joined {
    /// Redis.
    pub bus: Bus,
    /// The database that all of them share.
    pub place: Place,
}

/// What a hub needs to lead.
#[derive(Debug)]
struct Post {
    bus: Bus,
    place: Place,
    /// By which the claim on it was made.
    database: Database,
    settings: Settings,
    media: Arc<dyn MediaControl>,
    /// The hub of whoever leads, while that is this one.
    leading: watch::Sender<Option<Hub>>,
}

/// Starts what serves `inbox` in the name of all hubs, and leads when nobody else does.
pub(super) fn join(
    (joined, database, settings, media): (Joined, Database, Settings, Arc<dyn MediaControl>),
    inbox: mpsc::Receiver<Command>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    let node = format!("{:032x}", rand::random::<u128>());
    let (says, leader) = watch::channel(None);
    let (leading, leads) = watch::channel(None);
    let relay = relay::Relay::new(node.clone(), joined.bus.clone(), leads, tasks.clone(), stop.clone());
    tasks.spawn(relay.run(inbox, leader).instrument(tracing::info_span!("hub_relay")));
    let post = Arc::new(Post { bus: joined.bus, place: joined.place, database, settings, media, leading });
    let member = lease::Member::new(node, post, says);
    tasks.spawn(member.run(stop.clone()).instrument(tracing::info_span!("hub_lease")));
}
