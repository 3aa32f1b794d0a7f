//! What OpenVidu refuses in a connection's properties.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use ipnet::IpNet;
use sha1::Sha1;
use url::{Host, Url};
use zvonok_openvidu::wire::IceServer;
use zvonok_openvidu::wire::rest::{ConnectionRequest, IceServerRequest};

use super::super::camera::{self, Address, BadAddress};
use super::super::ids;
use super::super::session::{NewCamera, NewConnection};
use super::fault::Fault;
use crate::secret::Secret;

/// How long credentials that are made of a shared secret live: OpenVidu's 24 hours, in seconds.
const CREDENTIAL_LIFE: u64 = 24 * 60 * 60;

/// A connection that can be made as requested.
pub(super) fn connection(request: ConnectionRequest) -> Result<NewConnection, Fault> {
    Ok(NewConnection {
        role: request.role.unwrap_or_default(),
        data: request.data.unwrap_or_default(),
        record: request.record.unwrap_or(true),
        kurento_options: request.kurento_options,
        ice_servers: ice_servers(request.custom_ice_servers)?,
    })
}

/// A camera that can be let in as requested. It is asked what it has.
pub(super) async fn camera(request: ConnectionRequest, allowed: &[IpNet]) -> Result<NewCamera, Fault> {
    let refused = |fault: BadAddress| Fault::bad(fault.to_string());
    let uri = request.rtsp_uri.ok_or_else(|| Fault::bad("rtspUri is missing"))?;
    let address = Arc::new(Address::read(&uri, allowed).map_err(refused)?);
    match address.resolve().await {
        // A name may have an address later.
        Ok(_) | Err(BadAddress::Unknown) => {}
        Err(fault) => return Err(refused(fault)),
    }
    let codecs = camera::look(&address).await;
    Ok(NewCamera {
        address,
        uri: Secret::new(uri),
        codecs,
        data: request.data.unwrap_or_default(),
        record: request.record.unwrap_or(true),
        adaptative_bitrate: request.adaptative_bitrate.unwrap_or(true),
        only_play_with_subscribers: request.only_play_with_subscribers.unwrap_or(true),
        // OpenVidu's default, milliseconds. Nothing is held back here.
        network_cache: request.network_cache.unwrap_or(2_000),
    })
}

/// ICE servers as they are given to the client.
pub(super) fn ice_servers(requested: Option<Vec<IceServerRequest>>) -> Result<Vec<IceServer>, Fault> {
    requested.unwrap_or_default().into_iter().map(ice_server).collect()
}

fn ice_server(request: IceServerRequest) -> Result<IceServer, Fault> {
    let relays = checked_url(&request.url)?;
    let credentials = (request.username, request.credential, request.static_auth_secret);
    match (relays, credentials) {
        (true, (Some(username), Some(credential), None)) => {
            Ok(IceServer { url: request.url, username: Some(username), credential: Some(credential) })
        }
        (true, (None, None, Some(secret))) => {
            let (username, credential) = ephemeral(&secret)?;
            Ok(IceServer { url: request.url, username: Some(username), credential: Some(credential) })
        }
        (true, _) => Err(Fault::bad("a TURN server needs username and credential, or staticAuthSecret alone")),
        (false, (None, None, None)) => Ok(IceServer { url: request.url, username: None, credential: None }),
        (false, _) => Err(Fault::bad("a STUN server has no credentials")),
    }
}

/// Whether it is a relay, if it is a URL of an ICE server at all.
fn checked_url(text: &str) -> Result<bool, Fault> {
    let bad = || Fault::bad(format!("{text:?} is not the URL of an ICE server"));
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
    let plain = url.path() == "/" && url.username().is_empty() && !address.contains(['/', '@', '#']);
    let host = matches!(url.host(), Some(Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)));
    if plain && host && url.port() != Some(0) { Ok(relays) } else { Err(bad()) }
}

/// User name and password that a TURN server with the same secret takes until tomorrow.
fn ephemeral(secret: &str) -> Result<(String, String), Fault> {
    let name: String = ids::token().chars().rev().take(8).collect();
    let username = format!("{}:{name}", ids::now_ms() / 1_000 + CREDENTIAL_LIFE);
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).map_err(|error| Fault::bad(error.to_string()))?;
    mac.update(username.as_bytes());
    Ok((username, STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn server(url: &str) -> IceServerRequest {
        IceServerRequest { url: url.to_owned(), username: None, credential: None, static_auth_secret: None }
    }

    #[test]
    fn ice_servers_are_checked_as_openvidu_checks_them() {
        assert!(ice_server(server("stun:stun.example.org:3478")).is_ok());
        assert!(ice_server(server("stuns:[::1]:3478")).is_ok());
        for bad in [
            "",
            "http://a",
            "stun:",
            "stun:a?transport=udp",
            "stun:a:70000",
            "stun:a/b",
            "turn:a",
            "stun:a ",
            "stun:a\tb",
        ] {
            assert!(ice_server(server(bad)).is_err(), "{bad}");
        }
        let turn =
            IceServerRequest { static_auth_secret: Some("s".to_owned()), ..server("turn:1.2.3.4?transport=tcp") };
        let made = ice_server(turn).unwrap();
        assert!(made.username.unwrap().contains(':') && made.credential.is_some());
    }

    proptest! {
        #[test]
        fn whatever_is_taken_for_an_ice_server_is_one(
            scheme in prop::sample::select(vec!["turn", "turns", "stun", "stuns", "http", ""]),
            rest in "[a-z0-9.:@/?#=\\[\\] -]{0,24}|\\PC{0,24}",
        ) {
            let text = format!("{scheme}:{rest}");
            if let Ok(relays) = checked_url(&text) {
                prop_assert_eq!(relays, scheme.starts_with("turn"));
                prop_assert!(!rest.is_empty() && !rest.contains(['/', '@', '#', ' ']), "{}", text);
            }
        }
    }
}
