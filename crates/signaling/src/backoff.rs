//! How long to wait before the next try.

use std::time::Duration;

/// Exponential back-off with full jitter: the bound doubles with every failure, and the pause is anything below it,
/// so that clients of a hub that was restarted do not come back all at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Bound of the first pause.
    pub base: Duration,
    /// Largest bound.
    pub max: Duration,
    /// Least pause, so that a server that drops everybody at once is not hammered.
    pub min: Duration,
}

impl Default for Backoff {
    /// Half a second, doubling up to 15 s: two tries fall into the 30 s that a hub waits for a device in a call.
    fn default() -> Self {
        Self { base: Duration::from_millis(500), max: Duration::from_secs(15), min: Duration::from_millis(50) }
    }
}

impl Backoff {
    /// The pause after `failures` failures in a row, for a random number in `0.0..1.0`.
    #[must_use]
    pub fn pause(&self, failures: u32, random: f64) -> Duration {
        let doubled = self.base.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        let bound = doubled.min(self.max);
        bound.mul_f64(random.clamp(0.0, 1.0)).max(self.min)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_pause_grows_and_is_bounded(failures in 0_u32..200, random in 0.0_f64..1.0) {
            let backoff = Backoff::default();
            let pause = backoff.pause(failures, random);
            prop_assert!(pause >= backoff.min && pause <= backoff.max);
            prop_assert!(backoff.pause(failures + 1, random) >= pause);
        }
    }

    #[test]
    fn the_bound_doubles_up_to_the_largest() {
        let backoff = Backoff::default();
        let bounds: Vec<_> = (1..8).map(|n| backoff.pause(n, 1.0).as_millis()).collect();
        assert_eq!(bounds, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    }
}
