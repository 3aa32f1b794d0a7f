//! A UDP relay that loses, delays and stops what passes through it (this kernel has no `tc netem`).

use std::{
    collections::{BTreeMap, VecDeque, btree_map::Entry},
    io::ErrorKind,
    net::{SocketAddr, UdpSocket},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::wait;

/// Packets held back by delay at the most: a second of a 4 Mbit/s stream.
const QUEUE: usize = 512;

/// How bad the network is, in each direction alike.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Loss {
    /// Share of packets that vanish, 0 to 1.
    pub lost: f64,
    /// Time each packet takes.
    pub delay: Duration,
    /// Nothing passes at all.
    pub down: bool,
}

/// A running relay between clients and one target.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    loss: Loss,
    seed: u64,
    passed: u64,
    dropped: u64,
    stop: bool,
}

impl Relay {
    /// Listens on a free loopback port and passes everything on to `target`. The same `seed` loses the same packets.
    pub fn start(target: SocketAddr, loss: Loss, seed: u64) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").context("cannot open the relay's socket")?;
        socket.set_nonblocking(true).context("cannot make the relay's socket non-blocking")?;
        let address = socket.local_addr().context("the relay has no address")?;
        let shared = Arc::new(Mutex::new(State { loss, seed, passed: 0, dropped: 0, stop: false }));
        let state = Arc::clone(&shared);
        let thread = std::thread::spawn(move || relay(&socket, target, &state));
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// Where clients send to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes how bad the network is from now on.
    pub fn set(&self, loss: Loss) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).loss = loss;
    }

    /// Packets that passed, and packets that were dropped.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        let state = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        (state.passed, state.dropped)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).stop = true;
        if let Some(thread) = self.thread.take() {
            // A relay that panicked passes nothing any more: the test that used it has noticed.
            let _ = thread.join();
        }
    }
}

impl State {
    /// When a packet is to arrive, unless it is lost.
    fn fate(&mut self, now: Instant) -> Option<Instant> {
        // SplitMix64, by Steele, Lea and Flood: one addition and three mixes a packet.
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let share = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        if self.loss.down || share < self.loss.lost {
            self.dropped += 1;
            return None;
        }
        self.passed += 1;
        Some(now + self.loss.delay)
    }
}

/// A packet on its way.
struct Flying {
    due: Instant,
    client: SocketAddr,
    outward: bool,
    bytes: Vec<u8>,
}

fn relay(front: &UdpSocket, target: SocketAddr, shared: &Mutex<State>) {
    let mut backs: BTreeMap<SocketAddr, UdpSocket> = BTreeMap::new();
    let mut flying: VecDeque<Flying> = VecDeque::new();
    let mut buffer = vec![0_u8; 65_536];
    loop {
        let now = Instant::now();
        let mut busy = false;
        let mut take = |client: SocketAddr, outward: bool, bytes: &[u8]| {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(due) = state.fate(now).filter(|_| flying.len() < QUEUE) {
                flying.push_back(Flying { due, client, outward, bytes: bytes.to_vec() });
            }
        };
        while let Some((length, client)) = receive(front, &mut buffer) {
            busy = true;
            take(client, true, buffer.get(..length).unwrap_or_default());
        }
        for (client, back) in &backs {
            while let Some((length, _)) = receive(back, &mut buffer) {
                busy = true;
                take(*client, false, buffer.get(..length).unwrap_or_default());
            }
        }
        while let Some(packet) = flying.pop_front() {
            if packet.due > now {
                flying.push_front(packet);
                break;
            }
            busy = true;
            if !packet.outward {
                // A full socket loses the packet, as a full network does.
                let _ = front.send_to(&packet.bytes, packet.client);
                continue;
            }
            let back = match backs.entry(packet.client) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let Ok(back) = UdpSocket::bind("127.0.0.1:0") else { continue };
                    if back.set_nonblocking(true).is_err() {
                        continue;
                    }
                    entry.insert(back)
                }
            };
            let _ = back.send_to(&packet.bytes, target);
        }
        if shared.lock().unwrap_or_else(PoisonError::into_inner).stop {
            return;
        }
        if !busy {
            wait::pause(Duration::from_millis(1));
        }
    }
}

/// The next packet that waits. An error (a port that nobody listens on any more) is no packet.
fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
    loop {
        match socket.recv_from(buffer) {
            Ok(found) => return Some(found),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_loses_about_the_share_it_was_told_to_and_nothing_when_told_so() {
        let target = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        target.set_read_timeout(Some(Duration::from_secs(5))).expect("is a socket");
        let relay = Relay::start(target.local_addr().expect("is bound"), Loss::default(), 7).expect("starts");
        let client = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        client.set_read_timeout(Some(Duration::from_secs(5))).expect("is a socket");
        let mut buffer = [0; 16];
        client.send_to(b"there", relay.address()).expect("sends");
        let (length, back) = target.recv_from(&mut buffer).expect("the packet arrives");
        assert_eq!(&buffer[..length], b"there");
        target.send_to(b"back", back).expect("sends");
        let (length, from) = client.recv_from(&mut buffer).expect("the answer arrives");
        assert_eq!((&buffer[..length], from), (b"back".as_slice(), relay.address()));

        relay.set(Loss { lost: 0.3, ..Loss::default() });
        for _ in 0..1000 {
            client.send_to(b"x", relay.address()).expect("sends");
            wait::pause(Duration::from_micros(20));
        }
        wait::until("all packets to be seen", Duration::from_secs(5), || {
            let (passed, dropped) = relay.counts();
            Ok(passed + dropped >= 950)
        })
        .expect("the relay keeps up");
        let (_, dropped) = relay.counts();
        assert!((200..400).contains(&dropped), "{dropped} of 1000 were lost");
    }
}
