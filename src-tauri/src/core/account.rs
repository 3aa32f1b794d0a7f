//! Hubs with accounts: the session's token from the keyring to the link, signing in, and signing out.
//!
//! The keyring is asked only when a hub wants a session, so that nobody waits for one who needs none. A token is for one
//! login at one hub (decision 7); the password is asked for outside of any webview, sent, and forgotten.

mod errand;
mod signing;

use zvonok_ipc::{ErrorCode, IpcError};
use zvonok_openvidu::Secret;

use super::{driver::Driver, happening::Happening};
use crate::{cli::SecretKind, keyring::KeyringError, settings};
pub(super) use errand::Session;
use errand::private;

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
            // Of one that is presented that was an answer to a try from before; the link tries again by itself.
            Standing::In(_) | Standing::Looking | Standing::Leaving | Standing::Needed => return,
        }
        let ways = self.target.as_ref().map(|target| private(&target.server).and(private(&target.socket)));
        if let Some(Err(error)) = ways {
            return self.need_at(error.code, error.subject);
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
        // Who signed in at another hub meanwhile has that one's in the keyring.
        if self.settings.session_is_for(&self.settings.setup()) {
            self.settings.session_for.clear();
            self.save();
            let keyring = self.keyring.clone();
            self.parts.tasks.spawn(async move {
                if let Err(error) = keyring.forget(SecretKind::Hub).await {
                    tracing::warn!(%error, "a session that is over stays in the keyring");
                }
            });
        }
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

    fn present(&mut self, token: Secret) {
        if let Some(link) = &self.link {
            link.sign_in_with(Some(&token));
        }
        self.standing = Standing::In(token);
        self.notices.about_sign_in_is_old();
    }

    /// Tells the person.
    fn need(&mut self, code: ErrorCode) {
        self.need_at(code, self.hub_name());
    }

    fn need_at(&mut self, code: ErrorCode, subject: String) {
        self.standing = Standing::Needed;
        self.notices.about_sign_in_is_old();
        self.notices.add(code, subject, "the server has accounts");
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
