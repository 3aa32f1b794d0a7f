//! From a client's offer to a peer connection and its answer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use str0m::bwe::Bitrate;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::format::Codec;
use str0m::media::{Mid, Pt};
use str0m::{Candidate, Rtc};

use super::leg::Leg;
use super::{Incoming, Peer};
use crate::Purpose;
use crate::capture::CaptureClock;
use crate::codec::{AudioCodec, Codecs, VideoChoice, VideoCodec};
use crate::counts::Gaps;
use crate::defaults;
use crate::error::SfuError;
use crate::guard::guarded;
use crate::measure::Reports;
use crate::offer::{Plan, Wanted, plan};

/// What all peers share.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) crypto: Arc<CryptoProvider>,
    pub(crate) certificate: DtlsCert,
    pub(crate) candidates: Vec<Candidate>,
}

/// What an offer may be answered with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Allowed {
    /// Opus, and one codec of pictures.
    Publisher(VideoChoice),
    /// What the stream is coded with.
    Subscriber(Codecs),
}

impl Setup {
    /// A peer connection with nothing negotiated yet, for media that is coded so.
    pub(super) fn rtc(&self, codecs: Codecs, sends: bool, now: Instant) -> Rtc {
        let mut config = Rtc::builder()
            .set_crypto_provider(Arc::clone(&self.crypto))
            .set_dtls_cert(self.certificate.clone())
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_stats_interval(Some(defaults::REPORT_INTERVAL))
            .set_send_buffer_audio(defaults::SEND_BUFFER_AUDIO)
            .set_send_buffer_video(defaults::SEND_BUFFER_VIDEO)
            .clear_codecs();
        // A line that nothing will be sent on has a usual codec all the same: one that is refused has its own rules, and
        // is where bundled lines end.
        codecs.audio.unwrap_or(AudioCodec::Opus).enable(config.codec_config());
        codecs.video.unwrap_or(VideoCodec::Vp8).enable(config.codec_config());
        if let Some(twin) = codecs.audio.and_then(AudioCodec::twin) {
            twin.enable(config.codec_config());
        }
        if sends {
            config = config.enable_bwe(Some(Bitrate::from(defaults::START_BITRATE)));
        }
        let mut rtc = config.build(now);
        for candidate in &self.candidates {
            rtc.add_local_candidate(candidate.clone());
        }
        rtc
    }
}

impl Allowed {
    fn codecs(self, plan: &Plan) -> Codecs {
        match self {
            Self::Publisher(choice) => Codecs {
                audio: Some(AudioCodec::Opus),
                video: match choice {
                    VideoChoice::Only(codec) => Some(codec),
                    VideoChoice::Offered => plan.preferred,
                },
            },
            Self::Subscriber(codecs) => codecs,
        }
    }
}

impl Peer {
    /// Answers an offer.
    pub(crate) fn answer(
        setup: &Setup,
        purpose: Purpose,
        offer: &str,
        wanted: Wanted,
        allowed: Allowed,
        now: Instant,
    ) -> Result<(Self, String), SfuError> {
        let plan = plan(offer, wanted)?;
        let codecs = allowed.codecs(&plan);
        let sends = wanted != Wanted::Send;
        let mut rtc = setup.rtc(codecs, sends, now);
        let answer =
            guarded(|| rtc.sdp_api().accept_offer(plan.offer)).map_err(|fault| SfuError::Offer(fault.to_string()))?;
        if sends {
            rtc.bwe().set_bitrate(Bitrate::ZERO, Bitrate::from(defaults::DESIRED_BITRATE));
        }
        let negotiated = |mid: Option<Mid>, codec: Option<Codec>| {
            let (mid, codec) = (mid?, codec?);
            Some((mid, payload_type(&rtc, mid, codec)?))
        };
        let audio = negotiated(plan.audio, codecs.audio.map(AudioCodec::negotiated));
        let video = negotiated(plan.video, codecs.video.map(VideoCodec::negotiated));
        let twin = codecs.audio.and_then(AudioCodec::twin);
        let twin = twin.and_then(|twin| Some((twin, negotiated(plan.audio, Some(twin.negotiated()))?.1)));
        // Who publishes pictures that nobody can be given is told so, instead of being heard and never seen.
        let unseen = wanted != Wanted::Receive && plan.video.is_some() && video.is_none();
        if unseen || (audio.is_none() && video.is_none()) {
            return Err(SfuError::NoCodec);
        }
        let codecs =
            Codecs { audio: codecs.audio.filter(|_| audio.is_some()), video: codecs.video.filter(|_| video.is_some()) };
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        let (incoming, legs) = match wanted {
            Wanted::Send => (true, false),
            Wanted::Both => (true, true),
            Wanted::Receive => (false, true),
        };
        let audio_clock = codecs.audio.unwrap_or(AudioCodec::Opus).clock_rate();
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
            offered: None,
            clock: CaptureClock::default(),
            gaps: Gaps::default(),
            codecs,
            twin,
            incoming: if incoming {
                Incoming { audio: audio.map(|(_, pt)| pt), video: video.map(|(mid, pt)| (pt, mid)) }
            } else {
                Incoming::default()
            },
            audio: audio.filter(|_| legs).and_then(|(mid, pt)| Leg::new(&mut rtc, mid, pt, audio_clock)),
            video: video.filter(|_| legs).and_then(|(mid, pt)| Leg::new(&mut rtc, mid, pt, defaults::VIDEO_CLOCK)),
            rtc,
        };
        Ok((peer, with_formats(&answer.to_sdp_string())))
    }
}

/// The answer with a format in every line: one that is refused for want of a codec has none, which browsers take for
/// broken (RFC 3264, section 6, asks for at least one, whichever).
fn with_formats(answer: &str) -> String {
    let mut whole = String::with_capacity(answer.len() + 8);
    for line in answer.lines() {
        whole.push_str(line.trim_end());
        if line.starts_with("m=") && line.split_ascii_whitespace().count() < 4 {
            whole.push_str(" 0");
        }
        whole.push_str("\r\n");
    }
    whole
}

/// The payload type that was negotiated for `codec` on the line `mid`.
pub(super) fn payload_type(rtc: &Rtc, mid: Mid, codec: Codec) -> Option<Pt> {
    let media = rtc.media(mid)?;
    rtc.codec_config()
        .iter()
        .find(|params| params.spec().codec == codec && media.remote_pts().contains(&params.pt()))
        .map(str0m::format::PayloadParams::pt)
}
