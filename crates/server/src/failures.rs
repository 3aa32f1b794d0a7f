//! How often something was tried in vain, by each of those who try: passwords and secrets. In memory only.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use tokio::time::Instant;

/// See the module.
#[derive(Debug)]
pub(crate) struct Failures<K> {
    most: usize,
    window: Duration,
    places: usize,
    tried: HashMap<K, Tried>,
}

#[derive(Debug)]
struct Tried {
    times: usize,
    since: Instant,
}

impl<K: Clone + Eq + Hash> Failures<K> {
    /// Everybody may try `most` times in `window`; of `places` at most it is known how often they did.
    pub(crate) fn new(most: usize, window: Duration, places: usize) -> Self {
        Self { most, window, places, tried: HashMap::new() }
    }

    /// Whether that one may try. A try counts before it is made, so that many at once are counted.
    pub(crate) fn take(&mut self, key: K, now: Instant) -> bool {
        let (most, window) = (self.most, self.window);
        let old = |tried: &Tried| now.saturating_duration_since(tried.since) >= window;
        if self.tried.len() >= self.places && !self.tried.contains_key(&key) {
            self.tried.retain(|_, tried| !old(tried));
            // Full of those who tried lately, the one who tried least makes room: it must shut out nobody who is not in it.
            if self.tried.len() >= self.places {
                let least = self.tried.iter().min_by_key(|(_, tried)| (tried.times, tried.since));
                if let Some(least) = least.map(|(key, _)| key.clone()) {
                    self.tried.remove(&least);
                }
            }
        }
        let tried = self.tried.entry(key).or_insert(Tried { times: 0, since: now });
        if old(tried) {
            *tried = Tried { times: 0, since: now };
        }
        tried.times = tried.times.saturating_add(1);
        tried.times <= most
    }

    /// The last try of that one was none.
    pub(crate) fn give_back(&mut self, key: &K) {
        if let Some(tried) = self.tried.get_mut(key) {
            tried.times = tried.times.saturating_sub(1);
        }
    }

    /// That one has tried nothing.
    pub(crate) fn forget(&mut self, key: &K) {
        self.tried.remove(key);
    }

    /// Of how many it is known how often they tried.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.tried.len()
    }
}

/// An address as one customer has it: of IPv6 everybody has at least 64 bits to choose from.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(300);

    #[test]
    fn everybody_has_so_many_tries_in_a_window() {
        let (mut failures, now) = (Failures::new(3, WINDOW, 10), Instant::now());
        assert_eq!((0..50).filter(|_| failures.take("man", now)).count(), 3);
        assert!(failures.take("woman", now));
        assert!(!failures.take("man", now + WINDOW / 2));
        assert!(failures.take("man", now + WINDOW), "after a while again");
        for _ in 0..50 {
            assert!(failures.take("woman", now));
            failures.give_back(&"woman");
        }
    }

    #[test]
    fn a_full_table_shuts_out_nobody_and_does_not_forget_who_tried_enough() {
        let (mut failures, now) = (Failures::new(3, WINDOW, 10), Instant::now());
        while failures.take(0, now) {}
        for other in 1..100 {
            assert!(failures.take(other, now), "{other}");
        }
        assert_eq!(failures.len(), 10);
        assert!(!failures.take(0, now));
    }

    #[test]
    fn of_ipv6_a_network_counts_as_one() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
        assert_ne!(network("10.0.0.1"), network("10.0.0.2"));
    }
}
