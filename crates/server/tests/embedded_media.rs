//! The embedded media server as the hub and the app use it: without REST in between.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is a failed test")]

use std::net::{Ipv4Addr, SocketAddr};

use zvonok_server::media::{MediaStartError, start};
use zvonok_server::{EmbeddedMedia, MediaControlError, Role, Secret, Tls};

fn config(tls: Tls) -> EmbeddedMedia {
    EmbeddedMedia {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        tls,
        udp_port: 0,
        public_host: None,
        secret: Secret::new("secret"),
        data_dir: None,
        settings: zvonok_server::media_settings::MediaSettings::default(),
    }
}

#[tokio::test]
async fn sessions_and_tokens_are_made_and_taken_back() {
    let server = start(config(Tls::SelfSigned)).await.unwrap();
    let control = server.control();
    assert_eq!(control.public_url(), server.url().as_str().trim_end_matches('/'));
    assert!(server.fingerprint().is_some());

    let woman = control.create_session(Some("woman")).await.unwrap();
    assert_eq!(woman, "woman");
    assert_eq!(control.create_session(Some("woman")).await.unwrap(), "woman", "it exists already, which is fine");
    assert!(matches!(control.create_session(Some("a b")).await, Err(MediaControlError::BadSessionName(_))));
    let unguessable = control.create_session(None).await.unwrap();
    assert!(unguessable.len() >= 26, "{unguessable}");

    let minted = control.create_token("woman", Role::Publisher, "data").await.unwrap();
    let base = server.url().as_str().trim_end_matches('/').replace("https", "wss");
    assert!(minted.token.reveal().starts_with(&format!("{base}?sessionId=woman&token=tok_")));
    control.revoke_token("woman", &minted.connection_id).await.unwrap();
    control.revoke_token("woman", &minted.connection_id).await.unwrap();
    control.start_echo("woman", "Echo test").await.unwrap();
    control.start_echo("woman", "Echo test").await.unwrap();
    control.stop_echo("woman").await.unwrap();

    control.close_session("woman").await.unwrap();
    control.close_session("woman").await.unwrap();
    assert!(matches!(
        control.create_token("woman", Role::Publisher, "").await,
        Err(MediaControlError::NoSession(name)) if name == "woman"
    ));
    control.create_session(Some("woman")).await.unwrap();
    server.shutdown().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_told() {
    let server = start(config(Tls::Off)).await.unwrap();
    let taken = server.url().port().unwrap();
    let again = EmbeddedMedia { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, taken)), ..config(Tls::Off) };
    assert!(matches!(start(again).await, Err(MediaStartError::Listen { .. })));
    let udp = server.media_addresses().first().unwrap().1.port();
    assert!(matches!(
        start(EmbeddedMedia { udp_port: udp, ..config(Tls::Off) }).await,
        Err(MediaStartError::Udp { .. })
    ));
    let settings = zvonok_server::media_settings::MediaSettings { tcp_port: Some(udp), ..Default::default() };
    assert!(matches!(
        start(EmbeddedMedia { settings, ..config(Tls::Off) }).await,
        Err(MediaStartError::Tcp { port, .. }) if port == udp
    ));
}
