//! The server inside the app: free loopback ports, a secret that exists in memory only, and the echo contact.

use url::Url;
use zvonok_openvidu::Secret;
use zvonok_server::{Config, Running, Tls};

use crate::trust::{Fingerprint, HostPort, Trust};

/// A server that runs as long as this lives.
#[derive(Debug)]
pub(super) struct Embedded {
    pub(super) hub: Url,
    pub(super) openvidu: Url,
    pub(super) secret: Secret,
    _running: Running,
}

/// Starts hub and media server, and trusts the certificate that was made for them a moment ago.
pub(super) async fn start(trust: &Trust) -> Result<Box<Embedded>, String> {
    let anywhere = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
    let config = Config {
        hub_listen: anywhere,
        media_listen: anywhere,
        media_tls: Tls::SelfSigned,
        media_udp: 0,
        secret: None,
        data_dir: None,
        echo: true,
        ..Config::default()
    };
    let running = zvonok_server::start(config).await.map_err(|error| describe(&error))?;
    if let (Some(fingerprint), Some(host)) = (&running.fingerprint, HostPort::of(&running.media_url)) {
        trust.pins().decide(&host, Fingerprint::named(fingerprint));
    }
    Ok(Box::new(Embedded {
        hub: running.hub_url.clone(),
        openvidu: running.media_url.clone(),
        secret: Secret::new(running.secret.reveal()),
        _running: running,
    }))
}

fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
