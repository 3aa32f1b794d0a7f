//! The sessions by which sockets come to a leader, each looked up by the leader itself. What a socket's hub has looked up
//! may be older than the end of that session, and of an end that came while nobody led, or was told to a leader that is
//! gone, nobody else says anything.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::super::handle::Hub;
use super::super::machine::Input;
use crate::database::full;

/// So many are looked up by one question.
const AT_ONCE: usize = 500;

/// How long one question may take: one that is never answered, as of a network that is cut, would end all looking.
const WITHIN: Duration = Duration::from_secs(10);

/// Pause before a database that has failed is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Sessions that are still to be looked up: no more than there are sockets at all hubs.
#[derive(Debug, Clone, Default)]
pub(super) struct Papers(Arc<Shown>);

#[derive(Debug, Default)]
struct Shown {
    unseen: Mutex<BTreeSet<String>>,
    more: Notify,
}

impl Papers {
    /// Somebody has come by that session. To be said after the hub's task was told of the `login`.
    pub(super) fn show(&self, session: String) {
        self.unseen().insert(session);
        self.0.more.notify_one();
    }

    fn some(&self) -> Vec<String> {
        let mut unseen = self.unseen();
        let some: Vec<_> = unseen.iter().take(AT_ONCE).cloned().collect();
        some.iter().for_each(|session| _ = unseen.remove(session));
        some
    }

    fn unseen(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.unseen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks them up until `stop`, and has the hub's task end those that are not there any more.
pub(super) async fn look_up(papers: Papers, hub: Hub, stop: CancellationToken) {
    let mut down = false;
    while !stop.is_cancelled() {
        let some = papers.some();
        if some.is_empty() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = papers.0.more.notified() => continue,
            }
        }
        let found = tokio::select! {
            () = stop.cancelled() => return,
            found = timeout(WITHIN, hub.database.sessions_over(&some)) => found,
        };
        let error = match found {
            Ok(Ok(over)) => {
                down = false;
                if !over.is_empty() {
                    tracing::info!(sessions = over.len(), "sessions were taken back while nobody here heard of it");
                }
                for session in over {
                    hub.tell(Input::SessionOver { session }).await;
                }
                continue;
            }
            Ok(Err(error)) => full(&error),
            Err(_late) => "the database takes too long".to_owned(),
        };
        if !std::mem::replace(&mut down, true) {
            tracing::error!(error, "sessions cannot be looked up: who has come by one stays until they can");
        }
        papers.unseen().extend(some);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_looked_up_once_and_not_all_by_one_question() {
        let papers = Papers::default();
        for number in 0..AT_ONCE + 1 {
            papers.show(format!("{number:04}"));
            papers.show(format!("{number:04}"));
        }
        assert_eq!(papers.some().len(), AT_ONCE);
        assert_eq!(papers.some(), [format!("{AT_ONCE:04}")]);
        assert!(papers.some().is_empty());
    }
}
