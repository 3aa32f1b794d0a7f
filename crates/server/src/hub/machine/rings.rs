//! Rings, as a device finds them when it comes, and as it acknowledges them.

use std::collections::BTreeMap;

use zvonok_signaling_proto::event::{Calling, RingAck, RingDevice, Ringing, ServerEvent};
use zvonok_signaling_proto::{Login, Millis};

use super::super::limits::MAX_RING_ACKS;
use super::call::{Call, Stage};
use super::guest::{Guest, GuestStage};
use super::{Machine, Party};

impl Machine {
    /// Rings of a dead call are not worth it (it is missed or cancelled, which is replayed too), those of a live one
    /// are in `pending`.
    pub(super) fn is_worth_replaying(&self, event: &ServerEvent, party: &Party) -> bool {
        match event {
            ServerEvent::Calling(_) | ServerEvent::PlainCalling(_) => false,
            ServerEvent::Ringing(ringing) => {
                let mine = |call: &Call| {
                    (call.is_ringing() && call.caller == party.login)
                        || call.guests.values().any(|guest| guest.rings().is_some() && guest.by == *party)
                };
                self.calls.get(&ringing.call_id).is_some_and(mine)
            }
            ServerEvent::Accepted(_)
            | ServerEvent::AnsweredElsewhere(_)
            | ServerEvent::Declined(_)
            | ServerEvent::Cancelled(_)
            | ServerEvent::Missed(_)
            | ServerEvent::Joined(_)
            | ServerEvent::Left(_)
            | ServerEvent::Ended(_)
            | ServerEvent::Presence(_) => true,
        }
    }

    /// Rings alive for this device; from now on it counts among the devices that ring.
    pub(super) fn pending(&mut self, party: &Party, now: Millis) -> Vec<Calling> {
        let Some(reference) = self.reference(party) else { return Vec::new() };
        let mut pending = Vec::new();
        let rings: Vec<_> = self
            .calls
            .of(&party.login)
            .filter(|call| {
                (call.is_ringing() && call.callee == party.login)
                    || call.guests.get(&party.login).is_some_and(|guest| guest.rings().is_some())
            })
            .map(|call| call.id.clone())
            .collect();
        for id in rings {
            let Some(call) = self.calls.get_mut(&id) else { continue };
            let device =
                || RingDevice { id: reference.id.clone(), name: reference.name.clone(), state: None, reason: None };
            if let Some(guest) = call.guests.get_mut(&party.login)
                && let GuestStage::Ringing { devices, .. } = &mut guest.stage
            {
                if self.people.get(&party.login).is_some_and(|person| person.is_plain(&party.device)) {
                    continue;
                }
                devices.entry(party.device.clone()).or_insert_with(device);
                let by = &guest.by.login;
                let name = self.people.get(by).map_or(by.to_string(), |person| person.name.clone());
                pending.extend(call.calling_guest(&party.login, &name, now));
                continue;
            }
            if let Stage::Ringing { devices } = &mut call.stage {
                devices.entry(party.device.clone()).or_insert_with(device);
                let name = self.people.get(&call.caller).map_or(call.caller.as_str(), |person| person.name.as_str());
                pending.push(call.calling(name, now));
            }
        }
        pending
    }

    /// How far a ring got on one device: the caller is told.
    pub(super) fn ring_ack(&mut self, socket: &str, body: &RingAck, now: Millis) {
        let Some(party) = self.sockets.get(socket).cloned() else { return };
        // A call that is looked at to be changed is written: not for what changes nothing.
        let news = |call: &Call| {
            let known = call.rung(&party.login).and_then(|devices| devices.get(&party.device));
            known.is_some_and(|known| known.state != Some(body.state) || known.reason != body.reason)
                && call.acks.get(&party).is_none_or(|acks| *acks < MAX_RING_ACKS)
        };
        if !self.calls.get(&body.call_id).is_some_and(news) {
            return;
        }
        let Some(call) = self.calls.get_mut(&body.call_id) else { return };
        *call.acks.entry(party.clone()).or_default() += 1;
        let (devices, caller) = match (&mut call.stage, call.guests.get_mut(&party.login)) {
            (_, Some(Guest { by, stage: GuestStage::Ringing { devices, .. }, .. })) => (devices, by.clone()),
            (Stage::Ringing { devices }, None) => {
                (devices, Party { login: call.caller.clone(), device: call.caller_device.clone() })
            }
            (Stage::Ringing { .. } | Stage::Answered { .. } | Stage::Ended { .. }, _) => return,
        };
        let Some(device) = devices.get_mut(&party.device) else { return };
        device.state = Some(body.state);
        device.reason = body.reason;
        let acknowledged = devices.values().filter(|device| device.state.is_some()).cloned().collect();
        let event = ServerEvent::Ringing(Ringing { call_id: body.call_id.clone(), devices: acknowledged });
        self.tell(&caller, event, now);
    }
}

impl Call {
    /// How it rings on the devices of that person, while it does.
    fn rung(&self, login: &Login) -> Option<&BTreeMap<String, RingDevice>> {
        match (&self.stage, self.guests.get(login)) {
            (_, Some(guest)) => guest.rings(),
            (Stage::Ringing { devices }, None) if self.callee == *login => Some(devices),
            (Stage::Ringing { .. } | Stage::Answered { .. } | Stage::Ended { .. }, None) => None,
        }
    }
}
