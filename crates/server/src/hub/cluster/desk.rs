//! The leader's desk: which hubs there are, what they ask, and what they are told.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::super::handle::Hub;
use super::super::machine::{Input, Reply, SocketId};
use super::SILENCE;
use super::bus::{Bus, Said};
use super::far::{Far, FarOut, Told};
use super::wire::{Answered, Ask, FromLeader, FromNode, ToLeader, ToNode};
use crate::database::full;

/// Packets that a hub has not said to have heard. It says so once a second, so one that is slower than this many a second
/// has to begin anew.
const UNHEARD: u64 = 8_192;

/// How long requests wait until the hubs that were there have presented their sockets: without that a person would be
/// offline for a moment, and a call refused.
const GATHER: Duration = Duration::from_secs(5);

/// Sessions taken back that are remembered: so many do not end while a `login` is on its way.
const OVER: usize = 1_024;

/// How long the accounts are looked at while all hubs wait.
const LOOK_WITHIN: Duration = Duration::from_secs(1);

/// Why a leader does not go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("Redis does not take what the hubs are told")]
    Full,
    #[error("no hub is heard, not even this one")]
    Deaf,
}

/// A hub.
#[derive(Debug)]
struct Node {
    /// 0 for none.
    link: u64,
    /// Number of the newest packet of that link, and of the newest that was heard.
    told: u64,
    heard: u64,
    heard_at: Instant,
    /// Each with the link on which it was presented.
    sockets: HashMap<SocketId, u64>,
}

/// Hubs that have still to come, and what waits for them.
#[derive(Debug)]
struct Gathering {
    nodes: BTreeSet<String>,
    until: Instant,
    held: Vec<(Far, u64, Ask)>,
}

/// See the module.
pub(super) struct Desk {
    hub: Hub,
    out: FarOut,
    bus: Bus,
    says: mpsc::Sender<Said>,
    tasks: TaskTracker,
    nodes: BTreeMap<Arc<str>, Node>,
    gathering: Option<Gathering>,
    /// Sessions that were taken back lately.
    over: VecDeque<String>,
    heard_at: Instant,
}

impl Desk {
    /// `nodes` were there lately.
    pub(super) fn new(
        hub: Hub,
        out: FarOut,
        bus: Bus,
        says: mpsc::Sender<Said>,
        tasks: TaskTracker,
        nodes: Vec<String>,
    ) -> Self {
        let now = Instant::now();
        let gathering = Gathering { nodes: nodes.into_iter().collect(), until: now + GATHER, held: Vec::new() };
        let (nodes, gathering, over) = (BTreeMap::new(), Some(gathering), VecDeque::new());
        Self { hub, out, bus, says, tasks, nodes, gathering, over, heard_at: now }
    }

    /// A packet of a hub.
    pub(super) async fn hear(&mut self, packet: &[u8]) -> Result<(), Unfit> {
        let ToLeader { node, link, heard, body } = match serde_json::from_slice(packet) {
            Ok(packet) => packet,
            Err(error) => {
                tracing::error!(%error, "a hub cannot be understood: is it of another version?");
                return Ok(());
            }
        };
        let (far, now) = (Far { node: node.into(), link }, Instant::now());
        self.heard_at = now;
        if matches!(body.first(), Some(FromNode::Attach)) {
            self.attach(&far, now);
        }
        let Some(node) = self.nodes.get_mut(&far.node).filter(|node| node.link == link) else {
            return self.say(&far, 0, vec![FromLeader::Unknown]);
        };
        (node.heard, node.heard_at) = (heard, now);
        for said in body {
            match said {
                FromNode::Attach => self.tell((far.clone(), vec![FromLeader::Attached]))?,
                FromNode::Ready => self.ready(&far).await,
                FromNode::Ask { id, ask } => self.take(&far, id, *ask).await,
            }
        }
        Ok(())
    }

    /// What was decided for a hub.
    pub(super) fn tell(&mut self, (far, body): Told) -> Result<(), Unfit> {
        // One with a newer link presents its sockets on that, and is told what came since.
        let Some(node) = self.nodes.get_mut(&far.node).filter(|node| node.link == far.link) else { return Ok(()) };
        node.told += 1;
        if node.told.saturating_sub(node.heard) > UNHEARD {
            tracing::warn!(node = %far.node, "a hub is too slow, and has to begin anew");
            node.link = 0;
            return self.say(&far, 0, vec![FromLeader::Unknown]);
        }
        let told = node.told;
        self.say(&far, told, body)
    }

    /// Once a second.
    pub(super) async fn beat(&mut self) -> Result<(), Unfit> {
        let now = Instant::now();
        if now.saturating_duration_since(self.heard_at) >= SILENCE {
            return Err(Unfit::Deaf);
        }
        let silent = |node: &Node| now.saturating_duration_since(node.heard_at) >= SILENCE;
        let gone: Vec<_> = self.nodes.iter().filter(|(_, node)| silent(node)).map(|(id, _)| Arc::clone(id)).collect();
        for id in gone {
            let Some(node) = self.nodes.remove(&id) else { continue };
            tracing::warn!(node = %id, sockets = node.sockets.len(), "a hub is gone");
            for socket in node.sockets.into_keys() {
                self.hub.tell(Input::SocketLost { socket }).await;
            }
        }
        let links: Vec<_> = self.nodes.iter().map(|(id, node)| Far { node: Arc::clone(id), link: node.link }).collect();
        for far in links.into_iter().filter(|far| far.link != 0) {
            self.tell((far, Vec::new()))?;
        }
        if self.gathering.as_ref().is_some_and(|gathering| gathering.until <= now) {
            self.gathered().await;
        }
        Ok(())
    }

    fn attach(&mut self, far: &Far, now: Instant) {
        let node = self.nodes.entry(Arc::clone(&far.node)).or_insert_with(|| Node {
            link: 0,
            told: 0,
            heard: 0,
            heard_at: now,
            sockets: HashMap::new(),
        });
        (node.link, node.told, node.heard) = (far.link, 0, 0);
    }

    /// A hub has presented all its sockets: those of an older link that were not are gone.
    async fn ready(&mut self, far: &Far) {
        let Some(node) = self.nodes.get_mut(&far.node) else { return };
        let gone: Vec<_> =
            node.sockets.iter().filter(|(_, link)| **link != far.link).map(|(id, _)| id.clone()).collect();
        for socket in gone {
            node.sockets.remove(&socket);
            self.hub.tell(Input::SocketLost { socket }).await;
        }
        let Some(gathering) = &mut self.gathering else { return };
        gathering.nodes.remove(&*far.node);
        if gathering.nodes.is_empty() {
            self.gathered().await;
        }
    }

    /// Nobody is waited for any more.
    async fn gathered(&mut self) {
        let Some(gathering) = self.gathering.take() else { return };
        tracing::info!(hubs = self.nodes.len(), missing = gathering.nodes.len(), "the hubs are one");
        self.hub.tell(Input::Gathered).await;
        for (far, id, ask) in gathering.held {
            self.ask(far, id, ask).await;
        }
    }

    async fn take(&mut self, far: &Far, id: u64, ask: Ask) {
        match (&mut self.gathering, &ask) {
            // As many as hubs send without an answer.
            (Some(gathering), Ask::Request { .. }) => gathering.held.push((far.clone(), id, ask)),
            _ => self.ask(far.clone(), id, ask).await,
        }
    }

    async fn ask(&mut self, far: Far, id: u64, ask: Ask) {
        let input = match ask {
            Ask::Login { socket, body, signed, again } => {
                if let Some(node) = self.nodes.get_mut(&far.node) {
                    node.sockets.insert(socket.clone(), far.link);
                }
                // It may have been looked up before another hub took it back.
                let signed = signed.filter(|signed| !self.over.contains(&signed.session));
                return self.hub.far_login(far, id, again, Input::Login { socket, body, signed }).await;
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

    fn say(&self, far: &Far, n: u64, body: Vec<FromLeader>) -> Result<(), Unfit> {
        let channel = self.bus.node_channel(&far.node);
        match serde_json::to_string(&ToNode { link: far.link, n, body }) {
            Ok(text) => self.says.try_send(Said { channel, text }).map_err(|_| Unfit::Full),
            Err(error) => {
                // Structs of strings and numbers have no way to fail; the hub notices the gap.
                tracing::error!(%error, "a packet cannot be written");
                Ok(())
            }
        }
    }
}
