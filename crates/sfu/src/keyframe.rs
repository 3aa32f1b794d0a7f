//! Key-frame requests: many subscribers ask, the publisher is asked once a burst.

use std::time::Instant;

use crate::defaults::KEYFRAME_INTERVAL;

/// Decides when a publisher is asked for a key frame.
#[derive(Debug, Default)]
pub(crate) struct KeyframeGate {
    asked: Option<Instant>,
    waiting: bool,
}

impl KeyframeGate {
    /// A subscriber needs one. True: ask the publisher now. Otherwise it was asked a moment ago, and
    /// [`KeyframeGate::deadline`] tells when to ask again unless one comes first.
    pub(crate) fn request(&mut self, now: Instant) -> bool {
        if self.deadline_after_last().is_some_and(|at| now < at) {
            self.waiting = true;
            return false;
        }
        self.asked = Some(now);
        self.waiting = false;
        true
    }

    /// A key frame begins: whoever waits gets it.
    pub(crate) fn seen(&mut self) {
        self.waiting = false;
    }

    /// When to call [`KeyframeGate::due`].
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if self.waiting { self.deadline_after_last() } else { None }
    }

    /// Time passed. True: ask the publisher now.
    pub(crate) fn due(&mut self, now: Instant) -> bool {
        self.deadline().is_some_and(|at| at <= now) && self.request(now)
    }

    fn deadline_after_last(&self) -> Option<Instant> {
        self.asked.map(|at| at + KEYFRAME_INTERVAL)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_becomes_one_request_and_one_more_if_no_key_frame_came() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut gate = KeyframeGate::default();
        assert!(gate.request(start), "the first asks at once");
        assert!(!gate.request(at(10)));
        assert!(!gate.request(at(20)));
        assert!(!gate.due(at(499)));
        assert!(gate.due(at(500)), "nothing came, so it asks again");
        assert_eq!(gate.deadline(), None);
        assert!(!gate.request(at(600)));
        gate.seen();
        assert!(!gate.due(at(2_000)), "the key frame served whoever waited");
    }
}
