//! What becomes of things by themselves.

use zvonok_signaling_proto::{Login, Millis, Status};

use super::super::change::Change;
use super::super::limits::{KEEP_ENDED_MS, KEEP_EVENTS_MS, LOST_GRACE_MS};
use super::call::{Call, Stage};
use super::finish::How;
use super::guest::GuestStage;
use super::people::Device;
use super::{Machine, Party};

/// What becomes of a call by itself.
enum Due {
    End(How),
    /// Somebody who was in it is lost.
    Leave(Login),
    /// Somebody who was asked has not come.
    Guest(Login),
    /// Nobody asks for it any more.
    Forget,
}

impl Machine {
    /// When [`Input::Tick`](super::Input::Tick) is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        let calls = self.calls.values().filter_map(|call| self.due(call).map(|(at, _)| at));
        let devices = self.people.values().flat_map(|person| person.devices.values()).filter_map(Device::forget_at);
        calls.chain(devices).min()
    }

    /// Ends and forgets what is due.
    pub(super) fn expire(&mut self, now: Millis) {
        loop {
            let due =
                |call: &Call| self.due(call).filter(|(at, _)| *at <= now).map(|(_, what)| (call.id.clone(), what));
            let due: Vec<_> = self.calls.values().filter_map(due).collect();
            if due.is_empty() {
                break;
            }
            // Each may make something else of the same call due.
            for (id, what) in due {
                match what {
                    Due::End(how) => self.finish(&id, how, now),
                    Due::Leave(login) => self.leave(&id, &login, How::Lost, now),
                    Due::Guest(login) => self.guest_over(&id, &login, How::Expired, now),
                    Due::Forget => drop(self.calls.remove(&id)),
                }
            }
        }
        self.forget_devices(now);
    }

    /// When something becomes of a call by itself, and what.
    fn due(&self, call: &Call) -> Option<(Millis, Due)> {
        match &call.stage {
            Stage::Ringing { .. } => {
                let lost = self.gone_at(&call.caller, &call.caller_device).map(|at| at.saturating_add(LOST_GRACE_MS));
                match lost {
                    Some(at) if at < call.expires_at => Some((at, Due::End(How::Cancelled))),
                    Some(_) | None => Some((call.expires_at, Due::End(How::Expired))),
                }
            }
            Stage::Answered { .. } => {
                let lost = call.parties().into_iter().filter_map(|party| {
                    let at = self.gone_at(&party.login, &party.device)?;
                    Some((at.saturating_add(LOST_GRACE_MS), Due::Leave(party.login)))
                });
                let asked = call.guests.iter().filter_map(|(login, guest)| match &guest.stage {
                    GuestStage::Ringing { expires_at, .. } => Some((*expires_at, Due::Guest(login.clone()))),
                    GuestStage::In { .. } | GuestStage::Out { .. } => None,
                });
                lost.chain(asked).min_by_key(|(at, _)| *at)
            }
            Stage::Ended { at, .. } => Some((at.saturating_add(KEEP_ENDED_MS), Due::Forget)),
        }
    }

    /// Since when a device has no socket; a device that is forgotten never had one.
    pub(super) fn gone_at(&self, login: &Login, device: &str) -> Option<Millis> {
        match self.people.get(login).and_then(|person| person.devices.get(device)) {
            Some(device) => device.gone_at,
            None => Some(0),
        }
    }

    /// Forgets devices that did not come back. A device of part A goes once no call needs it.
    fn forget_devices(&mut self, now: Millis) {
        let calls = &self.calls;
        let mut forgotten = Vec::new();
        for (login, person) in &mut self.people {
            person.devices.retain(|id, device| {
                let needed = || calls.values().any(|call| call.is_alive() && call.has(login, id));
                let keep = device.forget_at().is_none_or(|at| at > now) || needed();
                if !keep {
                    forgotten.push(Party { login: login.clone(), device: id.clone() });
                }
                keep
            });
        }
        for party in forgotten {
            self.forget_device(&party);
        }
        let (changes, accounts) = (&mut self.changes, &self.accounts);
        self.people.retain(|login, person| {
            let keep = !person.devices.is_empty()
                || person.shown != Status::Offline
                || accounts.as_ref().is_some_and(|accounts| accounts.contains_key(login));
            if !keep {
                changes.push(Change::NoPerson(login.clone()));
            }
            keep
        });
    }
}

impl Device {
    /// When it may be forgotten.
    fn forget_at(&self) -> Option<Millis> {
        let keep = if self.plain { LOST_GRACE_MS } else { KEEP_EVENTS_MS };
        self.gone_at.map(|at| at.saturating_add(keep))
    }
}
