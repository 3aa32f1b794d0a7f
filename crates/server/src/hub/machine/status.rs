//! `/status` and `/settings`.

use zvonok_signaling_proto::rest::SettingsRequest;
use zvonok_signaling_proto::{Millis, Status, StatusWord};

use super::{Answer, Machine, Party};

impl Machine {
    pub(super) fn set_settings(&mut self, who: &Party, body: &SettingsRequest) -> Answer {
        if let Some(person) = self.people.get_mut(&who.login) {
            person.call_waiting = body.call_waiting.unwrap_or(person.call_waiting);
        }
        self.keep_person(&who.login);
        Answer::ok()
    }

    pub(super) fn set_status(&mut self, who: &Party, word: StatusWord, now: Millis) -> Answer {
        if self.is_plain(who) {
            return self.plain_status(who, word, now);
        }
        if let Some(person) = self.people.get_mut(&who.login) {
            person.set = word.status();
        }
        self.keep_person(&who.login);
        self.touched.insert(who.login.clone());
        Answer::ok()
    }

    /// Part A: busy accepts the ring that is alive, the newest if several; free hangs up.
    fn plain_status(&mut self, who: &Party, word: StatusWord, now: Millis) -> Answer {
        let status = word.status();
        self.touched.insert(who.login.clone());
        if status == Status::Busy {
            let ring = self
                .calls
                .of(&who.login)
                .filter(|call| call.is_ringing() && call.plain && call.callee == who.login)
                .max_by_key(|call| call.started_at);
            if let Some(call) = ring {
                let (id, media) = (call.id.clone(), call.media);
                return self.accept(who, &id, Some(media), now);
            }
            if self.calls.of(&who.login).any(|call| call.is_alive() && call.has(&who.login, &who.device)) {
                // Said again within its call.
                return Answer::ok();
            }
        } else if status == Status::Available {
            self.leave_calls(who, None, now);
        }
        if let Some(person) = self.people.get_mut(&who.login) {
            person.set = status;
            if let Some(device) = person.devices.get_mut(&who.device) {
                device.holds_busy = status == Status::Busy;
            }
        }
        self.keep_person(&who.login);
        Answer::ok()
    }
}
