//! Sockets that other hubs have, as the leader's task sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zvonok_signaling_proto::event::ServerEvent;

use super::super::machine::{Reply, SocketId};
use super::wire::{Answered, FromLeader};

/// Packets that wait for the leader's desk. Each is all that one input has for one hub.
pub(super) const QUEUE: usize = 8_192;

/// A hub's link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Far {
    pub(in super::super) node: Arc<str>,
    pub(in super::super) link: u64,
}

/// A packet for a hub.
pub(super) type Told = (Far, Vec<FromLeader>);

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
        if self.sender.try_send((to, body)).is_err() && !self.stop.is_cancelled() {
            tracing::error!("Redis does not take what the hubs are told: another hub has to lead");
            self.stop.cancel();
        }
    }

    /// As [`FarOut::send`], but waits for room.
    pub(super) async fn deliver(&self, to: Far, body: Vec<FromLeader>) {
        if self.sender.send((to, body)).await.is_err() {
            tracing::debug!("this hub leads no more: the next one is asked again");
        }
    }
}

/// What one input has for each hub.
#[derive(Debug, Default)]
pub(in super::super) struct Parcels(BTreeMap<Far, Vec<FromLeader>>);

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
        let body = self.0.entry(to.clone()).or_default();
        match body.last_mut() {
            Some(FromLeader::Emit { sockets, name, payload: same, seq: None })
                if seq.is_none() && name == event.name() && *same == payload =>
            {
                sockets.push(socket);
            }
            Some(_) | None => {
                body.push(FromLeader::Emit { sockets: vec![socket], name: event.name().to_owned(), payload, seq });
            }
        }
    }

    pub(in super::super) fn disconnect(&mut self, to: &Far, socket: SocketId) {
        self.0.entry(to.clone()).or_default().push(FromLeader::Disconnect { socket });
    }

    pub(in super::super) fn send(self, out: &FarOut) {
        self.0.into_iter().for_each(|(to, body)| out.send(to, body));
    }
}

/// The answer to a `login`; to one that comes `again` without those who are there, whom its socket knows.
pub(in super::super) fn login_done(id: u64, again: bool, reply: Reply) -> FromLeader {
    let answer = match reply {
        Reply::Ack(mut body) => {
            if again {
                body.roster.clear();
            }
            Answered::Ack(*body)
        }
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
mod tests {
    use super::*;

    #[test]
    fn an_event_for_many_sockets_of_a_hub_is_one() {
        let stop = CancellationToken::new();
        let (out, mut told) = FarOut::new(stop.clone());
        let to = |node: &str| Far { node: node.into(), link: 1 };
        let event = ServerEvent::PlainCalling("man".parse().unwrap());
        let mut parcels = Parcels::default();
        for (node, socket) in [("a", "1"), ("b", "2"), ("a", "3")] {
            parcels.emit(&to(node), socket.into(), &event, None, false);
        }
        parcels.emit(&to("a"), "1".into(), &event, Some(1), false);
        parcels.emit(&to("a"), "3".into(), &event, Some(1), false);
        parcels.send(&out);
        let (first, body) = told.try_recv().unwrap();
        let said = |said: &FromLeader| {
            let FromLeader::Emit { sockets, seq, .. } = said else { panic!("{said:?}") };
            (sockets.join(","), *seq)
        };
        let sockets: Vec<_> = body.iter().map(said).collect();
        assert_eq!(first, to("a"));
        assert_eq!(
            sockets,
            [("1,3".into(), None), ("1".into(), Some(1)), ("3".into(), Some(1))],
            "a number is one's own"
        );
        assert_eq!(told.try_recv().unwrap().1.len(), 1);

        while out.sender.capacity() > 0 {
            out.send(to("a"), Vec::new());
        }
        assert!(!stop.is_cancelled());
        out.send(to("a"), Vec::new());
        assert!(stop.is_cancelled(), "what cannot be told ends the leader");
    }
}
