//! Hubs with accounts: the session's token from the keyring to the link, signing in, and signing out.
//!
//! The keyring is asked only when a hub wants a session, so that nobody waits for one who needs none. A token is for one
//! login at one hub (decision 7); the password is asked for outside of any webview, sent, and forgotten.

mod errand;

use zvonok_ipc::{ErrorCode, IpcError, Setup};
use zvonok_openvidu::Secret;

use super::{Ask, driver::Driver, grant::not_now, happening::Happening, link::Target};
use crate::{cli::SecretKind, keyring::KeyringError, settings};
pub(super) use errand::{Errand, Session};

/// How this profile stands with the hub in use.
#[derive(Debug, Default)]
pub(super) enum Standing {
    /// The hub has not asked for a session.
    #[default]
    Unasked,
    /// It has, and the keyring is looked at.
    Looking,
    /// This is presented.
    In(Secret),
    /// It is being taken back.
    Leaving,
    /// There is none, and a person has to sign in.
    Needed,
}

impl Driver {
    pub(super) fn sign_in_needed(&self) -> bool {
        matches!(self.standing, Standing::Needed)
    }

    /// The hub let nobody in without a session.
    pub(super) fn hub_wants_a_session(&mut self) {
        match &self.standing {
            Standing::Unasked => {}
            // That was an answer to a try from before it was presented.
            Standing::In(_) => return self.try_again(),
            Standing::Looking | Standing::Leaving | Standing::Needed => return,
        }
        if !self.settings.session_is_for(&self.settings.setup()) {
            return self.need(ErrorCode::NotSignedIn);
        }
        self.standing = Standing::Looking;
        let (keyring, link) = (self.keyring.clone(), self.links);
        self.start(async move { Happening::SessionRead { link, got: keyring.get(SecretKind::Hub).await } });
    }

    pub(super) fn session_read(&mut self, link: u64, got: Result<Secret, KeyringError>) {
        if link != self.links || !matches!(self.standing, Standing::Looking) {
            return;
        }
        match got {
            Ok(token) => {
                if self.settings.session_for.is_empty() {
                    // One that came without an address is for the hub that is in use.
                    self.settings.session_for = settings::account(&self.settings.setup()).unwrap_or_default();
                    self.save();
                }
                self.present(token);
            }
            Err(KeyringError::Missing) => {
                // Somebody took it out: what the settings say of it holds no more.
                self.settings.session_for.clear();
                self.save();
                self.need(ErrorCode::NotSignedIn);
            }
            Err(error) => {
                let error = IpcError::from(error);
                self.need(error.code);
            }
        }
    }

    /// The hub takes the session no more. What is here stays as it is, and the link goes on trying: with the next session
    /// it comes back where it was.
    pub(super) fn session_is_over(&mut self) {
        if !matches!(self.standing, Standing::In(_)) {
            return;
        }
        self.settings.session_for.clear();
        self.save();
        let keyring = self.keyring.clone();
        self.parts.tasks.spawn(async move {
            if let Err(error) = keyring.forget(SecretKind::Hub).await {
                tracing::warn!(%error, "a session that is over stays in the keyring");
            }
        });
        self.need(ErrorCode::SessionOver);
    }

    /// Somebody gave the keyring another session, or took it out.
    pub(super) fn session_was_exchanged(&mut self) {
        self.settings.session_for.clear();
        self.save();
        if matches!(self.standing, Standing::In(_) | Standing::Needed) {
            self.ask_anew();
        }
    }

    /// The keyring was unlocked, or may have come up: another look is worth it.
    pub(super) fn look_for_the_session(&mut self) {
        if self.sign_in_needed() {
            self.standing = Standing::Unasked;
            self.try_again();
        }
    }

    /// Asks for the password and signs in, at a hub that may not be saved yet.
    pub(super) fn sign_in(&self, setup: &Setup, reply: Ask<bool>) {
        let errand = settings::login(&setup.login).and_then(|()| {
            let server = settings::address(&setup.server)?;
            let account = settings::account(setup).ok_or_else(|| not_now("there is nothing to sign in to"))?;
            Ok(self.errand(server, account))
        });
        let errand = match errand {
            Ok(errand) => errand,
            Err(error) => {
                _ = reply.send(Err(error));
                return;
            }
        };
        let (login, surface) = (setup.login.clone(), std::sync::Arc::clone(&self.parts.surface));
        self.start(async move {
            match errand.sign_in(&login, &*surface).await {
                Ok(Some(session)) => Happening::SignedIn { session, reply },
                Ok(None) => Happening::NotSignedIn { done: Ok(false), reply },
                Err(error) => Happening::NotSignedIn { done: Err(error), reply },
            }
        });
    }

    /// The hub gave a session. It is said whose it is before the keyring has it: one that was left alone there is never
    /// shown to another hub.
    pub(super) fn signed_in(&mut self, session: Session, reply: Ask<bool>) {
        let Session { token, errand } = session;
        self.settings.session_for.clone_from(&errand.account);
        self.save();
        if settings::account(&self.settings.setup()).as_ref() == Some(&errand.account) && self.target.is_some() {
            self.present(token.clone());
        }
        self.start(async move {
            let done = errand.keep(token).await;
            Happening::SessionKept { done, reply }
        });
    }

    /// A session that the keyring does not take was taken back by then: there is no other place for it.
    pub(super) fn session_kept(&mut self, done: Result<(), IpcError>, reply: Ask<bool>) {
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

    /// Takes the session back and forgets it.
    pub(super) fn sign_out(&mut self, reply: Ask<()>) {
        let setup = self.settings.setup();
        let here = !self.settings.session_for.is_empty() && self.settings.session_is_for(&setup);
        let errand = self.target.as_ref().filter(|_| here).map(|Target { server, .. }| {
            let account = self.settings.session_for.clone();
            self.errand(server.clone(), account)
        });
        let Some(errand) = errand else {
            _ = reply.send(Err(not_now("nobody is signed in at the server in use")));
            return;
        };
        if self.in_a_call() {
            _ = reply.send(Err(not_now("end the call first")));
            return;
        }
        let token = match std::mem::replace(&mut self.standing, Standing::Leaving) {
            Standing::In(token) => Some(token),
            Standing::Unasked | Standing::Looking | Standing::Leaving | Standing::Needed => None,
        };
        self.start(async move {
            let (left, done) = errand.sign_out(token).await;
            Happening::SignedOut { left, done, reply }
        });
    }

    /// `left` unless nothing was done at all.
    pub(super) fn signed_out(&mut self, left: bool, done: Result<(), IpcError>, reply: Ask<()>) {
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

    fn errand(&self, server: url::Url, account: String) -> Errand {
        let (device, trust, keyring) = (self.settings.device.clone(), self.trust.clone(), self.keyring.clone());
        Errand { server, account, device, trust, keyring }
    }

    fn present(&mut self, token: Secret) {
        if let Some(link) = &self.link {
            link.sign_in_with(Some(&token));
        }
        self.standing = Standing::In(token);
        self.notices.about_sign_in_is_old();
    }

    /// Tells the person.
    fn need(&mut self, code: ErrorCode) {
        self.standing = Standing::Needed;
        let (subject, detail) = (self.hub_name(), "the server has accounts");
        self.notices.about_sign_in_is_old();
        self.notices.add(code, subject, detail);
    }

    /// Presents nothing: the hub says whether it wants a session, and the keyring whether there is one.
    fn ask_anew(&mut self) {
        self.standing = Standing::Unasked;
        if let Some(link) = &self.link {
            link.sign_in_with(None);
        }
    }

    pub(super) fn try_again(&self) {
        if let Some(link) = &self.link {
            link.probe();
        }
    }

    fn in_a_call(&self) -> bool {
        let call = self.machine.view().call;
        call.is_some_and(|call| !matches!(call.state, zvonok_call::CallState::Ended(_)))
    }
}
