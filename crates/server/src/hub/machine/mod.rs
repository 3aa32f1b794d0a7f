//! The hub without I/O: who is online, who rings whom, and what everybody is told.
//!
//! [`Machine::handle`] takes one [`Input`] and answers it at once; what has to be done for others comes out of
//! [`Machine::poll_output`], in order. It has no clock (times are handed in, and never go backwards) and no randomness
//! (ids are handed in). One task owns it, so the first answer to a ring wins without any lock.

mod accounts;
mod answer;
mod call;
mod calls;
mod due;
mod finish;
mod glare;
mod guest;
mod guests;
mod history;
mod kept;
mod leaving;
mod login;
mod media;
mod output;
mod people;
mod place;
mod query;
mod respond;
mod rings;
mod settle;
mod status;
mod tally;
mod tell;
#[cfg(test)]
mod tests;
mod timers;
mod types;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::mem::take;

use serde::{Deserialize, Serialize};
use zvonok_signaling_proto::{Code, Login, Millis};

use calls::Calls;
use kept::Over;
use leaving::Going;
pub(super) use media::too_many_cameras;
pub use media::{CallCamera, MediaGrant};
pub use output::{Output, Shown};
use people::{Device, Person};
pub use respond::Answer;
use settle::Devices;
pub use tally::{Standing, Tally};
pub use types::{Bearer, Fresh, Grant, Input, Reply, Request, SocketId};

use super::change::Change;
use super::logs::Logs;
use crate::accounts::{AccountBody, Signed};

/// What the machine is set to.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long a call rings.
    pub ring_ttl_ms: Millis,
    /// The hub hands out tokens.
    pub tokens: bool,
    /// What it keeps outlives it: rings go on after a restart.
    pub durable: bool,
    /// So many people are known at most.
    pub people: usize,
}

/// See the module.
#[derive(Debug)]
pub struct Machine {
    settings: Settings,
    people: BTreeMap<Login, Person>,
    /// Who a socket is, and which device.
    sockets: HashMap<SocketId, Party>,
    /// How a socket has proven that, where there are accounts.
    signed: HashMap<SocketId, Signed>,
    /// `None` in open mode.
    accounts: Option<BTreeMap<Login, AccountBody>>,
    calls: Calls,
    logs: Logs,
    /// Calls that are over and forgotten but for their ids.
    over: Over,
    outputs: VecDeque<Output>,
    changes: Vec<Change>,
    /// Devices of part A have no id; they are counted.
    plain_devices: u64,
    /// People whose presence may have changed during this input.
    touched: BTreeSet<Login>,
    /// What is known of devices beside their people.
    devices: Devices,
    /// Its sockets are at many hubs, which know whom to tell how somebody is seen.
    many: bool,
    stopping: bool,
    tally: Tally,
}

/// One device of one person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Party {
    login: Login,
    device: String,
}

impl Machine {
    /// An empty hub.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            people: BTreeMap::new(),
            sockets: HashMap::new(),
            signed: HashMap::new(),
            accounts: None,
            calls: Calls::default(),
            logs: Logs::default(),
            over: Over::default(),
            outputs: VecDeque::new(),
            changes: Vec::new(),
            plain_devices: 0,
            touched: BTreeSet::new(),
            devices: Devices::default(),
            many: false,
            stopping: false,
            tally: Tally::default(),
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
        self.people.insert(login.clone(), person);
        self.moved(&Party { device: login.to_string(), login });
        self.show_presence(0);
        self.settle();
    }

    /// From now on presence is [`Output::Shown`], once for all sockets, and not an event of each.
    pub fn serve_many(&mut self) {
        self.many = true;
    }

    /// Takes one input and answers it.
    pub fn handle(&mut self, input: Input, now: Millis) -> Reply {
        // Whatever is due comes first, so that an answer that comes too late finds its ring dead.
        self.expire(now);
        let reply = match input {
            Input::Login { socket, body, signed } => self.login(socket, body, signed, now),
            Input::RingAck { socket, body } => {
                self.ring_ack(&socket, &body, now);
                Reply::None
            }
            Input::SocketGone { socket } => {
                self.socket_gone(&socket, Going::ByItself, now);
                Reply::None
            }
            Input::SocketsLost { sockets } => {
                sockets.iter().for_each(|socket| self.socket_gone(socket, Going::WithItsHub, now));
                Reply::None
            }
            Input::Request { sid, bearer, request, fresh } => self.request(sid.as_deref(), bearer, request, fresh, now),
            Input::Minted { grant, connection_id } => self.minted(grant, connection_id),
            Input::Recorded { call_id, recording } => self.recorded(&call_id, recording),
            Input::CameraIn { grant, camera } => self.camera_in(&grant, camera),
            Input::CameraOut { call_id, camera } => self.camera_out(&call_id, &camera),
            Input::Accounts(accounts) => {
                self.set_accounts(accounts, now);
                Reply::None
            }
            Input::SessionOver { session } => {
                self.session_over(&session, now);
                Reply::None
            }
            Input::Gathered => {
                self.touched.extend(self.people.keys().cloned());
                Reply::None
            }
            Input::Tick => Reply::None,
            Input::Stop => {
                self.stop(now);
                Reply::None
            }
        };
        self.show_presence(now);
        self.settle();
        reply
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What has to be kept since the last time, in order; before the outputs go out.
    pub fn take_changes(&mut self) -> Vec<Change> {
        self.keep_calls();
        take(&mut self.changes)
    }

    fn request(&mut self, sid: Option<&str>, bearer: Bearer, request: Request, fresh: Fresh, now: Millis) -> Reply {
        let party = match self.asks(sid, bearer, now) {
            Ok(party) => party,
            Err(refused) => return Reply::Answer(refused),
        };
        if party.device.is_empty() && request.needs_device() {
            return Reply::Answer(Answer::outcome(Code::NotSignedIn, "That needs a socket: send its id as `sid`."));
        }
        Reply::Answer(match request {
            Request::Call(body) => self.place(&party, body, fresh, now),
            Request::Accept(body) => self.accept(&party, &body.call_id, body.media, now),
            Request::Decline(body) => self.decline(&party, body, now),
            Request::Cancel(id) => self.cancel(&party, &id, now),
            Request::Hangup(id) => self.hangup(&party, &id, now),
            Request::Invite(body) => self.invite(&party, &body, now),
            Request::Settings(body) => self.set_settings(&party, &body),
            Request::Status(word) => self.set_status(&party, word, now),
            Request::Token(id) => match self.token(&party, &id) {
                Ok(grant) => return Reply::Grant(grant),
                Err(answer) => answer,
            },
            Request::Media(id) => match self.media_grant(&party, &id) {
                Ok(grant) => return Reply::Media(Box::new(grant)),
                Err(answer) => answer,
            },
            Request::Recordings => return Reply::Recordings(self.recordings(&party)),
            Request::Users => self.users(&party),
            Request::Block(body) => self.block(&party, body, now),
            Request::Blocks => self.blocks(&party),
            Request::Calls { before, limit } => return Reply::History(self.history(&party, before, limit)),
        })
    }
}
