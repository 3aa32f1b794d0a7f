//! The sockets of a hub that is one of many.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;
use socketioxide::extract::SocketRef;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zvonok_signaling_proto::VERSION;
use zvonok_signaling_proto::event::{Calling, LoginAck, LoginRequest, Presence};

use super::super::machine::SocketId;
use super::super::telling;
use super::people::{Change, People};
use super::wire::Ask;
use crate::accounts::Signed;

/// Ends of sockets that are remembered; an event overtaken by so many others does not occur.
const GONE: usize = 256;

/// Rings of a socket that are remembered; so many do not ring at once.
const RINGS: usize = 64;

/// Sockets that have said who they are.
pub(super) struct Seats {
    all: HashMap<SocketId, Seat>,
    /// Sockets whose end was told lately: their events are tasks of their own and may come later.
    gone: VecDeque<SocketId>,
    /// How those who are let in see everybody.
    pub(super) people: People,
    tasks: TaskTracker,
    stop: CancellationToken,
}

struct Seat {
    socket: SocketRef,
    body: LoginRequest,
    signed: Option<Signed>,
    /// A leader has let it in.
    known: bool,
    /// The number of the newest event that it was told.
    last_seq: Option<u64>,
    /// The calls that have rung there: a ring is not among what is told again by its number.
    rung: VecDeque<String>,
}

impl Seat {
    fn ring(&mut self, call: &str) {
        self.rung.push_back(call.to_owned());
        if self.rung.len() > RINGS {
            self.rung.pop_front();
        }
    }
}

impl Seats {
    pub(super) fn new(tasks: TaskTracker, stop: CancellationToken) -> Self {
        Self { all: HashMap::new(), gone: VecDeque::new(), people: People::default(), tasks, stop }
    }

    /// Takes a socket that says who it is; what to ask the leader, unless the socket has gone already.
    pub(super) fn take(&mut self, socket: SocketRef, body: LoginRequest, signed: Option<Signed>) -> Option<Ask> {
        let id = socket.id.to_string();
        if self.gone.contains(&id) {
            return None;
        }
        let ask = Ask::Login { socket: id.clone(), body: body.clone(), signed: signed.clone(), again: false };
        let rung = VecDeque::new();
        self.all.insert(id, Seat { socket, body, signed, known: false, last_seq: None, rung });
        Some(ask)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    pub(super) fn has(&self, socket: &SocketId) -> bool {
        self.all.contains_key(socket)
    }

    /// All that a leader has let in; the next one has to be told of them.
    pub(super) fn known(&self) -> VecDeque<SocketId> {
        self.all.iter().filter(|(_, seat)| seat.known).map(|(id, _)| id.clone()).collect()
    }

    /// How a socket is presented to another leader: with what it was told last, so that it is told what came since.
    pub(super) fn again(&self, socket: &SocketId) -> Option<Ask> {
        let seat = self.all.get(socket)?;
        let body = LoginRequest { last_seq: seat.last_seq, ..seat.body.clone() };
        Some(Ask::Login { socket: socket.clone(), body, signed: seat.signed.clone(), again: true })
    }

    /// A leader has let it in: `ack` for part B. What has a number above that in it is told next.
    pub(super) fn let_in(&mut self, socket: &SocketId, ack: Option<&LoginAck>) {
        let Some(seat) = self.all.get_mut(socket) else { return };
        seat.known = true;
        seat.last_seq = ack.and_then(|ack| ack.replay_after);
    }

    /// Whether it was told more than a leader knows of, that has kept all up to `after`.
    pub(super) fn is_ahead(&self, socket: &SocketId, after: Option<u64>) -> bool {
        self.all.get(socket).is_some_and(|seat| seat.last_seq > after)
    }

    /// Of these rings the ones that have not rung there yet, which they do now.
    pub(super) fn not_rung(&mut self, socket: &SocketId, mut rings: Vec<Calling>) -> Vec<Calling> {
        let Some(seat) = self.all.get_mut(socket) else { return Vec::new() };
        rings.retain(|ring| !seat.rung.iter().any(|rung| rung == ring.call_id.as_str()));
        rings.iter().for_each(|ring| seat.ring(ring.call_id.as_str()));
        rings
    }

    /// The sockets of part B that see somebody otherwise now, with how.
    pub(super) fn who_sees(&self, change: &Change) -> Vec<(Presence, Vec<SocketId>)> {
        let mut all: Vec<(Presence, Vec<SocketId>)> = Vec::new();
        let extended = |seat: &Seat| seat.known && seat.body.version.is_some_and(|version| version >= VERSION);
        for (socket, seat) in self.all.iter().filter(|(_, seat)| extended(seat)) {
            let Some(presence) = change.to(&seat.body.login) else { continue };
            match all.iter_mut().find(|(same, _)| *same == presence) {
                Some((_, sockets)) => sockets.push(socket.clone()),
                None => all.push((presence, vec![socket.clone()])),
            }
        }
        all
    }

    /// Emits an event. False where the socket does not take it: it is disconnected, and is told on its next connection.
    pub(super) fn emit(&mut self, socket: &SocketId, name: &str, payload: &Value, seq: Option<u64>) -> bool {
        let Some(seat) = self.all.get_mut(socket) else { return true };
        match seat.socket.emit(name, payload) {
            Ok(()) => {
                seat.last_seq = seq.or(seat.last_seq);
                if let Some(call) = payload.get("call_id").and_then(Value::as_str).filter(|_| name == "calling") {
                    seat.ring(call);
                }
                true
            }
            Err(error) => {
                tracing::warn!(%error, event = name, "a socket does not take its events, and is disconnected");
                self.end(socket);
                false
            }
        }
    }

    /// It has gone by itself. Whether it was there.
    pub(super) fn forget(&mut self, socket: &SocketId) -> bool {
        self.remove(socket).is_some()
    }

    /// Disconnects it.
    pub(super) fn end(&mut self, socket: &SocketId) {
        if let Some(seat) = self.remove(socket) {
            telling::end(seat.socket, &self.tasks, &self.stop);
        }
    }

    fn remove(&mut self, socket: &SocketId) -> Option<Seat> {
        self.gone.push_back(socket.clone());
        if self.gone.len() > GONE {
            self.gone.pop_front();
        }
        self.all.remove(socket)
    }
}
