//! Both call each other at once.

use zvonok_signaling_proto::event::{Accepted, ServerEvent};
use zvonok_signaling_proto::{CallId, Code, Millis, Mode, Outcome};

use super::call::{Call, Stage};
use super::finish::Instead;
use super::{Answer, Machine, Party};

/// The other call of a glare.
pub(super) struct Glare {
    pub(super) id: CallId,
    pub(super) mode: Mode,
}

impl Machine {
    /// The call by which the person called is calling back at the same moment. Calls of part A have no ids to compare:
    /// there the second finds the line busy.
    pub(super) fn glare(&self, call: &Call) -> Option<Glare> {
        let theirs = self.calls.of(&call.callee).find(|other| {
            other.is_ringing() && other.caller == call.callee && other.callee == call.caller && !other.plain
        })?;
        (!call.plain).then(|| Glare { id: theirs.id.clone(), mode: theirs.mode })
    }

    /// Theirs has the smaller id and lives: placing ours accepts it.
    pub(super) fn join_theirs(&mut self, theirs: &CallId, mut ours: Call, now: Millis) -> Answer {
        let me = Party { login: ours.caller.clone(), device: ours.caller_device.clone() };
        ours.stage = Stage::Ended {
            at: now,
            device: None,
            outcome: Outcome::Cancelled,
            refusal: None,
            merged_into: Some(theirs.clone()),
        };
        let media = ours.media;
        self.calls.insert(ours.id.clone(), ours);
        self.answered(theirs, &me, media, now);
        self.tell_both(theirs, now);
        match self.calls.get(theirs) {
            Some(call) => self.placed(call, now),
            None => Answer::outcome(Code::Unavailable, "The call could not be made."),
        }
    }

    /// Ours has the smaller id and lives: the device that placed theirs has accepted ours.
    pub(super) fn join_ours(&mut self, theirs: &CallId, ours: Call, now: Millis) -> Answer {
        let id = ours.id.clone();
        let Some(call) = self.calls.get_mut(theirs) else {
            return Answer::outcome(Code::Unavailable, "The call could not be made.");
        };
        let them = Party { login: call.caller.clone(), device: call.caller_device.clone() };
        let media = call.media;
        self.retract(theirs, Instead::Merged(id.clone()), now);
        let calling = ServerEvent::Calling(ours.calling(&self.name_of(&ours.caller), now));
        self.calls.insert(id.clone(), ours);
        // Named first, so that their device knows the call it is told to be in.
        self.tell(&them, calling, now);
        self.answered(&id, &them, media, now);
        self.tell_both(&id, now);
        match self.calls.get(&id) {
            Some(call) => self.placed(call, now),
            None => Answer::outcome(Code::Unavailable, "The call could not be made."),
        }
    }

    /// After a glare the called side of the call that lives is told as well, since it did not ask to accept it.
    fn tell_both(&mut self, id: &CallId, now: Millis) {
        let Some(call) = self.calls.get(id) else { return };
        let Some(device) = call.callee_device() else { return };
        let callee = Party { login: call.callee.clone(), device: device.to_owned() };
        let caller = Party { login: call.caller.clone(), device: call.caller_device.clone() };
        let (session, call_id, media) = (call.session.clone(), call.id.clone(), call.media);
        if let Some(device) = self.reference(&caller) {
            let event = ServerEvent::Accepted(Accepted { call_id, login: caller.login, session, device, media });
            self.tell(&callee, event, now);
        }
    }
}
