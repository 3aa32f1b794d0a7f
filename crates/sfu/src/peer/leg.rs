//! A line of a peer connection that we send on.

use str0m::Rtc;
use str0m::media::{Mid, Pt};
use str0m::rtp::Ssrc;

use crate::rewrite::Rewriter;

/// A line that we send on.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) pt: Pt,
    pub(super) ssrc: Ssrc,
    pub(super) rewriter: Rewriter,
}

impl Leg {
    pub(super) fn new(rtc: &mut Rtc, mid: Mid, pt: Pt, clock_rate: u32) -> Option<Self> {
        let mut direct = rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, None)?;
        // The publisher paces already; a second pacer would add up to 40 ms.
        stream.set_unpaced(true);
        let ssrc = stream.ssrc();
        Some(Self { pt, ssrc, rewriter: Rewriter::new(clock_rate, *ssrc) })
    }
}
