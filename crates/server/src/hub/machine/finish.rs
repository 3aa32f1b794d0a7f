//! How calls end: one place, so that everybody is told, tokens die and history is written in every case.

use zvonok_signaling_proto::event::{Cancelled, Declined, Ended, ServerEvent};
use zvonok_signaling_proto::rest::Head;
use zvonok_signaling_proto::{CallId, DeclineReason, EndReason, Login, Millis, Outcome};

use super::call::{Call, Stage};
use super::guest::GuestStage;
use super::{Machine, Output, Party};

/// What a call that gave way to one of the other side is for the one who placed it.
pub(super) enum Instead {
    /// The same as the other one, which is answered.
    Merged(CallId),
    /// Refused: the other one rings.
    Refused(Head),
}

/// What ends a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum How {
    /// The called person declined.
    Declined {
        /// On this device.
        by: Party,
        /// Why.
        reason: DeclineReason,
        /// Words for the caller.
        message: Option<String>,
    },
    /// The called person answered somebody else.
    Busy,
    /// The caller gave up or went away.
    Cancelled,
    /// Nobody answered in time.
    Expired,
    /// One side hung up (or, while it rings, went on to something else).
    Hangup(Party),
    /// One side went away and did not come back.
    Lost,
}

impl Machine {
    /// Ends a call that is alive.
    pub(super) fn finish(&mut self, id: &CallId, how: How, now: Millis) {
        if let Some(call) = self.calls.get(id).filter(|call| call.is_answered()) {
            let asked: Vec<_> = call
                .guests
                .iter()
                .filter(|(_, guest)| guest.rings().is_some())
                .map(|(login, _)| login.clone())
                .collect();
            asked.iter().for_each(|login| self.guest_ring_over(id, login, How::Cancelled, now));
        }
        let Some(mut call) = self.calls.remove(id) else { return };
        if call.is_alive() {
            let (answered_at, outcome) = match &call.stage {
                Stage::Answered { at, .. } => (Some(*at), Outcome::Answered),
                Stage::Ringing { .. } | Stage::Ended { .. } => (None, outcome(&how)),
            };
            match &call.stage {
                Stage::Ringing { .. } => {
                    self.tally.count(outcome);
                    self.tell_ring_over(&call, &how, now);
                }
                Stage::Answered { .. } | Stage::Ended { .. } => self.tell_ended(&call, &how, now),
            }
            self.remember(&call, answered_at, outcome, now);
            self.close_media(&mut call);
            let device = call.callee_device().map(str::to_owned);
            call.stage = Stage::Ended { at: now, device, outcome, refusal: None, merged_into: None };
            for (login, guest) in &mut call.guests {
                if guest.device().is_some() {
                    guest.stage = GuestStage::Out { outcome: Outcome::Answered };
                    self.touched.insert(login.clone());
                }
            }
            self.touched.extend([call.caller.clone(), call.callee.clone()]);
        }
        self.calls.insert(call.id.clone(), call);
    }

    /// The hub stops. Nobody could answer what rings, so it is over for both sides now. An answered call goes on: its media
    /// does not need the hub.
    ///
    /// What is kept goes on where it was once the hub is back: then a ring needs no end.
    pub(super) fn stop(&mut self, now: Millis) {
        self.stopping = true;
        if self.settings.durable {
            return;
        }
        let ringing: Vec<_> = self.calls.alive().filter(|call| call.is_ringing()).map(|call| call.id.clone()).collect();
        for id in ringing {
            self.finish(&id, How::Expired, now);
        }
        for (id, login) in self.asked() {
            self.guest_over(&id, &login, How::Expired, now);
        }
    }

    /// Takes a ringing call back without a word to its caller, who gave way to a call of the other side.
    pub(super) fn retract(&mut self, id: &CallId, instead: Instead, now: Millis) {
        let Some(mut call) = self.calls.remove(id) else { return };
        let Stage::Ringing { devices } = &call.stage else {
            self.calls.insert(call.id.clone(), call);
            return;
        };
        let cancelled = ServerEvent::Cancelled(Cancelled { login: call.caller.clone(), call_id: Some(id.clone()) });
        for device in devices.keys() {
            self.tell(&Party { login: call.callee.clone(), device: device.clone() }, cancelled.clone(), now);
        }
        self.close_media(&mut call);
        let (refusal, merged_into) = match instead {
            Instead::Merged(into) => (None, Some(into)),
            Instead::Refused(refusal) => {
                self.tally.count(Outcome::Busy);
                (Some(refusal), None)
            }
        };
        call.stage = Stage::Ended { at: now, device: None, outcome: Outcome::Cancelled, refusal, merged_into };
        self.calls.insert(call.id.clone(), call);
    }

    /// A ring is over: the caller, and the devices that ring.
    fn tell_ring_over(&mut self, call: &Call, how: &How, now: Millis) {
        let Stage::Ringing { devices } = &call.stage else { return };
        let caller = Party { login: call.caller.clone(), device: call.caller_device.clone() };
        let nobody = Party { login: call.callee.clone(), device: String::new() };
        let declined = |reason, message| {
            ServerEvent::Declined(Declined {
                login: call.callee.clone(),
                call_id: Some(call.id.clone()),
                reason,
                message,
            })
        };
        let cancelled =
            ServerEvent::Cancelled(Cancelled { login: call.caller.clone(), call_id: Some(call.id.clone()) });
        match how {
            How::Declined { by, reason, message } => {
                let event = declined(*reason, message.clone());
                self.tell(&caller, event.clone(), now);
                self.tell_others(&call.id, by, devices, &caller, &event, now);
            }
            How::Busy => {
                self.tell(&caller, declined(DeclineReason::Busy, None), now);
                self.tell_plain_cancelled(call, &cancelled, now);
                self.tell_missed(&call.callee, self.missed(&call.id, &call.caller, call.mode, call.started_at), now);
            }
            How::Expired => {
                let ended = Ended { call_id: call.id.clone(), reason: EndReason::Closed, by: None };
                // A caller of part A knows no other word for it.
                let plain = self.is_plain(&caller);
                let event = if plain { declined(DeclineReason::Declined, None) } else { ServerEvent::Ended(ended) };
                self.tell(&caller, event, now);
                self.tell_plain_cancelled(call, &cancelled, now);
                self.tell_missed(&call.callee, self.missed(&call.id, &call.caller, call.mode, call.started_at), now);
            }
            How::Cancelled | How::Hangup(_) | How::Lost => {
                self.tell_others(&call.id, &nobody, devices, &caller, &cancelled, now);
            }
        }
    }

    fn tell_plain_cancelled(&mut self, call: &Call, cancelled: &ServerEvent, now: Millis) {
        for device in self.devices_of(&call.callee, Some(true)) {
            self.tell(&device, cancelled.clone(), now);
        }
    }

    /// A call that was answered is over: everybody in it.
    fn tell_ended(&mut self, call: &Call, how: &How, now: Millis) {
        let by: Option<Login> = match how {
            How::Hangup(party) => Some(party.login.clone()),
            How::Declined { .. } | How::Busy | How::Cancelled | How::Expired | How::Lost => None,
        };
        let reason = if by.is_some() { EndReason::Hangup } else { EndReason::Lost };
        let caller_left = by.as_ref() != Some(&call.callee);
        let event = ServerEvent::Ended(Ended { call_id: call.id.clone(), reason, by });
        for party in call.parties() {
            if party.login == call.callee && self.is_plain(&party) {
                // In part A a caller that goes away is `cancelled`.
                if caller_left {
                    let (login, call_id) = (call.caller.clone(), Some(call.id.clone()));
                    self.tell(&party, ServerEvent::Cancelled(Cancelled { login, call_id }), now);
                }
            } else {
                self.tell(&party, event.clone(), now);
            }
        }
    }

    /// Revokes the call's tokens and evicts who is left in its session.
    fn close_media(&mut self, call: &mut Call) {
        let cameras = std::mem::take(&mut call.cameras).into_iter().map(|camera| camera.connection_id);
        let tokens = std::mem::take(&mut call.tokens).into_iter().map(|token| token.connection_id);
        let connections: Vec<_> = tokens.chain(cameras).collect();
        let evict = self.is_free(&call.session, &call.id);
        self.outputs.push_back(Output::CloseSession { session: call.session.clone(), connections, evict });
    }

    /// Whether no other live call uses the session: calls of part A to one person share it.
    pub(super) fn is_free(&self, session: &str, but: &CallId) -> bool {
        !self.calls.in_session(session).any(|call| call.id != *but)
    }

    /// Revokes what the called person's other devices fetched while it rang.
    pub(super) fn revoke_others(&mut self, id: &CallId, who: &Party) {
        self.revoke(id, |token| token.login == who.login && token.device != who.device);
    }

    /// Everybody who is being asked into a call.
    fn asked(&self) -> Vec<(CallId, Login)> {
        let guests = self.calls.alive().flat_map(|call| call.guests.iter().map(move |guest| (call, guest)));
        let ringing = guests.filter(|(_, (_, guest))| guest.rings().is_some());
        ringing.map(|(call, (login, _))| (call.id.clone(), login.clone())).collect()
    }
}

/// What a call that nobody answered is listed as.
pub(super) fn outcome(how: &How) -> Outcome {
    match how {
        How::Declined { reason: DeclineReason::Busy, .. } | How::Busy => Outcome::Busy,
        How::Declined { .. } => Outcome::Declined,
        How::Expired => Outcome::Missed,
        How::Cancelled | How::Hangup(_) | How::Lost => Outcome::Cancelled,
    }
}
