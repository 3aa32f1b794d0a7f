//! The driver's clock: one that does not jump for the machine, and the wall's for people.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use zvonok_call::Millis;

/// How far the two clocks may drift between two looks before it counts as sleep or a changed clock. NTP slews by less
/// than a millisecond a second.
const JUMP: Duration = Duration::from_secs(3);

/// Reads both clocks.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    /// Wall time less monotonic time at the last look, in milliseconds.
    offset: i64,
}

impl Clock {
    pub(super) fn start() -> Self {
        let mut clock = Self { start: Instant::now(), offset: 0 };
        clock.offset = clock.read_offset();
        clock
    }

    /// For the machine.
    pub(super) fn now(&self) -> Millis {
        Millis(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// The machine's time as milliseconds since 1970.
    pub(super) fn wall(&self, at: Millis) -> i64 {
        i64::try_from(at.0).unwrap_or(i64::MAX).saturating_add(self.read_offset())
    }

    /// When `at` is, for a timer.
    pub(super) fn instant(&self, at: Millis) -> Instant {
        // A deadline beyond the clock's range is one that nobody will see.
        self.start.checked_add(Duration::from_millis(at.0)).unwrap_or(self.start)
    }

    /// Whether the machine slept, or somebody set the clock, since the last look.
    pub(super) fn jumped(&mut self) -> bool {
        let offset = self.read_offset();
        let moved = offset.abs_diff(self.offset);
        self.offset = offset;
        u128::from(moved) > JUMP.as_millis()
    }

    fn read_offset(&self) -> i64 {
        let mono = i64::try_from(self.now().0).unwrap_or(i64::MAX);
        wall_now().saturating_sub(mono)
    }
}

/// Milliseconds since 1970.
pub(crate) fn wall_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
