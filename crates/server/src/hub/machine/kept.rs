//! What is kept of the machine, and starting from what was.

use std::collections::{BTreeSet, VecDeque};

use zvonok_signaling_proto::{CallId, Login, Millis, Status};

use super::super::change::{Change, Kept, KeptDevice, KeptEvent, KeptPerson};
use super::super::limits::MAX_CALL_IDS;
use super::call::{Call, Stage};
use super::finish::How;
use super::people::{Device, Person};
use super::{Machine, Party};

/// The ids of calls that are over.
#[derive(Debug, Default)]
pub(super) struct Over {
    ids: BTreeSet<CallId>,
    order: VecDeque<CallId>,
}

impl Over {
    pub(super) fn insert(&mut self, id: CallId) {
        if self.ids.insert(id.clone()) {
            self.order.push_back(id);
        }
        if self.order.len() > MAX_CALL_IDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }

    pub(super) fn has(&self, id: &CallId) -> bool {
        self.ids.contains(id)
    }
}

impl Machine {
    /// Starts from what an earlier machine kept, at `now`. Nobody is connected: whoever was, has been away since now. What
    /// died meanwhile is over with the next input.
    ///
    /// Calls that cannot be read are left out, and counted.
    pub fn restore(&mut self, kept: Kept, now: Millis) -> usize {
        for (login, body) in kept.people {
            let mut person = Person::new(login.to_string());
            (person.set, person.last_seen, person.blocked) = (body.set, body.last_seen, body.blocked);
            person.call_waiting = body.call_waiting;
            self.people.insert(login, person);
        }
        for (login, id, body) in kept.devices {
            self.logs.restore(&login, &id, body.seq);
            if body.plain {
                let number = id.rsplit('-').next().and_then(|number| number.parse().ok());
                self.plain_devices = self.plain_devices.max(number.unwrap_or(0));
            }
            let person = self.people.entry(login.clone()).or_insert_with(|| Person::new(login.to_string()));
            person.devices.insert(id, Device::restored(body, now));
        }
        for KeptEvent { login, device, seq, at, event } in kept.events {
            self.logs.restore_event(&login, &device, seq, at, event);
        }
        kept.over.into_iter().for_each(|id| self.over.insert(id));
        let mut unreadable = 0;
        for body in kept.calls {
            match serde_json::from_str::<Call>(&body) {
                Ok(call) => self.restore_call(call, now),
                Err(_) => unreadable += 1,
            }
        }
        self.touched.clear();
        let devices = |(login, person): (&Login, &Person)| {
            person.devices.keys().map(|id| Party { login: login.clone(), device: id.clone() }).collect::<Vec<_>>()
        };
        let all: Vec<Party> = self.people.iter().flat_map(devices).collect();
        all.iter().for_each(|party| self.moved(party));
        self.people.keys().for_each(|login| self.devices.perhaps_nobody(login));
        self.settle();
        unreadable
    }

    /// These people were connected a moment ago, and most will be again: they are shown as they were until
    /// [`super::Input::Gathered`].
    pub fn expect_back(&mut self, connected: BTreeSet<Login>) {
        for login in connected {
            let in_call = self.calls.of(&login).any(|call| call.is_answered() && call.engages(&login));
            if let Some(person) = self.people.get_mut(&login) {
                person.shown = if in_call { Status::Busy } else { person.set };
            }
        }
    }

    fn restore_call(&mut self, mut call: Call, now: Millis) {
        // A clock that was set back must not let it ring for longer than any ring.
        call.expires_at = call.expires_at.min(now.saturating_add(self.settings.ring_ttl_ms));
        if let Stage::Ended { at, .. } = &mut call.stage {
            *at = (*at).min(now);
        }
        let id = call.id.clone();
        // The residents live in this process: one that was in a call is no longer.
        let orphan = call.is_alive() && (self.is_resident(&call.callee) || self.is_resident(&call.caller));
        self.calls.insert(id.clone(), call);
        if orphan {
            self.finish(&id, How::Lost, now);
        }
    }

    /// Everything there is, for a database that has missed something.
    pub fn everything(&self) -> Vec<Change> {
        let mut all = vec![Change::Anew];
        for (login, person) in self.people.iter().filter(|(_, person)| !person.never_busy) {
            all.push(Change::Person(login.clone(), person.kept()));
            for (id, device) in &person.devices {
                let body = device.kept(self.logs.seq(login, id));
                all.push(Change::Device(login.clone(), id.clone(), body));
            }
        }
        for (login, device, seq, at, event) in self.logs.all().filter(|(login, ..)| !self.is_resident(login)) {
            let (login, device, event) = (login.clone(), device.to_owned(), event.clone());
            all.push(Change::Event(KeptEvent { login, device, seq, at, event }));
        }
        all.extend(self.calls.values().map(|call| kept_call(&call.id, Some(call))));
        all
    }

    pub(super) fn is_resident(&self, login: &Login) -> bool {
        self.people.get(login).is_some_and(|person| person.never_busy)
    }

    pub(super) fn keep_person(&mut self, login: &Login) {
        if let Some(person) = self.people.get(login).filter(|person| !person.never_busy) {
            self.changes.push(Change::Person(login.clone(), person.kept()));
        }
    }

    pub(super) fn keep_device(&mut self, party: &Party) {
        self.moved(party);
        let Some(person) = self.people.get(&party.login).filter(|person| !person.never_busy) else { return };
        let Some(device) = person.devices.get(&party.device) else { return };
        let body = device.kept(self.logs.seq(&party.login, &party.device));
        self.changes.push(Change::Device(party.login.clone(), party.device.clone(), body));
    }

    /// Forgets a device's events; the device itself is its person's.
    pub(super) fn forget_device(&mut self, party: &Party) {
        self.moved(party);
        self.logs.forget_device(&party.login, &party.device);
        self.changes.push(Change::NoDevice(party.login.clone(), party.device.clone()));
    }

    pub(super) fn keep_calls(&mut self) {
        for id in self.calls.take_changed() {
            self.changes.push(kept_call(&id, self.calls.get(&id)));
        }
    }
}

fn kept_call(id: &CallId, call: Option<&Call>) -> Change {
    match call.and_then(|call| serde_json::to_string(call).ok()) {
        Some(body) => Change::Call(id.clone(), body),
        None => Change::NoCall(id.clone()),
    }
}

impl Person {
    fn kept(&self) -> KeptPerson {
        // Busy that a page of part A has set goes with the page.
        let held = self.devices.values().any(|device| device.holds_busy);
        let set = if held { Status::Available } else { self.set };
        let (last_seen, call_waiting, blocked) = (self.last_seen, self.call_waiting, self.blocked.clone());
        KeptPerson { set, last_seen, call_waiting, blocked }
    }
}

impl Device {
    fn kept(&self, seq: u64) -> KeptDevice {
        KeptDevice { name: self.name.clone(), plain: self.plain, gone_at: self.gone_at, seen_seq: self.seen_seq, seq }
    }

    fn restored(body: KeptDevice, now: Millis) -> Self {
        // One that was connected was told everything up to the end.
        let seen_seq = if body.gone_at.is_some() { body.seen_seq } else { body.seq };
        let gone_at = Some(body.gone_at.unwrap_or(now).min(now));
        Self { name: body.name, plain: body.plain, socket: None, gone_at, seen_seq, holds_busy: false }
    }
}
