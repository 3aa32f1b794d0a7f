//! When something is to be looked at by itself, without looking at everything.

use std::collections::{BTreeMap, BTreeSet};

use zvonok_signaling_proto::Millis;

/// The moments of many things, one for each at the most.
#[derive(Debug)]
pub(super) struct Timers<K> {
    at: BTreeMap<K, Millis>,
    in_order: BTreeSet<(Millis, K)>,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self { at: BTreeMap::new(), in_order: BTreeSet::new() }
    }
}

impl<K: Clone + Ord> Timers<K> {
    /// That thing is due then and no other time; `None`: never.
    pub(super) fn set(&mut self, what: &K, at: Option<Millis>) {
        if self.at.get(what).copied() == at {
            return;
        }
        let before = match at {
            Some(at) => self.at.insert(what.clone(), at),
            None => self.at.remove(what),
        };
        if let Some(before) = before {
            self.in_order.remove(&(before, what.clone()));
        }
        self.in_order.extend(at.map(|at| (at, what.clone())));
    }

    /// The next moment.
    pub(super) fn first(&self) -> Option<Millis> {
        self.in_order.first().map(|(at, _)| *at)
    }

    /// What is due at `now`, the longest due first. It stays due until it is set anew.
    pub(super) fn until(&self, now: Millis) -> Vec<K> {
        self.in_order.iter().take_while(|(at, _)| *at <= now).map(|(_, what)| what.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_has_one_moment() {
        let mut timers = Timers::default();
        assert_eq!(timers.first(), None);
        timers.set(&"a", Some(5));
        timers.set(&"b", Some(3));
        assert_eq!((timers.first(), timers.until(4)), (Some(3), vec!["b"]));
        timers.set(&"b", Some(9));
        assert_eq!((timers.first(), timers.until(9)), (Some(5), vec!["a", "b"]));
        timers.set(&"a", None);
        timers.set(&"a", None);
        assert_eq!((timers.first(), timers.until(8)), (Some(9), vec![]));
    }
}
