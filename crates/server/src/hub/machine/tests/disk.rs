//! What a database does, in a few lines: the machine is tested against it, and the databases against what it gives.

use std::collections::BTreeMap;

use super::super::super::change::{Kept, KeptDevice, KeptEvent, KeptPerson};
use super::*;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Disk {
    people: BTreeMap<Login, KeptPerson>,
    devices: BTreeMap<(Login, String), KeptDevice>,
    events: BTreeMap<(Login, String, u64), KeptEvent>,
    calls: BTreeMap<CallId, String>,
    over: Vec<CallId>,
}

impl Disk {
    pub(super) fn write(&mut self, change: Change) {
        match change {
            Change::Anew => *self = Self { over: std::mem::take(&mut self.over), ..Self::default() },
            Change::Person(login, person) => drop(self.people.insert(login, person)),
            Change::NoPerson(login) => drop(self.people.remove(&login)),
            Change::Device(login, id, device) => drop(self.devices.insert((login, id), device)),
            Change::NoDevice(login, id) => {
                self.events.retain(|(whose, which, _), _| whose != &login || which != &id);
                self.devices.remove(&(login, id));
            }
            Change::Event(event) => {
                let key = (event.login.clone(), event.device.clone());
                // An event of a device that is not kept would never be forgotten.
                self.devices.get_mut(&key).expect("a kept device").seq = event.seq;
                self.events.insert((key.0, key.1, event.seq), event);
            }
            Change::Call(id, body) => drop(self.calls.insert(id, body)),
            Change::NoCall(id) => drop(self.calls.remove(&id)),
            Change::History(_, record) => self.over.push(record.call_id),
        }
    }

    pub(super) fn load(&self) -> Kept {
        Kept {
            people: self.people.clone().into_iter().collect(),
            devices: self.devices.clone().into_iter().map(|((login, id), device)| (login, id, device)).collect(),
            events: self.events.values().cloned().collect(),
            calls: self.calls.values().cloned().collect(),
            over: self.over.clone(),
        }
    }

    /// Whether `everything` of a machine is what was kept of it.
    pub(super) fn is(&self, everything: Vec<Change>) -> bool {
        let mut anew = Self { over: self.over.clone(), ..Self::default() };
        everything.into_iter().for_each(|change| anew.write(change));
        anew == *self
    }
}
