//! People in one room whose media flows until they go.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;

use super::churn::End as Going;
use super::end::Count;
use super::forward::{publish, subscribe};
use super::person::PATIENCE;
use super::room::{FROZEN, Participant};

/// Time between two pictures: eight rooms of three are 24 publishers and 48 subscribers on a machine of two cores.
const PACE: Duration = Duration::from_millis(50);

/// How often it is looked who has seen whom, and everybody says that they are there.
const LOOK: Duration = Duration::from_millis(500);

/// Pictures that everybody has to have seen of everybody.
const SEEN: usize = 20;

/// Their peer connections: those of each person, in order.
#[derive(Default)]
pub(super) struct Talk {
    ends: Vec<JoinSet<Result<()>>>,
    /// What each of the subscribers counts.
    counts: Vec<Arc<Count>>,
}

/// Everybody publishes, and subscribes to everybody else.
pub(super) async fn talk(people: &mut [Participant]) -> Result<Talk> {
    let (mut talk, mut streams) = (Talk::default(), Vec::new());
    for person in &mut *people {
        let count = Count::new();
        count.counting.store(true, Ordering::Relaxed);
        let (stream, end) = publish(person, &count).await?;
        streams.push(stream);
        let mut own = JoinSet::new();
        own.spawn(end.with_pace(PACE).run());
        talk.ends.push(own);
    }
    for (person, own) in people.iter_mut().zip(&mut talk.ends) {
        for stream in &streams {
            if !person.is_own(stream) {
                let count = Count::new();
                own.spawn(subscribe(person, stream, &count).await?.run());
                talk.counts.push(count);
            }
        }
    }
    Ok(talk)
}

impl Talk {
    /// Waits until everybody has seen everybody; how many pictures that were.
    pub(super) async fn seen(&self, people: &mut [Participant]) -> Result<usize> {
        let all = async {
            let mut look = tokio::time::interval(LOOK);
            while self.counts.iter().any(|count| count.delays().len() < SEEN) {
                look.tick().await;
                for person in &mut *people {
                    person.ping().await?;
                }
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(PATIENCE, all).await.context("somebody did not see somebody in time")??;
        Ok(self.counts.iter().map(|count| count.delays().len()).sum())
    }

    /// The peer connections of that person end with their owner. Of one who freezes they go on as long as the socket does.
    pub(super) fn end(&mut self, nth: usize, how: Going) {
        let Some(ends) = self.ends.get_mut(nth).map(std::mem::take) else { return };
        if how == Going::Freezes {
            tokio::spawn(async move {
                tokio::time::sleep(FROZEN).await;
                drop(ends);
            });
        }
    }
}
