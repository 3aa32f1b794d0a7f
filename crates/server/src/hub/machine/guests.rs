//! Groups: who is asked into a call that is answered, joins it and leaves it.
//!
//! The two that the call began with may leave as well, and be asked again. It ends when nobody is left to talk to.

use std::collections::BTreeMap;

use zvonok_signaling_proto::event::{
    Accepted, AnsweredElsewhere, Cancelled, Declined, Ended, Member, RingDevice, ServerEvent,
};
use zvonok_signaling_proto::rest::{AcceptAnswer, Head, InviteRequest};
use zvonok_signaling_proto::{CallId, Code, DeclineReason, EndReason, Login, Media, Millis, Mode, Outcome};

use super::super::limits::MAX_GROUP;
use super::answer::not_in_call;
use super::call::{Call, Token};
use super::finish::{How, outcome};
use super::guest::{GuestStage, too_late};
use super::{Answer, Machine, Output, Party};

impl Machine {
    pub(super) fn invite(&mut self, who: &Party, body: &InviteRequest, now: Millis) -> Answer {
        let (id, login) = (&body.call_id, &body.login);
        let Some(call) = self.calls.get(id).filter(|call| call.is_answered() && call.has(&who.login, &who.device))
        else {
            return not_in_call();
        };
        if call.plain || call.mode == Mode::Watch {
            return Answer::outcome(Code::NotAllowed, "Only a call in which everybody is seen can have more people.");
        }
        let rings = call.guests.get(login).is_some_and(|guest| guest.rings().is_some());
        if rings || call.parties().iter().any(|party| party.login == *login) {
            // Said again, or there already.
            return Answer::ok();
        }
        if call.parties().len() + call.guests.values().filter(|guest| guest.rings().is_some()).count() >= MAX_GROUP {
            return Answer::outcome(Code::TooMany, format!("A call has {MAX_GROUP} people at the most."));
        }
        let Some(person) = self.people.get(login).filter(|_| self.is_somebody(login)) else {
            return Answer::outcome(Code::UnknownUser, format!("Nobody here is called {login}."));
        };
        if person.never_busy || !self.may_call(&who.login, login) {
            return Answer::outcome(Code::NotAllowed, format!("You may not invite {}.", person.name));
        }
        if self.stopping {
            return Answer::refused(Code::Unavailable, "The hub is stopping. Try again in a moment.");
        }
        if self.rings_too_often(who, now) {
            return Answer::refused(Code::TooMany, "Too many calls in a minute. Wait a little.");
        }
        if let Some(refusal) = self.refusal(&who.login, login) {
            return self.refuse_guest(id, who, login, refusal, now);
        }
        self.ring_guest(id, who, login, now)
    }

    fn refuse_guest(&mut self, id: &CallId, who: &Party, login: &Login, refusal: Head, now: Millis) -> Answer {
        let outcome = if refusal.code == Some(Code::Busy) { Outcome::Busy } else { Outcome::Missed };
        self.tally.count(outcome);
        if !self.is_blocked(&who.login, login)
            && let Some(call) = self.calls.get_mut(id)
        {
            call.ask(login, who, GuestStage::Out { outcome }, now);
            let mode = call.mode;
            self.keep_guest(id, login, outcome, now);
            self.tell_missed(login, self.missed(id, &who.login, mode, now), now);
        }
        Answer { http: 200, head: refusal, body: serde_json::Map::new() }
    }

    fn ring_guest(&mut self, id: &CallId, who: &Party, login: &Login, now: Millis) -> Answer {
        let mut devices = BTreeMap::new();
        for party in self.devices_of(login, Some(false)).into_iter().filter(|party| self.is_connected(party)) {
            let Some(device) = self.reference(&party) else { continue };
            devices
                .insert(device.id.clone(), RingDevice { id: device.id, name: device.name, state: None, reason: None });
        }
        if devices.is_empty() {
            let name = self.name_of(login);
            return Answer::outcome(Code::NotAllowed, format!("The page of {name} can only be called, not invited."));
        }
        let rung: Vec<_> = devices.keys().cloned().collect();
        let expires_at = now.saturating_add(self.settings.ring_ttl_ms);
        if let Some(call) = self.calls.get_mut(id) {
            call.ask(login, who, GuestStage::Ringing { devices, expires_at }, now);
        }
        let Some(ring) = self.calls.get(id).and_then(|call| call.calling_guest(login, &self.name_of(&who.login), now))
        else {
            return not_in_call();
        };
        for device in rung {
            self.tell(&Party { login: login.clone(), device }, ServerEvent::Calling(ring.clone()), now);
        }
        Answer::ok()
    }

    /// `/accept` by somebody who was invited.
    pub(super) fn accept_guest(&mut self, who: &Party, id: &CallId, media: Option<Media>, now: Millis) -> Answer {
        let Some(call) = self.calls.get(id) else { return not_in_call() };
        let Some(guest) = call.guests.get(&who.login) else { return not_in_call() };
        let answer = Answer::with(&AcceptAnswer { session: call.session.clone(), mode: call.mode });
        let media = media.unwrap_or(call.media);
        match &guest.stage {
            GuestStage::In { device, .. } if *device == who.device => answer,
            GuestStage::In { .. } => Answer::outcome(Code::AnsweredElsewhere, "Another device answered this call."),
            GuestStage::Ringing { .. } => {
                self.joins(who, id, media, now);
                answer
            }
            GuestStage::Out { outcome } => {
                let (code, message) = too_late(*outcome);
                Answer::outcome(code, message)
            }
        }
    }

    fn joins(&mut self, who: &Party, id: &CallId, media: Media, now: Millis) {
        self.leave_calls(who, Some(id), now);
        let others = self.calls.get(id).map(Call::parties).unwrap_or_default();
        let Some(call) = self.calls.get_mut(id) else { return };
        let session = call.session.clone();
        let Some(guest) = call.guests.get_mut(&who.login) else { return };
        let by = guest.by.clone();
        let stage = GuestStage::In { device: who.device.clone(), at: now };
        let GuestStage::Ringing { devices, .. } = std::mem::replace(&mut guest.stage, stage) else { return };
        self.tally.count(Outcome::Answered);
        self.touched.insert(who.login.clone());
        let Some(device) = self.reference(who) else { return };
        let (call_id, login) = (id.clone(), who.login.clone());
        let accepted =
            Accepted { call_id: call_id.clone(), login: login.clone(), session, device: device.clone(), media };
        self.tell(&by, ServerEvent::Accepted(accepted), now);
        let joined = ServerEvent::Joined(Member { call_id: call_id.clone(), login });
        others.iter().for_each(|party| self.tell(party, joined.clone(), now));
        let elsewhere = ServerEvent::AnsweredElsewhere(AnsweredElsewhere { call_id, device });
        self.tell_others(id, who, &devices, &by, &elsewhere, now);
        self.revoke_others(id, who);
        self.refuse_other_rings(who, id, now);
    }

    /// The ring of somebody who was invited is over, and nobody came. Who waited only for that is alone now.
    pub(super) fn guest_over(&mut self, id: &CallId, login: &Login, how: How, now: Millis) {
        self.guest_ring_over(id, login, how, now);
        let alone = |call: &Call| call.is_answered() && call.parties().len() + call.waits_for() < 2;
        if self.calls.get(id).is_some_and(alone) {
            self.finish(id, How::Hangup(Party { login: login.clone(), device: String::new() }), now);
        }
    }

    pub(super) fn guest_ring_over(&mut self, id: &CallId, login: &Login, how: How, now: Millis) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let (mode, parties) = (call.mode, call.parties());
        let Some(guest) = call.guests.get_mut(login) else { return };
        let (by, at) = (guest.by.clone(), guest.asked_at);
        let told = Some(&by).filter(|by| parties.contains(by));
        let outcome = outcome(&how);
        let out = GuestStage::Out { outcome };
        let devices = match std::mem::replace(&mut guest.stage, out) {
            GuestStage::Ringing { devices, .. } => devices,
            // Over before, or never rang.
            other @ (GuestStage::In { .. } | GuestStage::Out { .. }) => {
                guest.stage = other;
                return;
            }
        };
        self.tally.count(outcome);
        let declined = |reason, message| {
            ServerEvent::Declined(Declined { login: login.clone(), call_id: Some(id.clone()), reason, message })
        };
        match how {
            How::Declined { by: device, reason, message } => {
                let event = declined(reason, message);
                told.into_iter().for_each(|by| self.tell(by, event.clone(), now));
                self.tell_others(id, &device, &devices, &by, &event, now);
            }
            How::Busy => {
                told.into_iter().for_each(|by| self.tell(by, declined(DeclineReason::Busy, None), now));
                self.tell_missed(login, self.missed(id, &by.login, mode, at), now);
            }
            How::Expired => {
                // `ended` would be the whole call.
                let left = ServerEvent::Left(Member { call_id: id.clone(), login: login.clone() });
                told.into_iter().for_each(|by| self.tell(by, left.clone(), now));
                self.tell_missed(login, self.missed(id, &by.login, mode, at), now);
            }
            How::Cancelled | How::Hangup(_) | How::Lost => {
                let event = ServerEvent::Cancelled(Cancelled { login: by.login.clone(), call_id: Some(id.clone()) });
                let nobody = Party { login: login.clone(), device: String::new() };
                self.tell_others(id, &nobody, &devices, &by, &event, now);
            }
        }
        self.keep_guest(id, login, outcome, now);
        self.revoke(id, |token| token.login == *login);
    }

    /// Writes into the history of somebody who was asked and did not come. Who has been in the call has it there already,
    /// as answered, and that stays.
    fn keep_guest(&mut self, id: &CallId, login: &Login, outcome: Outcome, now: Millis) {
        let Some(call) = self.calls.get(id) else { return };
        if call.guests.get(login).is_some_and(|guest| !guest.back) {
            self.keep_record(login, call.record(login), None, outcome, now);
        }
    }

    /// Somebody leaves an answered call. It goes on while there are two, or one who waits for a guest.
    pub(super) fn leave(&mut self, id: &CallId, login: &Login, how: How, now: Millis) {
        let Some(call) = self.calls.get(id) else { return };
        let Some(party) = call.parties().into_iter().find(|party| party.login == *login) else { return };
        // The last one there waits for nobody any more, however many were asked.
        let there = call.parties().len();
        if there < 2 || there + call.waits_for() <= 2 {
            return self.finish(id, how, now);
        }
        let record = call.record(login);
        let answered_at = record.answered_at;
        let Some(call) = self.calls.get_mut(id) else { return };
        match call.guests.get_mut(login) {
            Some(guest) => guest.stage = GuestStage::Out { outcome: Outcome::Answered },
            None => drop(call.left.insert(login.clone())),
        }
        let staying = call.parties();
        let left = ServerEvent::Left(Member { call_id: id.clone(), login: login.clone() });
        staying.iter().for_each(|party| self.tell(party, left.clone(), now));
        let (reason, by) = match how {
            How::Hangup(by) => (EndReason::Hangup, Some(by.login)),
            How::Declined { .. } | How::Busy | How::Cancelled | How::Expired | How::Lost => (EndReason::Lost, None),
        };
        self.tell(&party, ServerEvent::Ended(Ended { call_id: id.clone(), reason, by }), now);
        self.keep_record(login, record, answered_at, Outcome::Answered, now);
        self.revoke(id, |token| token.login == *login);
        self.touched.insert(login.clone());
    }

    /// Takes back tokens of a call that goes on.
    pub(super) fn revoke(&mut self, id: &CallId, whose: impl Fn(&Token) -> bool) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let (revoke, keep) = std::mem::take(&mut call.tokens).into_iter().partition::<Vec<_>, _>(|token| whose(token));
        call.tokens = keep;
        if !revoke.is_empty() {
            let connections = revoke.into_iter().map(|token| token.connection_id).collect();
            let session = call.session.clone();
            self.outputs.push_back(Output::CloseSession { session, connections, evict: false });
        }
    }

    fn is_connected(&self, party: &Party) -> bool {
        let device = self.people.get(&party.login).and_then(|person| person.devices.get(&party.device));
        device.is_some_and(|device| device.socket.is_some())
    }
}
