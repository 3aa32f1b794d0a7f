//! Telling devices things.

use zvonok_signaling_proto::event::{Contact, DeviceRef, Presence, ServerEvent};
use zvonok_signaling_proto::{Login, Millis, Status};

use super::super::change::{Change, KeptEvent};
use super::people::Person;
use super::{Machine, Output, Party, Shown};

impl Machine {
    /// Tells one device: numbered and kept for part B, in part A's words (or not at all) for part A.
    pub(super) fn tell(&mut self, to: &Party, event: ServerEvent, now: Millis) {
        let Some(device) = self.people.get(&to.login).and_then(|person| person.devices.get(&to.device)) else { return };
        if device.plain {
            if let Some(socket) = device.socket.clone().filter(|_| event.plain_payload().is_some()) {
                self.outputs.push_back(Output::Emit { socket, event, seq: None, plain: true });
            }
            return;
        }
        let (socket, resident) = (device.socket.clone(), self.is_resident(&to.login));
        let seq = self.logs.append(&to.login, &to.device, event.clone(), now);
        if !resident {
            let (login, device, event) = (to.login.clone(), to.device.clone(), event.clone());
            self.changes.push(Change::Event(KeptEvent { login, device, seq, at: now, event }));
        }
        if let Some(socket) = socket {
            self.outputs.push_back(Output::Emit { socket, event, seq: Some(seq), plain: false });
        }
    }

    /// A person's devices; those of part B, those of part A, or all.
    pub(super) fn devices_of(&self, login: &Login, plain: Option<bool>) -> Vec<Party> {
        self.people.get(login).map_or_else(Vec::new, |person| {
            person
                .devices
                .iter()
                .filter(|(_, device)| plain.is_none_or(|plain| device.plain == plain))
                .map(|(id, _)| Party { login: login.clone(), device: id.clone() })
                .collect()
        })
    }

    pub(super) fn reference(&self, party: &Party) -> Option<DeviceRef> {
        Some(self.people.get(&party.login)?.devices.get(&party.device)?.reference(&party.device))
    }

    pub(super) fn is_plain(&self, party: &Party) -> bool {
        self.people
            .get(&party.login)
            .and_then(|person| person.devices.get(&party.device))
            .is_some_and(|device| device.plain)
    }

    pub(super) fn name_of(&self, login: &Login) -> String {
        self.people.get(login).map_or_else(|| login.to_string(), |person| person.name.clone())
    }

    /// Whether a person is in a call, or places one.
    pub(super) fn is_engaged(&self, login: &Login) -> bool {
        self.people.get(login).is_some_and(|person| !person.never_busy)
            && self.calls.of(login).any(|call| call.engages(login))
    }

    /// How a person is shown to others.
    fn status_of(&self, login: &Login) -> Status {
        let Some(person) = self.people.get(login) else { return Status::Offline };
        let in_call =
            || !person.never_busy && self.calls.of(login).any(|call| call.is_answered() && call.engages(login));
        if !person.is_online() {
            Status::Offline
        } else if in_call() {
            Status::Busy
        } else {
            person.set
        }
    }

    /// Tells everybody about those whose presence changed.
    pub(super) fn show_presence(&mut self, now: Millis) {
        for login in std::mem::take(&mut self.touched) {
            let status = self.status_of(&login);
            let Some(person) = self.people.get_mut(&login) else { continue };
            if person.shown == status {
                continue;
            }
            person.shown = status;
            if status == Status::Offline {
                person.last_seen = Some(now);
                self.devices.perhaps_nobody(&login);
            }
            let (last_seen, blocked) = (person.last_seen, person.blocked.clone());
            self.keep_person(&login);
            if self.many {
                self.outputs.extend(self.shown(&login).map(Output::Shown));
                continue;
            }
            let event = ServerEvent::Presence(Presence { login, status, last_seen });
            let sees = self.seeing().filter(|party| !blocked.contains(&party.login));
            let devices = sees.filter_map(|party| self.people.get(&party.login)?.devices.get(&party.device));
            let sockets = devices.filter(|device| !device.plain).filter_map(|device| device.socket.clone());
            let emit = |socket| Output::Emit { socket, event: event.clone(), seq: None, plain: false };
            let outputs: Vec<_> = sockets.map(emit).collect();
            self.outputs.extend(outputs);
        }
    }

    /// How that person was shown last.
    pub(super) fn shown(&self, login: &Login) -> Option<Shown> {
        let person = self.people.get(login)?;
        let presence = Presence { login: login.clone(), status: person.shown, last_seen: person.last_seen };
        Some(Shown { presence, hidden_from: person.blocked.clone() })
    }

    /// How everybody was shown last.
    pub fn all_shown(&self) -> Vec<Shown> {
        self.people.keys().filter(|login| self.is_somebody(login)).filter_map(|login| self.shown(login)).collect()
    }

    /// Tells a device something that has no number, if it is connected.
    pub(super) fn show(&mut self, to: &Party, event: &ServerEvent) {
        let device = self.people.get(&to.login).and_then(|person| person.devices.get(&to.device));
        if let Some(socket) = device.and_then(|device| device.socket.clone()) {
            let event = event.clone();
            self.outputs.push_back(Output::Emit { socket, event, seq: None, plain: false });
        }
    }

    /// Everybody but one, as that one sees them.
    pub(super) fn contacts(&self, but: &Login) -> Vec<Contact> {
        let others = self.people.iter().filter(|(login, _)| *login != but && self.is_somebody(login));
        let contact = |(login, person): (&Login, &Person)| {
            let hidden = person.blocked.contains(but);
            Contact {
                login: login.clone(),
                name: person.name.clone(),
                status: if hidden { Status::Offline } else { person.shown },
                last_seen: person.last_seen.filter(|_| !hidden),
            }
        };
        others.map(contact).collect()
    }
}
