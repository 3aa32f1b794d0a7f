//! Leading: the machine and its journal, for all hubs.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::RedisError;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::super::clock::Clock;
use super::super::handle::Hub;
use super::super::{begin, watch};
use super::desk::{Desk, Unfit};
use super::far::{FarOut, Told};
use super::papers::{self, Papers};
use super::{BEAT, Post, bus};
use crate::database::{Database, DatabaseError};
use crate::limits::HubLimits;

/// How long reading what is kept may take: a database that is slower lets another hub try.
const READ_WITHIN: Duration = Duration::from_secs(20);

/// How long what was changed last may take to be written at the end.
const END_WITHIN: Duration = Duration::from_secs(3);

/// Why a hub does not lead any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fallen {
    #[error("Redis failed")]
    Redis(#[from] RedisError),
    #[error("what is kept cannot be read")]
    Database(#[from] DatabaseError),
    #[error("the database takes too long")]
    Slow,
    #[error("the connection to Redis is lost")]
    Lost,
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

/// Leads by that name until it is stopped. When this is over nothing of it is written any more.
pub(super) async fn lead(post: Arc<Post>, name: String, stop: CancellationToken) -> Result<(), Fallen> {
    let tasks = TaskTracker::new();
    let ended = serve(&post, &name, &tasks, &stop).await;
    stop.cancel();
    post.leading.send_replace(None);
    tasks.close();
    if timeout(END_WITHIN, tasks.wait()).await.is_err() {
        tracing::warn!("what this hub has changed last is not written yet; the next leader will not let it");
    }
    ended
}

async fn serve(post: &Post, name: &str, tasks: &TaskTracker, stop: &CancellationToken) -> Result<(), Fallen> {
    // Whoever speaks from now on is heard, if only after the reading.
    let mut heard = post.bus.hear(post.bus.leader_channel(name)).await?;
    let mut connection = post.bus.connect().await?;
    let nodes = post.bus.nodes(&mut connection).await?;
    let reading = async {
        let database = Database::open(&post.place).await?.claimed_as(&post.database).lead().await?;
        let clock = Clock::start();
        let begun = begin(post.settings, &database, clock, None).await?;
        Ok::<_, DatabaseError>((database, clock, begun))
    };
    let (database, clock, begun) = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        read = timeout(READ_WITHIN, reading) => read.map_err(|_| Fallen::Slow)??,
    };
    let mut machine = begun.machine;
    machine.expect_back(begun.connected);
    machine.serve_many();
    let (out, mut told) = FarOut::new(stop.clone());
    let media = Arc::clone(&post.media);
    // It has no sockets of its own: they are counted where they are.
    let limits = HubLimits::default();
    let hub = Hub::start(machine, (database, clock), None, media, limits, (tasks, stop), Some(out.clone()));
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        looked = timeout(READ_WITHIN, hub.look(true)) => looked.map_err(|_| Fallen::Slow)??,
    }
    tasks.spawn(watch::watch(hub.clone(), stop.clone()).instrument(tracing::info_span!("hub_accounts")));
    let papers = Papers::default();
    let looking = papers::look_up(papers.clone(), hub.clone(), stop.clone());
    tasks.spawn(looking.instrument(tracing::info_span!("hub_papers")));
    post.leading.send_replace(Some(hub.clone()));
    // What is told to all needs a place for each hub. One half is for that, the other for beats and new links, which do
    // not wait.
    let (says, said) = mpsc::channel(2 * bus::QUEUE);
    let speaking = bus::speak(connection, said);
    tokio::pin!(speaking);
    tracing::info!(hubs = nodes.len(), "this hub leads");
    // What is told waits for room on the way to Redis, and not the other way round: a burst is no reason to fall.
    let room = says.clone();
    let mut desk = Desk::new(hub, out, post.bus.clone(), says, (tasks.clone(), papers), nodes);
    let mut every = interval(BEAT);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            ended = &mut speaking => return ended.map_err(Fallen::Redis),
            packet = heard.next() => match packet {
                Some(packet) => desk.hear(packet.get_payload_bytes()).await?,
                None => return Err(Fallen::Lost),
            },
            told = next(&room, &mut told) => match told {
                Some(told) => desk.tell(told)?,
                None => return Err(Fallen::Lost),
            },
            _ = every.tick() => desk.beat().await?,
        }
    }
}

/// What is told next, once there is room for it at as many hubs.
async fn next(room: &mpsc::Sender<bus::Said>, told: &mut mpsc::Receiver<Told>) -> Option<Told> {
    // Given back at once: only the desk says anything, and it does nothing else meanwhile.
    drop(room.reserve_many(bus::QUEUE).await.ok()?);
    told.recv().await
}
