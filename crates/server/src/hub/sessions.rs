//! The sessions that sockets have shown: one that is taken back is worth nothing on any socket from that moment on,
//! whether that socket has sent its `login` or not.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::accounts::Signed;

/// Sessions by their token's hash, each for as long as a socket holds it: no more than there are sockets.
#[derive(Debug, Clone, Default)]
pub(super) struct Sessions(Arc<Mutex<HashMap<String, Weak<Held>>>>);

/// A session that sockets hold.
#[derive(Debug)]
pub(super) struct Held {
    session: String,
    over: AtomicBool,
    all: Sessions,
}

/// What a socket's token has shown.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    pub(super) signed: Signed,
    pub(super) held: Arc<Held>,
}

impl Sessions {
    /// Holds a session. To be done before it is looked up: who takes it back after that look finds it here.
    pub(super) fn hold(&self, session: &str) -> Arc<Held> {
        let mut all = self.all();
        if let Some(held) = all.get(session).and_then(Weak::upgrade) {
            return held;
        }
        let held = Held { session: session.to_owned(), over: AtomicBool::new(false), all: self.clone() };
        let held = Arc::new(held);
        all.insert(session.to_owned(), Arc::downgrade(&held));
        held
    }

    /// A session was taken back. To be said when the database has it no more.
    pub(super) fn end(&self, session: &str) {
        // Not held on to while all are locked: its last holder takes it out of them.
        let held = self.all().get(session).and_then(Weak::upgrade);
        if let Some(held) = held {
            held.over.store(true, Ordering::Release);
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Weak<Held>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut all = self.all.all();
        // Somebody may hold it anew already.
        if all.get(&self.session).is_some_and(|held| held.strong_count() == 0) {
            all.remove(&self.session);
        }
    }
}

impl Pass {
    /// What it shows, unless it was taken back since.
    pub(super) fn show(self) -> Option<Signed> {
        (!self.held.over.load(Ordering::Acquire)).then_some(self.signed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(sessions: &Sessions, session: &str) -> Pass {
        let signed =
            Signed { login: "man".parse().unwrap(), session: session.to_owned(), generation: 0, expires_at: 9 };
        Pass { signed, held: sessions.hold(session) }
    }

    #[test]
    fn a_session_that_is_taken_back_shows_nothing_on_any_socket() {
        let sessions = Sessions::default();
        let (one, two, other) = (pass(&sessions, "a"), pass(&sessions, "a"), pass(&sessions, "b"));
        assert!(one.clone().show().is_some());
        sessions.end("a");
        sessions.end("never shown");
        assert_eq!((one.show(), two.show()), (None, None));
        assert!(other.show().is_some());
    }

    #[test]
    fn a_session_is_known_for_as_long_as_a_socket_holds_it() {
        let sessions = Sessions::default();
        let (one, two) = (pass(&sessions, "a"), pass(&sessions, "a"));
        drop(one);
        assert_eq!(sessions.all().len(), 1);
        drop(two);
        assert!(sessions.all().is_empty());
    }
}
