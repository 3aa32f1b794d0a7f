//! What went through the SFU, and what never arrived.

use str0m::rtp::Ssrc;

/// What went through an SFU since it was made. Payloads only: headers, retransmissions and control packets are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets that publishers brought.
    pub packets_in: u64,
    /// Bytes of their payloads.
    pub bytes_in: u64,
    /// Packets that subscribers were sent.
    pub packets_out: u64,
    /// Bytes of their payloads.
    pub bytes_out: u64,
    /// Packets of publishers that never arrived, retransmissions included.
    pub packets_lost: u64,
    /// How often subscribers, and who records, have changed layers.
    pub layer_switches: u64,
}

/// So many packets may overtake one before it is taken for lost: two seconds of a stream of 2 Mbit/s, by which time a
/// retransmission has come or will not.
const WINDOW: u64 = 512;

/// Sources of one publisher that are watched: sound, pictures in up to eight sizes, and what a reload leaves behind. More are
/// not counted.
const SOURCES: usize = 10;

/// What is missing in the packets of one publisher.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    sources: Vec<(Ssrc, Gap)>,
}

impl Gaps {
    /// A packet has arrived. Gives how many are lost for good by now, and were not before.
    pub(crate) fn note(&mut self, source: Ssrc, seq: u64) -> u64 {
        if let Some((_, gap)) = self.sources.iter_mut().find(|(known, _)| *known == source) {
            return gap.note(seq);
        }
        if self.sources.len() < SOURCES {
            self.sources.push((source, Gap::new(seq)));
        }
        0
    }
}

/// What is missing in one run of sequence numbers.
#[derive(Debug)]
struct Gap {
    first: u64,
    highest: u64,
    /// Which of the last numbers have come, each at its place.
    seen: Box<[bool]>,
}

impl Gap {
    fn new(seq: u64) -> Self {
        let mut gap = Self { first: seq, highest: seq, seen: std::iter::repeat_n(false, WINDOW as usize).collect() };
        gap.mark(seq, true);
        gap
    }

    fn note(&mut self, seq: u64) -> u64 {
        if seq > self.highest.saturating_add(WINDOW) {
            // Nobody loses so much in a row and goes on: the numbers begin anew.
            *self = Self::new(seq);
            return 0;
        }
        let mut lost = 0;
        for next in self.highest.saturating_add(1)..=seq {
            // Its place is that of the one a window before, which nobody waits for any more.
            let due = next.checked_sub(WINDOW).is_some_and(|old| old >= self.first);
            if due && !self.has(next) {
                lost += 1;
            }
            self.mark(next, false);
        }
        self.highest = self.highest.max(seq);
        if seq >= self.first && self.highest - seq < WINDOW {
            self.mark(seq, true);
        }
        lost
    }

    fn has(&self, seq: u64) -> bool {
        self.seen.get(place(seq)).copied().unwrap_or(true)
    }

    fn mark(&mut self, seq: u64, seen: bool) {
        if let Some(mark) = self.seen.get_mut(place(seq)) {
            *mark = seen;
        }
    }
}

fn place(seq: u64) -> usize {
    usize::try_from(seq % WINDOW).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lost(seqs: impl IntoIterator<Item = u64>) -> u64 {
        let mut gaps = Gaps::default();
        seqs.into_iter().map(|seq| gaps.note(Ssrc::from(1), seq)).sum()
    }

    #[test]
    fn what_comes_late_is_not_lost_and_what_never_comes_is_counted_once() {
        assert_eq!(lost(1_000..3_000), 0);
        assert_eq!(lost((1_000..3_000).filter(|seq| *seq != 1_500)), 1);
        let late = (1_000..1_600).filter(|seq| *seq != 1_500).chain([1_500]).chain(1_600..3_000);
        assert_eq!(lost(late), 0);
        assert_eq!(lost((1_000..1_600).filter(|seq| *seq != 1_500)), 0, "it may still come");
        assert_eq!(lost([7, 5, 4, 6].into_iter().chain(8..2_000)), 0, "older than the first is nobody's loss");
        assert_eq!(lost((0..100).chain(1_000_000..1_000_100)), 0, "numbers that begin anew");
    }

    #[test]
    fn sources_are_told_apart_and_bounded() {
        let mut gaps = Gaps::default();
        let all: u64 = (0..2_000).map(|seq| gaps.note(Ssrc::from(seq as u32 % 2), seq / 2)).sum();
        assert_eq!(all, 0);
        for source in 0..1_000 {
            assert_eq!(gaps.note(Ssrc::from(source), 0), 0);
        }
        assert_eq!(gaps.sources.len(), SOURCES);
    }

    proptest! {
        #[test]
        fn never_more_is_lost_than_was_left_out(left_out in proptest::collection::btree_set(1u64..3_000, 0..200)) {
            let inner = left_out.iter().filter(|seq| **seq < 3_000 - WINDOW).count() as u64;
            let lost = lost((0..3_000).filter(|seq| !left_out.contains(seq)));
            prop_assert!(lost >= inner.saturating_sub(1) && lost <= left_out.len() as u64, "{lost} of {}", left_out.len());
        }
    }
}
