//! One call.
//!
//! ```text
//! (placed) -> Ringing -> Answered -> Ended
//!     |          `---------------------^
//!     `--- refused: busy, dnd, offline-^
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use zvonok_signaling_proto::event::{Calling, Person as PersonRef, RingDevice};
use zvonok_signaling_proto::rest::Head;
use zvonok_signaling_proto::{CallId, Code, Login, Media, Millis, Mode, Outcome};

use super::Party;
use super::guest::Guest;
use super::media::CallCamera;

/// A call, from `/call` until nobody can ask for it any more.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) id: CallId,
    pub(super) caller: Login,
    /// The device that placed it.
    pub(super) caller_device: String,
    pub(super) callee: Login,
    /// OpenVidu session.
    pub(super) session: String,
    pub(super) mode: Mode,
    pub(super) media: Media,
    /// Follows part A's rule for session and mode, since one side has a device that speaks only part A.
    pub(super) plain: bool,
    pub(super) started_at: Millis,
    pub(super) expires_at: Millis,
    pub(super) stage: Stage,
    /// The called person has blocked the caller, and is told nothing of it.
    #[serde(default)]
    pub(super) hidden: bool,
    /// Who was asked into it, once it was answered.
    #[serde(default)]
    pub(super) guests: BTreeMap<Login, Guest>,
    /// Of the two it began with, who has left it to the others.
    #[serde(default)]
    pub(super) left: BTreeSet<Login>,
    /// Its newest recording, by the hub's id.
    #[serde(default)]
    pub(super) recording: Option<String>,
    /// Cameras in it.
    #[serde(default)]
    pub(super) cameras: Vec<CallCamera>,
    /// Tokens the hub gave for it.
    pub(super) tokens: Vec<Token>,
    /// How often each device that rings has said how it does. Not kept: it bounds what is.
    #[serde(skip)]
    pub(super) acks: BTreeMap<Party, u8>,
}

/// Where a call stands.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(super) enum Stage {
    /// Rings on these devices. May become anything.
    Ringing {
        /// How it does on each, by device id.
        devices: BTreeMap<String, RingDevice>,
    },
    /// This device of the called person answered. May only end.
    Answered {
        /// When.
        at: Millis,
        /// Which device of the called person.
        device: String,
    },
    /// Over; kept a while so that repeated requests get their answer.
    Ended {
        /// When.
        at: Millis,
        /// The device that answered, if one did.
        device: Option<String>,
        /// What became of it.
        outcome: Outcome,
        /// What a repeated `/call` is answered, if it was refused.
        refusal: Option<Head>,
        /// The call that it became, when both called each other.
        merged_into: Option<CallId>,
    },
}

/// A token the hub gave; not the token itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) login: Login,
    pub(super) device: String,
    pub(super) connection_id: String,
}

impl Call {
    pub(super) fn is_alive(&self) -> bool {
        match self.stage {
            Stage::Ringing { .. } | Stage::Answered { .. } => true,
            Stage::Ended { .. } => false,
        }
    }

    pub(super) fn is_ringing(&self) -> bool {
        match self.stage {
            Stage::Ringing { .. } => true,
            Stage::Answered { .. } | Stage::Ended { .. } => false,
        }
    }

    /// The device of the called person that is in the call.
    pub(super) fn callee_device(&self) -> Option<&str> {
        match &self.stage {
            Stage::Answered { device, .. } => Some(device),
            Stage::Ended { device, .. } => device.as_deref(),
            Stage::Ringing { .. } => None,
        }
    }

    /// Whether that device of that person takes part: placed it, answered it, or joined it.
    pub(super) fn has(&self, login: &Login, device: &str) -> bool {
        let first = (self.caller == *login && self.caller_device == device)
            || (self.callee == *login && self.callee_device() == Some(device));
        (first && !self.left.contains(login))
            || self.guests.get(login).is_some_and(|guest| guest.device() == Some(device))
    }

    /// Who is in it while it lives: who placed it, who answered it, who joined it.
    pub(super) fn parties(&self) -> Vec<Party> {
        if !self.is_alive() {
            return Vec::new();
        }
        let caller = Some((&self.caller, self.caller_device.as_str()));
        let callee = self.callee_device().map(|device| (&self.callee, device));
        let first = [caller, callee].into_iter().flatten().filter(|(login, _)| !self.left.contains(*login));
        let guests = self.guests.iter().filter_map(|(login, guest)| Some((login, guest.device()?)));
        let party = |(login, device): (&Login, &str)| Party { login: login.clone(), device: device.to_owned() };
        first.chain(guests).map(party).collect()
    }

    /// Whether it goes on for that person: rings, or has not been left.
    pub(super) fn goes_on_for(&self, login: &Login) -> bool {
        match self.guests.get(login) {
            Some(guest) => self.is_alive() && (guest.rings().is_some() || guest.device().is_some()),
            None => self.is_alive() && self.involves(login) && !self.left.contains(login),
        }
    }

    /// Whether that person called, was called or was asked: it is in that person's history.
    pub(super) fn involves(&self, login: &Login) -> bool {
        self.caller == *login || self.callee == *login || self.guests.contains_key(login)
    }

    /// Whether that person is in it, so that others find the line busy: rung-up people are not.
    pub(super) fn engages(&self, login: &Login) -> bool {
        match self.stage {
            Stage::Ringing { .. } => self.caller == *login,
            Stage::Answered { .. } => self.parties().iter().any(|party| party.login == *login),
            Stage::Ended { .. } => false,
        }
    }

    /// The ring, as the called devices get it.
    pub(super) fn calling(&self, caller_name: &str, now: Millis) -> Calling {
        Calling {
            login: self.caller.clone(),
            call_id: self.id.clone(),
            session: self.session.clone(),
            mode: self.mode,
            media: self.media,
            from: PersonRef { login: self.caller.clone(), name: caller_name.to_owned() },
            expires_at: self.expires_at,
            ttl_ms: self.expires_at.saturating_sub(now),
            group: None,
        }
    }

    /// What someone is told who comes too late to accept it.
    pub(super) fn too_late(&self) -> (Code, &'static str) {
        match &self.stage {
            Stage::Ringing { .. } => (Code::Unavailable, "The call is still ringing."),
            Stage::Answered { .. } => (Code::AnsweredElsewhere, "Another device answered this call."),
            Stage::Ended { outcome, .. } => match outcome {
                Outcome::Cancelled => (Code::Cancelled, "The caller gave up."),
                Outcome::Missed => (Code::Expired, "The call rang too long."),
                Outcome::Declined => (Code::AnsweredElsewhere, "Another device declined this call."),
                Outcome::Answered => (Code::NotInCall, "This call is over."),
                Outcome::Busy => (Code::Busy, "This call was refused as busy."),
                Outcome::Failed => (Code::Unavailable, "This call could not be made."),
            },
        }
    }
}
