//! `zvonok doctor`: what a call needs from this machine, a line each.

use zvonok_ipc::{KeyringState, SignalingState};

use super::{Ask, driver::Driver};
use crate::ring;

impl Driver {
    pub(super) fn doctor(&self, reply: Ask<String>) {
        let view = self.shown();
        let signaling = match self.signaling {
            SignalingState::Online => Ok("signed in".to_owned()),
            SignalingState::Connecting => Err("still trying".to_owned()),
            SignalingState::Offline => Err("no connection".to_owned()),
        };
        let keyring = match (self.keyring_state, self.secret_stored) {
            (KeyringState::Ok, true) => Ok("a secret is stored".to_owned()),
            (KeyringState::Ok, false) => Ok("no secret is stored".to_owned()),
            (KeyringState::Locked, _) => Err("locked".to_owned()),
            (KeyringState::Absent, _) => Err("no keyring answers".to_owned()),
        };
        let tray = if self.tray { Ok("shown".to_owned()) } else { Err("this desktop shows no tray icons".to_owned()) };
        self.parts.tasks.spawn(async move {
            // Both ask the system and may wait for it.
            let devices = tokio::task::spawn_blocking(|| (ring::server(), ring::probe())).await;
            let (notifications, sound) =
                devices.unwrap_or_else(|error| (Err(error.to_string()), Err(error.to_string())));
            let lines = [
                line(&format!("server {}", view.signaling.server), signaling),
                line("keyring", keyring),
                line("tray", tray),
                line("notifications", notifications),
                line("sound", sound.map(|()| "a device is there".to_owned())),
            ];
            _ = reply.send(Ok(lines.join("\n")));
        });
    }
}

fn line(what: &str, found: Result<String, String>) -> String {
    match found {
        Ok(detail) => format!("ok    {what}: {detail}"),
        Err(detail) => format!("fails {what}: {detail}"),
    }
}
