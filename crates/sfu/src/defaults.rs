//! Every number of this crate, with where it comes from.

use std::time::Duration;

/// A burst of key-frame requests within this time becomes one. A key frame of 640x480 takes 5-10 packets; asking more
/// often than twice a second costs more bitrate than the wait costs patience (libwebrtc's own limit is 300 ms a receiver).
pub(crate) const KEYFRAME_INTERVAL: Duration = Duration::from_millis(500);

/// Peer connections at a time. One takes about 100 kB with its retransmission cache; 4,000 are about 400 MB.
pub(crate) const MAX_PEERS: usize = 4_000;

/// An offer longer than this is refused unread. Chromium's two-line offers are about 6 kB, the four-line ones 12 kB.
pub(crate) const MAX_OFFER_BYTES: usize = 128 * 1024;

/// m-lines in an offer: 2.18.0 makes four.
pub(crate) const MAX_OFFER_LINES: usize = 16;

/// What the sending side believes of a new subscriber's bandwidth, bit/s: enough for the 1 Mbit/s that 640x480 VP8
/// takes, so that the first picture is not held back; feedback corrects it within a second.
pub(crate) const START_BITRATE: u64 = 2_000_000;

/// What a subscriber is probed up to, bit/s: libwebrtc's own upper limit for one VP8 stream of up to 1280x720.
pub(crate) const DESIRED_BITRATE: u64 = 2_500_000;

/// The same where it gets one of several layers, bit/s: libwebrtc's upper limit for the largest one, and what is to be left
/// beside it before it is gone to.
pub(crate) const DESIRED_LAYERED: u64 = 3_500_000;

/// Nobody who can take so much is slow, bit/s: a 640x480 picture of a face needs no more.
pub(crate) const DECENT_BITRATE: u64 = 800_000;

/// What sound takes beside pictures, bit/s: Opus at 32 kbit/s, in 50 packets/s with their headers.
pub(crate) const SOUND_BITRATE: u64 = 40_000;

/// A publisher is never asked (by REMB) to go below this, bit/s: below it a picture is not worth sending.
pub(crate) const MIN_BITRATE: u64 = 100_000;

/// A publisher is told a new limit when it differs by more than a tenth from the last one.
pub(crate) const LIMIT_STEP: u64 = 10;

/// Of what a subscriber can take this much is for the publisher's packets, in hundredths: the rest is for retransmissions
/// and for the padding that probes. Measured on links of 150 to 900 kbit/s over 120 s: with all of it the picture froze
/// for 27 s, up to 7 s at a time; with 85 for 3 s at a time; with 75 only in the first 3 s (`tests/steering.rs`).
pub(crate) const HEADROOM: u64 = 75;

/// A limit is told again after this time: RTCP has no acknowledgements. libwebrtc's receivers repeat theirs as often.
pub(crate) const LIMIT_INTERVAL: Duration = Duration::from_secs(1);

/// How often a peer connection's figures are summed up: often enough to notice a bad network within some seconds, and too
/// seldom to cost anything beside its packets.
pub(crate) const REPORT_INTERVAL: Duration = Duration::from_secs(2);

/// Proven addresses of one peer connection that packets are taken from: two address families, and a few changes of
/// network within one call.
pub(crate) const MAX_ADDRESSES: usize = 8;

/// Video packets kept for retransmission to a subscriber: 3 s at 300 packets/s (str0m's cache also ends at 3 s).
pub(crate) const SEND_BUFFER_VIDEO: usize = 1_000;

/// Audio packets kept for retransmission: 1 s at 50 packets/s.
pub(crate) const SEND_BUFFER_AUDIO: usize = 50;

/// Clock rate of all video codecs in RTP (RFC 7741, RFC 9628, RFC 6184).
pub(crate) const VIDEO_CLOCK: u32 = 90_000;

/// Clock rate of Opus in RTP (RFC 7587).
pub(crate) const OPUS_CLOCK: u32 = 48_000;

/// Clock rate of G.711 in RTP (RFC 3551).
pub(crate) const G711_CLOCK: u32 = 8_000;

/// Payload types of ours, from the dynamic range; an answer carries the offer's.
pub(crate) const VP9_PT: u8 = 98;
/// See [`VP9_PT`].
pub(crate) const VP9_RTX_PT: u8 = 99;
/// See [`VP9_PT`].
pub(crate) const H264_PT: u8 = 108;
/// See [`VP9_PT`].
pub(crate) const H264_RTX_PT: u8 = 109;

/// H.264 constrained baseline, level 3.1: the profile that RFC 7742 requires of browsers.
pub(crate) const H264_PROFILE: u32 = 0x42_e01f;

/// The least a peer connection waits for its next call: the granularity of the driver's timer.
pub(crate) const MIN_WAIT: Duration = Duration::from_millis(1);
