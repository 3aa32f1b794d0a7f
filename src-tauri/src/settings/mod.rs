//! What a profile remembers. No secret is ever among it.

mod file;
mod form;
mod newer;

use serde::{Deserialize, Serialize};
use url::Url;
use zvonok_ipc::{IpcError, Setup, TokenSource};

use crate::{cli::Flags, trust::HostPort};
pub(crate) use file::{SettingsFile, replace};
pub(crate) use form::{account, address, check, hub, login};

/// `--server embedded`: the server runs inside the app.
pub(crate) const EMBEDDED: &str = "embedded";
/// Login of somebody who tries it on this computer and never chose one.
pub(crate) const EMBEDDED_LOGIN: &str = "me";

/// The file's content. Members this version does not know are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// The hub's address, `embedded`, or empty before the first start's form.
    pub(crate) server: String,
    /// The socket's address where it differs; empty for the same.
    pub(crate) socket: String,
    /// OpenVidu's address; empty where the hub hands out tokens.
    pub(crate) openvidu: String,
    /// Host and port that the secret in the keyring belongs to (`secret_is_for`); empty until that is known.
    pub(crate) secret_for: String,
    /// Who the session in the keyring is for, and where (`account`); empty until that is known.
    pub(crate) session_for: String,
    /// Own login.
    pub(crate) login: String,
    /// Who makes tokens.
    pub(crate) tokens: TokenSource,
    /// Names this device to the hub; made at the first start.
    pub(crate) device: String,
    /// Missed calls up to this time (milliseconds since 1970) were looked at.
    pub(crate) missed_seen: i64,
    /// People kept by this profile itself.
    pub(crate) contacts: Vec<Contact>,
    /// Certificates this person decided to trust.
    pub(crate) pins: Vec<Pin>,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub(crate) rest: toml::Table,
}

/// Somebody on this profile's own list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contact {
    pub(crate) login: String,
    pub(crate) name: String,
}

/// A certificate trusted for one host and port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pin {
    /// `HOST:PORT`.
    pub(crate) host: String,
    /// SHA-256 of the certificate, `AA:BB:…`.
    pub(crate) fingerprint: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: String::new(),
            socket: String::new(),
            openvidu: String::new(),
            secret_for: String::new(),
            session_for: String::new(),
            login: String::new(),
            tokens: TokenSource::Openvidu,
            device: String::new(),
            missed_seen: 0,
            contacts: Vec::new(),
            pins: Vec::new(),
            rest: toml::Table::new(),
        }
    }
}

impl Settings {
    /// The settings that a file's text says.
    pub(crate) fn read(text: &str) -> Result<Self, toml::de::Error> {
        let mut settings: Self = toml::from_str(text)?;
        newer::keep(&mut settings.rest);
        Ok(settings)
    }

    /// Whether calls can be made with these: a server, a login, and a way to tokens.
    pub(crate) fn ready(&self) -> bool {
        self.embedded() || check(&self.setup()).is_ok()
    }

    /// Whether the server inside the app is in use.
    pub(crate) fn embedded(&self) -> bool {
        self.server == EMBEDDED
    }

    /// Whether the secret in the keyring may be shown to the OpenVidu at `url`. It was given for one; a person who is
    /// talked into another address is asked for that one's own.
    pub(crate) fn secret_is_for(&self, url: &Url) -> bool {
        self.secret_for.is_empty() || HostPort::of(url).is_some_and(|place| place.to_string() == self.secret_for)
    }

    /// Whether the session in the keyring may be shown to the hub of `setup`, for its login.
    pub(crate) fn session_is_for(&self, setup: &Setup) -> bool {
        self.session_for.is_empty() || account(setup).is_some_and(|account| account == self.session_for)
    }

    /// What the form shows.
    pub(crate) fn setup(&self) -> Setup {
        Setup {
            server: self.server.clone(),
            socket: self.socket.clone(),
            openvidu: self.openvidu.clone(),
            login: self.login.clone(),
            tokens: self.tokens,
        }
    }

    /// Takes over what a person filled in.
    pub(crate) fn apply(&mut self, setup: Setup) {
        self.server = setup.server;
        self.socket = setup.socket;
        self.openvidu = setup.openvidu;
        self.login = setup.login;
        self.tokens = setup.tokens;
    }

    /// Takes over what the command line says; the rest stays.
    ///
    /// # Errors
    /// When one of them is no address or no login.
    pub(crate) fn apply_flags(&mut self, flags: &Flags) -> Result<(), IpcError> {
        let mut setup = self.setup();
        let replace = |to: &mut String, from: &Option<String>| {
            if let Some(value) = from {
                to.clone_from(value);
            }
        };
        replace(&mut setup.server, &flags.server);
        replace(&mut setup.socket, &flags.socket);
        replace(&mut setup.openvidu, &flags.openvidu);
        replace(&mut setup.login, &flags.login);
        if let Some(tokens) = flags.tokens {
            setup.tokens = tokens.into();
        }
        if flags.server.is_some() && flags.socket.is_none() {
            setup.socket.clear();
        }
        for (value, given) in
            [(&setup.server, &flags.server), (&setup.socket, &flags.socket), (&setup.openvidu, &flags.openvidu)]
        {
            if given.is_some() && !value.is_empty() && value != EMBEDDED {
                address(value)?;
            }
        }
        if flags.login.is_some() {
            login(&setup.login)?;
        }
        self.apply(setup);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use zvonok_ipc::ErrorCode;

    use super::*;

    #[test]
    fn a_secret_is_for_the_openvidu_that_it_was_given_for() {
        let url = |text: &str| Url::parse(text).unwrap();
        let mut settings = Settings::default();
        assert!(settings.secret_is_for(&url("https://office.example")), "nobody has said yet");
        settings.secret_for = "office.example:443".to_owned();
        assert!(settings.secret_is_for(&url("https://Office.example/below")));
        for other in ["https://office.example:4443", "https://evil.example", "http://office.example"] {
            assert!(!settings.secret_is_for(&url(other)), "{other}");
        }
    }

    #[test]
    fn a_session_is_for_one_login_at_one_hub() {
        let given = Setup {
            server: "https://Office.example".to_owned(),
            login: "woman".to_owned(),
            socket: String::new(),
            openvidu: String::new(),
            tokens: TokenSource::Hub,
        };
        let mut settings = Settings::default();
        assert!(settings.session_is_for(&given), "nobody has said yet");
        settings.session_for = account(&given).unwrap();
        assert_eq!(settings.session_for, "woman@office.example:443");
        let same = Setup { socket: "https://office.example:443".to_owned(), ..given.clone() };
        assert!(settings.session_is_for(&given) && settings.session_is_for(&same));
        for (account, address) in [
            ("woman@office.example:443", "https://office.example"),
            ("woman@office.example:5001 sockets.example:443", "https://office.example:5001"),
            ("woman@127.0.0.1:5001", "http://127.0.0.1:5001"),
        ] {
            assert_eq!(hub(account), Some(Url::parse(address).unwrap()), "{account}");
        }
        assert_eq!(hub(""), None);
        let at = |server: &str| Setup { server: server.to_owned(), ..given.clone() };
        for other in [
            at("https://office.example:5001"),
            at("https://evil.example"),
            at("embedded"),
            at("nonsense"),
            Setup { login: "man".to_owned(), ..given.clone() },
            Setup { socket: "https://evil.example".to_owned(), ..given.clone() },
        ] {
            assert!(!settings.session_is_for(&other), "{other:?}");
        }
    }

    #[test]
    fn an_address_with_a_secret_in_it_is_refused_and_the_secret_not_repeated() {
        for text in [
            "https://OPENVIDUAPP:planted@office.example:4443",
            "https://planted@office.example",
            "https://:planted@office.example",
            "ftp://OPENVIDUAPP:planted@office.example",
            "OPENVIDUAPP:planted@office.example",
        ] {
            let error = address(text).unwrap_err();
            assert_eq!(error.code, ErrorCode::BadAddress);
            assert!(error.subject.starts_with("office.example"), "says which: {}", error.subject);
            assert!(!format!("{error:?}").contains("planted"), "{error:?}");
        }
        assert!(address("https://office.example:4443/below").is_ok());
    }
}
