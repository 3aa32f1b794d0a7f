//! `/call`: placing a call, and what is refused at once.

use std::collections::{BTreeMap, BTreeSet};

use zvonok_signaling_proto::event::{Missed, Person as PersonRef, RingDevice, ServerEvent};
use zvonok_signaling_proto::rest::{CallAnswer, CallRequest, Head};
use zvonok_signaling_proto::{CallId, Code, Login, Media, Millis, Mode, Outcome, Status};

use super::super::limits::{MAX_LIVE_CALLS, MAX_RINGS, RINGS_WINDOW_MS};
use super::call::{Call, Stage};
use super::finish::{How, Instead};
use super::{Answer, Fresh, Machine, Party};

impl Machine {
    pub(super) fn place(&mut self, who: &Party, body: CallRequest, fresh: Fresh, now: Millis) -> Answer {
        if let Some(answer) = self.repeated(who, &body, now) {
            return answer;
        }
        if self.stopping {
            return Answer::refused(Code::Unavailable, "The hub is stopping. Try again in a moment.");
        }
        if body.login == who.login {
            return Answer::outcome(Code::NotAllowed, "You cannot call yourself.");
        }
        let Some(callee) = self.people.get(&body.login).filter(|_| self.is_somebody(&body.login)) else {
            return Answer::outcome(Code::UnknownUser, format!("Nobody here is called {}.", body.login));
        };
        let plain = callee.has_plain_device()
            || self.people.get(&who.login).is_some_and(super::people::Person::has_plain_device);
        if !self.may_call(&who.login, &body.login) {
            return Answer::outcome(Code::NotAllowed, format!("You may not call {}.", callee.name));
        }
        if self.rings_too_often(who, now) {
            return Answer::refused(Code::TooMany, "Too many calls in a minute. Wait a little.");
        }
        if self.calls.are_full(MAX_LIVE_CALLS) {
            return Answer::refused(Code::Unavailable, "The hub carries as many calls as it can.");
        }
        let mut call = Call {
            id: body.call_id.unwrap_or(fresh.call_id),
            caller: who.login.clone(),
            caller_device: who.device.clone(),
            session: if plain { body.login.to_string() } else { fresh.session },
            callee: body.login,
            mode: if plain { Mode::Watch } else { body.mode.unwrap_or(Mode::Watch) },
            media: body.media.unwrap_or(Media::Video),
            plain,
            started_at: now,
            expires_at: now.saturating_add(self.settings.ring_ttl_ms),
            stage: Stage::Ringing { devices: BTreeMap::new() },
            hidden: false,
            guests: BTreeMap::new(),
            left: BTreeSet::new(),
            recording: None,
            cameras: Vec::new(),
            tokens: Vec::new(),
            acks: BTreeMap::new(),
        };
        self.leave_calls(who, None, now);
        if let Some(theirs) = self.glare(&call) {
            let both_seen = call.mode == Mode::TwoWay && theirs.mode == Mode::TwoWay;
            match (theirs.id < call.id, both_seen) {
                (true, true) => return self.join_theirs(&theirs.id, call, now),
                (false, true) => return self.join_ours(&theirs.id, call, now),
                // One who asked only to see somebody has not agreed to be seen: the smaller call lives, and rings.
                (true, false) => {
                    let refusal = self.is_calling_you(&call.callee);
                    return self.refuse(call, refusal, now);
                }
                (false, false) => {
                    // Nor does a repetition of the larger one lead into a call that nobody has answered.
                    let refusal = self.is_calling_you(&call.caller);
                    self.retract(&theirs.id, Instead::Refused(refusal), now);
                }
            }
        }
        if let Some(refusal) = self.refusal(&call.caller, &call.callee) {
            return self.refuse(call, refusal, now);
        }
        call.stage = Stage::Ringing { devices: self.ring(&call, now) };
        let answer = self.placed(&call, now);
        self.touched.insert(call.caller.clone());
        self.calls.insert(call.id.clone(), call);
        answer
    }

    fn is_calling_you(&self, caller: &Login) -> Head {
        Head::failure(Code::Busy, format!("{} is calling you.", self.name_of(caller)))
    }

    /// The answer of a request that was answered before.
    fn repeated(&self, who: &Party, body: &CallRequest, now: Millis) -> Option<Answer> {
        let Some(id) = &body.call_id else {
            // Part A has no id: ringing the same person again from the same device is a repetition.
            let same = self.calls.of(&who.login).find(|call| {
                call.is_ringing()
                    && call.caller == who.login
                    && call.caller_device == who.device
                    && call.callee == body.login
            })?;
            return Some(self.placed(same, now));
        };
        let Some(call) = self.calls.get(id) else {
            return self.over.has(id).then(|| Answer::outcome(Code::Expired, "That call is over."));
        };
        if call.caller != who.login || call.callee != body.login {
            return Some(Answer::outcome(Code::NotAllowed, "That call id belongs to another call."));
        }
        if let Stage::Ended { refusal: Some(head), .. } = &call.stage {
            return Some(Answer { http: 200, head: head.clone(), body: serde_json::Map::new() });
        }
        Some(self.placed(self.living(call), now))
    }

    /// The call that a merged one became, or itself.
    pub(super) fn living<'a>(&'a self, call: &'a Call) -> &'a Call {
        match &call.stage {
            Stage::Ended { merged_into: Some(id), .. } => self.calls.get(id).unwrap_or(call),
            Stage::Ended { .. } | Stage::Ringing { .. } | Stage::Answered { .. } => call,
        }
    }

    pub(super) fn placed(&self, call: &Call, now: Millis) -> Answer {
        let devices = match &call.stage {
            Stage::Ringing { devices } => devices.values().cloned().collect(),
            Stage::Answered { .. } | Stage::Ended { .. } => Vec::new(),
        };
        Answer::with(&CallAnswer {
            call_id: call.id.clone(),
            session: call.session.clone(),
            expires_at: call.expires_at,
            ttl_ms: call.expires_at.saturating_sub(now),
            devices,
            mode: Some(call.mode),
        })
    }

    pub(super) fn rings_too_often(&mut self, who: &Party, now: Millis) -> bool {
        let Some(person) = self.people.get_mut(&who.login) else { return false };
        while person.rings.front().is_some_and(|at| at.saturating_add(RINGS_WINDOW_MS) <= now) {
            person.rings.pop_front();
        }
        if person.rings.len() >= MAX_RINGS {
            return true;
        }
        person.rings.push_back(now);
        false
    }

    /// A device that places or answers a call is out of the one it was in: part A's caller has no other way to say so.
    pub(super) fn leave_calls(&mut self, who: &Party, but: Option<&CallId>, now: Millis) {
        if self.people.get(&who.login).is_some_and(|person| person.never_busy) {
            return;
        }
        let old: Vec<_> = self
            .calls
            .of(&who.login)
            .filter(|call| call.is_alive() && call.has(&who.login, &who.device) && Some(&call.id) != but)
            .map(|call| call.id.clone())
            .collect();
        for id in old {
            if self.calls.get(&id).is_some_and(Call::is_answered) {
                self.leave(&id, &who.login, How::Hangup(who.clone()), now);
            } else {
                self.finish(&id, How::Hangup(who.clone()), now);
            }
        }
    }

    /// Why a call does not even ring.
    pub(super) fn refusal(&self, caller: &Login, callee: &Login) -> Option<Head> {
        let person = self.people.get(callee)?;
        let name = &person.name;
        if !person.is_online() || person.blocked.contains(caller) {
            Some(Head::failure(Code::Offline, format!("{name} is not connected.")))
        } else if person.set == Status::Dnd {
            Some(Head::failure(Code::Dnd, format!("{name} does not want to be disturbed.")))
        } else if person.set == Status::Busy || (self.is_engaged(callee) && !person.call_waiting) {
            Some(Head::failure(Code::Busy, format!("{name} is busy.")))
        } else {
            None
        }
    }

    /// Remembers a refused call and lets the called person know that there was one.
    fn refuse(&mut self, mut call: Call, refusal: Head, now: Millis) -> Answer {
        let outcome = if refusal.code == Some(Code::Busy) { Outcome::Busy } else { Outcome::Missed };
        let answer = Answer { http: 200, head: refusal.clone(), body: serde_json::Map::new() };
        call.stage = Stage::Ended { at: now, device: None, outcome, refusal: Some(refusal), merged_into: None };
        call.hidden = self.is_blocked(&call.caller, &call.callee);
        self.tally.count(outcome);
        self.remember(&call, None, outcome, now);
        if !call.hidden {
            let missed = self.missed(&call.id, &call.caller, call.mode, call.started_at);
            self.tell_missed(&call.callee, missed, now);
        }
        self.calls.insert(call.id.clone(), call);
        answer
    }

    pub(super) fn missed(&self, id: &CallId, from: &Login, mode: Mode, at: Millis) -> Missed {
        let from = PersonRef { login: from.clone(), name: self.name_of(from) };
        Missed { call_id: id.clone(), from, mode, at }
    }

    /// Tells a person's devices of part B that a call was missed.
    pub(super) fn tell_missed(&mut self, to: &Login, missed: Missed, now: Millis) {
        for device in self.devices_of(to, Some(false)) {
            self.tell(&device, ServerEvent::Missed(missed.clone()), now);
        }
    }

    /// Rings on the called person's connected devices. Those of part A can only follow part A's rule.
    fn ring(&mut self, call: &Call, now: Millis) -> BTreeMap<String, RingDevice> {
        let event = ServerEvent::Calling(call.calling(&self.name_of(&call.caller), now));
        let mut devices = BTreeMap::new();
        for party in self.devices_of(&call.callee, None) {
            let Some(person) = self.people.get(&party.login) else { continue };
            let Some(device) = person.devices.get(&party.device).filter(|device| device.socket.is_some()) else {
                continue;
            };
            let name = device.name.clone();
            devices
                .insert(party.device.clone(), RingDevice { id: party.device.clone(), name, state: None, reason: None });
            self.tell(&party, event.clone(), now);
        }
        devices
    }
}
