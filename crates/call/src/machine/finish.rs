//! How calls are brought to their end: every trace removed, the hub told until it heard.

use std::collections::VecDeque;

use super::Machine;
use crate::state::{Call, Ended, State};
use crate::{
    CallId, Contract, DeclineReason, EndReason, MediaCommand, Millis, Mode, Outcome, Output, Peer, Record, Signal,
    SurfaceCommand, TokenCommand,
};

/// Last words that wait for their result. 8: a person ends calls one at a time; when the hub stays away longer, the
/// oldest is dropped, and the hub's own time limits end that call.
const OUTBOX: usize = 8;

/// How often a last word is said at most. The pause doubles each time, so 8 times are ten minutes of trying where no
/// result comes at all, and two where each try fails at once.
const SAYINGS: u8 = 8;

/// What the hub is told at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LastWord {
    /// It knows.
    Nothing,
    /// The caller gives up.
    Cancel,
    /// The called person does not want to.
    Decline(DeclineReason, String),
    /// Whoever hangs up.
    Hangup,
}

/// Last words that were not heard yet.
#[derive(Debug, Default)]
pub(super) struct Outbox(VecDeque<Unheard>);

#[derive(Debug)]
struct Unheard {
    call_id: CallId,
    signal: Signal,
    again: Millis,
    left: u8,
}

impl Unheard {
    fn doubled(&self, pause: u64) -> u64 {
        let said = SAYINGS.saturating_sub(self.left);
        pause.max(1) << said.saturating_sub(1).min(SAYINGS)
    }
}

impl Outbox {
    pub(super) fn deadline(&self) -> Option<Millis> {
        self.0.iter().map(|unheard| unheard.again).min()
    }

    fn push(&mut self, call_id: CallId, signal: Signal, again: Millis) {
        self.heard(&call_id);
        if self.0.len() >= OUTBOX {
            self.0.pop_front();
        }
        self.0.push_back(Unheard { call_id, signal, again, left: SAYINGS - 1 });
    }

    /// Whether a last word for `call_id` was waiting; it no longer is.
    pub(super) fn heard(&mut self, call_id: &CallId) -> bool {
        let before = self.0.len();
        self.0.retain(|unheard| unheard.call_id != *call_id);
        self.0.len() != before
    }

    /// Repeats the last word for `call_id` after `pause`, doubled for each time that it was said.
    pub(super) fn unheard(&mut self, call_id: &CallId, now: Millis, pause: u64) -> bool {
        let mut found = false;
        for unheard in self.0.iter_mut().filter(|unheard| unheard.call_id == *call_id) {
            unheard.again = unheard.again.min(now.plus(unheard.doubled(pause)));
            found = true;
        }
        found
    }

    /// Repeats all of them at `at`: the hub is back.
    pub(super) fn hub_is_back(&mut self, at: Millis) {
        for unheard in &mut self.0 {
            unheard.again = unheard.again.min(at);
        }
    }

    /// What has to be said again at `now`; the next time is `pause` later, doubled for each time that it was said.
    pub(super) fn due(&mut self, now: Millis, pause: u64) -> Vec<Signal> {
        let mut signals = Vec::new();
        for unheard in self.0.iter_mut().filter(|unheard| unheard.again <= now) {
            if unheard.left > 0 {
                signals.push(unheard.signal.clone());
            }
            unheard.left = unheard.left.saturating_sub(1);
            unheard.again = now.plus(unheard.doubled(pause));
        }
        self.0.retain(|unheard| unheard.left > 0);
        signals
    }
}

impl Machine {
    /// Ends `call`: ring, media, token and window go, the hub is told, history is written.
    pub(super) fn finish(
        &mut self,
        mut call: Call,
        answered: Option<Millis>,
        word: LastWord,
        reason: EndReason,
    ) -> State {
        self.stop_ring(&mut call);
        if std::mem::replace(&mut call.media_up, false) {
            self.emit(Output::Media(MediaCommand::Leave { call_id: call.id.clone() }));
        }
        self.last_word(&call, word);
        if std::mem::replace(&mut call.token_asked, false) {
            self.emit(Output::Token(TokenCommand::Drop { call_id: call.id.clone() }));
        }
        self.remember(&call.id);
        let outcome = if answered.is_some() { Outcome::Answered } else { reason.outcome(call.outgoing) };
        self.record(Record {
            call_id: call.id.clone(),
            peer: call.peer.clone(),
            outgoing: call.outgoing,
            mode: call.mode,
            media: call.media,
            began: call.began,
            began_ago_ms: self.now.since(call.began),
            answered,
            ended: self.now,
            outcome,
            reason: reason.clone(),
        });
        let lingers = reason != EndReason::HungUp && (call.outgoing || call.window_up);
        call.microphone = false;
        call.camera = false;
        let linger = if reason.is_fault() { self.config.fault_linger_ms } else { self.config.linger_ms };
        let ended = State::Ended(Ended { call, since: self.now, until: self.now.plus(linger), reason });
        if lingers {
            ended
        } else {
            self.put_away(ended);
            State::Idle
        }
    }

    fn record(&mut self, record: Record) {
        if record.outcome == Outcome::Missed && !record.outgoing {
            self.surface(SurfaceCommand::NotifyMissed {
                call_id: record.call_id.clone(),
                peer: record.peer.clone(),
                ago_ms: record.began_ago_ms,
            });
        }
        self.emit(Output::Record(record));
    }

    fn last_word(&mut self, call: &Call, word: LastWord) {
        match call.contract {
            Contract::Extended => self.extended_last_word(&call.id, word),
            Contract::Plain => match word {
                LastWord::Cancel => self.signal(Signal::PlainLeave),
                LastWord::Decline(..) => self.signal(Signal::PlainDecline { login: call.peer.login.clone() }),
                LastWord::Nothing | LastWord::Hangup => {}
            },
        }
        if call.busy_said {
            self.signal(Signal::PlainFree);
        }
    }

    /// Tells an extended hub, until it heard.
    pub(super) fn extended_last_word(&mut self, id: &CallId, word: LastWord) {
        let call_id = id.clone();
        let signal = match word {
            LastWord::Nothing => return,
            LastWord::Cancel => Signal::Cancel { call_id },
            LastWord::Decline(reason, message) => Signal::Decline { call_id, reason, message },
            LastWord::Hangup => Signal::Hangup { call_id },
        };
        self.outbox.push(id.clone(), signal.clone(), self.now.plus(self.config.last_word_ms));
        self.signal(signal);
    }

    /// A call that never became this machine's one call: declined as busy, or missed while away.
    pub(super) fn note_missed(&mut self, call_id: CallId, peer: Peer, mode: Mode, ago_ms: u64, reason: EndReason) {
        self.remember(&call_id);
        self.record(Record {
            call_id,
            peer,
            outgoing: false,
            mode,
            media: crate::Media::Video,
            began: Millis(self.now.0.saturating_sub(ago_ms)),
            began_ago_ms: ago_ms,
            answered: None,
            ended: self.now,
            outcome: Outcome::Missed,
            reason,
        });
    }
}
