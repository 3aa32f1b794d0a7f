//! One after the other, where the machine's word on a call would be out of date before it is acted on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;
use zvonok_signaling_proto::CallId;

type Turn = tokio::sync::Mutex<()>;

/// Whose turn it is with each call. A call is forgotten once nobody has it or waits for it.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<CallId, Weak<Turn>>>);

impl Turns {
    /// A turn with that call, after all who came before; it ends when it is dropped.
    pub(super) async fn with(&self, call: &CallId) -> OwnedMutexGuard<()> {
        self.of(call).lock_owned().await
    }

    fn of(&self, call: &CallId) -> Arc<Turn> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = calls.get(call).and_then(Weak::upgrade) {
            return turn;
        }
        calls.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        calls.insert(call.clone(), Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn each_call_has_turns_of_its_own_and_is_forgotten_after_them() {
        let turns = Turns::default();
        let (one, two) = ("c1".parse().unwrap(), "c2".parse().unwrap());
        let first = turns.with(&one).await;
        assert!(turns.with(&one).now_or_never().is_none(), "it waits for the first");
        let other = turns.with(&two).now_or_never().expect("another call does not");
        drop(first);
        assert!(turns.with(&one).now_or_never().is_some());
        drop(other);
        let _three = turns.with(&"c3".parse().unwrap()).await;
        assert_eq!(turns.0.lock().unwrap().len(), 1);
    }
}
