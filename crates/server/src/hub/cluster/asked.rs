//! What hubs ask at the leader's desk, and what waits there until they have gathered.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

use super::super::machine::{Input, Reply};
use super::desk::Desk;
use super::far::Far;
use super::wire::{Answered, Ask, FromLeader};
use crate::database::full;

/// How long requests wait until the hubs that were there have presented their sockets: without that a person would be
/// offline for a moment, and a call refused.
const GATHER: Duration = Duration::from_secs(5);

/// Sessions taken back that are remembered: so many do not end while a `login` is on its way.
const OVER: usize = 1_024;

/// How long the accounts are looked at while all hubs wait.
const LOOK_WITHIN: Duration = Duration::from_secs(1);

/// Hubs that have still to come, and what waits for them.
#[derive(Debug)]
pub(super) struct Gathering {
    pub(super) nodes: BTreeSet<String>,
    pub(super) until: Instant,
    held: Vec<(Far, u64, Ask)>,
}

impl Gathering {
    /// Of these hubs, until its time is over.
    pub(super) fn of(nodes: Vec<String>, now: Instant) -> Self {
        Self { nodes: nodes.into_iter().collect(), until: now + GATHER, held: Vec::new() }
    }
}

impl Desk {
    /// A hub has presented all its sockets: those of an older link that were not are gone.
    pub(super) async fn ready(&mut self, far: &Far) {
        let Some(node) = self.nodes.get_mut(&far.node) else { return };
        let gone: Vec<_> =
            node.sockets.iter().filter(|(_, (link, _))| *link != far.link).map(|(id, _)| id.clone()).collect();
        gone.iter().for_each(|socket| _ = node.sockets.remove(socket));
        self.hub.tell(Input::SocketsLost { sockets: gone }).await;
        // Once, and not with each socket that was presented.
        self.hub.roster(far.clone()).await;
        let Some(gathering) = &mut self.gathering else { return };
        gathering.nodes.remove(&*far.node);
        if gathering.nodes.is_empty() {
            self.gathered().await;
        }
    }

    /// Nobody is waited for any more.
    pub(super) async fn gathered(&mut self) {
        let Some(gathering) = self.gathering.take() else { return };
        tracing::info!(hubs = self.nodes.len(), missing = gathering.nodes.len(), "the hubs are one");
        self.hub.tell(Input::Gathered).await;
        for (far, id, ask) in gathering.held {
            self.ask(far, id, ask).await;
        }
    }

    pub(super) async fn take(&mut self, far: &Far, id: u64, ask: Ask) {
        match (&mut self.gathering, &ask) {
            // As many as hubs send without an answer.
            (Some(gathering), Ask::Request { .. }) => gathering.held.push((far.clone(), id, ask)),
            _ => self.ask(far.clone(), id, ask).await,
        }
    }

    async fn ask(&mut self, far: Far, id: u64, ask: Ask) {
        let input = match ask {
            Ask::Login { socket, body, signed, again } => {
                // It may have been looked up before another hub took it back.
                let signed = signed.filter(|signed| !self.over.contains(&signed.session));
                let session = signed.as_ref().map(|signed| signed.session.clone());
                if let Some(node) = self.nodes.get_mut(&far.node) {
                    node.sockets.insert(socket.clone(), (far.link, session.clone()));
                }
                self.hub.far_login(far, id, again, Input::Login { socket, body, signed }).await;
                // It was looked up by that hub, long ago perhaps. Its end, if it has one, is told after the `login`.
                session.into_iter().for_each(|session| self.papers.show(session));
                return;
            }
            Ask::RingAck { socket, body } => Input::RingAck { socket, body },
            Ask::Gone { socket } => {
                if let Some(node) = self.nodes.get_mut(&far.node) {
                    node.sockets.remove(&socket);
                }
                Input::SocketGone { socket }
            }
            Ask::SessionOver { session } => {
                self.over.push_back(session.clone());
                if self.over.len() > OVER {
                    self.over.pop_front();
                }
                Input::SessionOver { session }
            }
            Ask::Accounts => {
                self.look().await;
                return self.out.send(far, vec![FromLeader::Done { id, answer: Box::new(Answered::Nothing) }]);
            }
            Ask::Recorded { call_id, recording } => Input::Recorded { call_id, recording },
            Ask::CameraIn { grant, camera } => Input::CameraIn { grant, camera },
            Ask::CameraOut { call_id, camera } => Input::CameraOut { call_id, camera },
            Ask::Request { sid, bearer, request, fresh } => Input::Request { sid, bearer, request, fresh },
        };
        // In order; what it leads to may take its time.
        let reply = self.hub.submit(input).await;
        let (hub, out) = (self.hub.clone(), self.out.clone());
        let answering = async move {
            // Nothing where this hub leads no more: the next leader is asked again.
            let Ok(reply) = reply.await else { return };
            let answer = match reply {
                Reply::None => Answered::Nothing,
                Reply::Media(grant) => Answered::Media(grant),
                Reply::Recordings(of) => Answered::Recordings(of),
                Reply::Answer(_) | Reply::Grant(_) | Reply::History(_) | Reply::Ack(_) | Reply::LoginRefused(_) => {
                    Answered::Answer(hub.settle(reply).await)
                }
            };
            out.deliver(far, vec![FromLeader::Done { id, answer: Box::new(answer) }]).await;
        };
        self.tasks.spawn(answering.instrument(tracing::Span::current()));
    }

    /// Looks at the accounts, before what is asked after that.
    async fn look(&self) {
        match timeout(LOOK_WITHIN, self.hub.look(false)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = full(&error), "accounts that have changed are seen later"),
            Err(_) => tracing::warn!("accounts that have changed are seen later: the database takes too long"),
        }
    }
}
