//! How many calls there are, and what became of rings: for who watches the hub.

use zvonok_signaling_proto::Outcome;

use super::Machine;

/// What became of rings since the hub was started. Each is counted once: when it is answered, when it ends otherwise, or at
/// once where it was refused. Somebody who is asked into a call that goes on is a ring as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Somebody came.
    pub answered: u64,
    /// Nobody came in time, or nobody was there.
    pub missed: u64,
    /// The called person declined.
    pub declined: u64,
    /// The caller gave up, or was lost.
    pub cancelled: u64,
    /// The called person was in another call.
    pub busy: u64,
    /// Anything else.
    pub failed: u64,
}

impl Tally {
    pub(super) fn count(&mut self, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Answered => &mut self.answered,
            Outcome::Missed => &mut self.missed,
            Outcome::Declined => &mut self.declined,
            Outcome::Cancelled => &mut self.cancelled,
            Outcome::Busy => &mut self.busy,
            Outcome::Failed => &mut self.failed,
        };
        *counter += 1;
    }
}

/// What the machine has to say about itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Calls that nobody has answered yet.
    pub ringing: usize,
    /// Calls that go on.
    pub answered: usize,
    /// What became of rings.
    pub rings: Tally,
}

impl Machine {
    /// How it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let count = |which: fn(&super::call::Call) -> bool| self.calls.alive().filter(|call| which(call)).count();
        Standing {
            ringing: count(super::call::Call::is_ringing),
            answered: count(super::call::Call::is_answered),
            rings: self.tally,
        }
    }
}
