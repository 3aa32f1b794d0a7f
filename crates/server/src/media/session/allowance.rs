//! How many signals a participant may send: each goes to everybody, and to webhooks and records.

use std::time::Instant;

use super::super::defaults;

/// What a participant has left.
#[derive(Debug)]
pub(super) struct Allowance {
    left: f64,
    at: Instant,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { left: defaults::SIGNALS_BURST, at: Instant::now() }
    }
}

impl Allowance {
    /// Whether a signal of so many bytes may be sent now; then it is counted.
    pub(super) fn take(&mut self, bytes: usize, now: Instant) -> bool {
        let refilled = now.saturating_duration_since(self.at).as_secs_f64() * defaults::SIGNALS_PER_SECOND;
        self.left = (self.left + refilled).min(defaults::SIGNALS_BURST);
        self.at = now;
        let cost = 1.0 + (bytes / defaults::SIGNAL_BYTES) as f64;
        let may = self.left >= cost;
        if may {
            self.left -= cost;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn signals_are_counted_by_number_and_by_length() {
        let now = Instant::now();
        let mut allowance = Allowance { at: now, ..Allowance::default() };
        assert_eq!((0..1_000).filter(|_| allowance.take(100, now)).count(), 200);
        let later = now + Duration::from_secs(1);
        assert_eq!((0..1_000).filter(|_| allowance.take(100, later)).count(), 50);
        let rested = later + Duration::from_secs(60);
        assert_eq!((0..1_000).filter(|_| allowance.take(256 * 1024, rested)).count(), 3, "the longest ones");
    }
}
