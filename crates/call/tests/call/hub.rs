//! A model of an extended hub: what decides about calls, without sockets. Three devices: 0 is Man's, 1 and 2 are Woman's.

use std::collections::BTreeMap;

use zvonok_call::*;

use crate::support::peer;

pub(crate) const DEVICES: usize = 3;

/// How long a call rings, in milliseconds.
const RING_MS: u64 = 45_000;

pub(crate) fn login(device: usize) -> &'static str {
    if device == 0 { "man" } else { "woman" }
}

/// Where a call stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    Ringing { until: Millis },
    Answered { device: usize },
    Ended { refusal: Option<Refusal>, into: Option<CallId> },
}

/// What a retracted call is for the one who placed it.
enum Instead {
    Merged(CallId),
    Refused(Refusal),
}

#[derive(Debug, Clone)]
pub(crate) struct HubCall {
    pub(crate) caller: usize,
    callee: &'static str,
    mode: Mode,
    media: Media,
    pub(crate) stage: Stage,
}

/// The hub; `log` is what it told each device, for a device that comes back.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    pub(crate) calls: BTreeMap<CallId, HubCall>,
    log: [Vec<Signaling>; DEVICES],
    /// Events to be sent now.
    pub(crate) events: Vec<(usize, Signaling)>,
    /// Calls whose media session is closed, which throws out who is left in it.
    pub(crate) closed: Vec<CallId>,
}

pub(crate) fn session(call_id: &CallId) -> String {
    format!("ses_{call_id}")
}

fn devices_of(login_: &str) -> impl Iterator<Item = usize> {
    (0..DEVICES).filter(move |device| login(*device) == login_)
}

impl Hub {
    fn tell(&mut self, device: usize, event: Signaling) {
        if let Some(log) = self.log.get_mut(device) {
            log.push(event.clone());
        }
        self.events.push((device, event));
    }

    /// Rings that nobody answered.
    pub(crate) fn expire(&mut self, now: Millis) {
        let due: Vec<CallId> = self
            .calls
            .iter()
            .filter(|(_, call)| matches!(call.stage, Stage::Ringing { until } if until <= now))
            .map(|(id, _)| id.clone())
            .collect();
        for id in due {
            let Some(call) = self.end(&id) else { continue };
            self.tell(call.caller, Signaling::Ended { call_id: id.clone(), reason: HubEnd::Closed });
            for device in devices_of(call.callee) {
                self.tell(device, missed(&id, &call));
            }
        }
    }

    /// What a device that comes back is told again: what died is missed, what lives rings, in the order of events.
    pub(crate) fn replay(&self, device: usize, now: Millis) -> Vec<Signaling> {
        let mut told = Vec::new();
        for event in self.log.get(device).into_iter().flatten() {
            let Signaling::Incoming(incoming) = event else {
                told.push(event.clone());
                continue;
            };
            let Some(call) = self.calls.get(&incoming.call_id) else { continue };
            if let Stage::Ringing { until } = call.stage {
                told.push(Signaling::Incoming(Incoming { ttl_ms: Some(until.since(now)), ..incoming.clone() }));
            }
        }
        told
    }

    fn end(&mut self, id: &CallId) -> Option<HubCall> {
        let call = self.calls.get_mut(id)?;
        let before = call.clone();
        call.stage = Stage::Ended { refusal: None, into: None };
        self.closed.push(id.clone());
        Some(before)
    }

    /// One request; `None` for what has no result.
    pub(crate) fn request(&mut self, from: usize, signal: &Signal, now: Millis) -> Option<RequestResult> {
        match signal {
            Signal::Call { call_id, login, mode, media } => Some(self.place(from, call_id, login, *mode, *media, now)),
            Signal::Accept { call_id, .. } => Some(self.accept(from, call_id)),
            Signal::Decline { call_id, reason, message } => {
                self.decline(from, call_id, *reason, message);
                Some(RequestResult::LastWordHeard)
            }
            Signal::Cancel { call_id } => {
                self.hangup(from, call_id);
                Some(RequestResult::LastWordHeard)
            }
            Signal::Hangup { call_id } => {
                self.hangup(from, call_id);
                Some(RequestResult::LastWordHeard)
            }
            Signal::RingAck { .. }
            | Signal::PlainDecline { .. }
            | Signal::PlainBusy
            | Signal::PlainFree
            | Signal::PlainLeave => None,
        }
    }

    fn place(&mut self, from: usize, id: &CallId, to: &str, mode: Mode, media: Media, now: Millis) -> RequestResult {
        if let Some(call) = self.calls.get(id) {
            return match &call.stage {
                Stage::Ended { refusal: Some(refusal), .. } => RequestResult::PlaceRefused(refusal.clone()),
                Stage::Ended { into: Some(into), .. } => placed(into, mode),
                Stage::Ended { .. } | Stage::Ringing { .. } | Stage::Answered { .. } => placed(id, mode),
            };
        }
        let callee = if to == "man" { "man" } else { "woman" };
        let until = now.plus(RING_MS);
        let call = HubCall { caller: from, callee, mode, media, stage: Stage::Ringing { until } };
        self.leave_calls(from, None);
        let theirs = self.calls.iter().find(|(_, other)| {
            matches!(other.stage, Stage::Ringing { .. }) && login(other.caller) == to && other.callee == login(from)
        });
        if let Some((theirs, other)) = theirs.map(|(id, call)| (id.clone(), call.clone())) {
            let both_ways = mode == Mode::TwoWay && other.mode == Mode::TwoWay;
            match (theirs < *id, both_ways) {
                (true, true) => {
                    let stage = Stage::Ended { refusal: None, into: Some(theirs.clone()) };
                    self.calls.insert(id.clone(), HubCall { stage, ..call });
                    self.answered(&theirs, from);
                    self.tell(from, Signaling::Accepted { call_id: theirs.clone(), session: session(&theirs) });
                    return placed(&theirs, mode);
                }
                (false, true) => {
                    self.retract(&theirs, Instead::Merged(id.clone()));
                    self.calls.insert(id.clone(), call.clone());
                    self.tell(other.caller, incoming(id, &call));
                    self.answered(id, other.caller);
                    self.tell(other.caller, Signaling::Accepted { call_id: id.clone(), session: session(id) });
                    return placed(id, mode);
                }
                (true, false) => return self.refuse(id, call, Refusal::Busy),
                (false, false) => self.retract(&theirs, Instead::Refused(Refusal::Busy)),
            }
        }
        if self.is_engaged(callee) {
            return self.refuse(id, call, Refusal::Busy);
        }
        for device in devices_of(callee) {
            self.tell(device, incoming(id, &call));
        }
        self.calls.insert(id.clone(), call);
        placed(id, mode)
    }

    fn refuse(&mut self, id: &CallId, call: HubCall, refusal: Refusal) -> RequestResult {
        for device in devices_of(call.callee) {
            self.tell(device, missed(id, &call));
        }
        let stage = Stage::Ended { refusal: Some(refusal.clone()), into: None };
        self.calls.insert(id.clone(), HubCall { stage, ..call });
        RequestResult::PlaceRefused(refusal)
    }

    fn is_engaged(&self, who: &str) -> bool {
        self.calls.values().any(|call| match call.stage {
            Stage::Ringing { .. } => call.callee == who || login(call.caller) == who,
            Stage::Answered { .. } => call.callee == who || login(call.caller) == who,
            Stage::Ended { .. } => false,
        })
    }

    /// A device is in one call at a time.
    fn leave_calls(&mut self, device: usize, but: Option<&CallId>) {
        let others: Vec<CallId> = self
            .calls
            .iter()
            .filter(|(id, call)| Some(*id) != but && call.devices().contains(&Some(device)))
            .map(|(id, _)| id.clone())
            .collect();
        for id in others {
            self.hangup(device, &id);
        }
    }

    fn retract(&mut self, id: &CallId, instead: Instead) {
        let Some(call) = self.end(id) else { return };
        for device in devices_of(call.callee) {
            self.tell(device, Signaling::Cancelled(Which::Id(id.clone())));
        }
        if let Some(ended) = self.calls.get_mut(id) {
            ended.stage = match instead {
                Instead::Merged(into) => Stage::Ended { refusal: None, into: Some(into) },
                Instead::Refused(refusal) => Stage::Ended { refusal: Some(refusal), into: None },
            };
        }
    }

    fn accept(&mut self, from: usize, id: &CallId) -> RequestResult {
        let Some(call) = self.calls.get(id).filter(|call| call.callee == login(from)) else {
            return RequestResult::AcceptRefused(Refusal::NotInCall);
        };
        let ok = RequestResult::AcceptOk { session: session(id), mode: call.mode };
        match call.stage {
            Stage::Answered { device } if device == from => ok,
            Stage::Answered { .. } => RequestResult::AcceptRefused(Refusal::AnsweredElsewhere),
            Stage::Ended { .. } => RequestResult::AcceptRefused(Refusal::Expired),
            Stage::Ringing { .. } => {
                self.answered(id, from);
                ok
            }
        }
    }

    fn answered(&mut self, id: &CallId, by: usize) {
        self.leave_calls(by, Some(id));
        let Some(call) = self.calls.get_mut(id) else { return };
        call.stage = Stage::Answered { device: by };
        let (caller, callee) = (call.caller, call.callee);
        self.tell(caller, Signaling::Accepted { call_id: id.clone(), session: session(id) });
        for device in devices_of(callee).filter(|device| *device != by) {
            self.tell(device, Signaling::AnsweredElsewhere { call_id: id.clone(), device: None });
        }
    }

    fn decline(&mut self, from: usize, id: &CallId, reason: DeclineReason, message: &str) {
        let rings = |call: &&HubCall| matches!(call.stage, Stage::Ringing { .. }) && call.callee == login(from);
        if self.calls.get(id).filter(rings).is_none() {
            return;
        }
        let Some(call) = self.end(id) else { return };
        let event = || Signaling::Declined { which: Which::Id(id.clone()), reason, message: message.to_owned() };
        self.tell(call.caller, event());
        for device in devices_of(call.callee).filter(|device| *device != from) {
            self.tell(device, event());
        }
    }

    fn hangup(&mut self, from: usize, id: &CallId) {
        let Some(call) = self.calls.get(id).cloned() else { return };
        match call.stage {
            Stage::Ended { .. } => {}
            Stage::Ringing { .. } if call.caller == from => {
                self.end(id);
                for device in devices_of(call.callee) {
                    self.tell(device, Signaling::Cancelled(Which::Id(id.clone())));
                }
            }
            Stage::Ringing { .. } => self.decline(from, id, DeclineReason::Declined, ""),
            Stage::Answered { device } if device == from || call.caller == from => {
                self.end(id);
                for device in [call.caller, device] {
                    self.tell(device, Signaling::Ended { call_id: id.clone(), reason: HubEnd::Hangup });
                }
            }
            Stage::Answered { .. } => {}
        }
    }
}

impl HubCall {
    /// The devices in it, while it lives.
    pub(crate) fn devices(&self) -> [Option<usize>; 2] {
        match self.stage {
            Stage::Ringing { .. } => [Some(self.caller), None],
            Stage::Answered { device } => [Some(self.caller), Some(device)],
            Stage::Ended { .. } => [None, None],
        }
    }
}

fn placed(id: &CallId, mode: Mode) -> RequestResult {
    RequestResult::Placed { lives: id.clone(), mode: Some(mode), session: Some(session(id)), ttl_ms: Some(RING_MS) }
}

fn incoming(id: &CallId, call: &HubCall) -> Signaling {
    Signaling::Incoming(Incoming {
        call_id: id.clone(),
        contract: Contract::Extended,
        peer: peer(login(call.caller)),
        mode: call.mode,
        media: call.media,
        ttl_ms: Some(RING_MS),
    })
}

fn missed(id: &CallId, call: &HubCall) -> Signaling {
    Signaling::Missed { call_id: id.clone(), peer: peer(login(call.caller)), mode: call.mode, ago_ms: 0 }
}
