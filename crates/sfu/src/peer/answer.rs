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
use crate::defaults;
use crate::error::SfuError;
use crate::offer::{Wanted, plan};

/// What all peers share.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) crypto: Arc<CryptoProvider>,
    pub(crate) certificate: DtlsCert,
    pub(crate) candidates: Vec<Candidate>,
}

impl Peer {
    /// Answers an offer.
    pub(crate) fn answer(
        setup: &Setup,
        purpose: Purpose,
        offer: &str,
        wanted: Wanted,
        now: Instant,
    ) -> Result<(Self, String), SfuError> {
        let plan = plan(offer, wanted)?;
        let sends = wanted != Wanted::Send;
        let mut config = Rtc::builder()
            .set_crypto_provider(Arc::clone(&setup.crypto))
            .set_dtls_cert(setup.certificate.clone())
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_send_buffer_audio(defaults::SEND_BUFFER_AUDIO)
            .set_send_buffer_video(defaults::SEND_BUFFER_VIDEO)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true);
        if sends {
            config = config.enable_bwe(Some(Bitrate::from(defaults::START_BITRATE)));
        }
        let mut rtc = config.build(now);
        for candidate in &setup.candidates {
            rtc.add_local_candidate(candidate.clone());
        }
        let answer = rtc.sdp_api().accept_offer(plan.offer).map_err(|error| SfuError::Offer(error.to_string()))?;
        if sends {
            rtc.bwe().set_desired_bitrate(Bitrate::from(defaults::DESIRED_BITRATE));
        }
        let audio = plan.audio.and_then(|mid| Some((mid, payload_type(&rtc, mid, Codec::Opus)?)));
        let video = plan.video.and_then(|mid| Some((mid, payload_type(&rtc, mid, Codec::Vp8)?)));
        if audio.is_none() && video.is_none() {
            return Err(SfuError::NoCodec);
        }
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        let (incoming, legs) = match wanted {
            Wanted::Send => (true, false),
            Wanted::Both => (true, true),
            Wanted::Receive => (false, true),
        };
        let peer = Self {
            purpose,
            ufrag,
            addresses: VecDeque::new(),
            deadline: now,
            dirty: true,
            connected: false,
            broken: false,
            estimate: None,
            clock: CaptureClock::default(),
            incoming: if incoming {
                Incoming { audio: audio.map(|(_, pt)| pt), video: video.map(|(mid, pt)| (pt, mid)) }
            } else {
                Incoming::default()
            },
            audio: audio.filter(|_| legs).and_then(|(mid, pt)| Leg::new(&mut rtc, mid, pt, defaults::AUDIO_CLOCK)),
            video: video.filter(|_| legs).and_then(|(mid, pt)| Leg::new(&mut rtc, mid, pt, defaults::VIDEO_CLOCK)),
            rtc,
        };
        Ok((peer, answer.to_sdp_string()))
    }
}

/// The payload type that was negotiated for `codec` on the line `mid`.
fn payload_type(rtc: &Rtc, mid: Mid, codec: Codec) -> Option<Pt> {
    let media = rtc.media(mid)?;
    rtc.codec_config()
        .iter()
        .find(|params| params.spec().codec == codec && media.remote_pts().contains(&params.pt()))
        .map(str0m::format::PayloadParams::pt)
}
