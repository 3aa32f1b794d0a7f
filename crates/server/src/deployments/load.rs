//! How busy each of several deployments is: the next session goes to the one with the fewest, and to none that is dead.
//! Those that have a name of their own, of the tutorial's pages, go by that.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use rand::Rng as _;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use zvonok_openvidu::Error;

use super::Deployments;
use crate::hub::LOOK_WITHIN;

/// How often they are looked at. Each answers with its sessions, about 2 kB for each participant.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How many of these looks one that refuses the secret is spared: OpenVidu itself counts no wrong ones, this program's media
/// server 30 in 5 minutes, and then lets nobody in who comes from there.
const RESTS: u32 = 24;

/// Stands for one that does not answer.
const DEAD: u64 = u64::MAX;

/// Sessions of each deployment when it was looked at for the last time, and those made by this hub since then.
#[derive(Debug)]
pub(super) struct Load {
    sessions: Vec<AtomicU64>,
    /// Looks that each is still spared.
    rests: Vec<AtomicU32>,
}

impl Load {
    /// Of so many, of which nothing is known yet.
    pub(super) fn new(count: usize) -> Self {
        let each = 0..count;
        Self {
            sessions: each.clone().map(|_| AtomicU64::new(0)).collect(),
            rests: each.map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// The one with the fewest sessions; of several that have as few, any. Where all are dead any as well: by the time
    /// somebody has answered it may be back.
    pub(super) fn fewest(&self) -> usize {
        let known: Vec<u64> = self.sessions.iter().map(|sessions| sessions.load(Ordering::Relaxed)).collect();
        let fewest = known.iter().min().copied().unwrap_or(DEAD);
        let best: Vec<usize> = (0..known.len()).filter(|nth| known.get(*nth) == Some(&fewest)).collect();
        // Hubs that look at the same moment must not all go to the same one.
        let chosen = rand::rng().random_range(0..best.len().max(1));
        best.get(chosen).copied().unwrap_or(0)
    }

    /// A session was made there, or not.
    pub(super) fn made(&self, nth: usize, made: &Result<bool, Error>) {
        let Some(sessions) = self.sessions.get(nth) else { return };
        match made {
            Ok(false) => {}
            Ok(true) => {
                let more = |known: u64| (known != DEAD).then(|| known + 1);
                // One that was taken for dead is counted when it is looked at.
                let _unchanged = sessions.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
            }
            Err(error) if error.is_retryable() => sessions.store(DEAD, Ordering::Relaxed),
            Err(_) => {}
        }
    }

    /// It does not take the secret.
    fn refused(&self, nth: usize) {
        if let Some(rests) = self.rests.get(nth) {
            rests.store(RESTS, Ordering::Relaxed);
        }
    }

    /// Whether it is spared this look.
    fn rests(&self, nth: usize) -> bool {
        let one_less = |rests: u32| rests.checked_sub(1);
        self.rests.get(nth).is_some_and(|it| it.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok())
    }

    fn is_dead(&self, nth: usize) -> bool {
        self.sessions.get(nth).is_none_or(|known| known.load(Ordering::Relaxed) == DEAD)
    }

    /// It was looked at. True: it was dead and is not, or the other way round.
    fn looked(&self, nth: usize, found: Option<u64>) -> bool {
        let found = found.unwrap_or(DEAD);
        self.sessions.get(nth).is_some_and(|known| (known.swap(found, Ordering::Relaxed) == DEAD) != (found == DEAD))
    }
}

impl Deployments {
    /// Asks every deployment whether it is there, takes its secret and how many sessions it has, and says so in the log: a
    /// wrong one would else come to light with the first call only.
    pub(crate) async fn look(&self) -> Vec<Result<(), Error>> {
        let look = async |(nth, (client, url)): (usize, &(zvonok_openvidu::Client, String))| {
            let found = client.probe().await;
            match &found {
                Ok(found) => tracing::info!(%url, version = ?found.version, "the deployment answers"),
                Err(error) => tracing::warn!(%url, %error, "{}", what_to_do(error)),
            }
            if matches!(found, Err(Error::SecretRefused { .. })) {
                self.load.refused(nth);
            }
            self.load.looked(nth, if found.is_ok() { client.session_count().await.ok() } else { None });
            found.map(|_found| ())
        };
        join_all(self.all.iter().enumerate().map(look)).await
    }

    /// Looks at all of them now and then until `stop`, and says which have gone and which are back.
    pub(crate) async fn watch(&self, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => return,
            _looks = self.look() => {}
        }
        if self.all.len() < 2 {
            // There is nothing to choose.
            return;
        }
        let mut every = interval(LOOK_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first is due at once.
        every.tick().await;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = every.tick() => {}
            }
            let look = async |(nth, (client, url)): (usize, &(zvonok_openvidu::Client, String))| {
                if self.load.rests(nth) {
                    return;
                }
                let counting = async {
                    // Whatever answers there now may be something else: the secret goes to an OpenVidu only.
                    if self.load.is_dead(nth) {
                        client.probe().await?;
                    }
                    client.session_count().await
                };
                let (found, error) = match timeout(LOOK_WITHIN, counting).await {
                    Ok(Ok(found)) => (Some(found), None),
                    Ok(Err(error)) => {
                        if matches!(error, Error::SecretRefused { .. }) {
                            self.load.refused(nth);
                        }
                        (None, Some(error.to_string()))
                    }
                    Err(_late) => (None, Some("no answer in time".to_owned())),
                };
                match (self.load.looked(nth, found), error) {
                    (true, Some(error)) => {
                        tracing::warn!(%url, error, "the deployment is gone: calls go to the others");
                    }
                    (true, None) => tracing::info!(%url, "the deployment answers again"),
                    (false, _) => {}
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                _looked = join_all(self.all.iter().enumerate().map(look)) => {}
            }
        }
    }
}

/// What whoever runs this server can do about a deployment.
fn what_to_do(error: &Error) -> &'static str {
    if matches!(error, Error::SecretRefused { .. }) {
        "calls will fail: the secret file that --openvidu names has another secret than the deployment (OPENVIDU_SECRET)"
    } else if matches!(error, Error::Certificate { .. }) {
        "calls will fail: make this machine trust the certificate, or name a file with it in SSL_CERT_FILE"
    } else if error.is_retryable() {
        "calls will fail until it answers: is it running, and is this its address?"
    } else {
        "calls will fail: is this the address of an OpenVidu?"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_session_goes_where_the_fewest_are() {
        let load = Load::new(3);
        for (nth, found) in [(0, Some(4)), (1, Some(2)), (2, None)] {
            assert_eq!(load.looked(nth, found), found.is_none());
        }
        for made in [1, 1] {
            assert_eq!(load.fewest(), made);
            load.made(made, &Ok(false));
            load.made(made, &Ok(true));
        }
        let one_of_two: std::collections::BTreeSet<usize> = (0..100).map(|_| load.fewest()).collect();
        assert_eq!(one_of_two.into_iter().collect::<Vec<_>>(), [0, 1]);
        load.made(2, &Ok(true));
        assert_ne!(load.fewest(), 2, "what is dead stays so until it is looked at");
        assert!(load.looked(2, Some(0)));
        assert_eq!(load.fewest(), 2);
    }
}
