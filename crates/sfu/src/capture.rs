//! When a packet was captured, on our clock: what keeps a stream's sound and picture together at the subscribers.

use std::time::{Duration, Instant, SystemTime};

use str0m::rtp::RtpPacket;

/// Maps a publisher's sender reports to our clock. One for audio and video together, since their sender reports speak
/// of one clock and their difference is what matters.
#[derive(Debug, Default)]
pub(crate) struct CaptureClock {
    anchor: Option<(SystemTime, Instant)>,
}

impl CaptureClock {
    /// When `packet` was captured. Its arrival, as long as the publisher has sent no report for it.
    pub(crate) fn captured_at(&mut self, packet: &RtpPacket, clock_rate: u32) -> Instant {
        let Some(report) = packet.last_sender_info else { return packet.timestamp };
        // The difference of 32-bit RTP times, signed: the packet may be a little older than the report.
        let ticks = packet.header.timestamp.wrapping_sub(report.rtp_time.numer() as u32).cast_signed();
        let offset = Duration::from_micros(u64::from(ticks.unsigned_abs()) * 1_000_000 / u64::from(clock_rate));
        let captured =
            if ticks >= 0 { report.ntp_time.checked_add(offset) } else { report.ntp_time.checked_sub(offset) };
        let Some(captured) = captured else { return packet.timestamp };
        let (theirs, ours) = *self.anchor.get_or_insert((captured, packet.timestamp));
        let mapped = match captured.duration_since(theirs) {
            Ok(later) => ours.checked_add(later),
            Err(earlier) => ours.checked_sub(earlier.duration()),
        };
        mapped.unwrap_or(packet.timestamp)
    }
}
