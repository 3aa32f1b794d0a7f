//! How often passwords were tried in vain, per account and per address. In memory only.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use tokio::time::Instant;
use zvonok_signaling_proto::Login;

use super::limits::{MAX_ACCOUNT_TRIES, MAX_ADDRESS_TRIES, MAX_ADDRESSES, TRIES_WINDOW_MS};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Tries {
    accounts: HashMap<Login, Failed>,
    addresses: HashMap<IpAddr, Failed>,
}

#[derive(Debug)]
struct Failed {
    times: usize,
    since: Instant,
}

impl Tries {
    /// Whether that account may be tried from there. A try counts before it is made, so that many at once are counted.
    pub(super) fn take(&mut self, login: &Login, address: IpAddr, now: Instant) -> bool {
        // Both count, whichever refuses.
        let address = take(&mut self.addresses, network(address), MAX_ADDRESS_TRIES, now);
        let account = take(&mut self.accounts, login.clone(), MAX_ACCOUNT_TRIES, now);
        address && account
    }

    /// It was the right password: its tries are forgotten, and this one of the address.
    pub(super) fn succeeded(&mut self, login: &Login, address: IpAddr) {
        self.accounts.remove(login);
        if let Some(failed) = self.addresses.get_mut(&network(address)) {
            failed.times = failed.times.saturating_sub(1);
        }
    }
}

fn take<K: Eq + Hash>(tries: &mut HashMap<K, Failed>, key: K, most: usize, now: Instant) -> bool {
    let window = Duration::from_millis(TRIES_WINDOW_MS);
    let old = |failed: &Failed| now.saturating_duration_since(failed.since) >= window;
    if tries.len() >= MAX_ADDRESSES && !tries.contains_key(&key) {
        tries.retain(|_, failed| !old(failed));
        if tries.len() >= MAX_ADDRESSES {
            return false;
        }
    }
    let failed = tries.entry(key).or_insert(Failed { times: 0, since: now });
    if old(failed) {
        *failed = Failed { times: 0, since: now };
    }
    failed.times = failed.times.saturating_add(1);
    failed.times <= most
}

/// An address as one customer has it: of IPv6 everybody has at least 64 bits to choose from.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_counted_per_account_and_per_address() {
        let mut tries = Tries::default();
        let now = Instant::now();
        let (one, two) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let man: Login = "man".parse().unwrap();
        let made = (0..50).filter(|_| tries.take(&man, one, now)).count();
        assert_eq!(made, MAX_ACCOUNT_TRIES);
        assert!(!tries.take(&man, two, now), "from anywhere");
        let others = (0..50).filter(|n| tries.take(&format!("u{n}").parse().unwrap(), one, now)).count();
        assert_eq!(others, 0, "that address has tried enough");
        assert!(tries.take(&"woman".parse().unwrap(), two, now));
        let later = now + Duration::from_millis(TRIES_WINDOW_MS);
        assert!(tries.take(&man, one, later), "after a while again");
        for _ in 0..100 {
            assert!(tries.take(&man, two, later), "the right password is no failure");
            tries.succeeded(&man, two);
        }
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
