//! The hub without I/O: who is online, who rings whom, and what everybody is told.
//!
//! [`Machine::handle`] takes one [`Input`] and answers it at once; what has to be done for others comes out of
//! [`Machine::poll_output`], in order. It has no clock (times are handed in, and never go backwards) and no randomness
//! (ids are handed in). One task owns it, so the first answer to a ring wins without any lock.

mod answer;
mod call;
mod finish;
mod glare;
mod login;
mod people;
mod place;
mod query;
mod tell;
#[cfg(test)]
mod tests;
mod types;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use zvonok_signaling_proto::{CallId, Code, Login, Millis};

use call::{Call, Stage};
use finish::How;
use people::{Device, Person};
pub use types::{Answer, Fresh, Grant, Input, Output, Reply, Request, SocketId};

use super::limits::{KEEP_ENDED_MS, KEEP_EVENTS_MS, LOST_GRACE_MS, MAX_PEOPLE};
use super::store::Store;

/// What the machine is set to.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long a call rings.
    pub ring_ttl_ms: Millis,
    /// The hub hands out tokens.
    pub tokens: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Machine {
    settings: Settings,
    people: BTreeMap<Login, Person>,
    /// Who a socket is, and which device.
    sockets: HashMap<SocketId, Party>,
    calls: BTreeMap<CallId, Call>,
    store: Box<dyn Store>,
    outputs: VecDeque<Output>,
    /// Devices of part A have no id; they are counted.
    plain_devices: u64,
    /// People whose presence may have changed during this input.
    touched: BTreeSet<Login>,
    /// So many people are known at most.
    most_people: usize,
    stopping: bool,
}

/// One device of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Party {
    login: Login,
    device: String,
}

impl Machine {
    /// An empty hub.
    #[must_use]
    pub fn new(settings: Settings, store: Box<dyn Store>) -> Self {
        Self {
            settings,
            people: BTreeMap::new(),
            sockets: HashMap::new(),
            calls: BTreeMap::new(),
            store,
            outputs: VecDeque::new(),
            plain_devices: 0,
            touched: BTreeSet::new(),
            most_people: MAX_PEOPLE,
            stopping: false,
        }
    }

    /// Adds a person of the hub's own who is always there and never busy. `socket` stands for its connection: outputs
    /// to it are for the owner of the machine, and it may be used as `sid`; it must be unguessable.
    pub fn add_resident(&mut self, login: Login, name: &str, socket: SocketId) {
        let mut person = Person::new(name.to_owned());
        person.never_busy = true;
        person.devices.insert(login.to_string(), Device::extended(name.to_owned(), socket.clone()));
        self.sockets.insert(socket, Party { login: login.clone(), device: login.to_string() });
        self.touched.insert(login.clone());
        self.people.insert(login, person);
        self.show_presence(0);
    }

    /// Takes one input and answers it.
    pub fn handle(&mut self, input: Input, now: Millis) -> Reply {
        // Whatever is due comes first, so that an answer that comes too late finds its ring dead.
        self.expire(now);
        let reply = match input {
            Input::Login { socket, body } => self.login(socket, body, now),
            Input::RingAck { socket, body } => {
                self.ring_ack(&socket, &body, now);
                Reply::None
            }
            Input::SocketGone { socket } => {
                self.socket_gone(&socket, now);
                Reply::None
            }
            Input::Request { sid, request, fresh } => self.request(sid.as_deref(), request, fresh, now),
            Input::Minted { grant, connection_id } => self.minted(grant, connection_id),
            Input::Tick => Reply::None,
            Input::Stop => {
                self.stop(now);
                Reply::None
            }
        };
        self.show_presence(now);
        reply
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let calls = self.calls.values().filter_map(|call| self.due(call).map(|(at, _)| at));
        let devices = self.people.values().flat_map(|person| person.devices.values()).filter_map(Device::forget_at);
        calls.chain(devices).min()
    }

    fn request(&mut self, sid: Option<&str>, request: Request, fresh: Fresh, now: Millis) -> Reply {
        let Some(party) = sid.and_then(|sid| self.sockets.get(sid)).cloned() else {
            // The tutorial's caller page as printed sends `sid: null`.
            return Reply::Answer(Answer::outcome(
                Code::NotSignedIn,
                "Not signed in: this page has to emit `login` on its socket first and send that socket's id as `sid`.",
            ));
        };
        Reply::Answer(match request {
            Request::Call(body) => self.place(&party, body, fresh, now),
            Request::Accept(body) => self.accept(&party, &body.call_id, body.media, now),
            Request::Decline(body) => self.decline(&party, body, now),
            Request::Cancel(id) => self.cancel(&party, &id, now),
            Request::Hangup(id) => self.hangup(&party, &id, now),
            Request::Status(word) => self.set_status(&party, word, now),
            Request::Token(id) => match self.token(&party, &id) {
                Ok(grant) => return Reply::Grant(grant),
                Err(answer) => answer,
            },
            Request::Users => self.users(&party),
            Request::Calls { before, limit } => self.history(&party, before, limit),
        })
    }

    /// Ends and forgets what is due.
    fn expire(&mut self, now: Millis) {
        let due: Vec<_> = self
            .calls
            .values()
            .filter_map(|call| self.due(call).filter(|(at, _)| *at <= now).map(|(_, how)| (call.id.clone(), how)))
            .collect();
        for (id, how) in due {
            match how {
                Some(how) => self.finish(&id, how, now),
                None => {
                    self.calls.remove(&id);
                }
            }
        }
        self.forget_devices(now);
    }

    /// When something becomes of a call by itself, and what: `None` is to be forgotten.
    fn due(&self, call: &Call) -> Option<(Millis, Option<How>)> {
        match &call.stage {
            Stage::Ringing { .. } => {
                let lost = self.gone_at(&call.caller, &call.caller_device).map(|at| at.saturating_add(LOST_GRACE_MS));
                match lost {
                    Some(at) if at < call.expires_at => Some((at, Some(How::Cancelled))),
                    Some(_) | None => Some((call.expires_at, Some(How::Expired))),
                }
            }
            Stage::Answered { device, .. } => {
                let caller = self.gone_at(&call.caller, &call.caller_device);
                let callee = self.gone_at(&call.callee, device);
                let first = [caller, callee].into_iter().flatten().min()?;
                Some((first.saturating_add(LOST_GRACE_MS), Some(How::Lost)))
            }
            Stage::Ended { at, .. } => Some((at.saturating_add(KEEP_ENDED_MS), None)),
        }
    }

    /// Since when a device has no socket; a device that is forgotten never had one.
    fn gone_at(&self, login: &Login, device: &str) -> Option<Millis> {
        match self.people.get(login).and_then(|person| person.devices.get(device)) {
            Some(device) => device.gone_at,
            None => Some(0),
        }
    }

    /// Forgets devices that did not come back. A device of part A goes once no call needs it.
    fn forget_devices(&mut self, now: Millis) {
        let calls = &self.calls;
        for (login, person) in &mut self.people {
            person.devices.retain(|id, device| {
                let needed = || calls.values().any(|call| call.is_alive() && call.has(login, id));
                let keep = device.forget_at().is_none_or(|at| at > now) || needed();
                if !keep {
                    self.store.forget_device(login, id);
                }
                keep
            });
        }
        self.people
            .retain(|_, person| !person.devices.is_empty() || person.shown != zvonok_signaling_proto::Status::Offline);
    }
}

impl Device {
    /// When it may be forgotten.
    fn forget_at(&self) -> Option<Millis> {
        let keep = if self.plain { LOST_GRACE_MS } else { KEEP_EVENTS_MS };
        self.gone_at.map(|at| at.saturating_add(keep))
    }
}
