//! What keeps a broken peer connection from breaking the others.

use std::panic::{AssertUnwindSafe, catch_unwind};

use str0m::RtcError;

/// Why a peer connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Refused(#[from] RtcError),
    /// str0m fails fast: a broken invariant panics. That is the end of one peer connection, not of everybody's.
    #[error("str0m panicked")]
    Panicked,
}

/// Calls into str0m. Nothing of a peer is used any more after a panic, so that what it left half done is never seen.
pub(crate) fn guarded<T>(call: impl FnOnce() -> Result<T, RtcError>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => Ok(result?),
        Err(_panic) => Err(Fault::Panicked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_one_peer_is_an_error_of_its_own() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let empty: Vec<u8> = Vec::new();
        let broken = guarded(|| Ok(empty.first().copied().expect("an invariant that does not hold")));
        std::panic::set_hook(hook);
        assert!(matches!(broken, Err(Fault::Panicked)));
        assert!(matches!(guarded(|| Ok(1)), Ok(1)));
    }
}
