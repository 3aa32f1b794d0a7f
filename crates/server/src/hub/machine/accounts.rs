//! Accounts: who a socket and a request may be, and who may call and see whom.

use zvonok_signaling_proto::event::{Presence, ServerEvent};
use zvonok_signaling_proto::rest::{BlockRequest, BlocksAnswer};
use zvonok_signaling_proto::{Code, Login, Millis, Status};

use super::super::limits::MAX_BLOCKED;
use super::call::Call;
use super::leaving::Going;
use super::people::Person;
use super::types::Bearer;
use super::{Answer, Machine, Output, Party, SocketId};
use crate::accounts::{Account, AccountRole, Signed};

/// What a socket or request without a good token is told.
const SIGN_IN: &str = "Sign in first.";

impl Machine {
    /// Accounts are so now. Without any the hub is open; with one it never is again. Whoever is connected without leave
    /// is disconnected.
    pub fn set_accounts(&mut self, accounts: Vec<Account>, now: Millis) {
        if accounts.is_empty() {
            return;
        }
        for account in &accounts {
            let name = if account.body.name.is_empty() { account.login.as_str() } else { &account.body.name };
            let person = self.people.entry(account.login.clone()).or_insert_with(|| Person::new(name.to_owned()));
            name.clone_into(&mut person.name);
        }
        self.accounts = Some(accounts.into_iter().map(|account| (account.login, account.body)).collect());
        let ended = |(socket, party): (&SocketId, &Party)| {
            let stays = self.is_resident(&party.login)
                || self.signed.get(socket).is_some_and(|signed| self.is_good(signed, now));
            (!stays).then(|| socket.clone())
        };
        let ended: Vec<_> = self.sockets.iter().filter_map(ended).collect();
        ended.into_iter().for_each(|socket| self.disconnect(socket, now));
        self.people.keys().for_each(|login| self.devices.perhaps_nobody(login));
        self.settle();
    }

    /// A token was taken back.
    pub(super) fn session_over(&mut self, session: &str, now: Millis) {
        let mine = self.signed.iter().filter(|(_, signed)| signed.session == session);
        let ended: Vec<_> = mine.map(|(socket, _)| socket.clone()).collect();
        ended.into_iter().for_each(|socket| self.disconnect(socket, now));
    }

    fn disconnect(&mut self, socket: SocketId, now: Millis) {
        self.socket_gone(&socket, Going::ByItself, now);
        self.outputs.push_back(Output::Disconnect { socket });
    }

    /// Whether a session may be used: it lives, and its account has not taken back its tokens since.
    fn is_good(&self, signed: &Signed, now: Millis) -> bool {
        let account = self.accounts.as_ref().and_then(|accounts| accounts.get(&signed.login));
        signed.expires_at > now
            && account.is_some_and(|account| !account.disabled && account.generation == signed.generation)
    }

    /// Why that socket may not be that person.
    pub(super) fn no_entry(&self, login: &Login, signed: Option<&Signed>, now: Millis) -> Option<(Code, &'static str)> {
        self.accounts.as_ref()?;
        match signed.filter(|signed| self.is_good(signed, now)) {
            None => Some((Code::NotSignedIn, SIGN_IN)),
            Some(signed) if signed.login != *login => Some((Code::NotAllowed, "That token is somebody else's.")),
            Some(_) => None,
        }
    }

    /// Who asks: the socket's person, and with accounts only with the same token as the socket's. A token alone is a person
    /// without a device.
    pub(super) fn asks(&self, sid: Option<&str>, bearer: Bearer, now: Millis) -> Result<Party, Answer> {
        let party = sid.and_then(|sid| self.sockets.get(sid));
        if self.accounts.is_none() || party.is_some_and(|party| self.is_resident(&party.login)) {
            // The tutorial's caller page as printed sends `sid: null`.
            return party.cloned().ok_or_else(|| {
                Answer::outcome(
                    Code::NotSignedIn,
                    "Not signed in: this page has to emit `login` on its socket first and send that socket's id as `sid`.",
                )
            });
        }
        let refused = || Answer::refused(Code::NotSignedIn, SIGN_IN);
        match (sid, bearer) {
            (Some(sid), Bearer::Hash(session)) => {
                let signed =
                    self.signed.get(sid).filter(|signed| signed.session == session && self.is_good(signed, now));
                signed.and(party).cloned().ok_or_else(refused)
            }
            (None, Bearer::Session(signed)) if self.is_good(&signed, now) => {
                Ok(Party { login: signed.login, device: String::new() })
            }
            (_, Bearer::None | Bearer::Hash(_) | Bearer::Session(_)) => Err(refused()),
        }
    }

    /// Whether tokens for media are handed out: to those who say who they are on this machine, or have proven it.
    pub(super) fn gives_tokens(&self) -> bool {
        self.settings.tokens || self.accounts.is_some()
    }

    pub(super) fn role_of(&self, login: &Login) -> &'static str {
        self.accounts.as_ref().and_then(|accounts| accounts.get(login)).map_or("user", |body| body.role.as_str())
    }

    /// Whether others see that there is such a person: everybody in open mode, else those who may sign in.
    pub(super) fn is_somebody(&self, login: &Login) -> bool {
        let Some(accounts) = &self.accounts else { return true };
        accounts.get(login).is_some_and(|account| !account.disabled) || self.is_resident(login)
    }

    /// Whether that person is there for good, seen or not.
    pub(super) fn has_account(&self, login: &Login) -> bool {
        self.accounts.as_ref().is_some_and(|accounts| accounts.contains_key(login))
    }

    /// Whether the list of whom a person may call has the other, if there is one. Everybody may call residents.
    pub(super) fn may_call(&self, who: &Login, other: &Login) -> bool {
        let account = self.accounts.as_ref().and_then(|accounts| accounts.get(who));
        let Some(list) = account.filter(|account| account.role != AccountRole::Admin).and_then(|a| a.may_call.as_ref())
        else {
            return true;
        };
        list.contains(other) || self.is_resident(other)
    }

    /// Whether `by` has blocked `who`: for `who` that person is never there.
    pub(super) fn is_blocked(&self, who: &Login, by: &Login) -> bool {
        self.people.get(by).is_some_and(|person| person.blocked.contains(who))
    }

    pub(super) fn block(&mut self, who: &Party, body: BlockRequest, now: Millis) -> Answer {
        if body.login == who.login || self.is_resident(&body.login) {
            return Answer::outcome(Code::NotAllowed, "That person cannot be blocked.");
        }
        let Some(person) = self.people.get_mut(&who.login) else {
            return Answer::refused(Code::NotSignedIn, SIGN_IN);
        };
        if body.blocked && person.blocked.len() >= MAX_BLOCKED && !person.blocked.contains(&body.login) {
            return Answer::refused(Code::TooMany, "Too many people are blocked.");
        }
        let changed =
            if body.blocked { person.blocked.insert(body.login.clone()) } else { person.blocked.remove(&body.login) };
        if changed {
            let (shown, seen) = (person.shown, person.last_seen);
            let (status, last_seen) = if body.blocked { (Status::Offline, None) } else { (shown, seen) };
            self.keep_person(&who.login);
            if self.many {
                self.outputs.extend(self.shown(&who.login).map(Output::Shown));
            } else {
                let event = ServerEvent::Presence(Presence { login: who.login.clone(), status, last_seen });
                self.devices_of(&body.login, Some(false)).iter().for_each(|device| self.show(device, &event));
            }
            self.end_rings_between(&body.login, &who.login, now);
        }
        Answer::ok()
    }

    pub(super) fn blocks(&self, who: &Party) -> Answer {
        let blocked = self.people.get(&who.login).map(|person| person.blocked.iter().cloned().collect());
        Answer::with(&BlocksAnswer { blocked: blocked.unwrap_or_default() })
    }

    /// What rings from a person who was just blocked does not go on ringing.
    fn end_rings_between(&mut self, from: &Login, to: &Login, now: Millis) {
        if !self.is_blocked(from, to) {
            return;
        }
        let rings = self.calls.of(from).filter(|call| call.is_ringing() && call.caller == *from && call.callee == *to);
        let rings: Vec<_> = rings.map(|call| call.id.clone()).collect();
        rings.iter().for_each(|id| self.finish(id, super::finish::How::Expired, now));
        let asked =
            |call: &&Call| call.guests.get(to).is_some_and(|guest| guest.rings().is_some() && guest.by.login == *from);
        let asked: Vec<_> = self.calls.of(to).filter(asked).map(|call| call.id.clone()).collect();
        asked.iter().for_each(|id| self.guest_over(id, to, super::finish::How::Expired, now));
    }
}
