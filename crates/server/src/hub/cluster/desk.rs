//! The leader's desk: which hubs there are, what they ask, and what they are told.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::super::handle::Hub;
use super::super::machine::{Input, SocketId};
use super::SILENCE;
use super::asked::Gathering;
use super::bus::{Bus, Said};
use super::far::{Far, FarOut, Told};
use super::papers::Papers;
use super::wire::{FromLeader, FromNode, ToLeader, ToNode};

/// Packets that a hub has not said to have heard. It says so once a second, so one that is slower than this many a second
/// has to begin anew.
const UNHEARD: u64 = 8_192;

/// How often the sessions of all sockets are looked up again: of an end that a hub could not tell the leader, nobody
/// else says anything. With the looking itself it is within a minute.
const LOOK_AGAIN: Duration = Duration::from_secs(50);

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
pub(super) struct Node {
    /// 0 for none.
    link: u64,
    /// Number of the newest packet of that link, and of the newest that was heard.
    told: u64,
    heard: u64,
    heard_at: Instant,
    /// Each with the link on which it was presented, and the session by which it came.
    pub(super) sockets: HashMap<SocketId, (u64, Option<String>)>,
}

/// See the module.
pub(super) struct Desk {
    pub(super) hub: Hub,
    pub(super) out: FarOut,
    bus: Bus,
    says: mpsc::Sender<Said>,
    pub(super) tasks: TaskTracker,
    pub(super) papers: Papers,
    pub(super) nodes: BTreeMap<Arc<str>, Node>,
    pub(super) gathering: Option<Gathering>,
    /// Sessions that were taken back lately.
    pub(super) over: VecDeque<String>,
    heard_at: Instant,
    /// When the sessions of all sockets were shown to `papers`.
    shown_at: Instant,
}

impl Desk {
    /// `nodes` were there lately.
    pub(super) fn new(
        hub: Hub,
        out: FarOut,
        bus: Bus,
        says: mpsc::Sender<Said>,
        (tasks, papers): (TaskTracker, Papers),
        nodes: Vec<String>,
    ) -> Self {
        let now = Instant::now();
        let gathering = Some(Gathering::of(nodes, now));
        let (nodes, over) = (BTreeMap::new(), VecDeque::new());
        Self { hub, out, bus, says, tasks, papers, nodes, gathering, over, heard_at: now, shown_at: now }
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
                FromNode::Attach => self.tell_one(&far, vec![FromLeader::Attached])?,
                FromNode::Ready => self.ready(&far).await,
                FromNode::Ask { id, ask } => self.take(&far, id, *ask).await,
            }
        }
        Ok(())
    }

    /// What was decided for a hub, or for all.
    pub(super) fn tell(&mut self, told: Told) -> Result<(), Unfit> {
        match told {
            Told::One(far, body) => self.tell_one(&far, body),
            Told::All(body) => self.links().iter().try_for_each(|far| self.tell_one(far, body.clone())),
        }
    }

    fn links(&self) -> Vec<Far> {
        let linked = self.nodes.iter().filter(|(_, node)| node.link != 0);
        linked.map(|(id, node)| Far { node: Arc::clone(id), link: node.link }).collect()
    }

    fn tell_one(&mut self, far: &Far, body: Vec<FromLeader>) -> Result<(), Unfit> {
        // One with a newer link presents its sockets on that, and is told what came since.
        let Some(node) = self.nodes.get_mut(&far.node).filter(|node| node.link == far.link) else { return Ok(()) };
        node.told += 1;
        if node.told.saturating_sub(node.heard) > UNHEARD {
            tracing::warn!(node = %far.node, "a hub is too slow, and has to begin anew");
            node.link = 0;
            return self.say(far, 0, vec![FromLeader::Unknown]);
        }
        let told = node.told;
        self.say(far, told, body)
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
            self.hub.tell(Input::SocketsLost { sockets: node.sockets.into_keys().collect() }).await;
        }
        self.tell(Told::All(Vec::new()))?;
        if self.gathering.as_ref().is_some_and(|gathering| gathering.until <= now) {
            self.gathered().await;
        }
        if now.saturating_duration_since(self.shown_at) >= LOOK_AGAIN {
            self.shown_at = now;
            self.show_sessions();
        }
        Ok(())
    }

    /// Has the sessions of all sockets looked up again.
    fn show_sessions(&self) {
        let sockets = self.nodes.values().flat_map(|node| node.sockets.values());
        sockets.filter_map(|(_, session)| session.clone()).for_each(|session| self.papers.show(session));
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
