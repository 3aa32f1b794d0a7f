//! How many TCP connections there may be, and how many of them of nobody.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::defaults;

/// Counts connections.
#[derive(Debug, Clone)]
pub(super) struct Strangers {
    all: Arc<Semaphore>,
    table: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    together: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection of nobody, until this is dropped.
#[derive(Debug)]
pub(super) struct Stranger {
    address: IpAddr,
    table: Arc<Mutex<Table>>,
}

impl Default for Strangers {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(defaults::TCP_CONNECTIONS)), table: Arc::default() }
    }
}

impl Strangers {
    /// One more connection, of nobody yet; `None` where there are too many. The permit is for as long as it is there.
    pub(super) fn enter(&self, address: IpAddr) -> Option<(OwnedSemaphorePermit, Stranger)> {
        let permit = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let mut table = lock(&self.table);
        if table.together >= defaults::TCP_STRANGERS {
            return None;
        }
        let here = table.by_address.entry(address).or_default();
        if *here >= defaults::TCP_STRANGERS_OF_ADDRESS {
            return None;
        }
        *here += 1;
        table.together += 1;
        Some((permit, Stranger { address, table: Arc::clone(&self.table) }))
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut table = lock(&self.table);
        table.together = table.together.saturating_sub(1);
        if let Some(here) = table.by_address.get_mut(&self.address) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                table.by_address.remove(&self.address);
            }
        }
    }
}

/// Every critical section leaves the table whole, so a poisoned lock still guards good data.
fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_few_strangers_and_all_together_not_many_more() {
        let strangers = Strangers::default();
        let address = |n: usize| IpAddr::from(u32::try_from(n).unwrap().to_be_bytes());
        let mut held: Vec<_> =
            (0..defaults::TCP_STRANGERS_OF_ADDRESS).map(|_| strangers.enter(address(1)).unwrap()).collect();
        assert!(strangers.enter(address(1)).is_none());
        let (_permit, stranger) = held.pop().unwrap();
        drop(stranger);
        held.push(strangers.enter(address(1)).expect("one of them is known now"));
        while held.len() < defaults::TCP_STRANGERS {
            held.push(strangers.enter(address(100 + held.len())).unwrap());
        }
        assert!(strangers.enter(address(2)).is_none());
        held.clear();
        assert!(lock(&strangers.table).by_address.is_empty());
    }
}
