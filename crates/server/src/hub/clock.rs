//! The hub's clock: wall-clock milliseconds that never go backwards.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;
use zvonok_signaling_proto::Millis;

/// Wall-clock time at the start, and monotonic time since: a clock that is set while a ring lives does not end it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    started: Instant,
    started_at: Millis,
}

impl Clock {
    pub(super) fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Instant::now(), started_at: u64::try_from(since.as_millis()).unwrap_or(u64::MAX / 2) }
    }

    pub(super) fn now(&self) -> Millis {
        let passed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX / 2);
        self.started_at.saturating_add(passed)
    }

    /// The moment of a time; one in the past is now.
    pub(super) fn moment(&self, at: Millis) -> Instant {
        self.started + Duration::from_millis(at.saturating_sub(self.started_at))
    }
}
