//! What is known beside people and calls, so that an input costs what it concerns and not everything there is: which
//! devices see presence, which go away for good and when, who may be nobody any more.

use std::collections::BTreeSet;
use std::mem::take;

use zvonok_signaling_proto::{Login, Millis, Status};

use super::super::change::Change;
use super::timers::Timers;
use super::{Machine, Party};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Devices {
    /// Connected ones of part B.
    seeing: BTreeSet<Party>,
    /// When those without a socket may be forgotten.
    forgotten_at: Timers<Party>,
    /// Whose socket or very being has changed since it was settled.
    moved: BTreeSet<Party>,
    /// Who may have no device, no account and no presence left.
    nobody: BTreeSet<Login>,
}

impl Devices {
    /// That person may be nobody any more.
    pub(super) fn perhaps_nobody(&mut self, login: &Login) {
        self.nobody.insert(login.clone());
    }
}

impl Machine {
    /// A device has come, gone, or is there no more.
    pub(super) fn moved(&mut self, party: &Party) {
        self.devices.moved.insert(party.clone());
    }

    /// Devices that are told how others are seen. Those that have moved are among them and have to be looked at.
    pub(super) fn seeing(&self) -> impl Iterator<Item = &Party> {
        let Devices { seeing, moved, .. } = &self.devices;
        seeing.iter().filter(|party| !moved.contains(*party)).chain(moved)
    }

    /// When devices are to be forgotten.
    pub(super) fn devices_deadline(&self) -> Option<Millis> {
        self.devices.forgotten_at.first()
    }

    /// Looks at everything that has changed.
    pub(super) fn settle(&mut self) {
        for party in take(&mut self.devices.moved) {
            let device = self.people.get(&party.login).and_then(|person| person.devices.get(&party.device));
            if device.is_some_and(|device| !device.plain && device.socket.is_some()) {
                self.devices.seeing.insert(party.clone());
            } else {
                self.devices.seeing.remove(&party);
            }
            if device.is_none() {
                self.devices.nobody.insert(party.login.clone());
            }
            let at = device.and_then(super::people::Device::forget_at);
            self.devices.forgotten_at.set(&party, at);
            // What they are in may be lost with them, or is not any more.
            self.calls.unsettle(&party.login);
        }
        for id in self.calls.take_unsettled() {
            let due = self.calls.get(&id).and_then(|call| self.due(call)).map(|(at, _)| at);
            self.calls.settle(&id, due);
        }
    }

    /// Forgets devices that did not come back. A device of part A goes once no call needs it.
    pub(super) fn forget_devices(&mut self, now: Millis) {
        for party in self.devices.forgotten_at.until(now) {
            if self.calls.of(&party.login).any(|call| call.is_alive() && call.has(&party.login, &party.device)) {
                continue;
            }
            if let Some(person) = self.people.get_mut(&party.login) {
                person.devices.remove(&party.device);
            }
            self.forget_device(&party);
            self.devices.perhaps_nobody(&party.login);
        }
        for login in take(&mut self.devices.nobody) {
            let is_nobody =
                |person: &super::people::Person| person.devices.is_empty() && person.shown == Status::Offline;
            if self.people.get(&login).is_some_and(is_nobody) && !self.has_account(&login) {
                self.people.remove(&login);
                self.changes.push(Change::NoPerson(login));
            }
        }
    }
}
