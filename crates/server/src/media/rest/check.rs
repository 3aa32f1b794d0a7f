//! What OpenVidu refuses in a connection's properties.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use zvonok_openvidu::wire::IceServer;
use zvonok_openvidu::wire::rest::{ConnectionRequest, IceServerRequest};

use super::super::camera::{self, Address, BadAddress};
use super::super::session::{NewCamera, NewConnection};
use super::super::turn::{IceUrl, ephemeral};
use super::fault::Fault;
use crate::secret::Secret;

/// How long credentials that are made of a connection's own shared secret are good: OpenVidu's 24 hours. They are made
/// with the token, which may be used much later.
const CREDENTIAL_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

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
    let relays = request.url.parse::<IceUrl>().map_err(|bad| Fault::bad(bad.to_string()))?.relays();
    let credentials = (request.username, request.credential, request.static_auth_secret);
    match (relays, credentials) {
        (true, (Some(username), Some(credential), None)) => {
            Ok(IceServer { url: request.url, username: Some(username), credential: Some(credential) })
        }
        (true, (None, None, Some(secret))) => {
            let (username, credential) =
                ephemeral(&secret, CREDENTIAL_LIFE).map_err(|error| Fault::bad(error.to_string()))?;
            Ok(IceServer { url: request.url, username: Some(username), credential: Some(credential) })
        }
        (true, _) => Err(Fault::bad("a TURN server needs username and credential, or staticAuthSecret alone")),
        (false, (None, None, None)) => Ok(IceServer { url: request.url, username: None, credential: None }),
        (false, _) => Err(Fault::bad("a STUN server has no credentials")),
    }
}

#[cfg(test)]
mod tests {
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
}
