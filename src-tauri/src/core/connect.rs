//! Where this profile is connected to: from settings to a link, and the server inside the app.

use std::sync::Arc;

use zvonok_call::{Config, Input, Machine, User};
use zvonok_ipc::{ErrorCode, IpcError, KeyringState, SignalingState, TokenSource as Tokens};

use super::{
    Ask,
    account::Standing,
    driver::Driver,
    embedded::{self, Embedded},
    happening::Happening,
    link::{Link, Opening, Target},
};
use crate::{
    cli::SecretKind,
    keyring::KeyringError,
    settings,
    tokens::{Mint, Purse, TokenSource},
    trust::HostPort,
};

impl Driver {
    /// Connects as the settings say, leaving whatever was before. `reply` is answered when it is under way.
    pub(super) fn connect(&mut self, reply: Option<Ask<()>>) {
        self.disconnect();
        self.look_at_the_keyring();
        if self.settings.embedded() {
            if self.settings.login.is_empty() {
                settings::EMBEDDED_LOGIN.clone_into(&mut self.settings.login);
                self.save();
            }
            self.signaling = SignalingState::Connecting;
            let trust = self.trust.clone();
            self.start(async move { Happening::Embedded { started: embedded::start(&trust).await, reply } });
            return;
        }
        self.embedded = None;
        self.target = Target::of(&self.settings.setup());
        self.follow();
        if let Some(reply) = reply {
            _ = reply.send(Ok(()));
        }
    }

    pub(super) fn embedded_started(&mut self, started: Result<Box<Embedded>, String>, reply: Option<Ask<()>>) {
        let answer = match started {
            Ok(embedded) if self.settings.embedded() => {
                self.target = Some(Target {
                    server: embedded.hub.clone(),
                    socket: embedded.hub.clone(),
                    openvidu: Some(embedded.openvidu.clone()),
                    tokens: Tokens::Openvidu,
                });
                self.embedded = Some(*embedded);
                self.follow();
                Ok(())
            }
            // The person chose another server meanwhile.
            Ok(_) => Ok(()),
            Err(message) => {
                self.signaling = SignalingState::Offline;
                self.notices.add(ErrorCode::ServerUnreachable, settings::EMBEDDED, message.clone());
                Err(IpcError {
                    code: ErrorCode::ServerUnreachable,
                    subject: settings::EMBEDDED.to_owned(),
                    message: format!("the server inside the app does not start: {message}"),
                })
            }
        };
        if let Some(reply) = reply {
            _ = reply.send(answer);
        }
    }

    /// Ends a call and the link, for another login or server.
    fn disconnect(&mut self) {
        self.feed(Input::User(User::Stop));
        while let Some(output) = self.machine.poll_output() {
            self.carry_out(output);
        }
        self.links += 1;
        self.link = None;
        self.standing = Standing::Unasked;
        self.notices.about_sign_in_is_old();
        self.target = None;
        self.me = None;
        self.people.replace(None);
        self.signaling = SignalingState::Offline;
        self.machine = Machine::new(Config::new(self.settings.login.clone()));
    }

    /// Opens the link to the target.
    fn follow(&mut self) {
        let Some(target) = &self.target else { return };
        // The login may have been made up just now.
        self.machine = Machine::new(Config::new(self.settings.login.clone()));
        let opened = Link::open(&Opening {
            target,
            login: &self.settings.login,
            device: &self.settings.device,
            trust: &self.trust,
            tasks: &self.parts.tasks,
            number: self.links,
            happenings: &self.happenings,
        });
        match opened {
            Ok(link) => {
                self.signaling = SignalingState::Connecting;
                self.link = Some(link);
            }
            Err(error) => self.notices.add(ErrorCode::BadAddress, target.server.to_string(), error),
        }
    }

    pub(super) fn token_source(&self) -> Option<Arc<dyn TokenSource>> {
        let target = self.target.as_ref()?;
        match target.tokens {
            Tokens::Openvidu => {
                let openvidu = target.openvidu.clone()?;
                let purse = match &self.embedded {
                    Some(embedded) => Purse::Memory(embedded.secret.clone()),
                    None if self.settings.secret_is_for(&openvidu) => Purse::Keyring(self.keyring.clone()),
                    None => Purse::Another,
                };
                let mint = Mint { openvidu, purse, trust: self.trust.clone(), data: self.settings.login.clone() };
                Some(Arc::new(mint))
            }
            Tokens::Hub => self.link.as_ref().map(|link| link.token_source(target.openvidu.clone())),
        }
    }

    /// Looks whether a secret is stored, without unlocking anything.
    pub(super) fn look_at_the_keyring(&self) {
        let keyring = self.keyring.clone();
        self.start(async move {
            match keyring.has(SecretKind::Openvidu).await {
                Ok(stored) => Happening::Keyring { state: KeyringState::Ok, stored },
                Err(error) => Happening::Keyring { state: KeyringError::state(&error), stored: false },
            }
        });
    }

    /// A secret that came without an address is for the OpenVidu that is in use.
    pub(super) fn tie_the_secret(&mut self) {
        let openvidu =
            self.target.as_ref().filter(|target| target.tokens == Tokens::Openvidu && self.embedded.is_none());
        let place = openvidu.and_then(|target| target.openvidu.as_ref()).and_then(HostPort::of);
        if let Some(place) = place.filter(|_| self.settings.secret_for.is_empty()) {
            self.settings.secret_for = place.to_string();
            self.save();
        }
    }

    /// Writes the settings; the disk being full is said and loses nothing that was there.
    pub(super) fn save(&mut self) {
        if let Err(error) = self.parts.file.save(&self.settings) {
            let detail = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            self.notices.add(ErrorCode::Internal, "settings.toml", format!("{error}: {detail}"));
        }
    }
}
