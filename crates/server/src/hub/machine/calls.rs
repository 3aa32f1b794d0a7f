//! All calls, found by who is in them and by what they need: there may be thousands, and each request concerns one.
//!
//! A call is changed through [`Calls::get_mut`], so what is known of it here may be older than the call until
//! [`Machine::settle`](super::Machine::settle) looks at it again. Until then such calls are among all that are looked at,
//! and whoever asks looks at the call itself.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;

use zvonok_signaling_proto::{CallId, Login, Millis};

use super::call::Call;
use super::timers::Timers;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Calls {
    all: BTreeMap<CallId, Call>,
    /// Since they were kept.
    changed: BTreeSet<CallId>,
    /// Since they were settled.
    unsettled: BTreeSet<CallId>,
    of: BTreeMap<Login, BTreeSet<CallId>>,
    /// Of live calls.
    in_session: BTreeMap<String, BTreeSet<CallId>>,
    alive: BTreeSet<CallId>,
    known: BTreeMap<CallId, Known>,
    due: Timers<CallId>,
}

/// Where a call stands in the tables.
#[derive(Debug)]
struct Known {
    logins: BTreeSet<Login>,
    session: String,
}

impl Calls {
    /// That call.
    pub(super) fn get(&self, id: &CallId) -> Option<&Call> {
        self.all.get(id)
    }

    /// A call to change.
    pub(super) fn get_mut(&mut self, id: &CallId) -> Option<&mut Call> {
        let call = self.all.get_mut(id)?;
        self.changed.insert(id.clone());
        self.unsettled.insert(id.clone());
        Some(call)
    }

    /// Adds a call, or puts it back.
    pub(super) fn insert(&mut self, id: CallId, call: Call) {
        self.changed.insert(id.clone());
        self.unsettled.insert(id.clone());
        self.all.insert(id, call);
    }

    /// Takes a call out.
    pub(super) fn remove(&mut self, id: &CallId) -> Option<Call> {
        self.changed.insert(id.clone());
        self.unsettled.insert(id.clone());
        self.all.remove(id)
    }

    /// Every call, those that are over included.
    pub(super) fn values(&self) -> impl Iterator<Item = &Call> {
        self.all.values()
    }

    /// Calls that are alive.
    pub(super) fn alive(&self) -> impl Iterator<Item = &Call> {
        self.with(Some(&self.alive)).filter(|call| call.is_alive())
    }

    /// Whether so many are alive.
    pub(super) fn are_full(&self, most: usize) -> bool {
        self.alive.len() + self.unsettled.len() >= most && self.alive().count() >= most
    }

    /// Calls of that person: placed, got, or asked into; those that are over included.
    pub(super) fn of(&self, login: &Login) -> impl Iterator<Item = &Call> {
        self.with(self.of.get(login)).filter(|call| call.involves(login))
    }

    /// Live calls that use that session.
    pub(super) fn in_session(&self, session: &str) -> impl Iterator<Item = &Call> {
        self.with(self.in_session.get(session)).filter(move |call| call.is_alive() && call.session == session)
    }

    /// The next moment at which something becomes of one of them.
    pub(super) fn deadline(&self) -> Option<Millis> {
        self.due.first()
    }

    /// Calls of which something becomes by now.
    pub(super) fn due(&self, now: Millis) -> Vec<CallId> {
        self.due.until(now)
    }

    /// Those that changed since the last time.
    pub(super) fn take_changed(&mut self) -> BTreeSet<CallId> {
        take(&mut self.changed)
    }

    /// Those that are to be settled.
    pub(super) fn take_unsettled(&mut self) -> BTreeSet<CallId> {
        take(&mut self.unsettled)
    }

    /// What is known of a call may be wrong.
    pub(super) fn look_again(&mut self, id: CallId) {
        self.unsettled.insert(id);
    }

    /// Something that a call depends on has changed.
    pub(super) fn unsettle(&mut self, login: &Login) {
        self.unsettled.extend(self.of.get(login).into_iter().flatten().cloned());
    }

    /// A call is as it is; it is due then.
    pub(super) fn settle(&mut self, id: &CallId, due: Option<Millis>) {
        self.due.set(id, due);
        let known = self.known.remove(id);
        if let Some(known) = known {
            for login in &known.logins {
                take_from(&mut self.of, login, id);
            }
            take_from(&mut self.in_session, &known.session, id);
        }
        self.alive.remove(id);
        let Some(call) = self.all.get(id) else { return };
        let logins: BTreeSet<Login> =
            [&call.caller, &call.callee].into_iter().chain(call.guests.keys()).cloned().collect();
        for login in &logins {
            self.of.entry(login.clone()).or_default().insert(id.clone());
        }
        if call.is_alive() {
            self.alive.insert(id.clone());
            self.in_session.entry(call.session.clone()).or_default().insert(id.clone());
        }
        self.known.insert(id.clone(), Known { logins, session: call.session.clone() });
    }

    /// The calls of a table, and all that it may not know yet; each once.
    fn with<'a>(&'a self, ids: Option<&'a BTreeSet<CallId>>) -> impl Iterator<Item = &'a Call> {
        let settled = ids.into_iter().flatten().filter(|id| !self.unsettled.contains(*id));
        settled.chain(&self.unsettled).filter_map(|id| self.all.get(id))
    }
}

fn take_from<K: Ord>(table: &mut BTreeMap<K, BTreeSet<CallId>>, key: &K, id: &CallId) {
    if let Some(ids) = table.get_mut(key) {
        ids.remove(id);
        if ids.is_empty() {
            table.remove(key);
        }
    }
}

#[cfg(test)]
impl Calls {
    /// Calls that the tables know, and those that are alive in them, by each of the tables.
    pub(super) fn sizes(&self) -> [usize; 2] {
        let of: BTreeSet<_> = self.of.values().flatten().collect();
        let in_session: BTreeSet<_> = self.in_session.values().flatten().collect();
        assert_eq!((of.len(), in_session.len()), (self.known.len(), self.alive.len()));
        [self.known.len(), self.alive.len()]
    }
}
