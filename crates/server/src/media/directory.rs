//! Where sessions are found: by name, and by the RPC session of one of their participants.
//!
//! A table of handles behind a lock that is held for single look-ups, never across an await. What a session *is* belongs
//! to its task alone.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::session::SessionHandle;

/// The table.
#[derive(Debug)]
pub(super) struct Directory {
    /// So many sessions at the most.
    most: usize,
    tables: RwLock<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    sessions: HashMap<String, SessionHandle>,
    rpc: HashMap<String, (SessionHandle, String)>,
}

/// Why a session was not entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotEntered {
    /// One of that name is there.
    Exists,
    /// There are too many.
    Full,
}

impl Directory {
    /// An empty one, for so many sessions.
    pub(super) fn new(most: usize) -> Self {
        Self { most, tables: RwLock::default() }
    }

    /// Enters a session. `make` is called only if the name is free.
    pub(super) fn enter(&self, name: &str, make: impl FnOnce() -> SessionHandle) -> Result<SessionHandle, NotEntered> {
        let mut tables = self.write();
        if tables.sessions.contains_key(name) {
            return Err(NotEntered::Exists);
        }
        if tables.sessions.len() >= self.most {
            return Err(NotEntered::Full);
        }
        let handle = make();
        tables.sessions.insert(name.to_owned(), handle.clone());
        Ok(handle)
    }

    /// Takes a session out: nobody can join it any more. A newer one that has its name meanwhile stays.
    pub(super) fn leave(&self, session: &SessionHandle) {
        let mut tables = self.write();
        if tables.sessions.get(&*session.id).is_some_and(|known| known.is(session)) {
            tables.sessions.remove(&*session.id);
        }
    }

    pub(super) fn session(&self, name: &str) -> Option<SessionHandle> {
        self.read().sessions.get(name).cloned()
    }

    pub(super) fn count(&self) -> usize {
        self.read().sessions.len()
    }

    pub(super) fn sessions(&self) -> Vec<SessionHandle> {
        self.read().sessions.values().cloned().collect()
    }

    /// Remembers which participant an RPC session belongs to.
    pub(super) fn enter_rpc(&self, rpc: &str, session: SessionHandle, connection: &str) {
        self.write().rpc.insert(rpc.to_owned(), (session, connection.to_owned()));
    }

    pub(super) fn leave_rpc(&self, rpc: &str) {
        self.write().rpc.remove(rpc);
    }

    pub(super) fn rpc(&self, rpc: &str) -> Option<(SessionHandle, String)> {
        self.read().rpc.get(rpc).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, Tables> {
        // Every critical section leaves the tables whole, so a poisoned lock still guards good data.
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tables> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[test]
    fn a_session_that_ends_late_leaves_a_newer_one_of_its_name() {
        let (directory, make) = (Directory::new(8), || SessionHandle::to(mpsc::channel(1).0));
        let old = directory.enter("room", make).unwrap();
        directory.leave(&old);
        let new = directory.enter("room", make).unwrap();
        directory.leave(&old);
        assert!(directory.session("room").is_some_and(|found| found.is(&new)));
        directory.leave(&new);
        assert!(directory.session("room").is_none());
    }
}
