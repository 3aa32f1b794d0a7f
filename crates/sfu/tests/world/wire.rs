//! The network: without delay, but for links that carry less than is sent.

use std::collections::{BTreeMap, HashMap};
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
    /// Bytes that were sent to an address.
    pub sent_to: HashMap<SocketAddr, u64>,
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
        if let Some(link) = self.narrow.get_mut(&datagram.to) {
            let begins = link.free.map_or(now, |free| free.max(now));
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
