//! How many bits a second come of something.

use std::time::{Duration, Instant};

/// Over this time a rate is measured: longer than a key frame's burst, shorter than it takes to grow tired of a picture that
/// stands.
const MEASURE: Duration = Duration::from_millis(500);

/// See the module. What is counted belongs to the present half second.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Since when, and how many bytes.
    count: Option<(Instant, u64)>,
    rate: Option<u64>,
}

impl Meter {
    /// So many bytes came.
    pub(crate) fn count(&mut self, bytes: usize, now: Instant) {
        let (since, counted) = self.count.get_or_insert((now, 0));
        let passed = now.saturating_duration_since(*since);
        if passed >= MEASURE {
            let rate = *counted * 8_000 / u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
            // Half of what it was: a second's worth of memory.
            self.rate = Some(self.rate.map_or(rate, |before| u64::midpoint(before, rate)));
            (*since, *counted) = (now, 0);
        }
        *counted += bytes as u64;
    }

    /// Bit/s, once it has been measured.
    pub(crate) fn rate(&self) -> Option<u64> {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_second() {
        let start = Instant::now();
        let mut meter = Meter::default();
        let mut run = |from: u64, bytes: usize| {
            for ms in (from..from + 2_000).step_by(10) {
                meter.count(bytes, start + Duration::from_millis(ms));
            }
            meter.rate().unwrap()
        };
        let (fast, slow) = (run(0, 1_250), run(2_000, 125));
        assert!((950_000..1_050_000).contains(&fast), "{fast}");
        assert!((100_000..260_000).contains(&slow), "{slow}");
        assert_eq!(Meter::default().rate(), None);
    }
}
