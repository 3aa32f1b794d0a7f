//! A hub's link to the leader: it attaches, presents its sockets, and then asks. Whatever goes wrong makes a new link.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use zvonok_signaling_proto::event::ServerEvent;

use super::super::machine::{Reply, SocketId};
use super::SILENCE;
use super::relay::{Back, Relay};
use super::wire::{Answered, Ask, FromLeader, FromNode, ToNode};

/// How long a leader may take to answer an attach: it may have been said before the leader heard.
const ATTACH_WITHIN: Duration = Duration::from_secs(2);

/// How far a link is.
#[derive(Debug)]
enum Stage {
    /// Nobody leads.
    Down,
    Attaching,
    /// These sockets are still to be presented.
    Returning(VecDeque<SocketId>),
    Up,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Link {
    leader: Option<String>,
    pub(super) number: u64,
    stage: Stage,
    /// Number of the last packet.
    pub(super) heard: u64,
    heard_at: Instant,
    /// When these connections were made, or the leader was heard by them for the last time.
    wired_at: Instant,
}

impl Link {
    pub(super) fn new(now: Instant) -> Self {
        Self { leader: None, number: 0, stage: Stage::Down, heard: 0, heard_at: now, wired_at: now }
    }

    /// There are other connections now.
    pub(super) fn wired(&mut self) {
        self.wired_at = Instant::now();
    }

    /// Whether other connections are worth a try: one that only hears may be dead without anybody being told.
    pub(super) fn is_deaf(&self) -> bool {
        matches!(self.stage, Stage::Attaching) && self.wired_at.elapsed() >= SILENCE
    }

    pub(super) fn leader(&self) -> Option<&str> {
        self.leader.as_deref()
    }

    /// Whether a leader has taken it.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Returning(_) | Stage::Up)
    }
}

impl Relay {
    /// That one leads now, or nobody.
    pub(super) fn follow(&mut self, leader: Option<String>) {
        if self.link.leader != leader {
            self.link.leader = leader;
            self.attach();
        }
    }

    /// Begins a new link.
    fn attach(&mut self) {
        self.asks.anew();
        self.outgoing.clear();
        self.seats.people.unlink();
        self.link.number += 1;
        (self.link.heard, self.link.heard_at) = (0, Instant::now());
        if self.link.leader.is_some() {
            self.link.stage = Stage::Attaching;
            self.outgoing.push(FromNode::Attach);
        } else {
            self.link.stage = Stage::Down;
        }
    }

    /// Once a second.
    pub(super) fn tick(&mut self) {
        let silent = self.link.heard_at.elapsed();
        match self.link.stage {
            Stage::Down => {}
            Stage::Attaching if silent >= ATTACH_WITHIN => self.attach(),
            Stage::Attaching => {}
            Stage::Returning(_) | Stage::Up if silent >= SILENCE => {
                tracing::warn!("the leading hub is silent");
                self.attach();
            }
            Stage::Returning(_) | Stage::Up => self.beat = true,
        }
    }

    /// A socket has gone. A link that begins later knows it by what is not presented.
    pub(super) fn gone(&mut self, socket: SocketId) {
        if matches!(self.link.stage, Stage::Returning(_) | Stage::Up) {
            self.asks.add_passing(Ask::Gone { socket }, Back::Nobody);
        }
    }

    /// Takes what may go to the leader.
    pub(super) fn pump(&mut self) {
        if let Stage::Returning(sockets) = &mut self.link.stage {
            while self.asks.may_send() {
                let Some(socket) = sockets.pop_front() else {
                    self.outgoing.push(FromNode::Ready);
                    self.link.stage = Stage::Up;
                    break;
                };
                // It may have gone meanwhile.
                let Some(ask) = self.seats.again(&socket) else { continue };
                if let Some((id, ask)) = self.asks.send_first(ask, Back::Again(socket)) {
                    self.outgoing.push(FromNode::Ask { id, ask: Box::new(ask) });
                }
            }
        }
        if matches!(self.link.stage, Stage::Up) {
            while let Some((id, ask)) = self.asks.next(|socket| self.seats.has(socket)) {
                self.outgoing.push(FromNode::Ask { id, ask: Box::new(ask) });
            }
        }
    }

    /// A packet of the leader's, or of a former one.
    pub(super) fn hear(&mut self, packet: &[u8]) {
        let ToNode { link, n, body } = match serde_json::from_slice(packet) {
            Ok(packet) => packet,
            Err(error) => {
                tracing::error!(%error, "the leading hub cannot be understood: is it of another version?");
                return;
            }
        };
        if link != self.link.number {
            return;
        }
        if n != self.link.heard + 1 {
            // Unknown, or something was lost.
            tracing::warn!(n, heard = self.link.heard, "the link to the leading hub begins anew");
            return self.attach();
        }
        (self.link.heard, self.link.heard_at) = (n, Instant::now());
        self.link.wired();
        for said in body {
            match said {
                FromLeader::Attached => self.link.stage = Stage::Returning(self.seats.known()),
                FromLeader::Unknown => return self.attach(),
                FromLeader::Done { id, answer } => {
                    if let Some(back) = self.asks.take(id) {
                        self.done(back, *answer);
                    }
                }
                FromLeader::Emit { sockets, name, payload, seq } => {
                    sockets.into_iter().for_each(|socket| self.emit(socket, &name, &payload, seq));
                }
                FromLeader::Shown(people) => {
                    if self.seats.people.is_current() {
                        people.into_iter().for_each(|shown| self.show(shown));
                    }
                }
                FromLeader::Roster { people, last } => {
                    people.into_iter().for_each(|shown| self.show(shown));
                    if last {
                        self.shown_all();
                    }
                }
                FromLeader::Disconnect { socket } => self.end(socket),
            }
        }
    }

    /// Disconnects a socket. Its own word of its end finds it gone already, so the leader is told now.
    fn end(&mut self, socket: SocketId) {
        self.seats.end(&socket);
        self.gone(socket);
    }

    pub(super) fn emit(&mut self, socket: SocketId, name: &str, payload: &Value, seq: Option<u64>) {
        if !self.seats.emit(&socket, name, payload, seq) {
            // Nobody takes it for reachable.
            self.gone(socket);
        }
    }

    fn done(&mut self, back: Back, answer: Answered) {
        match (back, answer) {
            (Back::Login { socket, ack }, Answered::Ack(body)) => {
                self.seats.let_in(&socket, Some(&body));
                log_lost(ack.send(&body).is_ok());
                // They ring by the acknowledgement.
                drop(self.seats.not_rung(&socket, body.pending));
            }
            (Back::Again(socket), Answered::Ack(body)) if self.seats.is_ahead(&socket, body.replay_after) => {
                // It was told what was never kept, and would take what comes next for known: only a login of its own
                // tells it how far this leader has come.
                self.end(socket);
            }
            (Back::Again(socket), Answered::Ack(body)) => {
                self.seats.let_in(&socket, Some(&body));
                for ring in self.seats.not_rung(&socket, body.pending) {
                    let event = ServerEvent::Calling(ring);
                    self.emit(socket.clone(), event.name(), &event.payload(None), None);
                }
            }
            (Back::Login { socket, .. } | Back::Again(socket), Answered::Nothing) => self.seats.let_in(&socket, None),
            (Back::Login { ack, .. }, Answered::Refused(head)) => log_lost(ack.send(&head).is_ok()),
            (Back::Again(socket), Answered::Refused(head)) => {
                tracing::info!(code = ?head.code, "a socket may not stay");
                self.end(socket);
            }
            // The one who asked may have gone: what was done stays done.
            (Back::Request(reply), Answered::Answer(answer)) => drop(reply.send(Reply::Answer(answer))),
            (Back::Request(reply), Answered::Media(grant)) => drop(reply.send(Reply::Media(grant))),
            (Back::Request(reply), Answered::Recordings(of)) => drop(reply.send(Reply::Recordings(of))),
            (Back::Request(reply), _) => drop(reply.send(Reply::None)),
            (Back::Nobody | Back::Login { .. } | Back::Again(_), _) => {}
        }
    }
}

fn log_lost(sent: bool) {
    if !sent {
        tracing::debug!("a login was not acknowledged, its socket is closing");
    }
}
