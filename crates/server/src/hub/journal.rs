//! Between the hub's task and the database: ordered, bounded, and never waited for by the machine.
//!
//! What people are told waits (`HOLD_MS` at the most) until what it rests on is kept: a hub that is killed has promised
//! nothing that it does not know afterwards. While the database is down nothing waits, and calls go on from memory; what
//! they change is written once it is back.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::change::Change;
use super::clock::Clock;
use super::limits::{HOLD_MS, MAX_BACKLOG};
use crate::database::{Database, DatabaseError, full};

/// Batches between task and writer, and how many of them make one transaction: enough that a stampede of sign-ins is a
/// few transactions, each well below [`HOLD_MS`].
const BATCHES: usize = 64;

/// Where something has come while one was written, transactions begin no closer together: each carries what came
/// meanwhile, which costs little more than one change. Who asks one thing after the other does not wait, and nobody hears
/// that a ring comes a picture's time later.
const PACE: Duration = Duration::from_millis(20);

/// First and longest pause before a write is tried again.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// How long everything that is left may take to be written when the hub stops.
const LAST: Duration = Duration::from_secs(2);

/// How often what is too old is taken out.
const PRUNE: Duration = Duration::from_secs(3_600);

/// Changes of one input, and their number.
#[derive(Debug)]
pub(super) struct Batch {
    ticket: u64,
    changes: Vec<Change>,
}

/// The task's end.
#[derive(Debug)]
pub(super) struct Journal {
    batches: mpsc::Sender<Batch>,
    done: watch::Receiver<u64>,
    /// The newest ticket that was given.
    given: u64,
    /// What did not fit; goes first.
    backlog: Vec<Change>,
    /// Something did not fit the backlog either.
    lost: bool,
    /// The database was too slow lately: nothing waits for it.
    late: bool,
}

/// The writer's end.
#[derive(Debug)]
pub(super) struct Work {
    batches: mpsc::Receiver<Batch>,
    done: watch::Sender<u64>,
    /// Changes that were taken and are not written yet.
    under_way: usize,
}

/// Both ends.
pub(super) fn journal() -> (Journal, Work) {
    let (sender, batches) = mpsc::channel(BATCHES);
    let (done, watched) = watch::channel(0);
    let (backlog, lost, late) = (Vec::new(), false, false);
    (Journal { batches: sender, done: watched, given: 0, backlog, lost, late }, Work { batches, done, under_way: 0 })
}

impl Journal {
    /// Hands on changes; gives the ticket of the newest. `everything` is asked for when something was lost.
    pub(super) fn keep(&mut self, changes: Vec<Change>, everything: impl FnOnce() -> Vec<Change>) -> u64 {
        if changes.is_empty() && self.backlog.is_empty() && !self.lost {
            return self.given;
        }
        self.backlog.extend(changes);
        match self.batches.try_reserve() {
            Ok(room) => {
                let changes = batch(&mut self.backlog, &mut self.lost, everything);
                self.given += 1;
                room.send(Batch { ticket: self.given, changes });
                self.given
            }
            Err(_) => {
                if self.backlog.len() > MAX_BACKLOG {
                    tracing::error!(
                        "too much waits for the database: calls that ended meanwhile are lost to the history"
                    );
                    self.backlog = Vec::new();
                    (self.lost, self.late) = (true, true);
                }
                // All of the backlog is one batch, the next.
                self.given + 1
            }
        }
    }

    /// The hub stops: what waited for room is handed on. Where the writer does not take it in time it is lost, and said
    /// to be.
    pub(super) async fn finish(mut self, everything: impl FnOnce() -> Vec<Change>) {
        if !self.has_backlog() {
            return;
        }
        match timeout(LAST, self.batches.reserve()).await {
            Ok(Ok(room)) => {
                let changes = batch(&mut self.backlog, &mut self.lost, everything);
                room.send(Batch { ticket: self.given + 1, changes });
            }
            Ok(Err(_)) | Err(_) => {
                tracing::error!(changes = self.backlog.len(), "the hub stops, and what waits for the database is lost");
            }
        }
    }

    /// Whether what rests on that ticket may go out.
    pub(super) fn is_kept(&mut self, ticket: u64) -> bool {
        let done = *self.done.borrow_and_update();
        if self.late && done >= self.given && self.backlog.is_empty() && !self.lost {
            tracing::info!("the database has caught up");
            self.late = false;
        }
        self.late || done >= ticket
    }

    /// Something waited since then.
    pub(super) fn waited(&mut self, since: Instant, now: Instant) {
        if !self.late && now.saturating_duration_since(since) >= Duration::from_millis(HOLD_MS) {
            tracing::error!("the database does not keep up: calls go on, and a crash now would forget them");
            self.late = true;
        }
    }

    /// Whether something waits for room.
    pub(super) fn has_backlog(&self) -> bool {
        self.lost || !self.backlog.is_empty()
    }

    /// Comes back when more was kept.
    pub(super) async fn kept_more(&mut self) {
        if self.done.changed().await.is_err() {
            // The writer has ended, which it does after this end only.
            std::future::pending::<()>().await;
        }
    }
}

/// What is handed on of a backlog; everything there is, where something was lost.
fn batch(backlog: &mut Vec<Change>, lost: &mut bool, everything: impl FnOnce() -> Vec<Change>) -> Vec<Change> {
    let changes = std::mem::take(backlog);
    if !std::mem::take(lost) {
        return changes;
    }
    // The history is not in memory: what waits of it now is not lost as well.
    let history = changes.into_iter().filter(|change| matches!(change, Change::History(..)));
    let mut all = everything();
    all.extend(history);
    all
}

/// Writes until the journal is dropped, and then what is left; once the hub stops for [`LAST`] at the most, also where
/// the database hangs.
pub(super) async fn write(database: Database, mut work: Work, clock: Clock, stop: CancellationToken) {
    let late = async {
        stop.cancelled().await;
        sleep(LAST).await;
    };
    tokio::select! {
        () = write_all(&database, &mut work, clock, &stop) => {}
        () = late => {}
    }
    // Whatever the hub's task would still hand on is lost as well, which it says.
    work.batches.close();
    let waits: usize = std::iter::from_fn(|| work.batches.try_recv().ok()).map(|batch| batch.changes.len()).sum();
    let lost = work.under_way + waits;
    if lost > 0 {
        tracing::error!(changes = lost, "the hub stops, and what the database did not take in time is lost");
    }
}

async fn write_all(database: &Database, work: &mut Work, clock: Clock, stop: &CancellationToken) {
    let mut prune = tokio::time::interval_at(Instant::now() + PRUNE, PRUNE);
    let mut began = Instant::now();
    loop {
        let (first, is_busy) = tokio::select! {
            biased;
            _ = prune.tick() => {
                if let Err(error) = database.prune(clock.now()).await {
                    tracing::warn!(error = full(&error), "what is too old stays in the database for another hour");
                }
                continue;
            }
            next = next(&mut work.batches) => next,
        };
        let Some(first) = first else { return database.close().await };
        if is_busy {
            tokio::time::sleep_until(began + PACE).await;
        }
        began = Instant::now();
        let (mut ticket, mut changes) = (first.ticket, first.changes);
        while let Ok(more) = work.batches.try_recv() {
            ticket = more.ticket;
            changes.extend(more.changes);
        }
        work.under_way = changes.len();
        if !persist(database, &changes, stop).await {
            return;
        }
        work.under_way = 0;
        work.done.send_replace(ticket);
    }
}

/// The next batch, and whether it has waited.
async fn next(batches: &mut mpsc::Receiver<Batch>) -> (Option<Batch>, bool) {
    match batches.try_recv() {
        Ok(batch) => (Some(batch), true),
        Err(_) => (batches.recv().await, false),
    }
}

/// Writes until it is written; once the hub stops only once more.
async fn persist(database: &Database, changes: &[Change], stop: &CancellationToken) -> bool {
    let mut pause = PAUSE.0;
    loop {
        let last = stop.is_cancelled();
        let Err(error) = database.write(changes).await else { return true };
        if matches!(error, DatabaseError::Superseded) {
            tracing::error!("another hub leads: nothing of this one is written any more");
            stop.cancel();
            return false;
        }
        if last {
            tracing::error!(error = full(&error), "the database does not take what changed last");
            return false;
        }
        tracing::error!(error = full(&error), "the database does not take what has to be kept; tried again in a while");
        tokio::select! {
            () = sleep(pause) => pause = (pause * 2).min(PAUSE.1),
            () = stop.cancelled() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Vec<Change> {
        vec![Change::NoPerson("man".parse().unwrap())]
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_told_waits_for_the_database_but_not_for_one_that_is_down() {
        let (mut journal, mut work) = journal();
        assert!(journal.is_kept(0), "nothing to wait for");
        let ticket = journal.keep(some(), Vec::new);
        assert!(!journal.is_kept(ticket));
        work.done.send_replace(work.batches.recv().await.unwrap().ticket);
        assert!(journal.is_kept(ticket));
        let since = Instant::now();
        let ticket = journal.keep(some(), Vec::new);
        journal.waited(since, since + Duration::from_millis(HOLD_MS - 1));
        assert!(!journal.is_kept(ticket));
        journal.waited(since, since + Duration::from_millis(HOLD_MS));
        assert!(journal.is_kept(ticket), "calls go on");
        work.done.send_replace(work.batches.recv().await.unwrap().ticket);
        assert!(journal.is_kept(ticket));
        let ticket = journal.keep(some(), Vec::new);
        assert!(!journal.is_kept(ticket), "it has caught up, and is waited for again");
    }

    #[tokio::test]
    async fn what_does_not_fit_is_bounded_and_written_anew() {
        let (mut journal, mut work) = journal();
        for _ in 0..BATCHES {
            journal.keep(some(), Vec::new);
        }
        assert!(!journal.has_backlog());
        let ticket = journal.keep(some(), Vec::new);
        assert!(journal.has_backlog());
        assert_eq!(journal.keep(some(), Vec::new), ticket, "what waits together is kept together");
        work.batches.recv().await.unwrap();
        assert_eq!(journal.keep(Vec::new(), Vec::new), ticket);
        assert!(!journal.has_backlog() && !journal.is_kept(ticket));
        let last = std::iter::from_fn(|| work.batches.try_recv().ok()).last().unwrap();
        assert_eq!((last.ticket, last.changes.len()), (ticket, 2));
        work.done.send_replace(last.ticket);
        assert!(journal.is_kept(ticket));

        for _ in 0..BATCHES {
            journal.keep(some(), Vec::new);
        }
        let many: Vec<_> = std::iter::repeat_with(some).take(MAX_BACKLOG + 1).flatten().collect();
        journal.keep(many, Vec::new);
        assert!(journal.backlog.is_empty() && journal.lost);
        assert!(journal.is_kept(u64::MAX), "nothing waits for what is not written");
        while work.batches.try_recv().is_ok() {}
        journal.keep(Vec::new(), || vec![Change::Anew]);
        assert_eq!(work.batches.recv().await.unwrap().changes, [Change::Anew]);
        assert!(!journal.has_backlog());
    }

    #[tokio::test]
    async fn what_waits_for_room_is_handed_on_when_the_hub_stops() {
        for lost in [false, true] {
            let (mut journal, mut work) = journal();
            for _ in 0..=BATCHES {
                journal.keep(some(), Vec::new);
            }
            let many: Vec<_> = std::iter::repeat_with(some).take(MAX_BACKLOG + 1).flatten().collect();
            if lost {
                journal.keep(many, Vec::new);
            }
            let written = async { std::iter::from_fn(|| work.batches.try_recv().ok()).count() };
            let (count, ()) = tokio::join!(written, journal.finish(|| vec![Change::Anew]));
            assert_eq!(count, BATCHES);
            let last = work.batches.recv().await.unwrap().changes;
            assert_eq!(last, if lost { vec![Change::Anew] } else { some() });
            assert!(work.batches.recv().await.is_none());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_writer_that_has_given_up_holds_up_no_stop() {
        let (mut journal, mut work) = journal();
        for _ in 0..=BATCHES {
            journal.keep(some(), Vec::new);
        }
        work.batches.close();
        journal.finish(Vec::new).await;
        let (mut journal, _work) = super::journal();
        for _ in 0..=BATCHES {
            journal.keep(some(), Vec::new);
        }
        let since = Instant::now();
        journal.finish(Vec::new).await;
        assert!((LAST..LAST * 2).contains(&since.elapsed()), "nor does one that hangs, for longer than that");
    }
}
