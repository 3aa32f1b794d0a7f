//! Wishes about people and settings.

use zvonok_ipc::{ErrorCode, IpcError, Setup, TokenSource};

use super::{Ask, Question, Setting, driver::Driver, grant::not_now, happening::Happening, trial};
use crate::{
    cli::SecretKind,
    keyring::KeyringError,
    settings::{self, Contact, EMBEDDED, Pin},
    trust::{Fingerprint, HostPort},
};

/// A display name's most characters (`signaling.md`).
const NAME: usize = 100;

impl Driver {
    pub(super) fn grant_setting(&mut self, wish: Setting) {
        match wish {
            Setting::TestSetup(setup, reply) => {
                let (trust, keyring) = (self.trust.clone(), self.keyring.clone());
                let own = settings::address(&setup.openvidu).is_ok_and(|url| self.settings.secret_is_for(&url));
                let session = self.settings.session_is_for(&setup).then(|| keyring.clone());
                let keyring = own.then_some(keyring);
                self.parts.tasks.spawn(async move {
                    _ = reply.send(trial::run(&setup, &trust, keyring.as_ref(), session.as_ref()).await);
                });
            }
            Setting::SaveSetup(setup, reply) => self.save_setup(setup, reply),
            Setting::TryHere(reply) => {
                EMBEDDED.clone_into(&mut self.settings.server);
                self.settings.socket.clear();
                self.save();
                self.connect(Some(reply));
            }
            Setting::AskSecret { openvidu, reply } => self.ask_secret(openvidu, reply),
            Setting::ForgetSecret(reply) => {
                let keyring = self.keyring.clone();
                self.start(async move {
                    let done = keyring.forget(SecretKind::Openvidu).await.map_err(IpcError::from);
                    Happening::KeyringDone { done, reply }
                });
            }
            Setting::UnlockKeyring(reply) => {
                let keyring = self.keyring.clone();
                let kind = match self.settings.tokens {
                    TokenSource::Openvidu => SecretKind::Openvidu,
                    TokenSource::Hub => SecretKind::Hub,
                };
                self.start(async move {
                    // Reading asks the system to unlock; what is read is dropped here.
                    let done = match keyring.get(kind).await {
                        Ok(_) => Ok(()),
                        // Where the hub hands out tokens there may be nothing to read.
                        Err(KeyringError::Missing) if kind == SecretKind::Hub => Ok(()),
                        Err(error) => Err(error.into()),
                    };
                    Happening::KeyringDone { done, reply }
                });
            }
            Setting::SignIn(setup, reply) => self.sign_in(&setup, reply),
            Setting::SignOut(setup, reply) => self.sign_out(&setup, reply),
            Setting::SecretChanged { openvidu, hub } => {
                if openvidu {
                    self.settings.secret_for.clear();
                    self.notices.about_secrets_are_old();
                }
                if hub {
                    self.session_was_exchanged();
                }
                self.look_at_the_keyring();
            }
            Setting::TrustCertificate { host, fingerprint, reply } => {
                _ = reply.send(self.trust_certificate(&host, &fingerprint));
            }
            Setting::DismissNotice { id, reply } => {
                self.notices.dismiss(&id);
                _ = reply.send(Ok(()));
            }
            Setting::AddContact { login, name, reply } => _ = reply.send(self.add_contact(login, &name)),
            Setting::RemoveContact { login, reply } => {
                self.settings.contacts.retain(|contact| contact.login != login);
                self.save();
                _ = reply.send(Ok(()));
            }
            Setting::MarkMissedSeen(reply) => {
                self.settings.missed_seen = super::wall_now();
                self.save();
                _ = reply.send(Ok(()));
            }
        }
    }

    fn save_setup(&mut self, setup: Setup, reply: Ask<()>) {
        if let Err(error) = settings::check(&setup) {
            _ = reply.send(Err(error));
            return;
        }
        if setup == self.settings.setup() && self.link.is_some() {
            // Nothing to begin anew for, and a call may be under way. But a keyring that did not answer may do so now.
            self.look_for_the_session();
            self.try_again();
            _ = reply.send(Ok(()));
            return;
        }
        self.settings.apply(setup);
        if let Err(error) = self.parts.file.save(&self.settings) {
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            let message = format!("{error}: {source}");
            _ = reply.send(Err(IpcError { code: ErrorCode::Internal, subject: "settings.toml".to_owned(), message }));
            return;
        }
        self.connect(Some(reply));
    }

    fn ask_secret(&self, openvidu: String, reply: Ask<bool>) {
        let (answer, asked) = tokio::sync::oneshot::channel();
        self.parts.surface.ask_secret(Question::Secret { openvidu: openvidu.clone() }, answer);
        let keyring = self.keyring.clone();
        self.start(async move {
            let kept = match asked.await.ok().flatten() {
                Some(secret) => keyring.set(SecretKind::Openvidu, secret).await.map(|()| true).map_err(IpcError::from),
                None => Ok(false),
            };
            Happening::SecretAsked { openvidu, kept, reply }
        });
    }

    /// Trusts what was seen at that host, and nothing that a window made up.
    fn trust_certificate(&mut self, host: &str, fingerprint: &str) -> Result<(), IpcError> {
        let place = HostPort::named(host);
        let asked = self.trust.pins().question(&place).is_some_and(|question| question.fingerprint == fingerprint);
        if !asked {
            return Err(not_now("no such certificate was seen; test the connection again"));
        }
        self.trust.pins().decide(&place, Fingerprint::named(fingerprint));
        self.settings.pins.retain(|pin| pin.host != place.to_string());
        self.settings.pins.push(Pin { host: place.to_string(), fingerprint: fingerprint.to_owned() });
        self.save();
        self.notices.settle(ErrorCode::CertificateUnknown);
        self.notices.settle(ErrorCode::CertificateChanged);
        if let Some(link) = &self.link {
            link.probe();
        }
        Ok(())
    }

    fn add_contact(&mut self, login: String, name: &str) -> Result<(), IpcError> {
        settings::login(&login)?;
        let name: String = name.trim().chars().take(NAME).collect();
        self.settings.contacts.retain(|contact| contact.login != login);
        self.settings.contacts.push(Contact { login, name });
        self.save();
        Ok(())
    }
}
