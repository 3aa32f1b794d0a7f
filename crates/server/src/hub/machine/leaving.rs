//! Sockets that go away, and what becomes of the calls they were in.

use zvonok_signaling_proto::{Millis, Status};

use super::call::{Call, Stage};
use super::finish::How;
use super::{Machine, Party};

/// How a socket went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Going {
    /// Its person closed it, or was cut off.
    ByItself,
    /// Nobody knows what its person wants.
    WithItsHub,
}

impl Machine {
    /// What these devices of somebody are in goes on at another one of the same person.
    pub(super) fn hand_on(&mut self, gone: &[String], to: &Party) {
        let theirs = |call: &Call| gone.iter().any(|device| call.has(&to.login, device));
        let mine: Vec<_> = self.calls.of(&to.login).filter(|call| theirs(call)).map(|call| call.id.clone()).collect();
        for id in mine {
            let Some(call) = self.calls.get_mut(&id) else { continue };
            if call.caller == to.login && gone.contains(&call.caller_device) {
                call.caller_device.clone_from(&to.device);
            }
            if let Stage::Answered { device, .. } = &mut call.stage
                && call.callee == to.login
                && gone.contains(device)
            {
                device.clone_from(&to.device);
            }
        }
    }

    pub(super) fn socket_gone(&mut self, socket: &str, going: Going, now: Millis) {
        self.signed.remove(socket);
        let Some(party) = self.sockets.remove(socket) else { return };
        let seq = self.logs.seq(&party.login, &party.device);
        let Some(person) = self.people.get_mut(&party.login) else { return };
        person.last_seen = Some(now);
        if self.stopping && self.settings.durable {
            // The hub leaves, not they: after its return they have been away since then, however long it was down.
            self.keep_person(&party.login);
            return;
        }
        let Some(device) = person.devices.get_mut(&party.device) else { return };
        device.socket = None;
        device.gone_at = Some(now);
        device.seen_seq = seq;
        let plain = device.plain;
        if std::mem::take(&mut device.holds_busy) {
            person.set = Status::Available;
        }
        self.keep_person(&party.login);
        self.keep_device(&party);
        self.touched.insert(party.login.clone());
        let another = || {
            let devices = &self.people.get(&party.login)?.devices;
            let (id, _) = devices.iter().find(|(_, device)| device.plain && device.socket.is_some())?;
            Some(Party { login: party.login.clone(), device: id.clone() })
        };
        // A page that came back by another hub may have done so before its old one was missed.
        if plain
            && going == Going::WithItsHub
            && let Some(another) = another()
        {
            self.hand_on(std::slice::from_ref(&party.device), &another);
        }
        if plain && going == Going::ByItself {
            // In part A going away is the only way to give up.
            let given_up: Vec<_> = self
                .calls
                .of(&party.login)
                .filter(|call| call.is_ringing() && call.caller == party.login && call.caller_device == party.device)
                .map(|call| call.id.clone())
                .collect();
            for id in given_up {
                self.finish(&id, How::Cancelled, now);
            }
        }
    }
}
