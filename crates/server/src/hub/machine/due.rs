//! What becomes of things by themselves.

use zvonok_signaling_proto::{Login, Millis};

use super::super::limits::{KEEP_ENDED_MS, KEEP_EVENTS_MS, LOST_GRACE_MS};
use super::Machine;
use super::call::{Call, Stage};
use super::finish::How;
use super::guest::GuestStage;
use super::people::Device;

/// What becomes of a call by itself.
pub(super) enum Due {
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
        self.calls.deadline().into_iter().chain(self.devices_deadline()).min()
    }

    /// Ends and forgets what is due.
    pub(super) fn expire(&mut self, now: Millis) {
        loop {
            let due = self.calls.due(now);
            if due.is_empty() {
                break;
            }
            // Each may make something else of the same call due, or of another one.
            for id in due {
                let Some((_, what)) = self.calls.get(&id).and_then(|call| self.due(call)).filter(|(at, _)| *at <= now)
                else {
                    // What was known of it was older than it is: looked at again, or it would be due for ever.
                    self.calls.look_again(id);
                    continue;
                };
                match what {
                    Due::End(how) => self.finish(&id, how, now),
                    Due::Leave(login) => self.leave(&id, &login, How::Lost, now),
                    Due::Guest(login) => self.guest_over(&id, &login, How::Expired, now),
                    Due::Forget => drop(self.calls.remove(&id)),
                }
            }
            self.settle();
        }
        self.forget_devices(now);
        self.settle();
    }

    /// When something becomes of a call by itself, and what.
    pub(super) fn due(&self, call: &Call) -> Option<(Millis, Due)> {
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
}

impl Device {
    /// When it may be forgotten.
    pub(super) fn forget_at(&self) -> Option<Millis> {
        let keep = if self.plain { LOST_GRACE_MS } else { KEEP_EVENTS_MS };
        self.gone_at.map(|at| at.saturating_add(keep))
    }
}
