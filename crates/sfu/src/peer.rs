//! One peer connection: its str0m instance, what it brings and what it takes away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use str0m::bwe::Bitrate;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::format::Codec;
use str0m::media::{KeyframeRequestKind, Mid, Pt};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, Ssrc, Vp8Descriptor};
use str0m::{Candidate, Input, Rtc};

use crate::Purpose;
use crate::capture::CaptureClock;
use crate::defaults;
use crate::error::SfuError;
use crate::offer::{Wanted, plan};
use crate::rewrite::Rewriter;

/// What all peers share.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) crypto: Arc<CryptoProvider>,
    pub(crate) certificate: DtlsCert,
    pub(crate) candidates: Vec<Candidate>,
}

/// A kind of media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Audio,
    Video,
}

/// A peer connection.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) rtc: Rtc,
    pub(crate) purpose: Purpose,
    /// The name STUN requests carry for it.
    pub(crate) ufrag: String,
    /// Where its packets come from.
    pub(crate) addresses: Vec<SocketAddr>,
    /// When str0m wants to be called.
    pub(crate) deadline: Instant,
    /// Something was written to it since it was polled.
    pub(crate) dirty: bool,
    pub(crate) connected: bool,
    /// What its sending side believes it can take, bit/s.
    pub(crate) estimate: Option<u64>,
    pub(crate) clock: CaptureClock,
    incoming: Incoming,
    audio: Option<Leg>,
    video: Option<Leg>,
}

/// Payload types that it sends us, and the line video comes on.
#[derive(Debug, Default)]
struct Incoming {
    audio: Option<Pt>,
    video: Option<(Pt, Mid)>,
}

/// A line that we send on.
#[derive(Debug)]
struct Leg {
    pt: Pt,
    ssrc: Ssrc,
    rewriter: Rewriter,
}

/// A packet on its way to all subscribers.
#[derive(Debug)]
pub(crate) struct Parcel<'a> {
    pub(crate) kind: Kind,
    pub(crate) source: crate::rewrite::Source,
    pub(crate) packet: &'a RtpPacket,
    pub(crate) captured: Instant,
    pub(crate) vp8: Option<Vp8Descriptor>,
    pub(crate) starts_keyframe: bool,
}

/// What became of a packet at one subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It will be sent.
    Sent,
    /// The subscriber has no use for it (no such line, not connected yet, older than its first).
    Skipped,
    /// Video that cannot be decoded before a key frame.
    NeedsKeyframe,
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
            addresses: Vec::new(),
            deadline: now,
            dirty: true,
            connected: false,
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

    /// What kind a packet it sent is; `None` for a payload type that was not negotiated.
    pub(crate) fn kind_of(&self, packet: &RtpPacket) -> Option<Kind> {
        let pt = packet.header.payload_type;
        if self.incoming.video.is_some_and(|(video, _)| video == pt) {
            Some(Kind::Video)
        } else if self.incoming.audio == Some(pt) {
            Some(Kind::Audio)
        } else {
            None
        }
    }

    /// Asks it for a key frame of the video it sends.
    pub(crate) fn ask_keyframe(&mut self, kind: KeyframeRequestKind) {
        let Some((_, mid)) = self.incoming.video else { return };
        if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, None) {
            stream.request_keyframe(kind);
            self.dirty = true;
        }
    }

    /// Asks it to send no more than `limit` bit/s of video.
    pub(crate) fn ask_limit(&mut self, limit: u64) {
        let Some((_, mid)) = self.incoming.video else { return };
        if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, None) {
            stream.request_remb(Bitrate::from(limit));
            self.dirty = true;
        }
    }

    /// Whether it takes video.
    pub(crate) fn takes_video(&self) -> bool {
        self.video.is_some()
    }

    /// Passes a publisher's packet on to it.
    pub(crate) fn deliver(&mut self, parcel: &Parcel<'_>, now: Instant) -> Delivery {
        let leg = match parcel.kind {
            Kind::Audio => self.audio.as_mut(),
            Kind::Video => self.video.as_mut(),
        };
        let Some(leg) = leg.filter(|_| self.connected) else { return Delivery::Skipped };
        if parcel.kind == Kind::Video && !parcel.starts_keyframe && !leg.rewriter.follows(parcel.source) {
            return Delivery::NeedsKeyframe;
        }
        let packet = parcel.packet;
        let Some(place) = leg.rewriter.place(parcel.source, *packet.seq_no, packet.header.timestamp, now) else {
            return Delivery::Skipped;
        };
        let patch = parcel.vp8.as_ref().and_then(|vp8| leg.rewriter.patch(vp8));
        let mut write =
            RtpWrite::new(leg.pt, place.seq.into(), place.time, parcel.captured, Arc::clone(&packet.payload))
                .marker(packet.header.marker)
                .nackable(parcel.kind == Kind::Video)
                .ext_vals(ExtensionValues {
                    audio_level: packet.header.ext_vals.audio_level,
                    voice_activity: packet.header.ext_vals.voice_activity,
                    video_orientation: packet.header.ext_vals.video_orientation,
                    ..ExtensionValues::default()
                });
        if let Some(patch) = patch {
            write = write.vp8_patch(patch);
        }
        match self.rtc.direct_api().stream_tx(&leg.ssrc) {
            Some(stream) => {
                stream.write_rtp(write);
                Delivery::Sent
            }
            None => Delivery::Skipped,
        }
    }

    /// Whether packets other than STUN that come from `source` are its own: ICE has proven that address.
    pub(crate) fn hears(&self, source: SocketAddr, destination: SocketAddr, now: Instant) -> bool {
        // Any datagram that is not STUN asks the question; this one is the shortest DTLS record header.
        const PROBE: [u8; 13] = [20, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let Ok(contents) = PROBE.as_slice().try_into() else { return false };
        let receive = str0m::net::Receive { proto: str0m::net::Protocol::Udp, source, destination, contents };
        self.rtc.accepts(&Input::Receive(now, receive))
    }
}

impl Leg {
    fn new(rtc: &mut Rtc, mid: Mid, pt: Pt, clock_rate: u32) -> Option<Self> {
        let mut direct = rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, None)?;
        // The publisher paces already; a second pacer would add up to 40 ms.
        stream.set_unpaced(true);
        let ssrc = stream.ssrc();
        Some(Self { pt, ssrc, rewriter: Rewriter::new(clock_rate, *ssrc) })
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
