//! Handles: what lets a window's socket in. Unguessable, short-lived while unused, one live socket each.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rand::RngCore;
use tokio_util::sync::CancellationToken;

/// How long a handle may stay unused: a window paints within half a second, and opens its devices within some more.
pub(super) const UNUSED: Duration = Duration::from_secs(30);
/// Handles that may exist at once. A call has one and a few peer connections; more is a defect or an attack.
const MAX_HANDLES: usize = 64;

/// 128 random bits, as 32 hexadecimal digits.
pub(crate) type Handle = String;

/// Why a handle does not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("unknown, used up or expired handle")]
    Unknown,
    #[error("the handle has a live socket")]
    Live,
}

/// All handles of the listener; `T` is what a handle stands for.
#[derive(Debug)]
pub(super) struct Handles<T> {
    inner: Arc<Mutex<HashMap<Handle, Entry<T>>>>,
}

impl<T> Clone for Handles<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

#[derive(Debug)]
struct Entry<T> {
    target: T,
    /// Used once, or again after its socket closed, until it is revoked.
    once: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Unused { until: Instant },
    Live { socket: u64, cancel: CancellationToken },
    Closed,
}

/// A socket let in by a handle. Dropping it closes the handle's place.
#[derive(Debug)]
pub(super) struct Admitted<T> {
    handles: Handles<T>,
    handle: Handle,
    socket: u64,
    pub(super) target: T,
    /// Cancelled when the handle is revoked, or another socket took its place.
    pub(super) cancel: CancellationToken,
}

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Self { inner: Arc::default() }
    }
}

impl<T: Clone> Handles<T> {
    /// A new handle for `target`; `None` when there are too many.
    pub(super) fn issue(&self, target: T, once: bool, now: Instant) -> Option<Handle> {
        let mut entries = self.lock();
        entries.retain(|_, entry| !matches!(entry.state, State::Unused { until } if until <= now));
        if entries.len() >= MAX_HANDLES {
            return None;
        }
        let handle = random();
        entries.insert(handle.clone(), Entry { target, once, state: State::Unused { until: now + UNUSED } });
        Some(handle)
    }

    /// Lets a socket in. `again` is a reconnect: it takes the place of a socket that looks alive here still.
    pub(super) fn admit(&self, handle: &str, again: bool, now: Instant) -> Result<Admitted<T>, Refused> {
        let mut entries = self.lock();
        let entry = entries.get_mut(handle).ok_or(Refused::Unknown)?;
        match &entry.state {
            State::Unused { until } if *until <= now => {
                entries.remove(handle);
                return Err(Refused::Unknown);
            }
            State::Unused { .. } | State::Closed => {}
            State::Live { cancel, .. } if again && !entry.once => cancel.cancel(),
            State::Live { .. } => return Err(Refused::Live),
        }
        let cancel = CancellationToken::new();
        let socket = rand::rng().next_u64();
        entry.state = State::Live { socket, cancel: cancel.clone() };
        Ok(Admitted { handles: self.clone(), handle: handle.to_owned(), socket, target: entry.target.clone(), cancel })
    }

    /// Ends a handle and its socket.
    pub(super) fn revoke(&self, handle: &str) {
        if let Some(Entry { state: State::Live { cancel, .. }, .. }) = self.lock().remove(handle) {
            cancel.cancel();
        }
    }
}

impl<T> Handles<T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<Handle, Entry<T>>> {
        // Nothing between lock and unlock can panic half-way through a change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Admitted<T> {
    fn drop(&mut self) {
        let mut entries = self.handles.lock();
        let Some(entry) = entries.get_mut(&self.handle) else { return };
        if !matches!(entry.state, State::Live { socket, .. } if socket == self.socket) {
            return;
        }
        if entry.once {
            entries.remove(&self.handle);
        } else {
            entry.state = State::Closed;
        }
    }
}

fn random() -> Handle {
    let mut bytes = [0_u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_not_used_in_time_dies() {
        let handles = Handles::default();
        let now = Instant::now();
        let handle = handles.issue((), false, now).unwrap();
        assert_eq!(handles.admit(&handle, false, now + UNUSED).unwrap_err(), Refused::Unknown);
    }

    #[test]
    fn a_handle_that_is_used_once_is_used_once() {
        let handles = Handles::default();
        let now = Instant::now();
        let handle = handles.issue((), true, now).unwrap();
        let admitted = handles.admit(&handle, false, now).unwrap();
        assert_eq!(handles.admit(&handle, true, now).unwrap_err(), Refused::Live);
        drop(admitted);
        assert_eq!(handles.admit(&handle, false, now).unwrap_err(), Refused::Unknown);
    }

    #[test]
    fn a_call_reconnects_with_its_handle_until_it_is_revoked() {
        let handles = Handles::default();
        let now = Instant::now();
        let handle = handles.issue((), false, now).unwrap();
        let first = handles.admit(&handle, false, now).unwrap();
        assert_eq!(handles.admit(&handle, false, now).unwrap_err(), Refused::Live);
        let second = handles.admit(&handle, true, now).unwrap();
        assert!(first.cancel.is_cancelled(), "one live socket each");
        drop(first);
        assert_eq!(handles.admit(&handle, false, now).unwrap_err(), Refused::Live, "the late close was the old one's");
        drop(second);
        let third = handles.admit(&handle, true, now + 10 * UNUSED).unwrap();
        handles.revoke(&handle);
        assert!(third.cancel.is_cancelled());
        drop(third);
        assert_eq!(handles.admit(&handle, true, now).unwrap_err(), Refused::Unknown);
    }

    #[test]
    fn handles_are_128_bits_and_differ() {
        let handles = Handles::default();
        let now = Instant::now();
        let (one, two) = (handles.issue((), true, now).unwrap(), handles.issue((), true, now).unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, two);
    }
}
