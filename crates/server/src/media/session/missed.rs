//! What a participant was not told yet, in the order in which it is to be told.

use super::super::defaults;

/// What older sockets could not send, and what has come since.
#[derive(Debug, Default)]
pub(super) struct Missed {
    /// The oldest first.
    sockets: Vec<Lost>,
    since: Vec<String>,
}

/// A socket that is lost.
#[derive(Debug)]
struct Lost {
    id: u64,
    /// What it could not send; `None` until it has said so.
    unsent: Option<Vec<String>>,
}

impl Missed {
    /// The next newer socket is lost. `unsent` is what it could not send, if that is known.
    pub(super) fn lost(&mut self, id: u64, unsent: Option<Vec<String>>) {
        self.sockets.push(Lost { id, unsent });
    }

    /// What a lost socket could not send. False where that was known, or it is nobody's.
    pub(super) fn reported(&mut self, id: u64, unsent: Vec<String>) -> bool {
        let waited_for = self.sockets.iter_mut().find(|lost| lost.id == id && lost.unsent.is_none());
        waited_for.map(|lost| lost.unsent = Some(unsent)).is_some()
    }

    /// Something newer than everything else.
    pub(super) fn push(&mut self, text: String) {
        self.since.push(text);
    }

    /// Whether there is nothing, and nothing to be waited for.
    pub(super) fn is_empty(&self) -> bool {
        self.sockets.is_empty() && self.since.is_empty()
    }

    /// Takes everything, if nothing is waited for.
    pub(super) fn take(&mut self) -> Option<Vec<String>> {
        if self.sockets.iter().any(|lost| lost.unsent.is_none()) {
            return None;
        }
        let Self { sockets, since } = std::mem::take(self);
        Some(sockets.into_iter().filter_map(|lost| lost.unsent).flatten().chain(since).collect())
    }

    /// Whether it is more than is kept.
    pub(super) fn is_too_much(&self) -> bool {
        let all = || self.sockets.iter().filter_map(|lost| lost.unsent.as_ref()).flatten().chain(&self.since);
        all().count() > defaults::MISSED || all().map(String::len).sum::<usize>() > defaults::MISSED_BYTES
    }
}
