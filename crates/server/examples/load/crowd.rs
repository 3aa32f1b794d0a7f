//! All people, and when they came.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::person::Person;

/// New sockets a second when the crowd first comes: it is not the flood that is measured.
const ARRIVALS_A_SECOND: f64 = 1_000.0;

/// How long a crowd may take to be complete.
const COMPLETE_WITHIN: Duration = Duration::from_secs(400);

/// Width of the window that the peak rate is counted in.
const WINDOW: Duration = Duration::from_secs(1);

/// Who is there.
pub(super) struct Arrivals {
    here: watch::Sender<usize>,
    times: Mutex<Times>,
}

#[derive(Default)]
struct Times {
    came: Vec<Instant>,
    first_left: Option<Instant>,
    failures: usize,
    last_failure: String,
}

impl Arrivals {
    pub(super) fn came(&self) {
        self.times().came.push(Instant::now());
        self.here.send_modify(|here| *here += 1);
    }

    pub(super) fn left(&self) {
        self.times().first_left.get_or_insert_with(Instant::now);
        self.here.send_modify(|here| *here -= 1);
    }

    pub(super) fn failed(&self, error: &anyhow::Error) {
        let mut times = self.times();
        times.failures += 1;
        times.last_failure = format!("{error:#}");
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Crowd {
    pub(super) hub: SocketAddr,
    pub(super) people: Vec<Arc<Person>>,
    arrivals: Arc<Arrivals>,
    /// Their tasks, which end with the crowd.
    lives: Mutex<JoinSet<()>>,
}

impl Crowd {
    /// People whose logins begin with `name`.
    pub(super) fn new(name: &str, hub: SocketAddr, people: usize, extended: bool) -> Self {
        let person = |number| Arc::new(Person::new(format!("{name}{number}"), number, hub, extended));
        let people = (0..people).map(person).collect();
        let arrivals = Arc::new(Arrivals { here: watch::Sender::new(0), times: Mutex::default() });
        Self { hub, people, arrivals, lives: Mutex::default() }
    }

    /// Everybody comes.
    pub(super) async fn arrive(&self) -> Result<Value> {
        let began = Instant::now();
        let mut pace = tokio::time::interval(Duration::from_secs_f64(1.0 / ARRIVALS_A_SECOND));
        for person in &self.people {
            pace.tick().await;
            let life = Arc::clone(person).live(Arc::clone(&self.arrivals));
            self.lives.lock().unwrap_or_else(PoisonError::into_inner).spawn(life);
        }
        self.complete(|_| true).await?;
        let times = self.arrivals.times();
        let (failures, last) = (times.failures, &times.last_failure);
        Ok(
            json!({ "up": self.people.len(), "seconds": began.elapsed().as_secs_f64(), "failures": failures, "last": last }),
        )
    }

    /// A restart is about to be watched.
    pub(super) fn forget_arrivals(&self) {
        *self.arrivals.times() = Times::default();
    }

    /// Waits until everybody has come once more.
    pub(super) async fn back(&self) -> Result<Value> {
        let all = self.people.len();
        self.complete(|times| times.came.len() >= all).await?;
        let times = self.arrivals.times();
        let left = times.first_left.context("nobody left")?;
        let last = times.came.iter().max().context("nobody came")?;
        let (seconds, peak) = (last.duration_since(left).as_secs_f64(), peak(&times.came));
        let first = times.came.iter().min().map_or(0.0, |first| first.duration_since(left).as_secs_f64());
        Ok(json!({ "back": all, "seconds": seconds, "first": first, "peak": peak, "failures": times.failures }))
    }

    async fn complete(&self, and: impl Fn(&Times) -> bool) -> Result<()> {
        let mut here = self.arrivals.here.subscribe();
        let all = self.people.len();
        let done = here.wait_for(|here| *here == all && and(&self.arrivals.times()));
        let outcome = tokio::time::timeout(COMPLETE_WITHIN, done).await.map(|found| found.is_ok());
        if outcome == Ok(true) {
            return Ok(());
        }
        let times = self.arrivals.times();
        anyhow::bail!(
            "{} of {all} are there; {} failures, the last: {}",
            *self.arrivals.here.borrow(),
            times.failures,
            times.last_failure
        )
    }
}

/// The most that came within a second.
fn peak(came: &[Instant]) -> usize {
    let mut came = came.to_vec();
    came.sort();
    let mut most = 0;
    let mut start = 0;
    for (end, at) in came.iter().enumerate() {
        while came.get(start).is_some_and(|first| at.duration_since(*first) > WINDOW) {
            start += 1;
        }
        most = most.max(end + 1 - start);
    }
    most
}
