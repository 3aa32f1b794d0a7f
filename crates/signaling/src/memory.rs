//! What is kept from one connection to the next.

use std::collections::VecDeque;

use zvonok_signaling_proto::event::{Calling, Cancelled, ServerEvent};
use zvonok_signaling_proto::{CallId, Login};

/// Rings that are remembered: more at a time ring nowhere.
const RINGS: usize = 16;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Number of the last event that was told.
    pub(crate) last_seq: Option<u64>,
    /// Rings that were told, and nothing of since.
    rings: VecDeque<(CallId, Login)>,
}

impl Memory {
    pub(crate) fn new(last_seq: Option<u64>) -> Self {
        Self { last_seq, rings: VecDeque::new() }
    }

    /// An event is told.
    pub(crate) fn told(&mut self, event: &ServerEvent) {
        if let ServerEvent::Calling(calling) = event {
            self.rings(calling);
        } else if let Some(over) = event.call_id() {
            self.rings.retain(|(ring, _)| ring != over);
        }
    }

    /// A call rings here.
    pub(crate) fn rings(&mut self, calling: &Calling) {
        self.rings.retain(|(ring, _)| *ring != calling.call_id);
        self.rings.push_back((calling.call_id.clone(), calling.login.clone()));
        if self.rings.len() > RINGS {
            self.rings.pop_front();
        }
    }

    /// The hub was restarted and remembers nothing: it will never say that a ring is over which it does not name as
    /// `alive`, and accepting it could only fail. Says so in its place.
    pub(crate) fn forgotten(&mut self, alive: &[Calling]) -> Vec<ServerEvent> {
        let rings = std::mem::take(&mut self.rings);
        let dead = rings.into_iter().filter(|(ring, _)| alive.iter().all(|calling| calling.call_id != *ring));
        dead.map(|(call_id, login)| ServerEvent::Cancelled(Cancelled { login, call_id: Some(call_id) })).collect()
    }
}
