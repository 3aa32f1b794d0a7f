//! Room for sockets: so many at once, and so many of one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::failures::network;
use crate::limits::PerAddress;

/// All seats.
#[derive(Debug)]
pub(crate) struct Seats {
    most: usize,
    each: PerAddress,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<IpAddr, usize>,
}

/// A seat, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    /// `None` where it is not counted.
    address: Option<IpAddr>,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoSeat {
    /// All are taken.
    #[error("there are as many sockets as there may be")]
    Full,
    /// That address has its share.
    #[error("this address has as many sockets as one may have")]
    Address,
}

impl Seats {
    pub(crate) fn new(most: usize, each: PerAddress) -> Arc<Self> {
        Arc::new(Self { most, each, taken: Mutex::default() })
    }

    /// A seat for a socket from `address`.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Seat, NoSeat> {
        let address = Some(address).filter(|it| self.each.local || !it.to_canonical().is_loopback()).map(network);
        let mut taken = self.taken();
        if taken.all >= self.most {
            return Err(NoSeat::Full);
        }
        if let Some(address) = address {
            let of = taken.by.entry(address).or_default();
            if *of >= self.each.most {
                return Err(NoSeat::Address);
            }
            *of += 1;
        }
        taken.all += 1;
        Ok(Seat { seats: Arc::clone(self), address })
    }

    /// How many are taken.
    pub(crate) fn count(&self) -> usize {
        self.taken().all
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Every critical section leaves the counts right.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        taken.all = taken.all.saturating_sub(1);
        let Some(address) = self.address else { return };
        let left = taken.by.get_mut(&address).map_or(0, |of| {
            *of = of.saturating_sub(1);
            *of
        });
        if left == 0 {
            taken.by.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_does_not_take_the_seats_of_all() {
        let seats = Seats::new(5, PerAddress { most: 2, local: true });
        let first = seats.take(ip("10.0.0.1")).unwrap();
        let _second = seats.take(ip("::ffff:10.0.0.1")).unwrap();
        assert_eq!(seats.take(ip("10.0.0.1")).unwrap_err(), NoSeat::Address);
        let others: Vec<_> = ["10.0.0.2", "2001:db8::1", "2001:db8::2"].map(|it| seats.take(ip(it)).unwrap()).into();
        assert_eq!(seats.take(ip("10.0.0.3")).unwrap_err(), NoSeat::Full);
        drop(first);
        assert_eq!(seats.take(ip("2001:db8::3")).unwrap_err(), NoSeat::Address, "one network is one customer");
        assert!(seats.take(ip("10.0.0.1")).is_ok(), "a seat that was given back");
        drop(others);
        assert_eq!((seats.count(), seats.taken().by.len()), (1, 1), "nothing is remembered of those who left");
    }

    #[test]
    fn this_machine_is_not_counted_unless_asked_for() {
        let seats = Seats::new(4, PerAddress { most: 1, local: false });
        let _all: Vec<_> = ["127.0.0.1", "::1", "127.0.0.1", "10.0.0.1"].map(|it| seats.take(ip(it)).unwrap()).into();
        assert_eq!(seats.take(ip("127.0.0.1")).unwrap_err(), NoSeat::Full);
    }
}
