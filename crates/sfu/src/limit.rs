//! How much a publisher may send: what the weakest of its subscribers can take that are not slow (`thin.rs`).

use std::time::Instant;

use crate::defaults::{DESIRED_BITRATE, HEADROOM, LIMIT_INTERVAL, LIMIT_STEP, MIN_BITRATE};

/// Decides when a publisher is told a limit. It is told every now and then again, since the word (REMB) is a datagram
/// like any other and may be lost: a publisher that has not heard of a limit floods the link, one that has not heard of
/// its end stays small for ever.
#[derive(Debug, Default)]
pub(crate) struct Limit {
    told: Option<(u64, Instant)>,
}

impl Limit {
    /// What to tell now, bit/s, where `weakest` is what the weakest subscriber can take; `None` while nobody limits.
    pub(crate) fn tell(&mut self, weakest: Option<u64>, now: Instant) -> Option<u64> {
        let limit = match weakest {
            Some(estimate) => (estimate / 100 * HEADROOM).max(MIN_BITRATE),
            // Who limited it has left.
            None if self.told.is_some() => DESIRED_BITRATE,
            None => return None,
        };
        let due =
            self.told.is_none_or(|(last, at)| last.abs_diff(limit) > last / LIMIT_STEP || now >= at + LIMIT_INTERVAL);
        if !due {
            return None;
        }
        self.told = Some((limit, now));
        Some(limit)
    }

    /// The publisher has a new peer connection, which was told nothing yet.
    pub(crate) fn forget(&mut self) {
        self.told = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_limit_is_told_when_it_changes_and_again_after_a_while() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut limit = Limit::default();
        assert_eq!(limit.tell(None, start), None, "nobody limits");
        let told = limit.tell(Some(1_000_000), start).unwrap();
        assert!(told < 1_000_000, "some is left for retransmissions");
        assert_eq!(limit.tell(Some(1_050_000), at(10)), None, "as good as the same");
        assert!(limit.tell(Some(400_000), at(20)).is_some_and(|limit| limit < 400_000));
        assert_eq!(limit.tell(Some(400_000), at(500)), None);
        assert!(limit.tell(Some(400_000), at(1_020)).is_some(), "told again");
        assert_eq!(limit.tell(Some(1), at(1_030)), Some(MIN_BITRATE));
        assert_eq!(limit.tell(None, at(1_040)), Some(DESIRED_BITRATE), "nobody limits any more");
        limit.forget();
        assert_eq!(limit.tell(None, at(5_000)), None);
    }
}
