//! A client's peer connection on str0m, with a socket of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, Frequency, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use zvonok_server::media::Transport;

use crate::rpc::Rpc;

const FRAME: Duration = Duration::from_millis(33);

/// A peer connection that has not begun.
pub(crate) struct Peer {
    rtc: Rtc,
    proto: Protocol,
    local: SocketAddr,
    out: Out,
    incoming: mpsc::Receiver<(SocketAddr, Vec<u8>)>,
    pending: Option<SdpPendingOffer>,
    video: Option<Mid>,
    sends: bool,
    /// Of the media packets it sends, each of that number is lost.
    pub(crate) loses: Option<u64>,
}

enum Out {
    Udp(Arc<UdpSocket>),
    Tcp(OwnedWriteHalf),
}

/// A peer connection at work. It ends when this is dropped.
pub(crate) struct Running {
    frames: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Peer {
    /// One that reaches the server at `to`, in that way only.
    pub(crate) async fn new(transport: Transport, to: SocketAddr) -> Self {
        let (heard, incoming) = mpsc::channel(256);
        let (proto, local, out, candidate) = match transport {
            Transport::Udp => {
                let socket = Arc::new(UdpSocket::bind(SocketAddr::new(to.ip(), 0)).await.unwrap());
                tokio::spawn(hear_datagrams(Arc::clone(&socket), heard));
                let local = socket.local_addr().unwrap();
                (Protocol::Udp, local, Out::Udp(socket), Candidate::builder().udp().host(local).build())
            }
            Transport::Tcp => {
                let stream = TcpStream::connect(to).await.unwrap();
                let local = stream.local_addr().unwrap();
                let (mut half, out) = stream.into_split();
                tokio::spawn(async move {
                    while let Ok(length) = half.read_u16().await {
                        let mut bytes = vec![0; length.into()];
                        if half.read_exact(&mut bytes).await.is_err() || heard.send((to, bytes)).await.is_err() {
                            return;
                        }
                    }
                });
                let candidate = Candidate::builder().tcp().host(local).tcptype(TcpType::Active).build();
                (Protocol::Tcp, local, Out::Tcp(out), candidate)
            }
        };
        let mut rtc = Rtc::builder().clear_codecs().enable_opus(true, false).enable_vp8(true).build(Instant::now());
        rtc.add_local_candidate(candidate.unwrap());
        Self { rtc, proto, local, out, incoming, pending: None, video: None, sends: false, loses: None }
    }

    pub(crate) fn offer(&mut self, direction: Direction) -> String {
        let mut change = self.rtc.sdp_api();
        change.add_media(MediaKind::Audio, direction, None, None, None);
        self.video = Some(change.add_media(MediaKind::Video, direction, None, None, None));
        let (offer, pending) = change.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    pub(crate) fn accept(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
    }

    pub(crate) fn answer(&mut self, offer: &str) -> String {
        let offer = SdpOffer::from_sdp_string(offer).unwrap();
        self.rtc.sdp_api().accept_offer(offer).unwrap().to_sdp_string()
    }

    /// Publishes picture and sound. Gives the stream's id.
    pub(crate) async fn publish(mut self, rpc: &mut Rpc) -> (Running, String) {
        self.sends = true;
        let offer = self.offer(Direction::SendOnly);
        let params = json!({
            "sdpOffer": offer, "doLoopback": false, "hasAudio": true, "hasVideo": true, "audioActive": true,
            "videoActive": true, "typeOfVideo": "CAMERA", "frameRate": 30,
        });
        let published = rpc.ask("publishVideo", params).await.unwrap();
        self.accept(text(&published["sdpAnswer"]));
        (self.start(), text(&published["id"]).to_owned())
    }

    /// Takes a stream by an offer of its own.
    pub(crate) async fn receive(mut self, rpc: &mut Rpc, stream: &str) -> Running {
        let offer = self.offer(Direction::RecvOnly);
        let params = json!({ "sender": stream, "sdpOffer": offer });
        let received = rpc.ask("receiveVideoFrom", params).await.unwrap();
        self.accept(text(&received["sdpAnswer"]));
        self.start()
    }

    pub(crate) fn start(self) -> Running {
        let (count, frames) = watch::channel(0);
        Running { frames, task: tokio::spawn(self.run(count)) }
    }

    async fn run(mut self, frames: watch::Sender<usize>) {
        let begun = Instant::now();
        let (mut next, mut sent, mut keyframe) = (begun, 0_u64, true);
        loop {
            let deadline = loop {
                match self.rtc.poll_output().unwrap() {
                    Output::Timeout(at) => break at,
                    Output::Transmit(transmit) => {
                        let media = transmit.contents.first().is_some_and(|first| *first >= 128);
                        sent += u64::from(media);
                        if !media || self.loses.is_none_or(|nth| !sent.is_multiple_of(nth)) {
                            self.out.send(transmit.destination, &transmit.contents).await;
                        }
                    }
                    Output::Event(Event::MediaData(data)) if data.params.spec().codec == Codec::Vp8 => {
                        frames.send_modify(|frames| *frames += 1);
                    }
                    Output::Event(Event::KeyframeRequest(_)) => keyframe = true,
                    Output::Event(_) => {}
                }
            };
            let now = Instant::now();
            if now >= next && self.sends && self.rtc.is_connected() {
                next = now + FRAME;
                self.write(now, now - begun, std::mem::take(&mut keyframe));
                continue;
            }
            let wake = if self.sends && self.rtc.is_connected() { deadline.min(next) } else { deadline };
            tokio::select! {
                () = tokio::time::sleep_until(wake.into()) => self.rtc.handle_input(Input::Timeout(Instant::now())).unwrap(),
                Some((source, bytes)) = self.incoming.recv() => {
                    let contents = bytes.as_slice().try_into().unwrap();
                    let receive = Receive { proto: self.proto, source, destination: self.local, contents };
                    self.rtc.handle_input(Input::Receive(Instant::now(), receive)).unwrap();
                }
            }
        }
    }

    fn write(&mut self, now: Instant, time: Duration, keyframe: bool) {
        // Bit 0 of the first byte of a VP8 frame is clear in key frames.
        let mut frame = vec![0xa5; 3_000];
        frame[0] = if keyframe { 0x10 } else { 0x11 };
        let writer = self.rtc.writer(self.video.unwrap()).unwrap();
        let pt = writer.payload_params().find(|params| params.spec().codec == Codec::Vp8).unwrap().pt();
        writer.write(pt, now, MediaTime::from(time).rebase(Frequency::NINETY_KHZ), frame).unwrap();
    }
}

async fn hear_datagrams(socket: Arc<UdpSocket>, heard: mpsc::Sender<(SocketAddr, Vec<u8>)>) {
    let mut buffer = vec![0; 2_000];
    while let Ok((length, source)) = socket.recv_from(&mut buffer).await {
        if heard.send((source, buffer[..length].to_vec())).await.is_err() {
            return;
        }
    }
}

impl Out {
    /// What the network does not take is lost, as it would be further on.
    async fn send(&mut self, to: SocketAddr, bytes: &[u8]) {
        let sent = match self {
            Self::Udp(socket) => socket.send_to(bytes, to).await.map(drop),
            Self::Tcp(stream) => {
                let framed = [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
                stream.write_all(&framed).await
            }
        };
        drop(sent);
    }
}

impl Running {
    /// Waits until so many more frames have come.
    pub(crate) async fn receives(&mut self, frames: usize) {
        let before = *self.frames.borrow();
        let enough = self.frames.wait_for(|now| *now >= before + frames);
        let came = tokio::time::timeout(crate::PATIENCE, enough).await.is_ok_and(|came| came.is_ok());
        assert!(came, "of {frames} frames {} came", *self.frames.borrow() - before);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Where the server is reached in that way.
pub(crate) fn address(server: &zvonok_server::Running, transport: Transport) -> SocketAddr {
    server.media_addresses().iter().find(|it| it.0 == transport).unwrap().1
}
