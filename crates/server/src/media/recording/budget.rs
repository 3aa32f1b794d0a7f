//! How much of the disk recordings may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::file::FileFault;

/// A limit, and what is used of it.
#[derive(Debug)]
pub(super) struct Budget {
    limit: u64,
    used: AtomicU64,
}

impl Budget {
    /// `used` bytes of `limit` are taken already.
    pub(super) fn new(limit: u64, used: u64) -> Self {
        Self { limit, used: AtomicU64::new(used) }
    }

    /// Takes `bytes`, all or nothing.
    pub(super) fn take(&self, bytes: u64) -> Result<(), FileFault> {
        let add = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).map(drop).map_err(|_used| FileFault::Full)
    }

    /// Takes what was written already.
    pub(super) fn add(&self, bytes: u64) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Gives back what was deleted.
    pub(super) fn give_back(&self, bytes: u64) {
        let less = |used: u64| Some(used.saturating_sub(bytes));
        // Never fails: the closure always gives a value.
        let _previous = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// Whether nothing is left.
    pub(super) fn is_full(&self) -> bool {
        self.used.load(Ordering::Relaxed) >= self.limit
    }
}

/// What one recording has of it. While it is packed it is on the disk twice, so it takes twice what is written.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    taken: AtomicU64,
}

impl Share {
    /// One that has `taken` bytes.
    pub(super) fn new(budget: Arc<Budget>, taken: u64) -> Self {
        budget.add(taken);
        Self { budget, taken: AtomicU64::new(taken) }
    }

    /// Takes what it needs to write `bytes` and to pack them, all or nothing.
    pub(super) fn take(&self, bytes: u64) -> Result<(), FileFault> {
        let both = bytes.saturating_mul(2);
        self.budget.take(both)?;
        self.taken.fetch_add(both, Ordering::Relaxed);
        Ok(())
    }

    /// What it has for packing.
    pub(super) fn spare(&self) -> u64 {
        self.taken.load(Ordering::Relaxed) / 2
    }

    /// It has exactly `bytes` now.
    pub(super) fn settle(&self, bytes: u64) {
        self.budget.add(bytes);
        self.budget.give_back(self.taken.swap(bytes, Ordering::Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_has_room_to_be_packed() {
        let budget = Arc::new(Budget::new(100, 0));
        let share = Share::new(Arc::clone(&budget), 10);
        assert!(share.take(46).is_err() && share.take(45).is_ok() && budget.is_full());
        share.settle(45);
        assert!(budget.take(55).is_ok() && budget.is_full());
        share.settle(0);
        assert!(budget.take(45).is_ok());
    }

    #[test]
    fn nothing_beyond_the_limit_is_taken() {
        let budget = Budget::new(100, 40);
        assert!(budget.take(60).is_ok() && budget.is_full());
        assert!(matches!(budget.take(1), Err(FileFault::Full)));
        budget.give_back(30);
        assert!(budget.take(31).is_err() && budget.take(30).is_ok());
        budget.give_back(1_000);
        assert!(!budget.is_full());
    }
}
