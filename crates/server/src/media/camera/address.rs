//! Where a camera is, and whether this server may go there: whoever may make connections must not reach by this server
//! what only this machine, or its own network's gear, can reach.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;
use tokio::net::lookup_host;
use url::{Host, Url};

use super::defaults;

/// A camera's address, with the name and password in it taken apart. It is not shown.
#[derive(Clone)]
pub(in super::super) struct Address {
    url: Url,
    credentials: Option<(String, String)>,
    tls: bool,
    allowed: Vec<IpNet>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// Why an address is not gone to. None of it says where that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum BadAddress {
    /// Not the address of a camera.
    #[error("rtspUri has to be an address that begins with rtsp:// or rtsps://")]
    NotRtsp,
    /// Its name has no address.
    #[error("the camera's name has no address")]
    Unknown,
    /// It is on this machine, or on a link of its own.
    #[error("rtspUri leads to this machine or to its link, which needs --ipcam-allow")]
    Refused,
}

impl Address {
    /// Reads the address of a camera. `allowed` are networks that are reached though they are this machine's own.
    pub(in super::super) fn read(text: &str, allowed: &[IpNet]) -> Result<Self, BadAddress> {
        let mut url = Url::parse(text).map_err(|_error| BadAddress::NotRtsp)?;
        let tls = match url.scheme() {
            "rtsp" => false,
            "rtsps" => true,
            _ => return Err(BadAddress::NotRtsp),
        };
        if url.host().is_none_or(|host| host == Host::Domain("")) {
            return Err(BadAddress::NotRtsp);
        }
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let credentials = (!url.username().is_empty())
            .then(|| (decoded(url.username()), url.password().map(decoded).unwrap_or_default()));
        url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| BadAddress::NotRtsp)?;
        Ok(Self { url, credentials, tls, allowed: allowed.to_vec() })
    }

    /// Name and password.
    pub(super) fn credentials(&self) -> Option<(String, String)> {
        self.credentials.clone()
    }

    /// Whether it is reached by TLS, and the name that its certificate has to have.
    pub(super) fn tls(&self) -> Option<String> {
        self.tls.then(|| self.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned())
    }

    /// The scheme, for the connection's id.
    pub(in super::super) fn scheme(&self) -> &'static str {
        if self.tls { "rtsps" } else { "rtsp" }
    }

    /// Where it is now. Checked after the name is resolved, each time: a name may lead anywhere the next time.
    pub(in super::super) async fn resolve(&self) -> Result<SocketAddr, BadAddress> {
        let port = self.url.port().unwrap_or(if self.tls { defaults::RTSPS_PORT } else { defaults::RTSP_PORT });
        let found: Vec<SocketAddr> = match self.url.host().ok_or(BadAddress::NotRtsp)? {
            // Schemes that the standard does not know have names where others have IPv4 addresses.
            Host::Domain(name) => lookup_host((name, port)).await.map_err(|_error| BadAddress::Unknown)?.collect(),
            Host::Ipv4(ip) => vec![(ip, port).into()],
            Host::Ipv6(ip) => vec![(ip, port).into()],
        };
        if found.is_empty() {
            return Err(BadAddress::Unknown);
        }
        found.into_iter().find(|address| self.may_go(address.ip())).ok_or(BadAddress::Refused)
    }

    fn may_go(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.allowed.iter().any(|net| net.contains(&ip)) || !is_own(ip)
    }

    /// The address with `at` in place of its host: what is spoken with is what was checked.
    pub(super) fn at(&self, at: SocketAddr) -> Option<Url> {
        // The setters keep their hands off schemes they do not know.
        let mut text = format!("rtsp://{at}{}", self.url.path());
        if let Some(query) = self.url.query() {
            text.push('?');
            text.push_str(query);
        }
        Url::parse(&text).ok()
    }
}

/// Whether an address is this machine's, or reaches no further than its link, or no single one at all.
fn is_own(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast()
                // "This network", RFC 1122.
                || v4.octets().first() == Some(&0)
        }
        IpAddr::V6(v6) => {
            v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unicast_link_local() || embeds_own(v6)
        }
    }
}

/// Whether an IPv6 address stands for such an IPv4 address: 64:ff9b::/96 (RFC 6052), 2002::/16 (RFC 3056), and the old
/// IPv4-compatible form.
fn embeds_own(v6: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let v4 = |high: u16, low: u16| IpAddr::V4((u32::from(high) << 16 | u32::from(low)).into());
    match (a, b, c, d, e, f) {
        (0x64, 0xff9b, 0, 0, 0, 0) | (0, 0, 0, 0, 0, 0) => is_own(v4(g, h)),
        (0x2002, ..) => is_own(v4(b, c)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    async fn resolved(text: &str, allowed: &[&str]) -> Result<SocketAddr, BadAddress> {
        let allowed: Vec<IpNet> = allowed.iter().map(|net| net.parse().unwrap()).collect();
        Address::read(text, &allowed)?.resolve().await
    }

    #[tokio::test]
    async fn this_machine_and_its_link_are_refused_unless_allowed() {
        for own in [
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "localhost",
            "169.254.169.254",
            "[fe80::1]",
            "0.0.0.0",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:169.254.1.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[::7f00:1]",
            "224.0.0.1",
            "255.255.255.255",
            "0.1.2.3",
            "127.1",
            "0x7f.1",
            "2130706433",
        ] {
            let url = format!("rtsp://{own}:8554/live");
            let refused = resolved(&url, &[]).await;
            assert!(matches!(refused, Err(BadAddress::Refused | BadAddress::Unknown)), "{own}: {refused:?}");
        }
        assert_eq!(resolved("rtsp://192.0.2.7/live", &[]).await, Ok("192.0.2.7:554".parse().unwrap()));
        assert_eq!(resolved("rtsps://192.0.2.7/live", &[]).await, Ok("192.0.2.7:322".parse().unwrap()));
        assert_eq!(resolved("rtsp://127.0.0.1:9/", &["127.0.0.0/8"]).await, Ok("127.0.0.1:9".parse().unwrap()));
        assert_eq!(resolved("rtsp://[::ffff:127.0.0.1]:9/", &["10.0.0.0/8"]).await, Err(BadAddress::Refused));
    }

    #[test]
    fn only_rtsp_is_a_cameras_address() {
        for bad in ["file:///etc/passwd", "http://camera/", "https://camera/", "rtsp:", "rtsp://", "camera", ""] {
            assert_eq!(Address::read(bad, &[]).err(), Some(BadAddress::NotRtsp), "{bad}");
        }
    }

    #[test]
    fn the_password_is_taken_out_and_nothing_is_shown() {
        let address = Address::read("rtsp://admin:p%40ss@camera.example/live?x=1", &[]).unwrap();
        assert_eq!(address.credentials(), Some(("admin".to_owned(), "p@ss".to_owned())));
        let url = address.at("192.0.2.7:554".parse().unwrap()).unwrap();
        assert_eq!(url.as_str(), "rtsp://192.0.2.7:554/live?x=1");
        assert!(!format!("{address:?}").contains("camera"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(rtsp|rtsps|http)?(://)?\\PC{0,40}") {
            if let Ok(address) = Address::read(&text, &[]) {
                let at = address.at("192.0.2.7:554".parse().unwrap());
                prop_assert!(at.is_none_or(|url| url.host_str() == Some("192.0.2.7")));
            }
        }
    }
}
