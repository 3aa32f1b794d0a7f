//! `iceConnectionState` and `connectionState`, which W3C derives from ICE and DTLS.
//!
//! The transport below knows no `failed` (it never gives up), so time decides: never connected within
//! [`ICE_CONNECT_TIMEOUT`], or not heard of for [`ICE_DISCONNECT_TIMEOUT`]. It may still recover after that.

use std::time::Instant;

use str0m::IceConnectionState;

use crate::defaults::{ICE_CONNECT_TIMEOUT, ICE_DISCONNECT_TIMEOUT};
use crate::wire::ToPage;

#[derive(Debug)]
pub(super) struct States {
    ice: &'static str,
    connection: &'static str,
    secured: bool,
    closed: bool,
    /// When the state becomes `failed` if nothing changes.
    give_up: Option<Instant>,
}

impl States {
    pub(super) fn new() -> Self {
        Self { ice: "new", connection: "new", secured: false, closed: false, give_up: None }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.give_up
    }

    /// Both descriptions are there: connectivity is to be expected from now on.
    pub(super) fn negotiated(&mut self, now: Instant) -> Vec<ToPage> {
        if self.ice != "new" {
            return Vec::new();
        }
        self.give_up = Some(now + ICE_CONNECT_TIMEOUT);
        self.set("checking")
    }

    pub(super) fn ice(&mut self, state: IceConnectionState, now: Instant) -> Vec<ToPage> {
        let name = match state {
            IceConnectionState::New => return Vec::new(),
            // The transport checks from the start; for the page there is nothing to check before an answer.
            IceConnectionState::Checking if self.ice == "new" => return Vec::new(),
            IceConnectionState::Checking => "checking",
            IceConnectionState::Connected => "connected",
            IceConnectionState::Completed => "completed",
            IceConnectionState::Disconnected => "disconnected",
        };
        match name {
            "checking" => self.give_up = self.give_up.or(Some(now + ICE_CONNECT_TIMEOUT)),
            "disconnected" => self.give_up = Some(now + ICE_DISCONNECT_TIMEOUT),
            _ => self.give_up = None,
        }
        self.set(name)
    }

    pub(super) fn secured(&mut self) -> Vec<ToPage> {
        self.secured = true;
        self.set(self.ice)
    }

    /// The other side said goodbye. W3C: DTLS closed means `connectionState` closed is not reached; ICE then goes
    /// through disconnected as for a lost peer, so that the application's recovery is the same.
    pub(super) fn remote_closed(&mut self) -> Vec<ToPage> {
        self.closed = true;
        self.give_up = None;
        self.set("failed")
    }

    pub(super) fn tick(&mut self, now: Instant) -> Option<Vec<ToPage>> {
        if self.give_up.is_none_or(|at| at > now) {
            return None;
        }
        self.give_up = None;
        Some(self.set("failed"))
    }

    fn set(&mut self, ice: &'static str) -> Vec<ToPage> {
        let ice = if self.closed { "failed" } else { ice };
        let connection = match (ice, self.secured) {
            ("new", _) => "new",
            ("connected" | "completed", true) => "connected",
            ("disconnected", _) => "disconnected",
            ("failed", _) => "failed",
            _ => "connecting",
        };
        let mut messages = Vec::new();
        if std::mem::replace(&mut self.ice, ice) != ice {
            messages.push(ToPage::IceConnectionState { state: ice });
        }
        if std::mem::replace(&mut self.connection, connection) != connection {
            messages.push(ToPage::ConnectionState { state: connection });
        }
        messages
    }
}
