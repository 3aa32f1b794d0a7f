//! Sockets: signing in, replay.

use zvonok_signaling_proto::event::{LoginAck, LoginRequest, Me, ServerEvent};
use zvonok_signaling_proto::rest::Head;
use zvonok_signaling_proto::{Code, Login, MAX_NAME_CHARS, Millis, Status, VERSION};

use super::super::limits::MAX_DEVICES;
use super::leaving::Going;
use super::people::{Device, Person};
use super::{Machine, Output, Party, Reply, SocketId};
use crate::accounts::Signed;

/// The person part of a device id is bounded like a login.
const MAX_DEVICE_ID: usize = 64;

impl Machine {
    pub(super) fn login(&mut self, socket: SocketId, body: LoginRequest, signed: Option<Signed>, now: Millis) -> Reply {
        if let Some((code, message)) = self.no_entry(&body.login, signed.as_ref(), now) {
            return refuse(code, message);
        }
        if self.people.get(&body.login).is_some_and(|person| person.never_busy) {
            return refuse(Code::NotAllowed, "This login belongs to the server.");
        }
        let extended = body.version.is_some_and(|version| version >= VERSION);
        let device_id = match (&body.device, extended) {
            (Some(device), true) if !is_device_id(&device.id) => {
                return refuse(
                    Code::Malformed,
                    "`device.id` has 1 to 64 characters, none of them a control character.",
                );
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
            self.socket_gone(&socket, Going::ByItself, now);
        }
        self.attach(&party, &socket, &body, extended, now);
        self.sockets.insert(socket.clone(), party.clone());
        if let Some(signed) = signed {
            self.signed.insert(socket.clone(), signed);
        }
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
                    self.signed.remove(&old);
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
        self.drop_oldest_devices(party);
        self.keep_person(&party.login);
        self.keep_device(party);
    }

    /// Makes room among a person's devices, but not of the one given.
    fn drop_oldest_devices(&mut self, party: &Party) {
        while let Some(person) = self.people.get_mut(&party.login).filter(|person| person.devices.len() > MAX_DEVICES) {
            let oldest = person.devices.iter().filter(|(_, d)| d.gone_at.is_some()).min_by_key(|(_, d)| d.gone_at);
            let Some(id) = oldest.or_else(|| person.devices.iter().find(|(id, _)| **id != party.device)) else { break };
            let id = id.0.clone();
            if let Some(socket) = person.devices.remove(&id).and_then(|device| device.socket) {
                self.sockets.remove(&socket);
                self.signed.remove(&socket);
                self.outputs.push_back(Output::Disconnect { socket });
            }
            self.forget_device(&Party { login: party.login.clone(), device: id });
        }
    }

    /// Acknowledges part B's `login`, replays, and rings what is still alive.
    fn welcome_back(&mut self, party: &Party, sid: SocketId, last_seq: Option<u64>, now: Millis) -> Reply {
        let seq = self.logs.seq(&party.login, &party.device);
        let person = self.people.get(&party.login);
        let (name, status, call_waiting) = match person {
            Some(person) => (person.name.clone(), person.shown, person.call_waiting),
            None => (party.login.to_string(), Status::Offline, false),
        };
        let seen = person.and_then(|person| person.devices.get(&party.device)).map_or(0, |device| device.seen_seq);
        // A device that has forgotten its number gets what came while it was away.
        let after = last_seq.unwrap_or(seen).min(seq);
        let replay = self.logs.after(&party.login, &party.device, after);
        for (seq, event) in replay.events {
            if self.is_worth_replaying(&event, party) {
                self.outputs.push_back(Output::Emit { socket: sid.clone(), event, seq: Some(seq), plain: false });
            }
        }
        let pending = self.pending(party, now);
        let roster = self.contacts(&party.login);
        let me =
            Me { login: party.login.clone(), name, role: self.role_of(&party.login).to_owned(), status, call_waiting };
        let more = ["tokens", "recording", "cameras"].map(|feature| self.gives_tokens().then_some(feature));
        let features = std::iter::once(Some("groups")).chain(more);
        let features = features.flatten().map(str::to_owned).collect();
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

    /// A device of part A takes over the call of its person's device of part A that went away (a page that
    /// reconnected), and is rung by what is alive and follows part A's rule.
    fn welcome_plain(&mut self, party: &Party, socket: &str, now: Millis) {
        let gone: Vec<String> = self.people.get(&party.login).map_or_else(Vec::new, |person| {
            person.devices.iter().filter(|(_, d)| d.plain && d.gone_at.is_some()).map(|(id, _)| id.clone()).collect()
        });
        self.hand_on(&gone, party);
        for ring in self.pending(party, now) {
            if self.calls.get(&ring.call_id).is_some_and(|call| call.plain) {
                let event = ServerEvent::Calling(ring);
                self.outputs.push_back(Output::Emit { socket: socket.to_owned(), event, seq: None, plain: true });
            }
        }
    }
}

/// Control characters are refused since PostgreSQL keeps no NUL in a text.
fn is_device_id(id: &str) -> bool {
    (1..=MAX_DEVICE_ID).contains(&id.len()) && !id.chars().any(char::is_control)
}

fn refuse(code: Code, message: &str) -> Reply {
    Reply::LoginRefused(Head::failure(code, message))
}
