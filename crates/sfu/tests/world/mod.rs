//! Clients, the SFU, a network without delay, and the clock they share.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a rig of tests: a panic is a failed test")]
#![allow(
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    dead_code,
    reason = "str0m events that do not matter; a private rig, of which not every test uses all"
)]

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, Frequency, KeyframeRequestKind, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input as RtcInput, Output as RtcOutput, Rtc};
use zvonok_sfu::{Input, Output, Sfu};

const FRAME: Duration = Duration::from_micros(33_333);
const SOUND: Duration = Duration::from_millis(20);

pub struct World {
    pub sfu: Sfu,
    pub now: Instant,
    pub start: Instant,
    address: SocketAddr,
    clients: Vec<Client>,
    wire: VecDeque<(SocketAddr, SocketAddr, Vec<u8>)>,
    lose: Option<u64>,
    carried: u64,
}

#[derive(Debug, Clone, Default)]
pub struct Received {
    pub video: usize,
    pub audio: usize,
    pub first_video_is_keyframe: bool,
    pub gaps: usize,
}

struct Client {
    rtc: Rtc,
    address: SocketAddr,
    deadline: Instant,
    pending: Option<SdpPendingOffer>,
    mids: Vec<(MediaKind, Mid)>,
    next_video: Option<Instant>,
    next_audio: Option<Instant>,
    frames: u64,
    wants_keyframe: bool,
    keyframes_asked: usize,
    received: Received,
    gone: bool,
}

impl World {
    pub fn new() -> Self {
        let address = SocketAddr::from((Ipv4Addr::new(10, 0, 0, 1), 7000));
        let now = Instant::now();
        Self {
            sfu: Sfu::new(vec![address]).unwrap(),
            now,
            start: now,
            address,
            clients: Vec::new(),
            wire: VecDeque::new(),
            lose: None,
            carried: 0,
        }
    }

    pub fn client(&mut self) -> usize {
        let index = self.clients.len();
        let address = SocketAddr::from((Ipv4Addr::new(10, 0, 1, 1), 8000 + u16::try_from(index).unwrap()));
        let mut rtc = Rtc::builder().clear_codecs().enable_opus(true, false).enable_vp8(true).build(self.now);
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        self.clients.push(Client {
            rtc,
            address,
            deadline: self.now,
            pending: None,
            mids: Vec::new(),
            next_video: None,
            next_audio: None,
            frames: 0,
            wants_keyframe: true,
            keyframes_asked: 0,
            received: Received::default(),
            gone: false,
        });
        index
    }

    pub fn offer(&mut self, client: usize, kinds: &[MediaKind], direction: Direction) -> String {
        let client = &mut self.clients[client];
        let mut change = client.rtc.sdp_api();
        for kind in kinds {
            client.mids.push((*kind, change.add_media(*kind, direction, None, None, None)));
        }
        let (offer, pending) = change.apply().unwrap();
        client.pending = Some(pending);
        offer.to_sdp_string()
    }

    pub fn accept(&mut self, client: usize, answer: &str) {
        let client = &mut self.clients[client];
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        client.rtc.sdp_api().accept_answer(client.pending.take().unwrap(), answer).unwrap();
    }

    pub fn send_media(&mut self, client: usize) {
        self.clients[client].next_video = Some(self.now);
        self.clients[client].next_audio = Some(self.now);
    }

    pub fn drop_client(&mut self, client: usize) {
        self.clients[client].gone = true;
    }

    pub fn addresses(&self, client: usize) -> (SocketAddr, SocketAddr) {
        (self.clients[client].address, self.address)
    }

    pub fn received(&self, client: usize) -> Received {
        self.clients[client].received.clone()
    }

    pub fn keyframes_asked(&self, client: usize) -> usize {
        self.clients[client].keyframes_asked
    }

    pub fn ask_keyframe(&mut self, client: usize, kind: KeyframeRequestKind) {
        let client = &mut self.clients[client];
        let mid = client.mid(MediaKind::Video).unwrap();
        client.rtc.writer(mid).unwrap().request_keyframe(None, kind).unwrap();
        client.deadline = self.now;
    }

    pub fn lose_every(&mut self, nth: u64) {
        self.lose = Some(nth);
    }

    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.step();
            let next = self.clients.iter().filter(|client| !client.gone).map(Client::next);
            let next = next.chain(self.sfu.deadline()).min().unwrap_or(end);
            self.now = next.max(self.now + Duration::from_millis(1)).min(end);
        }
    }

    fn step(&mut self) {
        if self.sfu.deadline().is_some_and(|at| at <= self.now) {
            self.sfu.handle(Input::Time, self.now);
        }
        self.poll_sfu();
        for client in self.clients.iter_mut().filter(|client| !client.gone) {
            client.send(self.now, self.start);
            client.rtc.handle_input(RtcInput::Timeout(self.now)).unwrap();
            client.poll(&mut self.wire);
        }
        while let Some((from, to, bytes)) = self.wire.pop_front() {
            self.carried += 1;
            if self.lose.is_some_and(|nth| self.carried.is_multiple_of(nth)) {
                continue;
            }
            if to == self.address {
                self.sfu.handle(Input::Datagram { source: from, destination: to, bytes: &bytes }, self.now);
                self.poll_sfu();
            } else if let Some(client) = self.clients.iter_mut().find(|client| client.address == to && !client.gone) {
                let contents = bytes.as_slice().try_into().unwrap();
                let receive = Receive { proto: Protocol::Udp, source: from, destination: to, contents };
                client.rtc.handle_input(RtcInput::Receive(self.now, receive)).unwrap();
                client.poll(&mut self.wire);
            }
        }
    }

    fn poll_sfu(&mut self) {
        while let Some(output) = self.sfu.poll_output() {
            if let Output::Transmit { source, destination, contents } = output {
                self.wire.push_back((source, destination, contents.to_vec()));
            }
        }
    }
}

impl Client {
    fn mid(&self, kind: MediaKind) -> Option<Mid> {
        self.mids.iter().find(|(it, _)| *it == kind).map(|(_, mid)| *mid)
    }

    fn next(&self) -> Instant {
        let media = self.next_video.into_iter().chain(self.next_audio).min();
        media.map_or(self.deadline, |at| at.min(self.deadline))
    }

    fn send(&mut self, now: Instant, start: Instant) {
        let connected = self.rtc.is_connected();
        if let Some(at) = self.next_video.filter(|at| *at <= now) {
            self.next_video = Some(at + FRAME);
            if connected {
                let key = std::mem::take(&mut self.wants_keyframe);
                self.frames += 1;
                // 5 kB of a VP8 frame: bit 0 of the first byte is clear in key frames.
                let mut frame = vec![0xa5; 5_000];
                frame[0] = if key { 0x10 } else { 0x11 };
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

    fn write(&mut self, kind: MediaKind, codec: Codec, rate: Frequency, now: Instant, time: Duration, data: Vec<u8>) {
        let mid = self.mid(kind).unwrap();
        let Some(writer) = self.rtc.writer(mid) else { return };
        let pt = writer.payload_params().find(|params| params.spec().codec == codec).unwrap().pt();
        writer.write(pt, now, MediaTime::from(time).rebase(rate), data).unwrap();
    }

    fn poll(&mut self, wire: &mut VecDeque<(SocketAddr, SocketAddr, Vec<u8>)>) {
        loop {
            match self.rtc.poll_output().unwrap() {
                RtcOutput::Timeout(at) => {
                    self.deadline = at;
                    return;
                }
                RtcOutput::Transmit(out) => wire.push_back((out.source, out.destination, out.contents.to_vec())),
                RtcOutput::Event(Event::KeyframeRequest(_)) => {
                    self.keyframes_asked += 1;
                    self.wants_keyframe = true;
                }
                RtcOutput::Event(Event::MediaData(data)) => {
                    if self.mid(MediaKind::Video) == Some(data.mid) {
                        if self.received.video == 0 {
                            self.received.first_video_is_keyframe = data.is_keyframe();
                        } else if !data.contiguous {
                            self.received.gaps += 1;
                        }
                        self.received.video += 1;
                    } else {
                        self.received.audio += 1;
                    }
                }
                RtcOutput::Event(_) => {}
            }
        }
    }
}
