//! Sockets: signing in, replay, going away.

use zvonok_signaling_proto::event::{LoginAck, LoginRequest, Me, RingAck, RingDevice, Ringing, ServerEvent};
use zvonok_signaling_proto::rest::Head;
use zvonok_signaling_proto::{Code, Login, MAX_NAME_CHARS, Millis, Status, VERSION};

use super::super::limits::MAX_DEVICES;
use super::call::Stage;
use super::finish::How;
use super::people::{Device, Person};
use super::{Machine, Output, Party, Reply, SocketId};

/// The person part of a device id is bounded like a login.
const MAX_DEVICE_ID: usize = 64;

impl Machine {
    pub(super) fn login(&mut self, socket: SocketId, body: LoginRequest, now: Millis) -> Reply {
        if self.people.get(&body.login).is_some_and(|person| person.never_busy) {
            return refuse(Code::NotAllowed, "This login belongs to the server.");
        }
        let extended = body.version.is_some_and(|version| version >= VERSION);
        let device_id = match (&body.device, extended) {
            (Some(device), true) if device.id.is_empty() || device.id.len() > MAX_DEVICE_ID => {
                return refuse(Code::Malformed, "`device.id` has 1 to 64 characters.");
            }
            (Some(device), true) => device.id.clone(),
            (None, true) => return refuse(Code::Malformed, "`device` is missing."),
            (_, false) => self.plain_device(&socket, &body.login),
        };
        if !self.people.contains_key(&body.login) && !self.has_room() {
            return refuse(Code::TooMany, "The hub knows too many people.");
        }
        let party = Party { login: body.login.clone(), device: device_id };
        if self.sockets.get(&socket).is_some_and(|known| *known != party) {
            // The same socket signs in as somebody else: the first one has left.
            self.socket_gone(&socket, now);
        }
        self.attach(&party, &socket, &body, extended, now);
        self.sockets.insert(socket.clone(), party.clone());
        self.touched.insert(party.login.clone());
        self.show_presence(now);
        if extended {
            self.welcome_back(&party, socket, body.last_seq, now)
        } else {
            self.welcome_plain(&party, &socket, now);
            Reply::None
        }
    }

    /// The id of a device of part A: the one this socket has already, or a new one.
    fn plain_device(&mut self, socket: &str, login: &Login) -> String {
        match self.sockets.get(socket) {
            Some(party) if party.login == *login => party.device.clone(),
            Some(_) | None => {
                self.plain_devices += 1;
                format!("plain-{}", self.plain_devices)
            }
        }
    }

    fn attach(&mut self, party: &Party, socket: &SocketId, body: &LoginRequest, extended: bool, now: Millis) {
        let person = self.people.entry(party.login.clone()).or_insert_with(|| Person::new(party.login.to_string()));
        let name: String = match body.device.as_ref().map(|device| device.name.trim()) {
            Some(name) if !name.is_empty() => name.chars().take(MAX_NAME_CHARS).collect(),
            Some(_) | None => "device".to_owned(),
        };
        match person.devices.get_mut(&party.device) {
            Some(device) => {
                device.gone_at = None;
                if let Some(old) = device.socket.replace(socket.clone()).filter(|old| old != socket) {
                    self.sockets.remove(&old);
                    self.outputs.push_back(Output::Disconnect { socket: old });
                }
                if extended {
                    device.name = name;
                }
            }
            None => {
                let device =
                    if extended { Device::extended(name, socket.clone()) } else { Device::plain(socket.clone()) };
                person.devices.insert(party.device.clone(), device);
            }
        }
        person.last_seen = Some(now);
        while person.devices.len() > MAX_DEVICES {
            let oldest = person.devices.iter().filter(|(_, d)| d.gone_at.is_some()).min_by_key(|(_, d)| d.gone_at);
            let Some(id) = oldest.or_else(|| person.devices.iter().find(|(id, _)| **id != party.device)) else { break };
            let id = id.0.clone();
            if let Some(socket) = person.devices.remove(&id).and_then(|device| device.socket) {
                self.sockets.remove(&socket);
                self.outputs.push_back(Output::Disconnect { socket });
            }
            self.store.forget_device(&party.login, &id);
        }
    }

    /// Acknowledges part B's `login`, replays, and rings what is still alive.
    fn welcome_back(&mut self, party: &Party, sid: SocketId, last_seq: Option<u64>, now: Millis) -> Reply {
        let seq = self.store.seq(&party.login, &party.device);
        let (name, seen, status) = match self.people.get_mut(&party.login) {
            Some(person) => {
                let seen = person.devices.get_mut(&party.device).map_or(0, |device| device.seen_seq);
                (person.name.clone(), seen, person.shown)
            }
            None => (party.login.to_string(), 0, Status::Offline),
        };
        // A device that has forgotten its number gets what came while it was away.
        let after = last_seq.unwrap_or(seen).min(seq);
        let replay = self.store.after(&party.login, &party.device, after);
        for (seq, event) in replay.events {
            if self.is_worth_replaying(&event, party) {
                self.outputs.push_back(Output::Emit { socket: sid.clone(), event, seq: Some(seq), plain: false });
            }
        }
        let pending = self.pending(party, now);
        let roster = self.contacts(&party.login);
        let me = Me { login: party.login.clone(), name, role: "user".to_owned(), status };
        let features = if self.settings.tokens { vec!["tokens".to_owned()] } else { Vec::new() };
        Reply::Ack(Box::new(LoginAck {
            version: VERSION,
            sid,
            me,
            roster,
            pending,
            seq,
            ring_ttl_ms: self.settings.ring_ttl_ms,
            features,
            replay_after: Some(after),
            dropped: replay.dropped,
        }))
    }

    /// Rings of a dead call are not worth it (it is missed or cancelled, which is replayed too), those of a live one
    /// are in `pending`.
    fn is_worth_replaying(&self, event: &ServerEvent, party: &Party) -> bool {
        match event {
            ServerEvent::Calling(_) | ServerEvent::PlainCalling(_) => false,
            ServerEvent::Ringing(ringing) => {
                self.calls.get(&ringing.call_id).is_some_and(|call| call.is_ringing() && call.caller == party.login)
            }
            ServerEvent::Accepted(_)
            | ServerEvent::AnsweredElsewhere(_)
            | ServerEvent::Declined(_)
            | ServerEvent::Cancelled(_)
            | ServerEvent::Missed(_)
            | ServerEvent::Joined(_)
            | ServerEvent::Left(_)
            | ServerEvent::Ended(_)
            | ServerEvent::Presence(_) => true,
        }
    }

    /// Rings alive for this device; from now on it counts among the devices that ring.
    fn pending(&mut self, party: &Party, now: Millis) -> Vec<zvonok_signaling_proto::event::Calling> {
        let Some(reference) = self.reference(party) else { return Vec::new() };
        let mut pending = Vec::new();
        for call in self.calls.values_mut().filter(|call| call.callee == party.login) {
            if let Stage::Ringing { devices } = &mut call.stage {
                devices.entry(party.device.clone()).or_insert_with(|| RingDevice {
                    id: reference.id.clone(),
                    name: reference.name.clone(),
                    state: None,
                    reason: None,
                });
                let name = self.people.get(&call.caller).map_or(call.caller.as_str(), |person| person.name.as_str());
                pending.push(call.calling(name, now));
            }
        }
        pending
    }

    /// A device of part A takes over the call of its person's device of part A that went away (a page that
    /// reconnected), and is rung by what is alive and follows part A's rule.
    fn welcome_plain(&mut self, party: &Party, socket: &str, now: Millis) {
        let gone: Vec<String> = self.people.get(&party.login).map_or_else(Vec::new, |person| {
            person.devices.iter().filter(|(_, d)| d.plain && d.gone_at.is_some()).map(|(id, _)| id.clone()).collect()
        });
        for call in self.calls.values_mut() {
            if call.caller == party.login && gone.contains(&call.caller_device) {
                call.caller_device.clone_from(&party.device);
            }
            if let Stage::Answered { device, .. } = &mut call.stage
                && call.callee == party.login
                && gone.contains(device)
            {
                device.clone_from(&party.device);
            }
        }
        let plain_calls: Vec<_> = self.calls.values().filter(|call| call.plain).map(|call| call.id.clone()).collect();
        for ring in self.pending(party, now) {
            if plain_calls.contains(&ring.call_id) {
                let event = ServerEvent::Calling(ring);
                self.outputs.push_back(Output::Emit { socket: socket.to_owned(), event, seq: None, plain: true });
            }
        }
    }

    pub(super) fn socket_gone(&mut self, socket: &str, now: Millis) {
        let Some(party) = self.sockets.remove(socket) else { return };
        let seq = self.store.seq(&party.login, &party.device);
        let Some(person) = self.people.get_mut(&party.login) else { return };
        person.last_seen = Some(now);
        let Some(device) = person.devices.get_mut(&party.device) else { return };
        device.socket = None;
        device.gone_at = Some(now);
        device.seen_seq = seq;
        let plain = device.plain;
        if std::mem::take(&mut device.holds_busy) {
            person.set = Status::Available;
        }
        self.touched.insert(party.login.clone());
        if plain {
            // In part A going away is the only way to give up.
            let given_up: Vec<_> = self
                .calls
                .values()
                .filter(|call| call.is_ringing() && call.caller == party.login && call.caller_device == party.device)
                .map(|call| call.id.clone())
                .collect();
            for id in given_up {
                self.finish(&id, How::Cancelled, now);
            }
        }
    }

    /// How far a ring got on one device: the caller is told.
    pub(super) fn ring_ack(&mut self, socket: &str, body: &RingAck, now: Millis) {
        let Some(party) = self.sockets.get(socket).cloned() else { return };
        let Some(call) = self.calls.get_mut(&body.call_id).filter(|call| call.callee == party.login) else { return };
        let Stage::Ringing { devices } = &mut call.stage else { return };
        let Some(device) = devices.get_mut(&party.device) else { return };
        if device.state == Some(body.state) && device.reason == body.reason {
            return;
        }
        device.state = Some(body.state);
        device.reason = body.reason;
        let acknowledged = devices.values().filter(|device| device.state.is_some()).cloned().collect();
        let event = ServerEvent::Ringing(Ringing { call_id: body.call_id.clone(), devices: acknowledged });
        let caller = Party { login: call.caller.clone(), device: call.caller_device.clone() };
        self.tell(&caller, event, now);
    }
}

fn refuse(code: Code, message: &str) -> Reply {
    Reply::LoginRefused(Head::failure(code, message))
}
