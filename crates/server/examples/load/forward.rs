//! Rooms whose media flows: every participant is a peer connection of its own for each stream, as in a browser, with a
//! UDP socket of its own.
//!
//! A picture is one packet of VP8 with the time at which it was sent in its last bytes, a hundred times a second: as many
//! bits and packets as 640x480 has. What arrives is what was decrypted and is in order; what is missing is lost.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use str0m::change::SdpAnswer;
use str0m::format::Codec;
use str0m::media::{Direction, Frequency, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use super::churn::Plan;
use super::person::{PATIENCE, of_number};
use super::room::{Participant, Room};

/// Time between two pictures of a publisher, and the bytes of one: 0.9 Mbit/s.
const PICTURE: Duration = Duration::from_millis(10);
/// See [`PICTURE`].
const PICTURE_BYTES: usize = 1_100;

/// In the time of a picture: it counts.
const COUNTED: u64 = 1 << 63;

/// How long everything flows before it is counted: bandwidth estimates have grown by then.
const WARM_UP: Duration = Duration::from_secs(4);

/// Sockets without pings are closed: it says that the next ones come after a minute.
const PING_MS: u64 = 60_000;

/// How long the last packets may be under way after the count has ended.
const TAIL: Duration = Duration::from_secs(1);

/// A room: so many publish, and so many more only watch; everybody gets all streams but his own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) rooms: usize,
    pub(super) publishers: usize,
    pub(super) watchers: usize,
}

/// What all ends share.
struct Count {
    began: Instant,
    counting: AtomicBool,
    sent: AtomicU64,
    connected: AtomicU64,
    /// Of the counted pictures that arrived, in microseconds: as many as a minute of them are.
    delays: Mutex<Vec<u32>>,
}

impl Count {
    fn delays(&self) -> MutexGuard<'_, Vec<u32>> {
        self.delays.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One peer connection.
struct End {
    rtc: Rtc,
    socket: UdpSocket,
    address: SocketAddr,
    mid: Mid,
    publishes: bool,
    count: Arc<Count>,
}

/// Fills the rooms, says so, counts for `plan.seconds`, and tells what came.
pub(super) async fn forward(plan: &Plan, shape: Shape, say: fn(&Value)) -> Result<Value> {
    let from = of_number(0);
    let http = reqwest::Client::builder().local_address(from).no_proxy().timeout(PATIENCE).build()?;
    let count = Arc::new(Count {
        began: Instant::now(),
        counting: AtomicBool::new(false),
        sent: AtomicU64::new(0),
        connected: AtomicU64::new(0),
        delays: Mutex::default(),
    });
    let (mut ends, mut participants, mut streams) = (JoinSet::new(), Vec::new(), 0_u64);
    for number in 0..shape.rooms {
        let room = Room::make(&http, plan, &format!("forward{number}")).await?;
        let (mut people, mut published) = (Vec::new(), Vec::new());
        for nth in 0..shape.publishers + shape.watchers {
            let mut person = room.join(&http, from, PING_MS).await?;
            if nth < shape.publishers {
                let (stream, end) = publish(&mut person, &count).await?;
                published.push(stream);
                ends.spawn(end.run());
            }
            people.push(person);
        }
        for person in &mut people {
            for stream in &published {
                if person.is_own(stream) {
                    continue;
                }
                ends.spawn(subscribe(person, stream, &count).await?.run());
                streams += 1;
            }
        }
        participants.extend(people);
    }
    let all = ends.len() as u64;
    let connected = async {
        let mut look = tokio::time::interval(Duration::from_millis(100));
        while count.connected.load(Ordering::Relaxed) < all {
            look.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, connected).await.context("not everybody is connected in time")?;
    tokio::time::sleep(WARM_UP).await;
    say(&json!({ "streams": streams }));
    count.counting.store(true, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(plan.seconds)).await;
    count.counting.store(false, Ordering::Relaxed);
    say(&json!({ "counted": plan.seconds }));
    tokio::time::sleep(TAIL).await;
    let mut delays = std::mem::take(&mut *count.delays());
    delays.sort_unstable();
    let at = |part: f64| delays.get((delays.len() as f64 * part) as usize).copied().unwrap_or_default();
    // Every picture goes to everybody else in its room.
    let takers = (shape.publishers + shape.watchers - 1) as u64;
    let expected = count.sent.load(Ordering::Relaxed) * takers;
    ensure!(expected > 0, "nothing was sent");
    let got = delays.len();
    Ok(json!({ "expected": expected, "got": got, "p50_us": at(0.5), "p99_us": at(0.99) }))
}

async fn end(direction: Direction, count: &Arc<Count>) -> Result<(End, String, str0m::change::SdpPendingOffer)> {
    let socket = UdpSocket::bind((IpAddr::from([127, 0, 0, 1]), 0)).await.context("no UDP socket")?;
    let address = socket.local_addr().context("no address")?;
    let mut rtc = Rtc::builder().clear_codecs().enable_vp8(true).build(Instant::now());
    rtc.add_local_candidate(Candidate::host(address, "udp")?);
    let mut change = rtc.sdp_api();
    let mid = change.add_media(MediaKind::Video, direction, None, None, None);
    let (offer, pending) = change.apply().context("nothing to offer")?;
    let publishes = direction == Direction::SendOnly;
    let end = End { rtc, socket, address, mid, publishes, count: Arc::clone(count) };
    Ok((end, offer.to_sdp_string(), pending))
}

async fn publish(person: &mut Participant, count: &Arc<Count>) -> Result<(String, End)> {
    let (mut end, offer, pending) = end(Direction::SendOnly, count).await?;
    let (stream, answer) = person.publish_with(&offer).await?;
    end.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&answer)?)?;
    Ok((stream, end))
}

async fn subscribe(person: &mut Participant, stream: &str, count: &Arc<Count>) -> Result<End> {
    let (mut end, offer, pending) = end(Direction::RecvOnly, count).await?;
    let answer = person.subscribe_with(stream, &offer).await?;
    end.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&answer)?)?;
    Ok(end)
}

impl End {
    /// Sends or takes until the program ends.
    async fn run(mut self) -> Result<()> {
        let mut pictures = tokio::time::interval(PICTURE);
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
                _ = pictures.tick(), if self.publishes && known => self.send()?,
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
        let writer = self.rtc.writer(self.mid).context("nothing can be sent")?;
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
