//! People who join, leave and die, over and over: on the hub, and in sessions of the media server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::crowd::Crowd;
use super::person::{PATIENCE, of_number};
use super::rings;
use super::room::{Participant, Room};
use super::talk::{Talk, talk};

/// Visits at once, of each kind.
const AT_ONCE: usize = 8;

/// Addresses of people are below, and those of rings.
const ADDRESSES: usize = 61_000;

/// Addresses of those who ring, above all others.
const RINGERS: usize = 62_000;

/// Visits of one worker come no faster: a crowd that comes again has not rung for longer than its people may not.
const BETWEEN: Duration = Duration::from_millis(100);

/// People on the hub in one visit.
const VISITORS: usize = 6;

/// Crowds of different people.
const CROWDS: usize = 500;

pub(super) struct Plan {
    pub(super) hub: SocketAddr,
    pub(super) seconds: u64,
    /// `HOST:PORT` of the media server, without TLS.
    pub(super) media: String,
    pub(super) secret: String,
}

/// How often participants ping, as they say, in milliseconds: who freezes is noticed after three of them.
const PING_MS: u64 = 10_000;

/// How a participant goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It says so.
    Leaves,
    /// Its socket breaks.
    Breaks,
    /// It says nothing any more, and its socket stays.
    Freezes,
}

#[derive(Default)]
struct Counts {
    visits: AtomicUsize,
    rooms: AtomicUsize,
    /// That arrived at somebody.
    pictures: AtomicUsize,
}

/// Goes on for the plan's time; what happened is the answer. Anything that does not go as it should is an error.
pub(super) async fn churn(plan: Arc<Plan>) -> Result<Value> {
    let until = Instant::now() + Duration::from_secs(plan.seconds);
    let counts = Arc::new(Counts::default());
    let mut workers = JoinSet::new();
    for worker in 0..AT_ONCE {
        workers.spawn(visits(Arc::clone(&plan), Arc::clone(&counts), until));
        workers.spawn(rooms(worker, Arc::clone(&plan), Arc::clone(&counts), until));
    }
    while let Some(worker) = workers.join_next().await {
        let outcome: Result<()> = worker.context("a worker panicked")?;
        outcome?;
    }
    let (visits, rooms) = (counts.visits.load(Ordering::Relaxed), counts.rooms.load(Ordering::Relaxed));
    let pictures = counts.pictures.load(Ordering::Relaxed);
    if visits == 0 || rooms == 0 || pictures == 0 {
        bail!("nobody came, or nothing was seen");
    }
    Ok(json!({ "visits": visits * VISITORS, "rooms": rooms, "pictures": pictures }))
}

async fn visits(plan: Arc<Plan>, counts: Arc<Counts>, until: Instant) -> Result<()> {
    let mut pace = tokio::time::interval(BETWEEN);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while Instant::now() < until {
        pace.tick().await;
        visit(&plan, &counts).await.context("on the hub")?;
    }
    Ok(())
}

/// A few people come, ring each other, and go; half of them speak contract B.
async fn visit(plan: &Plan, counts: &Counts) -> Result<()> {
    let number = counts.visits.fetch_add(1, Ordering::Relaxed);
    // The same people come again, later than anybody may ring too often.
    let crowd = Crowd::new(&format!("v{}p", number % CROWDS), plan.hub, VISITORS, number.is_multiple_of(2));
    // The crowd's sockets break where they are when it is dropped, in the middle of whatever happens.
    crowd.arrive().await?;
    if number % 2 == 1 {
        // Each crowd has its own: the hub takes so many requests of one address.
        rings::ring(&crowd, VISITORS / 2, RINGERS + number % CROWDS * (VISITORS / 2)).await?;
    }
    Ok(())
}

async fn rooms(worker: usize, plan: Arc<Plan>, counts: Arc<Counts>, until: Instant) -> Result<()> {
    let from = of_number(ADDRESSES + worker);
    let http = reqwest::Client::builder().local_address(from).no_proxy().timeout(PATIENCE).build()?;
    while Instant::now() < until {
        let number = counts.rooms.fetch_add(1, Ordering::Relaxed);
        let room =
            Room::make(&http, &plan, &format!("soak{}x{number}", std::process::id())).await.context("no session")?;
        let mut people = Vec::new();
        for _ in 0..3 {
            people.push(room.join(&http, from, PING_MS).await.context("nobody joined")?);
        }
        let ends = [End::Leaves, End::Breaks, End::Freezes];
        let how = |nth: usize| ends.get((number + nth) % ends.len()).copied().unwrap_or(End::Leaves);
        // One half talks. The others die before their media is through.
        let mut talk = if number.is_multiple_of(2) {
            let talk = talk(&mut people).await.context("no media")?;
            counts.pictures.fetch_add(talk.seen(&mut people).await?, Ordering::Relaxed);
            talk
        } else {
            offer(&mut people).await?;
            Talk::default()
        };
        for (nth, person) in people.into_iter().enumerate() {
            talk.end(nth, how(nth));
            person.end(how(nth)).await.context("nobody can go")?;
        }
    }
    Ok(())
}

/// Everybody publishes and subscribes with a browser's offers.
async fn offer(people: &mut [Participant]) -> Result<()> {
    let mut streams = Vec::new();
    for person in &mut *people {
        streams.push(person.publish().await.context("nothing was published")?);
    }
    for person in people {
        for stream in &streams {
            if !person.is_own(stream) {
                person.subscribe(stream).await.context("nothing was subscribed to")?;
            }
        }
    }
    Ok(())
}
