//! How much of the disk recordings may take.

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

#[cfg(test)]
mod tests {
    use super::*;

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
