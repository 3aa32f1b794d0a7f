//! Accounts that change while the hub runs, by `zvonok-server user`.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::handle::Hub;
use super::machine::Input;
use crate::database::{DatabaseError, full};

/// How often the hub looks for accounts that changed, and how often it looks at all of them, since tokens also expire.
const LOOK: Duration = Duration::from_secs(1);
const LOOKS: u32 = 60;

/// The revision of the accounts that the hub's task was told last. Locked from the look to the telling, so that an older
/// look is never told after a newer one.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Option<u64>>);

impl Hub {
    /// Tells the hub's task about the accounts if they changed, or in any case.
    pub(super) async fn look(&self, all: bool) -> Result<(), DatabaseError> {
        let mut known = self.door.known.0.lock().await;
        // Read first, so that a change in between is seen the next time.
        let revision = self.database.accounts_revision().await?;
        if *known != Some(revision) || all {
            let accounts = self.database.accounts().await?;
            self.tell(Input::Accounts(accounts)).await;
            *known = Some(revision);
        }
        Ok(())
    }
}

/// Tells the hub's task about accounts that change, until `stop`.
pub(super) async fn watch(hub: Hub, stop: CancellationToken) {
    let mut every = tokio::time::interval(LOOK);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut looks, mut down) = (0, false);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        looks += 1;
        match hub.look(looks % LOOKS == 0).await {
            Ok(()) => down = false,
            Err(error) if !down => {
                down = true;
                tracing::error!(
                    error = full(&error),
                    "changes of accounts cannot be seen: those known stay as they are"
                );
            }
            Err(_) => {}
        }
    }
}
