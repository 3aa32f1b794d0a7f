//! One subscriber's leg of one kind: its own sequence numbers, timestamps and VP8 picture ids, that go on without a gap
//! when the publisher comes back with a new peer connection.

use std::time::Instant;

use str0m::rtp::{Ssrc, Vp8Descriptor, Vp8Patch};

/// Where a packet goes on the subscriber's leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Extended sequence number.
    pub(crate) seq: u64,
    /// RTP time.
    pub(crate) time: u32,
}

/// How many pictures a packet may be late: 2 s at 30 pictures/s, after which nothing is sent again (RTX caches end there).
/// Fewer than half of the 128 ids that a publisher with short ones has.
const LATE: u16 = 60;

/// What names a publisher's run of numbers: its peer, and the SSRC.
pub(crate) type Source = (u64, Ssrc);

/// Rewrites numbers of one leg.
#[derive(Debug)]
pub(crate) struct Rewriter {
    clock_rate: u32,
    run: Option<Run>,
    /// Highest sequence number sent, with the time and moment of that packet.
    last: Last,
    picture: Picture,
}

#[derive(Debug)]
struct Run {
    source: Source,
    /// Theirs and ours of the first packet.
    seq: (u64, u64),
    time: (u32, u32),
}

#[derive(Debug)]
struct Last {
    seq: u64,
    time: u32,
    at: Option<Instant>,
}

impl Rewriter {
    /// `seed` makes the first numbers differ between legs (the leg's SSRC will do).
    pub(crate) fn new(clock_rate: u32, seed: u32) -> Self {
        // The first sequence number stays in the lower half, so that the receiver's roll-over count begins at zero.
        let seq = u64::from(seed & 0x3fff) + 1;
        Self { clock_rate, run: None, last: Last { seq, time: seed, at: None }, picture: Picture::default() }
    }

    /// Whether packets of `source` are being rewritten already; if not, [`Rewriter::place`] begins a new run.
    pub(crate) fn follows(&self, source: Source) -> bool {
        self.run.as_ref().is_some_and(|run| run.source == source)
    }

    /// What came until now is one run: the next one begins where it ended, whatever is left out between them.
    pub(crate) fn pause(&mut self) {
        self.run = None;
    }

    /// Where the packet goes; `None` for one that is older than its run's first.
    pub(crate) fn place(&mut self, source: Source, seq: u64, time: u32, now: Instant) -> Option<Place> {
        if !self.follows(source) {
            let gap = self.last.at.map_or(0, |at| {
                // What passed since, and at least a frame's worth, so that times never repeat.
                let passed = now.saturating_duration_since(at).as_micros() * u128::from(self.clock_rate) / 1_000_000;
                u32::try_from(passed).unwrap_or(u32::MAX / 4).max(self.clock_rate / 50)
            });
            self.run =
                Some(Run { source, seq: (seq, self.last.seq + 1), time: (time, self.last.time.wrapping_add(gap)) });
            self.picture.begin();
        }
        let run = self.run.as_ref()?;
        let place = Place {
            seq: seq.checked_sub(run.seq.0)? + run.seq.1,
            time: run.time.1.wrapping_add(time.wrapping_sub(run.time.0)),
        };
        if place.seq > self.last.seq {
            self.last = Last { seq: place.seq, time: place.time, at: Some(now) };
        }
        Some(place)
    }

    /// The patch that makes the picture ids of a VP8 payload go on from the previous run's; `None` where they are fine.
    pub(crate) fn patch(&mut self, vp8: &Vp8Descriptor) -> Option<Vp8Patch> {
        self.picture.patch(vp8)
    }
}

/// Offsets of the three VP8 counters, and the last that were sent.
#[derive(Debug, Default)]
struct Picture {
    begins: bool,
    offset: (u16, u8, u8),
    last: Option<(u16, u8, u8)>,
}

impl Picture {
    fn begin(&mut self) {
        self.begins = true;
    }

    fn patch(&mut self, vp8: &Vp8Descriptor) -> Option<Vp8Patch> {
        let theirs = (vp8.picture_id()?, vp8.tl0_pic_idx().unwrap_or(0), vp8.key_idx().unwrap_or(0));
        if std::mem::take(&mut self.begins) {
            self.offset = self.last.map_or((0, 0, 0), |last| {
                (
                    last.0.wrapping_add(1).wrapping_sub(theirs.0),
                    last.1.wrapping_add(1).wrapping_sub(theirs.1),
                    last.2.wrapping_add(1).wrapping_sub(theirs.2),
                )
            });
        }
        let picture = theirs.0.wrapping_add(self.offset.0) & 0x7fff;
        let tl0 = theirs.1.wrapping_add(self.offset.1);
        let key = theirs.2.wrapping_add(self.offset.2) & 0x1f;
        // A packet that comes late must not make the next run begin with an id that was sent before.
        let late = self.last.is_some_and(|last| (1..=LATE).contains(&(last.0.wrapping_sub(picture) & 0x7fff)));
        if !late {
            self.last = Some((picture, tl0, key));
        }
        if self.offset == (0, 0, 0) {
            return None;
        }
        let build = |picture| {
            let mut patch = vp8.patch().picture_id(picture);
            if vp8.tl0_pic_idx().is_some() {
                patch = patch.tl0_pic_idx(tl0);
            }
            if vp8.key_idx().is_some() {
                patch = patch.key_idx(key);
            }
            patch.build().ok()
        };
        // A publisher may write short picture ids: seven bits.
        build(picture).or_else(|| build(picture & 0x7f))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const RATE: u32 = 90_000;

    fn source(peer: u64) -> Source {
        (peer, Ssrc::from(7))
    }

    #[test]
    fn a_new_source_goes_on_where_the_old_one_ended() {
        let start = Instant::now();
        let mut legs = Rewriter::new(RATE, 5);
        let first = legs.place(source(1), 60_000, 1_000, start).unwrap();
        let second = legs.place(source(1), 60_001, 4_000, start).unwrap();
        assert_eq!((second.seq, second.time), (first.seq + 1, first.time + 3_000));
        let later = legs.place(source(2), 3, 77, start + Duration::from_secs(2)).unwrap();
        assert_eq!(later.seq, second.seq + 1);
        assert_eq!(later.time, second.time + 2 * RATE);
    }

    #[test]
    fn picture_ids_go_on_after_a_change_of_source() {
        let payload = |picture: u8, tl0: u8| [0x90, 0xe0, picture, tl0, 0x20, 0x00];
        let start = Instant::now();
        let mut leg = Rewriter::new(RATE, 5);
        leg.place(source(1), 10, 0, start);
        let old = Vp8Descriptor::parse(&payload(0x11, 9)).unwrap();
        assert!(leg.patch(&old).is_none(), "the first source is left as it is");
        leg.place(source(2), 10, 0, start);
        let new = Vp8Descriptor::parse(&payload(0x40, 3)).unwrap();
        assert_eq!(leg.patch(&new), new.patch().picture_id(0x12).tl0_pic_idx(10).build().ok());
    }

    #[test]
    fn a_picture_that_comes_late_is_not_where_the_next_source_begins() {
        let payload = |picture: u8| [0x80, 0x80, picture, 0x00];
        let mut leg = Rewriter::new(RATE, 5);
        let mut sent = |source, picture: u8| {
            let vp8 = Vp8Descriptor::parse(&payload(picture)).unwrap();
            leg.place(source, 10 + u64::from(picture), 0, Instant::now());
            (leg.patch(&vp8), vp8)
        };
        for picture in [20, 21, 22, 20] {
            assert!(sent(source(1), picture).0.is_none());
        }
        let (patch, vp8) = sent(source(2), 90);
        assert_eq!(patch, vp8.patch().picture_id(23).build().ok(), "22 was sent already");
    }

    proptest! {
        #[test]
        fn whatever_a_payload_says_it_is_patched_or_left(
            payloads in proptest::collection::vec((0u64..3, proptest::collection::vec(any::<u8>(), 0..40)), 1..60),
        ) {
            let mut leg = Rewriter::new(RATE, 5);
            for (at, (from, payload)) in payloads.iter().enumerate() {
                leg.place(source(*from), at as u64, 0, Instant::now());
                if let Ok(vp8) = Vp8Descriptor::parse(payload)
                    && let Some(patch) = leg.patch(&vp8)
                {
                    // What is patched is read again as it was meant.
                    prop_assert!(vp8.picture_id().is_some(), "{patch:?}");
                }
            }
        }

        #[test]
        fn order_and_distance_are_kept(base in 0u64..1 << 40, steps in proptest::collection::vec(0u64..3_000, 1..50)) {
            let start = Instant::now();
            let mut leg = Rewriter::new(RATE, 1);
            let first = leg.place(source(1), base, 0, start).unwrap();
            for step in steps {
                let place = leg.place(source(1), base + step, (step as u32).wrapping_mul(3_000), start).unwrap();
                prop_assert_eq!(place.seq - first.seq, step);
                prop_assert_eq!(place.time.wrapping_sub(first.time), (step as u32).wrapping_mul(3_000));
            }
        }

        #[test]
        fn nothing_sent_before_is_sent_again_after_a_change(old in 0u64..1 << 20, new in 0u64..1 << 20, n in 1u64..500) {
            let start = Instant::now();
            let mut leg = Rewriter::new(RATE, 1);
            let mut highest = 0;
            for step in 0..n {
                highest = leg.place(source(1), old + step, 0, start).unwrap().seq;
            }
            prop_assert_eq!(leg.place(source(2), new + 1, 0, start).unwrap().seq, highest + 1);
            prop_assert!(leg.place(source(2), new, 0, start).is_none());
        }
    }
}
