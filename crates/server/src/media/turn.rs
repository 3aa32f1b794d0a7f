//! STUN and TURN servers that clients are told of, and the credentials of coturn's shared-secret mode.
//!
//! A TURN server with `use-auth-secret` and a `static-auth-secret` takes `EXPIRY:NAME` for a user name, where EXPIRY is
//! in seconds since the Unix epoch, and for its password the base64 text of HMAC-SHA1 of that name under the secret
//! (draft-uberti-behave-turn-rest-00). So nobody but the two servers knows the secret, and what a client knows expires.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::InvalidLength;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use url::{Host, Url};
use zvonok_openvidu::wire::IceServer;

use super::ids;
use crate::secret::Secret;

/// How long credentials are good unless set otherwise. Clients get them when they join and use them again when the
/// network changes, so they have to outlive a day's longest call; OpenVidu gives them 24 hours.
pub const CREDENTIAL_LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// The port of STUN and TURN (RFC 8656, section 5). openvidu-browser 2.18 asks there, whatever it is told.
pub(super) const PORT: u16 = 3478;

/// The URL of a STUN or TURN server (RFC 7064, RFC 7065).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceUrl {
    text: String,
    relays: bool,
}

/// A text that is no [`IceUrl`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the URL of an ICE server")]
pub struct BadIceUrl(String);

impl IceUrl {
    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is a TURN server's, which wants credentials.
    #[must_use]
    pub fn relays(&self) -> bool {
        self.relays
    }
}

impl fmt::Display for IceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for IceUrl {
    type Err = BadIceUrl;

    fn from_str(text: &str) -> Result<Self, BadIceUrl> {
        let bad = || BadIceUrl(text.to_owned());
        // The parser below leaves white space out instead of refusing it.
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(bad());
        }
        let (scheme, rest) = text.split_once(':').ok_or_else(bad)?;
        let relays = match scheme {
            "turn" | "turns" => true,
            "stun" | "stuns" => false,
            _ => return Err(bad()),
        };
        let (address, query) = rest.split_once('?').map_or((rest, None), |(address, query)| (address, Some(query)));
        match query {
            None => {}
            Some("transport=udp" | "transport=tcp") if relays => {}
            Some(_) => return Err(bad()),
        }
        // The parser of ordinary URLs checks host and port.
        let url = Url::parse(&format!("http://{address}")).map_err(|_error| bad())?;
        let plain = url.path() == "/"
            && url.username().is_empty()
            && !address.contains(['/', '\\', '@', '#', '%'])
            && !address.ends_with(':');
        let host = matches!(url.host(), Some(Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)));
        if plain && host && url.port() != Some(0) { Ok(Self { text: text.to_owned(), relays }) } else { Err(bad()) }
    }
}

/// The servers that every client is told of that has none of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnSettings {
    /// The servers, in the order in which clients are told of them.
    pub urls: Vec<IceUrl>,
    /// What the TURN servers among them share with this one. Without it those are not told of.
    pub secret: Option<Secret>,
    /// How long credentials are good.
    pub life: Duration,
}

impl Default for TurnSettings {
    fn default() -> Self {
        Self { urls: Vec::new(), secret: None, life: CREDENTIAL_LIFE }
    }
}

impl TurnSettings {
    /// What one client is told: new credentials at each call.
    pub(super) fn servers(&self) -> Vec<IceServer> {
        let told = |url: &IceUrl| {
            let url_only = |url: &IceUrl| IceServer { url: url.text.clone(), username: None, credential: None };
            if !url.relays {
                return Some(url_only(url));
            }
            let made = ephemeral(self.secret.as_ref()?.reveal(), self.life);
            let (username, credential) =
                made.inspect_err(|error| tracing::error!(%error, "no TURN credentials can be made")).ok()?;
            Some(IceServer { username: Some(username), credential: Some(credential), ..url_only(url) })
        };
        self.urls.iter().filter_map(told).collect()
    }
}

/// A user name and its password that a TURN server with the same secret takes for `life` from now on.
///
/// # Errors
/// None that can happen: this kind of key may have any length.
pub(super) fn ephemeral(secret: &str, life: Duration) -> Result<(String, String), InvalidLength> {
    let name: String = ids::token().chars().rev().take(8).collect();
    let username = format!("{}:{name}", (ids::now_ms() / 1_000).saturating_add(life.as_secs()));
    Ok((username.clone(), password(secret, &username)?))
}

fn password(secret: &str, username: &str) -> Result<String, InvalidLength> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes())?;
    mac.update(username.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_password_is_the_one_that_coturn_computes() {
        // printf 1700000000:abcdefgh | openssl dgst -sha1 -hmac shared -binary | base64
        assert_eq!(password("shared", "1700000000:abcdefgh").unwrap(), "2H+SzqM5yOqBRuZMcRX8WRgCE7Y=");
    }

    #[test]
    fn each_client_has_credentials_of_its_own_that_expire() {
        let urls = ["stun:relay.example", "turn:relay.example:3478?transport=udp"].map(|it| it.parse().unwrap());
        let settings =
            TurnSettings { urls: urls.to_vec(), secret: Some(Secret::new("s")), life: Duration::from_secs(100) };
        let (first, second) = (settings.servers(), settings.servers());
        assert_eq!(first[0], IceServer { url: "stun:relay.example".to_owned(), username: None, credential: None });
        let username = first[1].username.as_deref().unwrap();
        let expires: u64 = username.split_once(':').unwrap().0.parse().unwrap();
        let now = ids::now_ms() / 1_000;
        assert!((now + 90..=now + 100).contains(&expires), "{username} at {now}");
        assert_eq!(first[1].credential.as_deref(), Some(password("s", username).unwrap().as_str()));
        assert_ne!(first[1].username, second[1].username);
        let without = TurnSettings { secret: None, ..settings };
        assert_eq!(without.servers().len(), 1, "a relay that lets nobody in is worth nothing");
    }

    proptest! {
        #[test]
        fn whatever_is_taken_for_an_ice_server_is_one(
            scheme in prop::sample::select(vec!["turn", "turns", "stun", "stuns", "http", ""]),
            rest in "[a-z0-9.:@/?#=\\[\\] -]{0,24}|\\PC{0,24}",
        ) {
            let text = format!("{scheme}:{rest}");
            if let Ok(url) = text.parse::<IceUrl>() {
                prop_assert_eq!(url.relays(), scheme.starts_with("turn"));
                prop_assert!(!rest.is_empty() && !rest.contains(['/', '@', '#', ' ']), "{}", text);
            }
        }
    }
}
