//! Answering, declining, giving up, hanging up, and `/status`.

use std::collections::BTreeMap;

use zvonok_signaling_proto::event::{Accepted, AnsweredElsewhere, Cancelled, ServerEvent};
use zvonok_signaling_proto::rest::{AcceptAnswer, DeclineRequest};
use zvonok_signaling_proto::{CallId, Code, DeclineReason, MAX_MESSAGE_CHARS, Media, Millis, Outcome};

use super::call::{Call, Stage};
use super::finish::How;
use super::guest::GuestStage;
use super::{Answer, Machine, Party};

impl Machine {
    pub(super) fn accept(&mut self, who: &Party, id: &CallId, media: Option<Media>, now: Millis) -> Answer {
        if self.calls.get(id).is_some_and(|call| call.guests.contains_key(&who.login)) {
            return self.accept_guest(who, id, media, now);
        }
        let Some(call) = self.calls.get(id).filter(|call| call.callee == who.login) else { return not_in_call() };
        let answer = Answer::with(&AcceptAnswer { session: call.session.clone(), mode: call.mode });
        let media = media.unwrap_or(call.media);
        match &call.stage {
            Stage::Answered { device, .. } if *device == who.device => answer,
            Stage::Answered { .. } | Stage::Ended { .. } => {
                let (code, message) = call.too_late();
                Answer::outcome(code, message)
            }
            Stage::Ringing { .. } => {
                self.answered(id, who, media, now);
                answer
            }
        }
    }

    /// The ring is answered by this device: the first one wins, since there is only this place.
    pub(super) fn answered(&mut self, id: &CallId, who: &Party, media: Media, now: Millis) {
        self.leave_calls(who, Some(id), now);
        let Some(call) = self.calls.get_mut(id) else { return };
        let stage = Stage::Answered { at: now, device: who.device.clone() };
        let Stage::Ringing { devices } = std::mem::replace(&mut call.stage, stage) else { return };
        self.tally.count(Outcome::Answered);
        let caller = Party { login: call.caller.clone(), device: call.caller_device.clone() };
        let session = call.session.clone();
        self.touched.extend([call.caller.clone(), call.callee.clone()]);
        let Some(device) = self.reference(who) else { return };
        let accepted =
            Accepted { call_id: id.clone(), login: who.login.clone(), session, device: device.clone(), media };
        self.tell(&caller, ServerEvent::Accepted(accepted), now);
        let elsewhere = ServerEvent::AnsweredElsewhere(AnsweredElsewhere { call_id: id.clone(), device });
        self.tell_others(id, who, &devices, &caller, &elsewhere, now);
        self.revoke_others(id, who);
        self.refuse_other_rings(who, id, now);
    }

    /// Tells the person's other devices that ring: those of part A only know `cancelled`.
    pub(super) fn tell_others<T>(
        &mut self,
        id: &CallId,
        who: &Party,
        devices: &BTreeMap<String, T>,
        caller: &Party,
        event: &ServerEvent,
        now: Millis,
    ) {
        for device in devices.keys().filter(|device| **device != who.device) {
            let party = Party { login: who.login.clone(), device: device.clone() };
            let event = if self.is_plain(&party) {
                ServerEvent::Cancelled(Cancelled { login: caller.login.clone(), call_id: Some(id.clone()) })
            } else {
                event.clone()
            };
            self.tell(&party, event, now);
        }
    }

    /// Who answers one ring is busy for the others.
    pub(super) fn refuse_other_rings(&mut self, who: &Party, but: &CallId, now: Millis) {
        if self.people.get(&who.login).is_some_and(|person| person.never_busy || person.call_waiting) {
            return;
        }
        let asked: Vec<_> = self
            .calls
            .of(&who.login)
            .filter(|call| call.id != *but && call.guests.get(&who.login).is_some_and(|guest| guest.rings().is_some()))
            .map(|call| call.id.clone())
            .collect();
        for id in asked {
            self.guest_over(&id, &who.login, How::Busy, now);
        }
        let others: Vec<_> = self
            .calls
            .of(&who.login)
            .filter(|call| call.is_ringing() && call.callee == who.login && call.id != *but)
            .map(|call| call.id.clone())
            .collect();
        for id in others {
            self.finish(&id, How::Busy, now);
        }
    }

    pub(super) fn decline(&mut self, who: &Party, body: DeclineRequest, now: Millis) -> Answer {
        let id = match (body.call_id, &body.reciever_login) {
            (Some(id), _) => id,
            // Part A names the caller: the newest ring from there, or the newest call, for a repeated request.
            (None, Some(caller)) => {
                let from = |alive: bool| {
                    self.calls
                        .of(&who.login)
                        .filter(|call| call.callee == who.login && call.caller == *caller)
                        .filter(|call| call.is_ringing() || !alive)
                        .max_by_key(|call| call.started_at)
                };
                match from(true).or_else(|| from(false)) {
                    Some(call) => call.id.clone(),
                    None => return Answer::outcome(Code::NotInCall, format!("{caller} is not calling.")),
                }
            }
            (None, None) => return Answer::refused(Code::Malformed, "`call_id` or `reciever_login` is missing."),
        };
        let reason = body.reason.unwrap_or(DeclineReason::Declined);
        let message = body.message.map(|text| text.chars().take(MAX_MESSAGE_CHARS).collect());
        if let Some(guest) = self.calls.get(&id).and_then(|call| call.guests.get(&who.login)) {
            return match &guest.stage {
                GuestStage::Ringing { .. } => {
                    self.guest_over(&id, &who.login, How::Declined { by: who.clone(), reason, message }, now);
                    Answer::ok()
                }
                GuestStage::Out { outcome: Outcome::Declined | Outcome::Busy } => Answer::ok(),
                GuestStage::In { .. } => Answer::outcome(Code::AnsweredElsewhere, "Another device answered this call."),
                GuestStage::Out { .. } => not_in_call(),
            };
        }
        let Some(call) = self.calls.get(&id).filter(|call| call.callee == who.login) else { return not_in_call() };
        match &call.stage {
            Stage::Ringing { .. } => {
                self.finish(&id, How::Declined { by: who.clone(), reason, message }, now);
                Answer::ok()
            }
            Stage::Ended { outcome: Outcome::Declined | Outcome::Busy, .. } => Answer::ok(),
            Stage::Answered { .. } | Stage::Ended { .. } => {
                let (code, message) = call.too_late();
                Answer::outcome(code, message)
            }
        }
    }

    /// The caller gives up. When it was answered at the same moment, giving up is hanging up.
    pub(super) fn cancel(&mut self, who: &Party, id: &CallId, now: Millis) -> Answer {
        match self.calls.get(id) {
            Some(call) if call.caller == who.login => {
                if call.is_ringing() {
                    self.finish(id, How::Cancelled, now);
                    Answer::ok()
                } else {
                    self.hangup(who, id, now)
                }
            }
            Some(_) | None => not_in_call(),
        }
    }

    /// Ends a call in whatever way is possible from where it stands.
    pub(super) fn hangup(&mut self, who: &Party, id: &CallId, now: Millis) -> Answer {
        let Some(call) = self.calls.get(id) else { return not_in_call() };
        if let Some(guest) = call.guests.get(&who.login) {
            match &guest.stage {
                GuestStage::Ringing { .. } => {
                    let how = How::Declined { by: who.clone(), reason: DeclineReason::Declined, message: None };
                    self.guest_over(id, &who.login, how, now);
                }
                GuestStage::In { device, .. } if *device == who.device || self.is_orphan(call, who) => {
                    self.leave(id, &who.login, How::Hangup(who.clone()), now);
                }
                GuestStage::In { .. } => {
                    return Answer::outcome(Code::AnsweredElsewhere, "Another device of yours is in this call.");
                }
                GuestStage::Out { .. } => {}
            }
            return Answer::ok();
        }
        if call.left.contains(&who.login) {
            return Answer::ok();
        }
        let (is_caller, is_callee) = (call.caller == who.login, call.callee == who.login);
        match &call.stage {
            Stage::Ringing { .. } if is_caller => self.finish(id, How::Cancelled, now),
            Stage::Ringing { .. } if is_callee => {
                let how = How::Declined { by: who.clone(), reason: DeclineReason::Declined, message: None };
                self.finish(id, how, now);
            }
            Stage::Answered { .. } if call.has(&who.login, &who.device) || self.is_orphan(call, who) => {
                self.leave(id, &who.login, How::Hangup(who.clone()), now);
            }
            Stage::Answered { .. } if is_callee => {
                return Answer::outcome(Code::AnsweredElsewhere, "Another device of yours is in this call.");
            }
            Stage::Ended { .. } if is_caller || is_callee => {}
            Stage::Ringing { .. } | Stage::Answered { .. } | Stage::Ended { .. } => return not_in_call(),
        }
        Answer::ok()
    }

    /// Whether this person's device in the call is gone, so that another one may end it.
    fn is_orphan(&self, call: &Call, who: &Party) -> bool {
        let mine = call.parties().into_iter().find(|party| party.login == who.login);
        mine.is_some_and(|party| self.gone_at(&party.login, &party.device).is_some())
    }
}

pub(super) fn not_in_call() -> Answer {
    Answer::outcome(Code::NotInCall, "You are not in that call.")
}
