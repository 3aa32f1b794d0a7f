//! How often passwords were tried in vain, per account and per address.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;
use zvonok_signaling_proto::Login;

use super::limits::{MAX_ACCOUNT_TRIES, MAX_ADDRESS_TRIES, MAX_ADDRESSES, TRIES_WINDOW_MS};
use crate::failures::{Failures, network};

/// See the module.
#[derive(Debug)]
pub(super) struct Tries {
    accounts: Failures<Login>,
    addresses: Failures<IpAddr>,
}

impl Default for Tries {
    fn default() -> Self {
        let window = Duration::from_millis(TRIES_WINDOW_MS);
        Self {
            accounts: Failures::new(MAX_ACCOUNT_TRIES, window, MAX_ADDRESSES),
            addresses: Failures::new(MAX_ADDRESS_TRIES, window, MAX_ADDRESSES),
        }
    }
}

impl Tries {
    /// Whether that account may be tried from there. A try counts before it is made, so that many at once are counted.
    pub(super) fn take(&mut self, login: &Login, address: IpAddr, now: Instant) -> bool {
        // An address that has tried enough costs no account a try: it could shut out everybody whose login it knows, and
        // fill the table with those it makes up.
        self.addresses.take(network(address), now) && self.accounts.take(login.clone(), now)
    }

    /// It was the right password: its tries are forgotten, and this one of the address.
    pub(super) fn succeeded(&mut self, login: &Login, address: IpAddr) {
        self.addresses.give_back(&network(address));
        self.accounts.forget(login);
    }

    /// Nobody could look whether it was the right one: this try does not count.
    pub(super) fn give_back(&mut self, login: &Login, address: IpAddr) {
        self.addresses.give_back(&network(address));
        self.accounts.give_back(login);
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
    fn an_address_that_has_tried_enough_shuts_out_nobody_else() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        let (bad, good) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        for n in 0..2 * MAX_ADDRESSES {
            tries.take(&format!("u{n}").parse().unwrap(), bad, now);
        }
        let man: Login = "man".parse().unwrap();
        for _ in 0..50 {
            assert!(!tries.take(&man, bad, now));
        }
        assert_eq!(tries.accounts.len(), MAX_ADDRESS_TRIES);
        assert!(tries.take(&man, good, now), "his account was not tried");
        assert!(tries.take(&"woman".parse().unwrap(), good, now), "and there is room for hers");
    }

    #[test]
    fn full_tables_shut_out_nobody_and_do_not_forget_who_tried_enough() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        let address = |n: u32| IpAddr::from((0x0a00_0000 + n).to_be_bytes());
        let man: Login = "man".parse().unwrap();
        while tries.take(&man, address(0), now) {}
        let others = u32::try_from(MAX_ADDRESSES).unwrap();
        for n in 1..=others + 10 {
            assert!(tries.take(&format!("u{n}").parse().unwrap(), address(n), now), "{n}");
        }
        assert_eq!((tries.accounts.len(), tries.addresses.len()), (MAX_ADDRESSES, MAX_ADDRESSES));
        assert!(!tries.take(&man, address(others + 10), now), "from anywhere");
    }
}
