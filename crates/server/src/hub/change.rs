//! What the hub's machine wants kept, and what it is given back when it starts again.
//!
//! The machine never waits for a disk: it collects [`Change`]s, and its task hands them on (`journal`).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use zvonok_signaling_proto::event::ServerEvent;
use zvonok_signaling_proto::rest::CallRecord;
use zvonok_signaling_proto::{CallId, Login, Millis, Status};

/// Something to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Everything that follows is all there is of people, devices, events and calls.
    Anew,
    /// A person is so now.
    Person(Login, KeptPerson),
    /// A person is forgotten.
    NoPerson(Login),
    /// A device is so now.
    Device(Login, String, KeptDevice),
    /// A device is forgotten, and its events.
    NoDevice(Login, String),
    /// A device has a new event.
    Event(KeptEvent),
    /// A call is so now, as JSON.
    Call(CallId, String),
    /// A call is forgotten.
    NoCall(CallId),
    /// A call was over for that person.
    History(Login, CallRecord),
}

/// A person, beside the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPerson {
    /// What the person set.
    pub set: Status,
    /// When a device was last connected.
    pub last_seen: Option<Millis>,
    /// A second call rings.
    #[serde(default)]
    pub call_waiting: bool,
    /// For these people this person is never there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub blocked: BTreeSet<Login>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptDevice {
    /// For people.
    pub name: String,
    /// Speaks only part A.
    pub plain: bool,
    /// When its socket went away; absent while it is connected.
    pub gone_at: Option<Millis>,
    /// Number of its newest event when its socket went away.
    pub seen_seq: u64,
    /// Number of its newest event.
    #[serde(skip)]
    pub seq: u64,
}

/// A numbered event of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEvent {
    /// Whose device.
    pub login: Login,
    /// Which.
    pub device: String,
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Millis,
    /// What.
    pub event: ServerEvent,
}

/// Everything that was kept.
#[derive(Debug, Default)]
pub struct Kept {
    /// People.
    pub people: Vec<(Login, KeptPerson)>,
    /// Their devices.
    pub devices: Vec<(Login, String, KeptDevice)>,
    /// The devices' events, each device's in order.
    pub events: Vec<KeptEvent>,
    /// Calls, as JSON.
    pub calls: Vec<String>,
    /// Ids of the newest calls that are over, oldest first.
    pub over: Vec<CallId>,
}

impl Kept {
    /// Whoever had a device that was connected at the end.
    #[must_use]
    pub fn connected(&self) -> BTreeSet<Login> {
        let connected = self.devices.iter().filter(|(_, _, device)| device.gone_at.is_none());
        connected.map(|(login, ..)| login.clone()).collect()
    }
}

/// A question for the recordings, asked of the machine and answered by the database and the media server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingsQuery {
    /// Whose.
    pub login: Login,
    /// All of them: an admin's.
    pub all: bool,
    /// Calls that are alive and that person is in.
    pub live: Vec<CallId>,
}

/// A recording that was made for a call.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRecording {
    /// The hub's id of it.
    pub id: String,
    /// The call.
    pub call_id: CallId,
    /// The call's session: where the media server of the recording is found.
    pub session: String,
    /// The media server's id of it.
    pub media_id: String,
    /// When it began, by the hub's clock.
    pub started_at: Millis,
    /// As it was seen last.
    pub seen: zvonok_openvidu::wire::recorded::Recording,
}

/// A question for the history, asked of the machine and answered by the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Whose.
    pub login: Login,
    /// Only calls that started before this.
    pub before: Option<Millis>,
    /// About so many.
    pub limit: usize,
    /// Calls that are alive and belong on the page.
    pub live: Vec<CallRecord>,
    /// All that are alive, on whatever page: that is where they are listed.
    pub alive: BTreeSet<CallId>,
}
