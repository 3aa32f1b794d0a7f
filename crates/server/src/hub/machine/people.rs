//! People and their devices.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use zvonok_signaling_proto::event::DeviceRef;
use zvonok_signaling_proto::{Login, Millis, Status};

use super::super::change::Change;
use super::Machine;
use super::call::Call;
use super::types::SocketId;

/// Name shown for a device that speaks only part A and therefore has none.
const PLAIN_NAME: &str = "web page";

/// A person who has signed in at least once.
#[derive(Debug)]
pub(super) struct Person {
    /// Display name.
    pub(super) name: String,
    /// What the person set; presence is made of it, of the devices, and of the calls.
    pub(super) set: Status,
    /// By device id.
    pub(super) devices: BTreeMap<String, Device>,
    /// When a device was last connected.
    pub(super) last_seen: Option<Millis>,
    /// What others were told last.
    pub(super) shown: Status,
    /// Answers every call, however many (the echo).
    pub(super) never_busy: bool,
    /// A second call rings, instead of being answered `busy`.
    pub(super) call_waiting: bool,
    /// For these people this person is never there.
    pub(super) blocked: BTreeSet<Login>,
    /// When this person placed the latest calls.
    pub(super) rings: VecDeque<Millis>,
}

impl Person {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            set: Status::Available,
            devices: BTreeMap::new(),
            last_seen: None,
            shown: Status::Offline,
            never_busy: false,
            call_waiting: false,
            blocked: BTreeSet::new(),
            rings: VecDeque::new(),
        }
    }

    pub(super) fn is_online(&self) -> bool {
        self.devices.values().any(|device| device.socket.is_some())
    }

    pub(super) fn is_plain(&self, device: &str) -> bool {
        self.devices.get(device).is_some_and(|device| device.plain)
    }

    /// Whether a connected device speaks only part A.
    pub(super) fn has_plain_device(&self) -> bool {
        self.devices.values().any(|device| device.plain && device.socket.is_some())
    }
}

/// A device of a person. One of part B is kept for days after it disconnected, one of part A only while it is
/// connected or in a call.
#[derive(Debug)]
pub(super) struct Device {
    /// For people.
    pub(super) name: String,
    /// Speaks only part A.
    pub(super) plain: bool,
    /// Its socket, while it is connected.
    pub(super) socket: Option<SocketId>,
    /// When its socket went away.
    pub(super) gone_at: Option<Millis>,
    /// Number of its newest event when its socket went away: what came later it cannot have seen.
    pub(super) seen_seq: u64,
    /// `busy` was set by this device of part A, and goes with it.
    pub(super) holds_busy: bool,
}

impl Device {
    pub(super) fn plain(socket: SocketId) -> Self {
        Self {
            name: PLAIN_NAME.to_owned(),
            plain: true,
            socket: Some(socket),
            gone_at: None,
            seen_seq: 0,
            holds_busy: false,
        }
    }

    pub(super) fn extended(name: String, socket: SocketId) -> Self {
        Self { name, plain: false, socket: Some(socket), gone_at: None, seen_seq: 0, holds_busy: false }
    }

    pub(super) fn reference(&self, id: &str) -> DeviceRef {
        DeviceRef { id: id.to_owned(), name: self.name.clone() }
    }
}

impl Machine {
    /// Whether one more person can be known. Of those who are not connected the one gone longest makes room: names that
    /// somebody once used must not keep out everybody else for days.
    pub(super) fn has_room(&mut self) -> bool {
        if self.people.len() < self.settings.people {
            return true;
        }
        let in_call = |login: &Login| self.calls.of(login).any(Call::is_alive);
        let idle =
            |(login, person): &(&Login, &Person)| !person.is_online() && !in_call(login) && !self.has_account(login);
        let idle = self.people.iter().filter(idle);
        let Some(longest) = idle.min_by_key(|(_, person)| person.last_seen).map(|(login, _)| login.clone()) else {
            return false;
        };
        for party in self.devices_of(&longest, None) {
            self.forget_device(&party);
        }
        self.people.remove(&longest);
        self.changes.push(Change::NoPerson(longest));
        true
    }
}
