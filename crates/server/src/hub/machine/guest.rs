//! Somebody who was asked into a call that is answered.
//!
//! ```text
//! (invited) -> Ringing -> In -> Out
//!                 `-------------^
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zvonok_signaling_proto::event::{Calling, RingDevice};
use zvonok_signaling_proto::{Code, Login, Millis, Outcome};

use super::Party;
use super::call::{Call, Stage};

/// Somebody who was asked into a call.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Guest {
    /// By whom, on which device.
    pub(super) by: Party,
    /// When.
    pub(super) asked_at: Millis,
    pub(super) stage: GuestStage,
    /// Has been in the call before, and is asked back.
    #[serde(default)]
    pub(super) back: bool,
}

/// Where a guest stands.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(super) enum GuestStage {
    /// Rings on these devices. May become anything.
    Ringing {
        /// How it does on each, by device id.
        devices: BTreeMap<String, RingDevice>,
        /// When the ring dies.
        expires_at: Millis,
    },
    /// This device is in the call. May only leave.
    In {
        /// Which.
        device: String,
        /// Since when.
        at: Millis,
    },
    /// Never came, or has left. May be asked again.
    Out {
        /// What became of it.
        outcome: Outcome,
    },
}

impl Guest {
    /// The device that is in the call.
    pub(super) fn device(&self) -> Option<&str> {
        match &self.stage {
            GuestStage::In { device, .. } => Some(device),
            GuestStage::Ringing { .. } | GuestStage::Out { .. } => None,
        }
    }

    pub(super) fn rings(&self) -> Option<&BTreeMap<String, RingDevice>> {
        match &self.stage {
            GuestStage::Ringing { devices, .. } => Some(devices),
            GuestStage::In { .. } | GuestStage::Out { .. } => None,
        }
    }
}

impl Call {
    /// Asks somebody into it, or back.
    pub(super) fn ask(&mut self, login: &Login, by: &Party, stage: GuestStage, now: Millis) {
        let came = |guest: &Guest| match &guest.stage {
            GuestStage::In { .. } | GuestStage::Out { outcome: Outcome::Answered } => true,
            GuestStage::Ringing { .. } | GuestStage::Out { .. } => guest.back,
        };
        // It is another ring.
        self.acks.retain(|party, _| party.login != *login);
        let back = self.left.contains(login) || self.guests.get(login).is_some_and(came);
        self.guests.insert(login.clone(), Guest { by: by.clone(), asked_at: now, stage, back });
    }

    /// How many are asked and may still come.
    pub(super) fn waits_for(&self) -> usize {
        self.guests.values().filter(|guest| guest.rings().is_some()).count()
    }

    /// The ring, as a guest's devices get it.
    pub(super) fn calling_guest(&self, login: &Login, inviter: &str, now: Millis) -> Option<Calling> {
        let guest = self.guests.get(login)?;
        let GuestStage::Ringing { expires_at, .. } = &guest.stage else { return None };
        let mut ring = self.calling(inviter, now);
        ring.login.clone_from(&guest.by.login);
        ring.from.login.clone_from(&guest.by.login);
        ring.expires_at = *expires_at;
        ring.ttl_ms = expires_at.saturating_sub(now);
        ring.group = Some(self.parties().into_iter().map(|party| party.login).collect());
        Some(ring)
    }

    /// Whether people talk in it.
    pub(super) fn is_answered(&self) -> bool {
        match self.stage {
            Stage::Answered { .. } => true,
            Stage::Ringing { .. } | Stage::Ended { .. } => false,
        }
    }
}

/// What a guest is told who comes too late to accept.
pub(super) fn too_late(outcome: Outcome) -> (Code, &'static str) {
    match outcome {
        Outcome::Cancelled => (Code::Cancelled, "The call is over."),
        Outcome::Missed => (Code::Expired, "The call rang too long."),
        Outcome::Declined => (Code::AnsweredElsewhere, "Another device declined this call."),
        Outcome::Busy => (Code::Busy, "This call was refused as busy."),
        Outcome::Answered | Outcome::Failed => (Code::NotInCall, "You are not in that call any more."),
    }
}
