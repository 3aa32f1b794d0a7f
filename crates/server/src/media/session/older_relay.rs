//! What openvidu-browser 2.18.0 reads of a relay.

use zvonok_openvidu::wire::IceServer;

use super::super::turn;

/// A TURN server as 2.18.0 wants it.
pub(super) struct Turn {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) username: String,
    pub(super) credential: String,
}

impl Turn {
    /// The one that 2.18.0 is most likely to reach: it asks by UDP at the usual port, whatever it is told.
    pub(super) fn best(servers: &[IceServer]) -> Option<Self> {
        let by_udp = || servers.iter().filter(|it| !it.url.ends_with("?transport=tcp"));
        let usual = by_udp().filter_map(Self::of).find(|turn| turn.port == turn::PORT);
        usual.or_else(|| servers.iter().find_map(Self::of))
    }

    fn of(server: &IceServer) -> Option<Self> {
        let rest = server.url.strip_prefix("turn:")?;
        let address = rest.split('?').next()?;
        let (host, port) = match address.rsplit_once(':') {
            // The colons of an IPv6 address without a port.
            Some(_) if address.ends_with(']') => (address, turn::PORT),
            Some((host, port)) => (host, port.parse().ok()?),
            None => (address, turn::PORT),
        };
        (!host.is_empty()).then_some(())?;
        Some(Self {
            host: host.to_owned(),
            port,
            username: server.username.clone()?,
            credential: server.credential.clone()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_relay_is_told_to_older_clients_with_its_port() {
        for (url, host, port) in [
            ("turn:relay.example:5349?transport=tcp", "relay.example", 5349),
            ("turn:relay.example", "relay.example", 3478),
            ("turn:[2001:db8::1]:5349", "[2001:db8::1]", 5349),
            ("turn:[2001:db8::1]", "[2001:db8::1]", 3478),
        ] {
            let (username, credential) = (Some("u".to_owned()), Some("c".to_owned()));
            let turn = Turn::of(&IceServer { url: url.to_owned(), username, credential }).unwrap();
            assert_eq!((turn.host.as_str(), turn.port), (host, port), "{url}");
        }
    }

    #[test]
    fn older_clients_are_told_of_the_relay_that_they_can_ask() {
        let (username, credential) = (Some("u".to_owned()), Some("c".to_owned()));
        let server =
            |url: &str| IceServer { url: url.to_owned(), username: username.clone(), credential: credential.clone() };
        let hosts = |urls: &[&str]| {
            let servers: Vec<IceServer> = urls.iter().map(|url| server(url)).collect();
            Turn::best(&servers).map(|turn| turn.host)
        };
        let (tcp, other, usual) = ("turn:a?transport=tcp", "turn:b:5349", "turn:c?transport=udp");
        assert_eq!(hosts(&[tcp, other, usual]).as_deref(), Some("c"));
        assert_eq!(hosts(&[tcp, other]).as_deref(), Some("a"), "better than to ask strangers");
        assert_eq!(hosts(&["turns:d", "stun:e"]), None);
    }

    proptest! {
        #[test]
        fn a_relay_of_any_spelling_has_a_host_or_is_none(url in "(turn:|stun:)?\\PC{0,30}") {
            let server = IceServer { url, username: Some("u".to_owned()), credential: Some("c".to_owned()) };
            if let Some(turn) = Turn::of(&server) {
                prop_assert!(!turn.host.is_empty() && server.url.contains(&turn.host), "{}", server.url);
            }
        }
    }
}
