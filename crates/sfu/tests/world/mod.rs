//! Clients, the SFU, the network between them, and the clock they share.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a rig of tests: a panic is a failed test")]
#![allow(
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    dead_code,
    reason = "str0m events that do not matter; a private rig, of which not every test uses all"
)]

mod client;
mod layers;
mod wire;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use str0m::Input as RtcInput;
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind};
use str0m::rtp::RtpWrite;
use zvonok_sfu::{
    Event, FloorId, Input, Kinds, MediaPacket, Output, Sfu, StreamId, SubscriptionId, Transport, VideoChoice,
};

use client::Client;
pub use client::{Frame, Received};
use wire::Wire;

pub const BOTH: &[MediaKind] = &[MediaKind::Audio, MediaKind::Video];

pub struct World {
    pub sfu: Sfu,
    pub now: Instant,
    pub start: Instant,
    addresses: Vec<(Transport, SocketAddr)>,
    clients: Vec<Client>,
    wire: Wire,
    /// What came of streams that are tapped.
    pub tapped: Vec<MediaPacket>,
    /// Who was told to speak.
    pub spoken: Vec<(FloorId, Option<StreamId>)>,
}

impl World {
    pub fn new() -> Self {
        Self::at(vec![SocketAddr::from((Ipv4Addr::new(10, 0, 0, 1), 7000))])
    }

    /// A world whose SFU has these addresses.
    pub fn at(addresses: Vec<SocketAddr>) -> Self {
        Self::reached_by(addresses.into_iter().map(|address| (Transport::Udp, address)).collect())
    }

    /// A world whose SFU is reached in these ways.
    pub fn reached_by(addresses: Vec<(Transport, SocketAddr)>) -> Self {
        let now = Instant::now();
        let sfu = Sfu::new(addresses.clone()).unwrap();
        let (clients, wire, tapped, spoken) = (Vec::new(), Wire::default(), Vec::new(), Vec::new());
        Self { sfu, now, start: now, addresses, clients, wire, tapped, spoken }
    }

    pub fn client(&mut self) -> usize {
        let port = 8000 + u16::try_from(self.clients.len()).unwrap();
        self.client_at(SocketAddr::from((Ipv4Addr::new(10, 0, 1, 1), port)))
    }

    pub fn client_at(&mut self, address: SocketAddr) -> usize {
        self.client_by(Transport::Udp, address)
    }

    pub fn client_by(&mut self, transport: Transport, address: SocketAddr) -> usize {
        self.clients.push(Client::new(transport, address, self.now));
        self.clients.len() - 1
    }

    /// A client that is offered `kinds` of a stream and answers. Gives the offer and the answer.
    pub fn take_offer(&mut self, client: usize, id: u64, stream: StreamId, kinds: Kinds) -> (String, String) {
        let offer = self.sfu.offer(SubscriptionId(id), stream, kinds, self.now).unwrap();
        let answer = self.answer(client, &offer);
        self.sfu.accept(SubscriptionId(id), &answer, self.now).unwrap();
        (offer, answer)
    }

    pub fn answer(&mut self, client: usize, offer: &str) -> String {
        let offer = SdpOffer::from_sdp_string(offer).unwrap();
        self.clients[client].rtc.sdp_api().accept_offer(offer).unwrap().to_sdp_string()
    }

    /// A client that publishes picture and sound.
    pub fn publisher(&mut self, stream: StreamId) -> usize {
        let client = self.client();
        self.publish(client, stream, BOTH);
        client
    }

    pub fn publish(&mut self, client: usize, stream: StreamId, kinds: &[MediaKind]) {
        let offer = self.offer(client, kinds, Direction::SendOnly);
        let answer = self.sfu.publish(stream, &offer, false, VideoChoice::Offered, self.now).unwrap();
        self.accept(client, &answer);
        self.send_media(client);
    }

    /// The client publishes pictures, and sends none by itself.
    pub fn offer_pictures(&mut self, client: usize) {
        let offer = self.offer(client, &[MediaKind::Video], Direction::SendOnly);
        let answer = self.sfu.publish(StreamId(1), &offer, false, VideoChoice::Offered, self.now).unwrap();
        self.accept(client, &answer);
    }

    pub fn is_connected(&self, client: usize) -> bool {
        self.clients[client].rtc.is_connected()
    }

    /// A client that takes `kinds` of a stream.
    pub fn subscriber(&mut self, id: u64, stream: StreamId, kinds: &[MediaKind]) -> usize {
        let client = self.client();
        self.subscribe(client, id, stream, kinds);
        client
    }

    pub fn subscribe(&mut self, client: usize, id: u64, stream: StreamId, kinds: &[MediaKind]) {
        let offer = self.offer(client, kinds, Direction::RecvOnly);
        let answer = self.sfu.subscribe(SubscriptionId(id), stream, &offer, self.now).unwrap();
        self.accept(client, &answer);
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

    /// The client says goodbye (DTLS `close_notify`), and stays where it is.
    pub fn close(&mut self, client: usize) {
        self.clients[client].rtc.close().unwrap();
        self.clients[client].deadline = self.now;
    }

    /// The level that the client's packets of sound tell from now on.
    pub fn speak(&mut self, client: usize, level: Option<i8>) {
        self.clients[client].level = level;
    }

    pub fn drop_client(&mut self, client: usize) {
        self.clients[client].gone = true;
    }

    /// A client's and the SFU's.
    pub fn addresses(&self, client: usize) -> (SocketAddr, SocketAddr) {
        (self.clients[client].seen, self.addresses[0].1)
    }

    /// Sends one packet of a publisher's pictures as it stands.
    pub fn send_rtp(&mut self, client: usize, seq: u64, time: u32, payload: Vec<u8>) {
        let now = self.now;
        let client = &mut self.clients[client];
        let mid = client.mid(MediaKind::Video).unwrap();
        let vp8 =
            client.rtc.writer(mid).unwrap().payload_params().find(|it| it.spec().codec == Codec::Vp8).unwrap().pt();
        let mut direct = client.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, None).unwrap();
        stream.write_rtp(RtpWrite::new(vp8, seq.into(), time, now, payload));
        client.deadline = now;
    }

    /// The client's NAT gives it another port, without a word to anybody.
    pub fn rebind(&mut self, client: usize) {
        let seen = &mut self.clients[client].seen;
        seen.set_port(seen.port() + 20_000);
    }

    pub fn received(&self, client: usize) -> Received {
        self.clients[client].received.clone()
    }

    pub fn keyframes_asked(&self, client: usize) -> usize {
        self.clients[client].keyframes_asked
    }

    /// What a publisher was asked to stay below, bit/s, and how often it was asked anything.
    pub fn limit(&self, client: usize) -> (Option<u64>, usize) {
        let client = &self.clients[client];
        (client.limit, client.limits_told)
    }

    pub fn ask_keyframe(&mut self, client: usize, kind: KeyframeRequestKind) {
        let client = &mut self.clients[client];
        let mid = client.mid(MediaKind::Video).unwrap();
        client.rtc.writer(mid).unwrap().request_keyframe(None, kind).unwrap();
        client.deadline = self.now;
    }

    pub fn lose_every(&mut self, nth: u64) {
        self.wire.lose_every(nth);
    }

    /// From now on so many of a thousand datagrams are lost, and so many overtaken by others: which ones follows from the seed.
    pub fn storm(&mut self, seed: u64, lost: u64, late: u64) {
        self.wire.storm(seed, self.now, (lost, late));
    }

    /// What goes to the client goes over a link of that width.
    pub fn narrow(&mut self, client: usize, bits_per_second: u64) {
        self.wire.narrow(self.clients[client].seen, bits_per_second);
    }

    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.step();
            let next = self.clients.iter().filter(|client| !client.gone).map(Client::next);
            let next = next.chain(self.sfu.deadline()).chain(self.wire.next()).min().unwrap_or(end);
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
            client.poll(&mut self.wire, self.now);
        }
        while let Some(datagram) = self.wire.pop(self.now) {
            if self.addresses.contains(&(datagram.transport, datagram.to)) {
                let wire::Datagram { transport, from, to, bytes } = datagram;
                let input = Input::Datagram { transport, source: from, destination: to, bytes: &bytes };
                self.sfu.handle(input, self.now);
                self.poll_sfu();
            } else if let Some(client) = self.clients.iter_mut().find(|it| it.seen == datagram.to && !it.gone) {
                client.receive(&datagram, self.now);
                client.poll(&mut self.wire, self.now);
            }
        }
    }

    fn poll_sfu(&mut self) {
        while let Some(output) = self.sfu.poll_output() {
            match output {
                Output::Transmit { transport, source, destination, contents } => {
                    let bytes = contents.to_vec();
                    self.wire.push(wire::Datagram { transport, from: source, to: destination, bytes }, self.now);
                }
                Output::Media { packet, .. } => self.tapped.push(packet),
                Output::Event(Event::Speaks { floor, stream }) => self.spoken.push((floor, stream)),
                Output::Event(_) => {}
            }
        }
    }
}
