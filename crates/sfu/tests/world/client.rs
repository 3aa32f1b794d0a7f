//! One client: a browser's peer connection, on str0m.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::bwe::BweKind;
use str0m::change::SdpPendingOffer;
use str0m::format::{Codec, CodecExtra};
use str0m::media::{Frequency, KeyframeRequestKind, MediaData, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::{Candidate, Event, Input, Output, Rtc};

use zvonok_sfu::Transport;

use super::layers::Layer;
use super::wire::{Datagram, Wire};

const FRAME: Duration = Duration::from_micros(33_333);
const SOUND: Duration = Duration::from_millis(20);
/// Bytes of a frame as long as nobody asks for less: 1.2 Mbit/s.
const FRAME_BYTES: usize = 5_000;

/// What sound takes of a limit, bit/s: 50 packets of 60 bytes, and 40 of headers.
const SOUND_BITS: u64 = 40_000;

/// What a client has received.
#[derive(Debug, Clone, Default)]
pub struct Received {
    pub video: usize,
    pub audio: usize,
    /// What the last sound was taken for.
    pub sound: Option<Codec>,
    pub first_video_is_keyframe: bool,
    pub gaps: usize,
    /// Every picture that could be decoded.
    pub frames: Vec<Frame>,
    /// What came last cannot be decoded before a key frame.
    broken: bool,
}

/// A picture that came.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// What it is filled with.
    pub mark: u8,
    pub keyframe: bool,
    /// In ticks of 90 kHz, from an unknown beginning.
    pub time: u64,
    pub picture: Option<u64>,
}

pub struct Client {
    pub rtc: Rtc,
    /// How its datagrams travel.
    pub transport: Transport,
    /// Of its own socket.
    pub address: SocketAddr,
    /// What others see of it: the outside of its NAT.
    pub seen: SocketAddr,
    pub deadline: Instant,
    pub pending: Option<SdpPendingOffer>,
    pub mids: Vec<(MediaKind, Mid)>,
    pub next_video: Option<Instant>,
    pub next_audio: Option<Instant>,
    pub keyframes_asked: usize,
    /// What it was asked to stay below, bit/s. It does, as a browser does.
    pub limit: Option<u64>,
    pub limits_told: usize,
    pub received: Received,
    pub gone: bool,
    /// The level that its packets of sound tell, dBov.
    pub level: Option<i8>,
    wants_keyframe: bool,
    /// Of its pictures, where it sends several sizes.
    pub layers: Vec<Layer>,
}

impl Client {
    pub fn new(transport: Transport, address: SocketAddr, now: Instant) -> Self {
        let config = Rtc::builder().clear_codecs().enable_opus(true, false).enable_vp8(true);
        let mut rtc = config.enable_pcmu(true, false).enable_pcma(true, false).build(now);
        let candidate = match transport {
            Transport::Udp => Candidate::builder().udp().host(address).build(),
            Transport::Tcp => Candidate::builder().tcp().host(address).tcptype(TcpType::Active).build(),
        };
        rtc.add_local_candidate(candidate.unwrap());
        Self {
            rtc,
            transport,
            address,
            seen: address,
            deadline: now,
            pending: None,
            mids: Vec::new(),
            next_video: None,
            next_audio: None,
            keyframes_asked: 0,
            limit: None,
            limits_told: 0,
            received: Received::default(),
            gone: false,
            level: None,
            wants_keyframe: true,
            layers: Vec::new(),
        }
    }

    pub fn mid(&self, kind: MediaKind) -> Option<Mid> {
        self.mids.iter().find(|(it, _)| *it == kind).map(|(_, mid)| *mid)
    }

    pub fn next(&self) -> Instant {
        let media = self.next_video.into_iter().chain(self.next_audio).min();
        media.map_or(self.deadline, |at| at.min(self.deadline))
    }

    pub fn send(&mut self, now: Instant, start: Instant) {
        let connected = self.rtc.is_connected();
        if let Some(at) = self.next_video.filter(|at| *at <= now) {
            self.next_video = Some(at + FRAME);
            if connected && !self.layers.is_empty() {
                self.send_layers(now, now - start);
            } else if connected {
                // Bit 0 of the first byte of a VP8 frame is clear in key frames.
                let mut frame = vec![0xa5; self.frame_bytes()];
                frame[0] = if std::mem::take(&mut self.wants_keyframe) { 0x10 } else { 0x11 };
                self.write(MediaKind::Video, Codec::Vp8, Frequency::NINETY_KHZ, now, now - start, frame);
            }
        }
        if let Some(at) = self.next_audio.filter(|at| *at <= now) {
            self.next_audio = Some(at + SOUND);
            if connected {
                self.write(MediaKind::Audio, Codec::Opus, Frequency::FORTY_EIGHT_KHZ, now, now - start, vec![0x78; 60]);
            }
        }
    }

    fn frame_bytes(&self) -> usize {
        let pictures = |limit: u64| usize::try_from(limit.saturating_sub(SOUND_BITS) / 8 / 30).unwrap();
        self.limit.map_or(FRAME_BYTES, |limit| pictures(limit).clamp(300, FRAME_BYTES))
    }

    fn write(&mut self, kind: MediaKind, codec: Codec, rate: Frequency, now: Instant, time: Duration, data: Vec<u8>) {
        let Some(mid) = self.mid(kind) else { return };
        let Some(mut writer) = self.rtc.writer(mid) else { return };
        if let Some(level) = self.level.filter(|_| kind == MediaKind::Audio) {
            writer = writer.audio_level(level, false);
        }
        let pt = writer.payload_params().find(|params| params.spec().codec == codec).unwrap().pt();
        writer.write(pt, now, MediaTime::from(time).rebase(rate), data).unwrap();
    }

    pub fn receive(&mut self, datagram: &Datagram, now: Instant) {
        let contents = datagram.bytes.as_slice().try_into().unwrap();
        let proto = match datagram.transport {
            Transport::Udp => Protocol::Udp,
            Transport::Tcp => Protocol::Tcp,
        };
        let receive = Receive { proto, source: datagram.from, destination: self.address, contents };
        self.rtc.handle_input(Input::Receive(now, receive)).unwrap();
    }

    pub fn poll(&mut self, wire: &mut Wire, now: Instant) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return;
                }
                Output::Transmit(out) => {
                    let (transport, from, to) = (self.transport, self.seen, out.destination);
                    wire.push(Datagram { transport, from, to, bytes: out.contents.to_vec() }, now);
                }
                Output::Event(event) => self.on_event(event),
            }
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::KeyframeRequest(request) => {
                self.keyframes_asked += 1;
                for layer in self.layers.iter_mut().filter(|layer| Some(layer.rid) == request.rid) {
                    layer.wants_keyframe = true;
                }
                self.wants_keyframe = true;
            }
            Event::EgressBitrateEstimate(BweKind::Remb { estimate, .. }) => {
                self.limit = Some(estimate.as_u64());
                self.limits_told += 1;
            }
            // A line that the SFU offered.
            Event::MediaAdded(added) if self.mid(added.kind).is_none() => self.mids.push((added.kind, added.mid)),
            Event::MediaData(data) if self.mid(MediaKind::Video) == Some(data.mid) => {
                if self.received.video == 0 {
                    self.received.first_video_is_keyframe = data.is_keyframe();
                } else if !data.contiguous {
                    self.received.gaps += 1;
                }
                self.received.video += 1;
                self.show(&data);
            }
            Event::MediaData(data) => {
                self.received.audio += 1;
                self.received.sound = Some(data.params.spec().codec);
            }
            _ => {}
        }
    }
}

impl Client {
    /// What a browser's decoder does: where something is missing it asks for a key frame, and shows nothing until then.
    fn show(&mut self, data: &MediaData) {
        if data.is_keyframe() {
            self.received.broken = false;
        } else if !data.contiguous {
            self.received.broken = true;
            let mut writer = self.rtc.writer(data.mid).unwrap();
            writer.request_keyframe(None, KeyframeRequestKind::Pli).unwrap();
        }
        if !self.received.broken {
            self.received.frames.push(frame(data));
        }
    }
}

fn frame(data: &MediaData) -> Frame {
    let picture = match &data.codec_extra {
        CodecExtra::Vp8(vp8) => vp8.picture_id,
        _ => None,
    };
    Frame { mark: data.data[1], keyframe: data.is_keyframe(), time: data.time.numer(), picture }
}
