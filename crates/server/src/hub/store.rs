//! What the hub remembers: numbered events of each device, and the history of calls.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use zvonok_signaling_proto::event::ServerEvent;
use zvonok_signaling_proto::{CallId, Login, Millis, Mode, Outcome};

use super::limits::{KEEP_EVENTS_MS, MAX_EVENTS, MAX_HISTORY};

/// A finished call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCall {
    /// Its id.
    pub id: CallId,
    /// Who called.
    pub caller: Login,
    /// Who was called.
    pub callee: Login,
    /// Who published.
    pub mode: Mode,
    /// When it was placed.
    pub started_at: Millis,
    /// When it was answered.
    pub answered_at: Option<Millis>,
    /// When it was over.
    pub ended_at: Millis,
    /// What became of it.
    pub outcome: Outcome,
}

/// Events a device has not handled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// In order, with their numbers.
    pub events: Vec<(u64, ServerEvent)>,
    /// How many more there were that are no longer kept.
    pub dropped: u64,
}

/// What the hub remembers. Everything is bounded; the oldest goes first.
pub trait Store: Send + fmt::Debug {
    /// Gives an event of one device its number and keeps it. Numbers start at 1 and have no gaps.
    fn append(&mut self, login: &Login, device: &str, event: ServerEvent, now: Millis) -> u64;
    /// The number of a device's newest event, 0 before the first.
    fn seq(&self, login: &Login, device: &str) -> u64;
    /// The events of a device after `last_seq`.
    fn after(&self, login: &Login, device: &str, last_seq: u64) -> Replay;
    /// Forgets a device.
    fn forget_device(&mut self, login: &Login, device: &str);
    /// Adds a finished call to the history.
    fn put_call(&mut self, call: StoredCall);
    /// Whether the history has that call.
    fn has_call(&self, id: &CallId) -> bool;
    /// Calls of a person that started before `before`, newest first, at most `limit`.
    fn calls_of(&self, login: &Login, before: Option<Millis>, limit: usize) -> Vec<StoredCall>;
}

/// A [`Store`] in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    logs: BTreeMap<(Login, String), Log>,
    calls: VecDeque<StoredCall>,
    ids: BTreeSet<CallId>,
}

#[derive(Debug, Default)]
struct Log {
    seq: u64,
    events: VecDeque<(u64, Millis, ServerEvent)>,
}

impl Store for MemoryStore {
    fn append(&mut self, login: &Login, device: &str, event: ServerEvent, now: Millis) -> u64 {
        let log = self.logs.entry((login.clone(), device.to_owned())).or_default();
        log.seq += 1;
        log.events.push_back((log.seq, now, event));
        while log.events.len() > MAX_EVENTS
            || log.events.front().is_some_and(|(_, at, _)| at.saturating_add(KEEP_EVENTS_MS) < now)
        {
            log.events.pop_front();
        }
        log.seq
    }

    fn seq(&self, login: &Login, device: &str) -> u64 {
        self.logs.get(&(login.clone(), device.to_owned())).map_or(0, |log| log.seq)
    }

    fn after(&self, login: &Login, device: &str, last_seq: u64) -> Replay {
        let Some(log) = self.logs.get(&(login.clone(), device.to_owned())) else { return Replay::default() };
        let events: Vec<_> = log
            .events
            .iter()
            .filter(|(seq, _, _)| *seq > last_seq)
            .map(|(seq, _, event)| (*seq, event.clone()))
            .collect();
        let missing = log.seq.saturating_sub(last_seq);
        Replay { dropped: missing.saturating_sub(events.len() as u64), events }
    }

    fn forget_device(&mut self, login: &Login, device: &str) {
        self.logs.remove(&(login.clone(), device.to_owned()));
    }

    fn put_call(&mut self, call: StoredCall) {
        if !self.ids.insert(call.id.clone()) {
            return;
        }
        self.calls.push_back(call);
        while self.calls.len() > MAX_HISTORY {
            if let Some(oldest) = self.calls.pop_front() {
                self.ids.remove(&oldest.id);
            }
        }
    }

    fn has_call(&self, id: &CallId) -> bool {
        self.ids.contains(id)
    }

    fn calls_of(&self, login: &Login, before: Option<Millis>, limit: usize) -> Vec<StoredCall> {
        let mut calls: Vec<_> = self
            .calls
            .iter()
            .filter(|call| call.caller == *login || call.callee == *login)
            .filter(|call| before.is_none_or(|before| call.started_at < before))
            .cloned()
            .collect();
        calls.sort_by_key(|call| std::cmp::Reverse(call.started_at));
        calls.truncate(limit);
        calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> ServerEvent {
        ServerEvent::PlainCalling("man".parse().unwrap())
    }

    #[test]
    fn a_device_gets_what_it_has_not_handled_and_is_told_what_is_lost() {
        let mut store = MemoryStore::default();
        let woman: Login = "woman".parse().unwrap();
        for _ in 0..3 {
            store.append(&woman, "d", event(), 0);
        }
        assert_eq!(store.after(&woman, "d", 1).events.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(store.after(&woman, "d", 9), Replay::default(), "a number of another life replays nothing");
        for _ in 0..MAX_EVENTS {
            store.append(&woman, "d", event(), 0);
        }
        let replay = store.after(&woman, "d", 1);
        assert_eq!((replay.events.len(), replay.dropped), (MAX_EVENTS, 2));
        store.append(&woman, "d", event(), KEEP_EVENTS_MS + 1);
        assert_eq!(store.after(&woman, "d", 0).events.len(), 1, "after 7 days the old ones are gone");
    }
}
