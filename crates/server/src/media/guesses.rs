//! How often the secret was guessed in vain, for each address. In memory only.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::defaults;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    failed: Mutex<HashMap<IpAddr, Failed>>,
}

#[derive(Debug, Clone, Copy)]
struct Failed {
    times: u32,
    since: Instant,
}

/// What became of a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    /// It is the secret.
    Right,
    /// It is not.
    Wrong,
    /// That address has guessed enough; nobody has looked whether it is right.
    TooMany,
}

impl Guesses {
    /// Judges a guess of `address`; `right` says whether it is the secret.
    pub(super) fn judge(&self, address: IpAddr, now: Instant, right: impl FnOnce() -> bool) -> Guess {
        let address = network(address);
        let old = |failed: &Failed| now.saturating_duration_since(failed.since) >= defaults::GUESSES_WINDOW;
        // Guesses are judged one after the other: many at once are counted.
        let mut all = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.get(&address).copied().filter(|failed| !old(failed));
        let Failed { times, since } = before.unwrap_or(Failed { times: 0, since: now });
        if times >= defaults::GUESSES {
            return Guess::TooMany;
        }
        if right() {
            return Guess::Right;
        }
        if all.len() >= defaults::GUESSERS && !all.contains_key(&address) {
            all.retain(|_, failed| !old(failed));
            let oldest = all.iter().min_by_key(|(_, failed)| failed.since).map(|(address, _)| *address);
            if let Some(oldest) = oldest.filter(|_| all.len() >= defaults::GUESSERS) {
                all.remove(&oldest);
            }
        }
        all.insert(address, Failed { times: times + 1, since });
        Guess::Wrong
    }
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
    fn an_address_guesses_so_often_and_others_may_still() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        let (one, two) = ("2001:db8::1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let wrong = (0..100).filter(|_| guesses.judge(one, now, || false) == Guess::Wrong).count();
        assert_eq!(wrong, usize::try_from(defaults::GUESSES).unwrap());
        assert_eq!(guesses.judge("2001:db8::2".parse().unwrap(), now, || true), Guess::TooMany, "its neighbour");
        assert_eq!(guesses.judge(two, now, || true), Guess::Right);
        assert_eq!(guesses.judge(one, now + defaults::GUESSES_WINDOW, || true), Guess::Right, "after a while again");
    }

    #[test]
    fn many_addresses_take_no_more_memory_and_stop_nobody() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for bits in 0..u32::try_from(defaults::GUESSERS).unwrap() + 10 {
            assert_eq!(guesses.judge(IpAddr::from(bits.to_be_bytes()), now, || false), Guess::Wrong);
        }
        assert_eq!(guesses.failed.lock().unwrap().len(), defaults::GUESSERS);
        assert_eq!(guesses.judge("203.0.113.9".parse().unwrap(), now, || true), Guess::Right);
    }
}
