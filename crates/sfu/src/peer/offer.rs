//! Offers of ours to subscribers, and what their answers make of them.

use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

use str0m::bwe::Bitrate;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};

use super::answer::{Setup, payload_type};
use super::leg::Leg;
use super::{Incoming, Peer};
use crate::capture::CaptureClock;
use crate::codec::{AudioCodec, Codecs, VideoCodec};
use crate::counts::Gaps;
use crate::defaults;
use crate::error::SfuError;
use crate::guard::guarded;
use crate::measure::Reports;
use crate::{Kinds, Purpose};

/// Names the stream that both lines of an offer belong to, so that browsers keep sound and picture together.
const MEDIA_STREAM: &str = "stream";

/// An offer that was made, and its lines.
pub(super) struct Offered {
    pending: SdpPendingOffer,
    audio: Option<Mid>,
    video: Option<Mid>,
}

impl fmt::Debug for Offered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offered").field("audio", &self.audio).field("video", &self.video).finish_non_exhaustive()
    }
}

impl Peer {
    /// A peer connection that is offered what is coded so, on a line of each of `kinds`.
    pub(crate) fn offer(
        setup: &Setup,
        purpose: Purpose,
        codecs: Codecs,
        kinds: Kinds,
        now: Instant,
    ) -> Result<(Self, String), SfuError> {
        let mut rtc = setup.rtc(codecs, true, now);
        let mut change = rtc.sdp_api();
        let mut line = |kind| change.add_media(kind, Direction::SendOnly, Some(MEDIA_STREAM.to_owned()), None, None);
        let audio = kinds.audio.then(|| line(MediaKind::Audio));
        let video = kinds.video.then(|| line(MediaKind::Video));
        let (offer, pending) = change.apply().ok_or(SfuError::NothingOffered("be sent"))?;
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        let peer = Self {
            purpose,
            ufrag,
            addresses: VecDeque::new(),
            deadline: now,
            dirty: true,
            connected: false,
            broken: false,
            estimate: None,
            reaches: None,
            shows: None,
            quiet: false,
            reports: Reports::default(),
            clock: CaptureClock::default(),
            gaps: Gaps::default(),
            codecs,
            twin: None,
            offered: Some(Offered { pending, audio, video }),
            incoming: Incoming::default(),
            audio: None,
            video: None,
            rtc,
        };
        Ok((peer, offer.to_sdp_string()))
    }

    /// Takes the answer to the offer that was made.
    pub(crate) fn accept(&mut self, answer: &str) -> Result<(), SfuError> {
        let Offered { pending, audio, video } = self.offered.take().ok_or(SfuError::NotOffered)?;
        if answer.len() > defaults::MAX_OFFER_BYTES {
            return Err(SfuError::Answer(format!("it is longer than {} bytes", defaults::MAX_OFFER_BYTES)));
        }
        let answer = SdpAnswer::from_sdp_string(answer).map_err(|error| SfuError::Answer(error.to_string()))?;
        let rtc = &mut self.rtc;
        if let Err(fault) = guarded(|| rtc.sdp_api().accept_answer(pending, answer)) {
            self.broken = true;
            return Err(SfuError::Answer(fault.to_string()));
        }
        rtc.bwe().set_bitrate(Bitrate::ZERO, Bitrate::from(defaults::DESIRED_BITRATE));
        self.twin = self.codecs.audio.and_then(AudioCodec::twin).and_then(|twin| {
            let pt = payload_type(rtc, audio?, twin.negotiated())?;
            Some((twin, pt))
        });
        let mut leg = |mid: Option<Mid>, codec: Option<Codec>, clock_rate| {
            let mid = mid?;
            let pt = payload_type(rtc, mid, codec?)?;
            Leg::new(rtc, mid, pt, clock_rate)
        };
        let audio_clock = self.codecs.audio.unwrap_or(AudioCodec::Opus).clock_rate();
        self.audio = leg(audio, self.codecs.audio.map(AudioCodec::negotiated), audio_clock);
        self.video = leg(video, self.codecs.video.map(VideoCodec::negotiated), defaults::VIDEO_CLOCK);
        self.dirty = true;
        if self.audio.is_none() && self.video.is_none() { Err(SfuError::NoCodec) } else { Ok(()) }
    }
}
