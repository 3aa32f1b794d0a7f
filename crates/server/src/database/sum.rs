//! What a run of changes comes to: one word about each thing, so that a transaction costs what has changed and not how
//! often.

use std::collections::{BTreeMap, BTreeSet};

use zvonok_signaling_proto::rest::CallRecord;
use zvonok_signaling_proto::{CallId, Login};

use crate::hub::change::{Change, KeptDevice, KeptEvent, KeptPerson};

/// A device's name.
pub(super) type Key<'c> = (&'c Login, &'c str);

/// See the module. What is forgotten goes before what is.
#[derive(Debug, Default)]
pub(super) struct Sum<'c> {
    /// Nothing of before counts, but for the history.
    pub(super) anew: bool,
    /// `None` is forgotten.
    pub(super) people: BTreeMap<&'c Login, Option<&'c KeptPerson>>,
    /// Forgotten with their events; one that has come again since is among `devices` as well.
    pub(super) gone: BTreeSet<Key<'c>>,
    pub(super) devices: BTreeMap<Key<'c>, &'c KeptDevice>,
    /// In their order.
    pub(super) events: Vec<&'c KeptEvent>,
    /// The newest number of those that have events.
    pub(super) newest: BTreeMap<Key<'c>, u64>,
    /// `None` is forgotten.
    pub(super) calls: BTreeMap<&'c CallId, Option<&'c str>>,
    /// The later word about the same call of the same person.
    pub(super) history: BTreeMap<(&'c Login, &'c CallId), &'c CallRecord>,
}

impl<'c> Sum<'c> {
    pub(super) fn of(changes: &'c [Change]) -> Self {
        let mut sum = Self::default();
        for change in changes {
            sum.add(change);
        }
        sum
    }

    fn add(&mut self, change: &'c Change) {
        match change {
            Change::Anew => *self = Self { anew: true, history: std::mem::take(&mut self.history), ..Self::default() },
            Change::Person(login, person) => drop(self.people.insert(login, Some(person))),
            Change::NoPerson(login) => drop(self.people.insert(login, None)),
            Change::Device(login, device, body) => drop(self.devices.insert((login, device), body)),
            Change::NoDevice(login, device) => {
                let key = (login, device.as_str());
                self.devices.remove(&key);
                self.newest.remove(&key);
                self.events.retain(|event| (&event.login, event.device.as_str()) != key);
                self.gone.insert(key);
            }
            Change::Event(event) => {
                let newest = self.newest.entry((&event.login, &event.device)).or_default();
                *newest = event.seq.max(*newest);
                self.events.push(event);
            }
            Change::Call(id, body) => drop(self.calls.insert(id, Some(body))),
            Change::NoCall(id) => drop(self.calls.insert(id, None)),
            Change::History(login, record) => drop(self.history.insert((login, &record.call_id), record)),
        }
    }
}

#[cfg(test)]
mod tests {
    use zvonok_signaling_proto::event::ServerEvent;

    use super::*;

    fn login(name: &str) -> Login {
        name.parse().unwrap()
    }

    fn device(seq: u64) -> Change {
        let body = KeptDevice { name: "pc".to_owned(), plain: false, gone_at: None, seen_seq: 0, seq };
        Change::Device(login("man"), "pc".to_owned(), body)
    }

    fn event(seq: u64) -> Change {
        let event = ServerEvent::PlainCalling(login("woman"));
        Change::Event(KeptEvent { login: login("man"), device: "pc".to_owned(), seq, at: 1, event })
    }

    #[test]
    fn the_last_word_counts() {
        let call = |body: &str| Change::Call("c".parse().unwrap(), body.to_owned());
        let changes = [call("rings"), call("ended"), Change::NoPerson(login("man"))];
        let sum = Sum::of(&changes);
        assert_eq!(sum.calls.into_values().collect::<Vec<_>>(), [Some("ended")]);
        assert_eq!(sum.people.into_values().collect::<Vec<_>>(), [None]);
    }

    #[test]
    fn a_device_that_is_forgotten_takes_the_events_of_before_with_it() {
        let changes =
            [device(1), event(1), event(2), Change::NoDevice(login("man"), "pc".to_owned()), device(0), event(1)];
        let sum = Sum::of(&changes);
        assert_eq!((sum.gone.len(), sum.devices.len(), sum.events.len()), (1, 1, 1));
        assert_eq!(sum.newest.into_values().collect::<Vec<_>>(), [1]);
        let forgotten = Sum::of(&changes[..4]);
        assert!(forgotten.devices.is_empty() && forgotten.events.is_empty() && forgotten.newest.is_empty());
    }

    #[test]
    fn nothing_of_before_a_new_beginning_counts() {
        let changes = [device(1), event(1), Change::Anew, device(2)];
        let sum = Sum::of(&changes);
        assert!(sum.anew && sum.events.is_empty());
        assert_eq!(sum.devices.into_values().map(|body| body.seq).collect::<Vec<_>>(), [2]);
    }
}
