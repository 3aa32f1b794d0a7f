//! How often the secret was guessed in vain, for each address.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::defaults;
use crate::failures::{Failures, network};

/// See the module.
#[derive(Debug)]
pub(super) struct Guesses {
    failed: Mutex<Failures<IpAddr>>,
}

impl Default for Guesses {
    fn default() -> Self {
        let failed = Failures::new(defaults::GUESSES, defaults::GUESSES_WINDOW, defaults::GUESSERS);
        Self { failed: Mutex::new(failed) }
    }
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
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if !failed.take(address, now) {
            return Guess::TooMany;
        }
        if !right() {
            return Guess::Wrong;
        }
        failed.give_back(&address);
        Guess::Right
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
        assert_eq!(wrong, defaults::GUESSES);
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
