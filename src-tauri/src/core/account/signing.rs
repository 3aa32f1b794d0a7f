//! Signing in and out, as the driver sees it: what is asked of an [`Errand`], and what its end changes.

use url::Url;
use zvonok_ipc::{ErrorCode, IpcError, Setup};

use super::{
    Session, Standing,
    errand::{Errand, private},
};
use crate::{
    core::{Ask, driver::Driver, grant::not_now, happening::Happening},
    settings,
};

impl Driver {
    /// Asks for the password and signs in, at a hub that may not be saved yet.
    pub(in crate::core) fn sign_in(&mut self, setup: &Setup, reply: Ask<bool>) {
        let errand = match self.errand_to_sign_in(setup) {
            Ok(errand) => errand,
            Err(error) => {
                _ = reply.send(Err(error));
                return;
            }
        };
        self.signing_in = true;
        let before = self.hub_of_the_session(setup);
        let (login, surface) = (setup.login.clone(), std::sync::Arc::clone(&self.parts.surface));
        self.start(async move {
            match errand.sign_in(&login, before, &*surface).await {
                Ok(Some((session, replaced))) => Happening::SignedIn { session, replaced, reply },
                Ok(None) => Happening::NotSignedIn { done: Ok(false), reply },
                Err(error) => Happening::NotSignedIn { done: Err(error), reply },
            }
        });
    }

    fn errand_to_sign_in(&self, setup: &Setup) -> Result<Errand, IpcError> {
        // Of two sessions the keyring would keep one, and nobody would take the other back.
        if self.signing_in {
            return Err(not_now("there is a question for a password already"));
        }
        settings::login(&setup.login)?;
        let server = settings::address(&setup.server)?;
        let socket = if setup.socket.is_empty() { server.clone() } else { settings::address(&setup.socket)? };
        private(&server).and(private(&socket))?;
        let account = settings::account(setup).ok_or_else(|| not_now("there is nothing to sign in to"))?;
        // The session that the call needs would be taken back.
        if account != self.settings.session_for && self.session_is_in_use() && self.in_a_call() {
            return Err(not_now("end the call first"));
        }
        Ok(self.errand(server, account))
    }

    /// The hub gave a session. It is said whose it is before the keyring has it: one that was left alone there is never
    /// shown to another hub.
    pub(in crate::core) fn signed_in(&mut self, session: Session, replaced: Option<Box<Session>>, reply: Ask<bool>) {
        let Session { token, errand } = session;
        self.settings.session_for.clone_from(&errand.account);
        self.save();
        if settings::account(&self.settings.setup()).as_ref() == Some(&errand.account) && self.target.is_some() {
            self.present(token.clone());
        }
        if let Some(replaced) = replaced {
            // Not before it is said whose the next one is: the end of the old one must not take that out of the keyring.
            self.parts.tasks.spawn(replaced.undo());
        }
        self.start(async move {
            let done = errand.keep(token).await;
            Happening::SessionKept { done, reply }
        });
    }

    /// Nobody is signed in who was not before.
    pub(in crate::core) fn not_signed_in(&mut self, done: Result<bool, IpcError>, reply: Ask<bool>) {
        self.signing_in = false;
        _ = reply.send(done);
    }

    /// A session that the keyring does not take was taken back by then: there is no other place for it.
    pub(in crate::core) fn session_kept(&mut self, done: Result<(), IpcError>, reply: Ask<bool>) {
        self.signing_in = false;
        if done.is_err() {
            self.settings.session_for.clear();
            self.save();
            if matches!(self.standing, Standing::In(_)) {
                self.need(ErrorCode::NotSignedIn);
            }
        }
        _ = reply.send(done.map(|()| true));
        self.look_at_the_keyring();
    }

    /// Takes the session back and forgets it: that of a form which may not be saved.
    pub(in crate::core) fn sign_out(&mut self, setup: &Setup, reply: Ask<()>) {
        let account = self.settings.session_for.clone();
        let known = !account.is_empty() && self.settings.session_is_for(setup);
        let server = settings::address(&setup.server).ok().filter(|_server| known);
        let Some(errand) = server.map(|server| self.errand(server, account)) else {
            _ = reply.send(Err(not_now("nobody is signed in there")));
            return;
        };
        let in_use = self.session_is_in_use();
        if in_use && self.in_a_call() {
            _ = reply.send(Err(not_now("end the call first")));
            return;
        }
        let standing =
            if in_use { std::mem::replace(&mut self.standing, Standing::Leaving) } else { Standing::Unasked };
        let token = match standing {
            Standing::In(token) => Some(token),
            Standing::Unasked | Standing::Looking | Standing::Leaving | Standing::Needed => None,
        };
        self.start(async move {
            let (left, done) = errand.sign_out(token).await;
            Happening::SignedOut { left, done, reply }
        });
    }

    /// `left` unless nothing was done at all.
    pub(in crate::core) fn signed_out(&mut self, left: bool, done: Result<(), IpcError>, reply: Ask<()>) {
        if left {
            self.settings.session_for.clear();
            self.save();
        }
        if matches!(self.standing, Standing::Leaving) {
            self.ask_anew();
        }
        _ = reply.send(done);
        self.look_at_the_keyring();
    }

    fn errand(&self, server: Url, account: String) -> Errand {
        let (device, trust, keyring) = (self.settings.device.clone(), self.trust.clone(), self.keyring.clone());
        Errand { server, account, device, trust, keyring }
    }

    /// Whether the session in the keyring is the one of the hub in use.
    fn session_is_in_use(&self) -> bool {
        !self.settings.session_for.is_empty() && self.settings.session_is_for(&self.settings.setup())
    }

    /// Where the session in the keyring is to be taken back; `None` where nobody said whose it is.
    fn hub_of_the_session(&self, setup: &Setup) -> Option<Url> {
        let account = &self.settings.session_for;
        let current = self.settings.setup();
        // Who typed the address knows its scheme; of another hub only the name is left.
        let typed = [setup, &current].into_iter().find(|setup| settings::account(setup).as_ref() == Some(account));
        typed.and_then(|setup| settings::address(&setup.server).ok()).or_else(|| settings::hub(account))
    }
}
