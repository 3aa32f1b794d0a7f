//! The network: without delay, but for links that carry less than is sent.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use zvonok_sfu::Transport;

/// What a narrow link keeps at most before it drops: a router's buffer of 300 ms.
const BUFFER: Duration = Duration::from_millis(300);

/// A datagram under way.
pub struct Datagram {
    pub transport: Transport,
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
}

#[derive(Default)]
pub struct Wire {
    under_way: BTreeMap<(Instant, u64), Datagram>,
    sent: u64,
    narrow: HashMap<SocketAddr, Link>,
    lose: Option<u64>,
    weather: Option<Weather>,
    /// Bytes that were sent to an address.
    pub sent_to: HashMap<SocketAddr, u64>,
}

/// What a network does by chance. A datagram's fate follows from the seed, its ends, the moment and its place in that
/// moment: one more or less of another connection changes it not.
struct Weather {
    seed: u64,
    began: Instant,
    /// Of a thousand datagrams so many are lost,
    lost: u64,
    /// and so many are overtaken by those of the next 5 to 60 ms.
    late: u64,
    /// Of each connection the present millisecond, and how many there were in it.
    counts: HashMap<(SocketAddr, SocketAddr), (u128, u64)>,
}

impl Weather {
    /// How much later it arrives; `None` if it never does.
    fn fate(&mut self, from: SocketAddr, to: SocketAddr, now: Instant) -> Option<Duration> {
        let ms = (now - self.began).as_millis();
        let (at, count) = self.counts.entry((from, to)).or_default();
        *count = if *at == ms { *count + 1 } else { 0 };
        *at = ms;
        let mut hasher = DefaultHasher::new();
        (self.seed, from, to, ms, *count).hash(&mut hasher);
        let lot = hasher.finish();
        match lot % 1_000 {
            fate if fate < self.lost => None,
            fate if fate < self.lost + self.late => Some(Duration::from_millis(5 + (lot >> 32) % 55)),
            _ => Some(Duration::ZERO),
        }
    }
}

struct Link {
    bits_per_second: u64,
    free: Option<Instant>,
}

impl Wire {
    /// From now on what goes to `address` goes over a link of that width.
    pub fn narrow(&mut self, address: SocketAddr, bits_per_second: u64) {
        self.narrow.insert(address, Link { bits_per_second, free: None });
    }

    pub fn storm(&mut self, seed: u64, began: Instant, (lost, late): (u64, u64)) {
        self.weather = Some(Weather { seed, began, lost, late, counts: HashMap::new() });
    }

    pub fn lose_every(&mut self, nth: u64) {
        self.lose = Some(nth);
    }

    pub fn push(&mut self, datagram: Datagram, now: Instant) {
        self.sent += 1;
        *self.sent_to.entry(datagram.to).or_default() += datagram.bytes.len() as u64;
        // TCP would send it again.
        let lost = self.lose.is_some_and(|nth| self.sent.is_multiple_of(nth));
        if lost && datagram.transport == Transport::Udp {
            return;
        }
        let mut due = now;
        if let Some(weather) = &mut self.weather {
            let Some(later) = weather.fate(datagram.from, datagram.to, now) else { return };
            due += later;
        }
        if let Some(link) = self.narrow.get_mut(&datagram.to) {
            let begins = link.free.map_or(due, |free| free.max(due));
            if begins - now > BUFFER {
                return;
            }
            let bits = u64::try_from(datagram.bytes.len()).unwrap() * 8;
            due = begins + Duration::from_micros(bits * 1_000_000 / link.bits_per_second);
            link.free = Some(due);
        }
        self.under_way.insert((due, self.sent), datagram);
    }

    pub fn next(&self) -> Option<Instant> {
        self.under_way.keys().next().map(|(due, _)| *due)
    }

    /// What has arrived.
    pub fn pop(&mut self, now: Instant) -> Option<Datagram> {
        let first = self.under_way.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}
