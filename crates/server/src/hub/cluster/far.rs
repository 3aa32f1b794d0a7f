//! Sockets that other hubs have, as the leader's task sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zvonok_signaling_proto::event::ServerEvent;

use super::super::machine::{Reply, Shown, SocketId};
use super::wire::{Answered, FromLeader};

/// Packets that wait for the leader's desk. Each is all that one input has for one hub.
pub(super) const QUEUE: usize = 8_192;

/// A hub's link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Far {
    pub(in super::super) node: Arc<str>,
    pub(in super::super) link: u64,
}

/// About so many sockets or people are in a packet at the most: below half a megabyte with ids of 20 characters, and a
/// few where each has an event of its own.
const AT_ONCE: usize = 5_000;

/// What an event's own text counts for, in ids of sockets.
const TEXT: usize = 20;

/// A packet, for a hub or for all that have a link.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    One(Far, Vec<FromLeader>),
    All(Vec<FromLeader>),
}

/// The way to the hubs.
#[derive(Debug, Clone)]
pub(in super::super) struct FarOut {
    sender: mpsc::Sender<Told>,
    stop: CancellationToken,
}

impl FarOut {
    /// Ends the leader by `stop` when the way is full.
    pub(super) fn new(stop: CancellationToken) -> (Self, mpsc::Receiver<Told>) {
        let (sender, told) = mpsc::channel(QUEUE);
        (Self { sender, stop }, told)
    }

    /// Sends it, or gives up leading: the next leader knows what is kept, and leaves nothing out.
    pub(in super::super) fn send(&self, to: Far, body: Vec<FromLeader>) {
        self.try_send(Told::One(to, body));
    }

    /// How everybody is seen, for a hub.
    pub(in super::super) fn roster(&self, to: &Far, people: Vec<Shown>) {
        let mut portions = portions(people).peekable();
        if portions.peek().is_none() {
            self.send(to.clone(), vec![FromLeader::Roster { people: Vec::new(), last: true }]);
        }
        while let Some(people) = portions.next() {
            let last = portions.peek().is_none();
            self.send(to.clone(), vec![FromLeader::Roster { people, last }]);
        }
    }

    fn try_send(&self, told: Told) {
        if self.sender.try_send(told).is_err() && !self.stop.is_cancelled() {
            tracing::error!("Redis does not take what the hubs are told: another hub has to lead");
            self.stop.cancel();
        }
    }

    /// As [`FarOut::send`], but waits for room.
    pub(super) async fn deliver(&self, to: Far, body: Vec<FromLeader>) {
        if self.sender.send(Told::One(to, body)).await.is_err() {
            tracing::debug!("this hub leads no more: the next one is asked again");
        }
    }
}

/// So many at once: each has a text, and those from whom it is hidden.
fn portions(people: Vec<Shown>) -> impl Iterator<Item = Vec<Shown>> {
    let mut people = people.into_iter().peekable();
    std::iter::from_fn(move || {
        let first = people.next()?;
        let mut size = weight(&first);
        let mut some = vec![first];
        while let Some(next) = people.next_if(|next| size + weight(next) <= AT_ONCE) {
            size += weight(&next);
            some.push(next);
        }
        Some(some)
    })
}

/// In ids of sockets; a login is as long as three of them at the most.
fn weight(shown: &Shown) -> usize {
    TEXT + 3 * shown.hidden_from.len()
}

/// What one input has for each hub, and for all.
#[derive(Debug, Default)]
pub(in super::super) struct Parcels {
    each: BTreeMap<Far, Vec<FromLeader>>,
    shown: Vec<Shown>,
}

impl Parcels {
    /// The same event for many sockets of a hub is said once.
    pub(in super::super) fn emit(
        &mut self,
        to: &Far,
        socket: SocketId,
        event: &ServerEvent,
        seq: Option<u64>,
        plain: bool,
    ) {
        let payload = if plain { event.plain_payload() } else { Some(event.payload(seq)) };
        let Some(payload) = payload else { return };
        let body = self.each.entry(to.clone()).or_default();
        match body.last_mut() {
            Some(FromLeader::Emit { sockets, name, payload: same, seq: None })
                if seq.is_none() && sockets.len() < AT_ONCE && name == event.name() && *same == payload =>
            {
                sockets.push(socket);
            }
            Some(_) | None => {
                body.push(FromLeader::Emit { sockets: vec![socket], name: event.name().to_owned(), payload, seq });
            }
        }
    }

    pub(in super::super) fn disconnect(&mut self, to: &Far, socket: SocketId) {
        self.each.entry(to.clone()).or_default().push(FromLeader::Disconnect { socket });
    }

    /// To be told to all hubs.
    pub(in super::super) fn show(&mut self, shown: Shown) {
        self.shown.push(shown);
    }

    /// Sends it, in packets of which none is too big for Redis to take at once.
    pub(in super::super) fn send(self, out: &FarOut) {
        for (to, body) in self.each {
            let (mut packet, mut size) = (Vec::new(), 0);
            for said in body {
                let more = TEXT + if let FromLeader::Emit { sockets, .. } = &said { sockets.len() } else { 0 };
                if size > 0 && size + more > AT_ONCE {
                    out.send(to.clone(), std::mem::take(&mut packet));
                    size = 0;
                }
                size += more;
                packet.push(said);
            }
            out.send(to, packet);
        }
        portions(self.shown).for_each(|people| out.try_send(Told::All(vec![FromLeader::Shown(people)])));
    }
}

/// The answer to a `login`.
pub(in super::super) fn login_done(id: u64, reply: Reply) -> FromLeader {
    let answer = match reply {
        Reply::Ack(body) => Answered::Ack(*body),
        Reply::LoginRefused(head) => Answered::Refused(head),
        // A device of part A is told nothing.
        Reply::None
        | Reply::Answer(_)
        | Reply::Grant(_)
        | Reply::Media(_)
        | Reply::Recordings(_)
        | Reply::History(_) => Answered::Nothing,
    };
    FromLeader::Done { id, answer: Box::new(answer) }
}

#[cfg(test)]
mod tests;
