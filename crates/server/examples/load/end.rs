//! One peer connection of somebody whose media flows, with a UDP socket of its own.
//!
//! A picture is one packet of VP8 with the time at which it was sent in its last bytes, a hundred times a second: as many
//! bits and packets as 640x480 has. What arrives is what was decrypted and is in order; what is missing is lost.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, Frequency, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::net::UdpSocket;

/// Time between two pictures of a publisher, and the bytes of one: 0.9 Mbit/s.
const PICTURE: Duration = Duration::from_millis(10);
/// See [`PICTURE`].
const PICTURE_BYTES: usize = 1_100;

/// In the time of a picture: it counts.
const COUNTED: u64 = 1 << 63;

/// What all ends share.
pub(super) struct Count {
    began: Instant,
    pub(super) counting: AtomicBool,
    pub(super) sent: AtomicU64,
    pub(super) connected: AtomicU64,
    /// Of the counted pictures that arrived, in microseconds: as many as a minute of them are.
    delays: Mutex<Vec<u32>>,
}

impl Count {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            counting: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            connected: AtomicU64::new(0),
            delays: Mutex::default(),
        })
    }

    pub(super) fn delays(&self) -> MutexGuard<'_, Vec<u32>> {
        self.delays.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One peer connection.
pub(super) struct End {
    rtc: Rtc,
    socket: UdpSocket,
    address: SocketAddr,
    /// Where pictures go, if it publishes.
    sends: Option<Mid>,
    /// Time between two of them.
    pace: Duration,
    count: Arc<Count>,
}

impl End {
    async fn new(from: IpAddr, count: &Arc<Count>) -> Result<Self> {
        let socket = UdpSocket::bind((from, 0)).await.context("no UDP socket")?;
        let address = socket.local_addr().context("no address")?;
        let mut rtc = Rtc::builder().clear_codecs().enable_vp8(true).build(Instant::now());
        rtc.add_local_candidate(Candidate::host(address, "udp")?);
        Ok(Self { rtc, socket, address, sends: None, pace: PICTURE, count: Arc::clone(count) })
    }

    /// One that makes the offer; [`Self::accept`] takes the answer.
    pub(super) async fn offering(
        direction: Direction,
        from: IpAddr,
        count: &Arc<Count>,
    ) -> Result<(Self, String, SdpPendingOffer)> {
        let mut end = Self::new(from, count).await?;
        let mut change = end.rtc.sdp_api();
        let mid = change.add_media(MediaKind::Video, direction, None, None, None);
        let (offer, pending) = change.apply().context("nothing to offer")?;
        end.sends = (direction == Direction::SendOnly).then_some(mid);
        Ok((end, offer.to_sdp_string(), pending))
    }

    /// One that takes what a server offers, and its answer.
    pub(super) async fn answering(offer: &str, from: IpAddr, count: &Arc<Count>) -> Result<(Self, String)> {
        let mut end = Self::new(from, count).await?;
        let offer = SdpOffer::from_sdp_string(offer).context("the offer is none")?;
        let answer = end.rtc.sdp_api().accept_offer(offer).context("the offer was not taken")?;
        Ok((end, answer.to_sdp_string()))
    }

    pub(super) fn accept(&mut self, pending: SdpPendingOffer, answer: &str) -> Result<()> {
        let answer = SdpAnswer::from_sdp_string(answer).context("the answer is none")?;
        self.rtc.sdp_api().accept_answer(pending, answer).context("the answer was not taken")
    }

    /// The same with another time between two pictures.
    pub(super) fn with_pace(self, pace: Duration) -> Self {
        Self { pace, ..self }
    }

    /// Sends or takes until the program ends.
    pub(super) async fn run(mut self) -> Result<()> {
        let mut pictures = tokio::time::interval(self.pace);
        pictures.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut buffer, mut known) = (vec![0; 2_000], false);
        loop {
            let until = loop {
                match self.rtc.poll_output()? {
                    Output::Timeout(at) => break at,
                    // A full buffer loses it, as networks do.
                    Output::Transmit(out) => drop(self.socket.try_send_to(&out.contents, out.destination)),
                    Output::Event(Event::MediaData(data)) => self.take(&data.data),
                    Output::Event(_) => {}
                }
            };
            if self.rtc.is_connected() && !known {
                known = true;
                self.count.connected.fetch_add(1, Ordering::Relaxed);
            }
            tokio::select! {
                received = self.socket.recv_from(&mut buffer) => {
                    let (length, source) = received.context("the socket failed")?;
                    let bytes = buffer.get(..length).unwrap_or_default();
                    let receive = Receive::new(Protocol::Udp, source, self.address, bytes)?;
                    self.rtc.handle_input(Input::Receive(Instant::now(), receive))?;
                }
                () = tokio::time::sleep_until(until.into()) => self.rtc.handle_input(Input::Timeout(Instant::now()))?,
                _ = pictures.tick(), if self.sends.is_some() && known => self.send()?,
            }
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.count.began.elapsed().as_micros()).unwrap_or_default()
    }

    fn send(&mut self) -> Result<()> {
        let (now, time) = (Instant::now(), self.now());
        let counted = self.count.counting.load(Ordering::Relaxed);
        let mut picture = vec![0xa5; PICTURE_BYTES];
        // A clear lowest bit is a key frame: nobody has to wait for one.
        if let Some(first) = picture.first_mut() {
            *first = 0x10;
        }
        picture.extend_from_slice(&(time | if counted { COUNTED } else { 0 }).to_be_bytes());
        let writer = self.sends.and_then(|mid| self.rtc.writer(mid)).context("nothing can be sent")?;
        let vp8 = writer.payload_params().find(|params| params.spec().codec == Codec::Vp8).map(|params| params.pt());
        let rtp = MediaTime::from(Duration::from_micros(time)).rebase(Frequency::NINETY_KHZ);
        writer.write(vp8.context("no VP8")?, now, rtp, picture)?;
        if counted {
            self.count.sent.fetch_add(1, Ordering::Relaxed);
        }
        self.rtc.handle_input(Input::Timeout(now))?;
        Ok(())
    }

    fn take(&self, picture: &[u8]) {
        let Some(sent) = picture.last_chunk::<8>().map(|time| u64::from_be_bytes(*time)) else { return };
        if sent & COUNTED != 0 {
            let delay = self.now().saturating_sub(sent & !COUNTED);
            self.count.delays().push(u32::try_from(delay).unwrap_or(u32::MAX));
        }
    }
}
