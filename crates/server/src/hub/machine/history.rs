//! Calls as each of their people sees them: on a page, and in the database once they are over.

use std::collections::BTreeSet;

use zvonok_signaling_proto::rest::{CallRecord, CallsAnswer};
use zvonok_signaling_proto::{Direction, Login, Millis, Outcome};

use super::super::change::{Change, HistoryQuery};
use super::call::{Call, Stage};
use super::guest::GuestStage;
use super::{Answer, Machine};

impl Machine {
    pub(super) fn remember(&mut self, call: &Call, answered_at: Option<Millis>, outcome: Outcome, now: Millis) {
        self.over.insert(call.id.clone());
        // Who has left has it in the history already.
        let first = [&call.caller, &call.callee].into_iter().filter(|login| !call.left.contains(*login));
        let guests = call.guests.iter().filter(|(_, guest)| guest.device().is_some()).map(|(login, _)| login);
        let logins: BTreeSet<_> = first.chain(guests).filter(|login| !call.hidden || **login != call.callee).collect();
        for login in logins {
            let record = call.record(login);
            let answered_at = record.answered_at.or(answered_at);
            self.keep_record(login, record, answered_at, outcome, now);
        }
    }

    /// Writes a call into a person's history. Nobody asks for a resident's.
    pub(super) fn keep_record(
        &mut self,
        login: &Login,
        record: CallRecord,
        answered_at: Option<Millis>,
        outcome: Outcome,
        now: Millis,
    ) {
        if !self.is_resident(login) {
            let record = CallRecord { ended_at: Some(now), outcome: Some(outcome), answered_at, ..record };
            self.changes.push(Change::History(login.clone(), record));
        }
    }
}

impl HistoryQuery {
    /// A page of what is alive and of `over`, which is what the database has from there, newest first, and more of it
    /// than fits. Calls placed in the same millisecond are on one page, since the next begins before it.
    #[must_use]
    pub fn page(self, over: Vec<CallRecord>) -> Answer {
        let mut calls = self.live;
        // Who left a call and is asked back has it in both.
        calls.extend(over.into_iter().filter(|call| !self.alive.contains(&call.call_id)));
        calls.sort_by_key(|call| std::cmp::Reverse(call.started_at));
        let last = calls.get(self.limit.saturating_sub(1)).map(|call| call.started_at);
        let all = calls.len();
        calls.retain(|call| last.is_none_or(|last| call.started_at >= last));
        let next = last.filter(|_| calls.len() < all);
        Answer::with(&CallsAnswer { calls, next })
    }
}

impl Call {
    /// The call as that person sees it, while it lives.
    pub(super) fn record(&self, me: &Login) -> CallRecord {
        let guest = self.guests.get(me);
        let out = self.caller == *me && guest.is_none();
        let answered_at = match (&self.stage, guest.map(|guest| &guest.stage)) {
            (_, Some(GuestStage::In { at, .. })) => Some(*at),
            (Stage::Answered { at, .. }, None) => Some(*at),
            (_, Some(GuestStage::Ringing { .. } | GuestStage::Out { .. }))
            | (Stage::Ringing { .. } | Stage::Ended { .. }, None) => None,
        };
        let came = self.guests.iter().filter(|(_, guest)| match &guest.stage {
            GuestStage::In { .. } => true,
            GuestStage::Out { outcome } => *outcome == Outcome::Answered || guest.back,
            GuestStage::Ringing { .. } => guest.back,
        });
        let all: BTreeSet<_> = [&self.caller, &self.callee].into_iter().chain(came.map(|(login, _)| login)).collect();
        CallRecord {
            call_id: self.id.clone(),
            direction: if out { Direction::Out } else { Direction::In },
            with: all.into_iter().filter(|login| *login != me).cloned().collect(),
            mode: self.mode,
            started_at: guest.map_or(self.started_at, |guest| guest.asked_at),
            answered_at,
            ended_at: None,
            outcome: None,
        }
    }
}
