//! One peer connection: its str0m instance, what it brings and what it takes away.

mod answer;
mod layers;
mod leg;
mod offer;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use str0m::bwe::Bitrate;
use str0m::media::{KeyframeRequestKind, Mid, Pt};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, Vp8Descriptor};
use str0m::{Input, Rtc};

use crate::Purpose;
use crate::capture::CaptureClock;
use crate::codec::{AudioCodec, Codec, Codecs, VideoCodec};
use crate::counts::Gaps;
use crate::defaults;
use crate::measure::Reports;
use crate::rewrite::Source;
use crate::sfu::MediaPacket;
use crate::size::Size;
use crate::transport::Transport;

pub(crate) use answer::{Allowed, Setup};
use leg::Leg;
use offer::Offered;

/// A peer connection.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) rtc: Rtc,
    pub(crate) purpose: Purpose,
    /// The name STUN requests carry for it.
    pub(crate) ufrag: String,
    /// Where its packets come from.
    pub(crate) addresses: VecDeque<(Transport, SocketAddr)>,
    /// When str0m wants to be called.
    pub(crate) deadline: Instant,
    /// Something was written to it since it was polled.
    pub(crate) dirty: bool,
    pub(crate) connected: bool,
    /// str0m panicked: nothing of it is to be touched again.
    pub(crate) broken: bool,
    /// What its sending side believes it can take, bit/s.
    pub(crate) estimate: Option<u64>,
    /// What the next larger layer of its picture takes, bit/s; 0 where it has the largest, `None` where there are none.
    reaches: Option<u64>,
    /// The place that it has for pictures; `None` for one of any size.
    pub(crate) shows: Option<Size>,
    /// ICE has not heard of it for a while, or it has failed.
    pub(crate) quiet: bool,
    pub(crate) reports: Reports,
    pub(crate) clock: CaptureClock,
    /// What is missing of what it sent.
    pub(crate) gaps: Gaps,
    /// What its media is coded with.
    pub(crate) codecs: Codecs,
    /// Another codec of sound that it takes, and how it knows it.
    twin: Option<(AudioCodec, Pt)>,
    /// It was made an offer that it has not answered yet.
    offered: Option<Offered>,
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

/// A packet on its way to all subscribers.
#[derive(Debug)]
pub(crate) struct Parcel {
    source: Source,
    pub(crate) packet: MediaPacket,
    extensions: ExtensionValues,
    vp8: Option<Vp8Descriptor>,
    pub(crate) starts_keyframe: bool,
    /// Of the picture that begins, where it is a key frame that says it.
    pub(crate) size: Option<Size>,
}

impl Parcel {
    pub(crate) fn new(source: Source, packet: MediaPacket, extensions: ExtensionValues) -> Self {
        let (vp8, starts_keyframe) = match packet.codec {
            Codec::Audio(_) => (None, false),
            Codec::Video(codec) => {
                let vp8 = if codec == VideoCodec::Vp8 { Vp8Descriptor::parse(&packet.payload).ok() } else { None };
                (vp8, codec.starts_keyframe(&packet.payload, vp8.as_ref()))
            }
        };
        let size = if starts_keyframe && vp8.is_some() { Size::of_vp8(&packet.payload) } else { None };
        Self { source, packet, extensions, vp8, starts_keyframe, size }
    }
}

impl Parcel {
    /// Names the run that its numbers are of.
    pub(crate) fn source(&self) -> Source {
        self.source
    }
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
    /// What a packet it sent is coded with; `None` for a payload type that was not negotiated.
    pub(crate) fn codec_of(&self, packet: &RtpPacket) -> Option<Codec> {
        let pt = packet.header.payload_type;
        if self.incoming.video.is_some_and(|(video, _)| video == pt) {
            self.codecs.video.map(Codec::Video)
        } else if self.incoming.audio == Some(pt) {
            self.codecs.audio.map(Codec::Audio)
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

    /// Whether it brings a stream, rather than to take one away.
    pub(crate) fn brings(&self) -> bool {
        matches!(self.purpose, Purpose::Publish(_))
    }

    /// Whether it takes video.
    pub(crate) fn takes_video(&self) -> bool {
        self.video.is_some()
    }

    /// How it knows what is coded so; `None` where it has agreed to nothing of that kind.
    fn payload_type(&self, codec: Codec) -> Option<Pt> {
        match codec {
            Codec::Audio(codec) if self.codecs.audio == Some(codec) => self.audio.as_ref().map(|leg| leg.pt),
            Codec::Audio(codec) => self.twin.filter(|(twin, _)| *twin == codec).map(|(_, pt)| pt),
            Codec::Video(codec) => self.video.as_ref().filter(|_| self.codecs.video == Some(codec)).map(|leg| leg.pt),
        }
    }

    /// Passes a publisher's packet on to it.
    pub(crate) fn deliver(&mut self, parcel: &Parcel) -> Delivery {
        let packet = &parcel.packet;
        // What it would take for something else is noise.
        let Some(pt) = self.payload_type(packet.codec) else { return Delivery::Skipped };
        let (leg, video) = match packet.codec {
            Codec::Audio(_) => (self.audio.as_mut(), false),
            Codec::Video(_) => (self.video.as_mut(), true),
        };
        let Some(leg) = leg.filter(|_| self.connected) else { return Delivery::Skipped };
        if video && !parcel.starts_keyframe && !leg.rewriter.follows(parcel.source) {
            return Delivery::NeedsKeyframe;
        }
        let Some(place) = leg.rewriter.place(parcel.source, packet.seq, packet.time, packet.captured) else {
            return Delivery::Skipped;
        };
        let patch = parcel.vp8.as_ref().and_then(|vp8| leg.rewriter.patch(vp8));
        let mut write = RtpWrite::new(pt, place.seq.into(), place.time, packet.captured, Arc::clone(&packet.payload))
            .marker(packet.marker)
            .nackable(video)
            .ext_vals(parcel.extensions.clone());
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

    /// Takes down an address that ICE has proven. Gives back one that is given up for it: who changes addresses all the
    /// time has the last few.
    pub(crate) fn remember(&mut self, address: (Transport, SocketAddr)) -> Option<(Transport, SocketAddr)> {
        self.addresses.retain(|known| *known != address);
        self.addresses.push_back(address);
        if self.addresses.len() > defaults::MAX_ADDRESSES { self.addresses.pop_front() } else { None }
    }

    /// Whether packets other than STUN that come from `source` are its own: ICE has proven that address.
    pub(crate) fn hears(
        &self,
        (transport, source): (Transport, SocketAddr),
        destination: SocketAddr,
        now: Instant,
    ) -> bool {
        // Any datagram that is not STUN asks the question; this one is the shortest DTLS record header.
        const PROBE: [u8; 13] = [20, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let Ok(contents) = PROBE.as_slice().try_into() else { return false };
        let receive = str0m::net::Receive { proto: transport.protocol(), source, destination, contents };
        self.rtc.accepts(&Input::Receive(now, receive))
    }
}
