//! Rooms whose media flows: every participant is a peer connection of its own for each stream, as in a browser of
//! OpenVidu's 2.x. Who fills them speaks the server's protocol; what flows, and how it is counted, is the same for all.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use str0m::media::Direction;
use tokio::task::JoinSet;

use super::churn::Plan;
use super::end::{Count, End};
use super::person::{PATIENCE, of_number};
use super::room::{Participant, Room};

/// How long everything flows before it is counted: bandwidth estimates have grown by then.
const WARM_UP: Duration = Duration::from_secs(4);

/// Sockets without pings are closed: it says that the next ones come after a minute.
const PING_MS: u64 = 60_000;

/// How long the last packets may be under way after the count has ended.
const TAIL: Duration = Duration::from_secs(1);

/// A room: so many publish, and so many more only watch; everybody gets all streams but his own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) rooms: usize,
    pub(super) publishers: usize,
    pub(super) watchers: usize,
}

/// Rooms that are filled.
pub(super) struct Filled {
    /// What runs until the program ends: ends, and what else the server's protocol needs.
    pub(super) tasks: JoinSet<Result<()>>,
    /// Peer connections.
    pub(super) ends: u64,
    /// Forwarded streams.
    pub(super) streams: u64,
    pub(super) count: Arc<Count>,
}

impl Filled {
    pub(super) fn new() -> Self {
        Self { tasks: JoinSet::new(), ends: 0, streams: 0, count: Count::new() }
    }

    /// Somebody publishes.
    pub(super) fn publisher(&mut self, end: End) {
        self.tasks.spawn(end.run());
        self.ends += 1;
    }

    /// Somebody gets a stream.
    pub(super) fn subscriber(&mut self, end: End) {
        self.publisher(end);
        self.streams += 1;
    }

    /// Says that the rooms are filled, counts for so many seconds, says so, and tells what came.
    pub(super) async fn measure(mut self, seconds: u64, shape: Shape, say: fn(&Value)) -> Result<Value> {
        let count = self.count;
        let connected = async {
            let mut look = tokio::time::interval(Duration::from_millis(100));
            while count.connected.load(Ordering::Relaxed) < self.ends {
                look.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, connected).await.context("not everybody is connected in time")?;
        tokio::time::sleep(WARM_UP).await;
        say(&json!({ "streams": self.streams }));
        count.counting.store(true, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        count.counting.store(false, Ordering::Relaxed);
        say(&json!({ "counted": seconds }));
        tokio::time::sleep(TAIL).await;
        if let Some(ended) = self.tasks.try_join_next() {
            ended.context("an end panicked")?.context("an end failed")?;
            bail!("an end stopped");
        }
        let mut delays = std::mem::take(&mut *count.delays());
        delays.sort_unstable();
        let at = |part: f64| delays.get((delays.len() as f64 * part) as usize).copied().unwrap_or_default();
        // Every picture goes to everybody else in its room.
        let takers = (shape.publishers + shape.watchers - 1) as u64;
        let expected = count.sent.load(Ordering::Relaxed) * takers;
        ensure!(expected > 0, "nothing was sent");
        let got = delays.len();
        Ok(json!({ "expected": expected, "got": got, "p50_us": at(0.5), "p99_us": at(0.99) }))
    }
}

/// Fills rooms of an OpenVidu server, and measures for `plan.seconds`.
pub(super) async fn forward(plan: &Plan, shape: Shape, say: fn(&Value)) -> Result<Value> {
    let from = of_number(0);
    let http = reqwest::Client::builder().local_address(from).no_proxy().timeout(PATIENCE).build()?;
    let (mut filled, mut participants) = (Filled::new(), Vec::new());
    for number in 0..shape.rooms {
        let room = Room::make(&http, plan, &format!("forward{number}")).await?;
        let (mut people, mut published) = (Vec::new(), Vec::new());
        for nth in 0..shape.publishers + shape.watchers {
            let mut person = room.join(&http, from, PING_MS).await?;
            if nth < shape.publishers {
                let (stream, end) = publish(&mut person, &filled.count).await?;
                published.push(stream);
                filled.publisher(end);
            }
            people.push(person);
        }
        for person in &mut people {
            for stream in &published {
                if !person.is_own(stream) {
                    let end = subscribe(person, stream, &filled.count).await?;
                    filled.subscriber(end);
                }
            }
        }
        participants.extend(people);
    }
    let measured = filled.measure(plan.seconds, shape, say).await;
    // Their sockets are held until here.
    drop(participants);
    measured
}

/// Media of this machine: the server's addresses of loopback are the nearest.
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub(super) async fn publish(person: &mut Participant, count: &Arc<Count>) -> Result<(String, End)> {
    let (mut end, offer, pending) = End::offering(Direction::SendOnly, LOOPBACK, count).await?;
    let (stream, answer) = person.publish_with(&offer).await?;
    end.accept(pending, &answer)?;
    Ok((stream, end))
}

pub(super) async fn subscribe(person: &mut Participant, stream: &str, count: &Arc<Count>) -> Result<End> {
    let (mut end, offer, pending) = End::offering(Direction::RecvOnly, LOOPBACK, count).await?;
    let answer = person.subscribe_with(stream, &offer).await?;
    end.accept(pending, &answer)?;
    Ok(end)
}
