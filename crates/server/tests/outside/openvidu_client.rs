//! Our REST client and our server understand each other.

use zvonok_openvidu::wire::Role;
use zvonok_openvidu::{CertificateProblem, Client, Error};
use zvonok_server::Config;

use crate::{client, http, plain_server};

#[tokio::test]
async fn sessions_and_tokens_are_made_and_revoked() {
    let server = plain_server().await;
    let client = client(&server.media_url, server.secret.reveal());
    let found = client.probe().await.unwrap();
    assert_eq!(found.version.as_deref(), Some("2.32.2"));

    client.create_session("call-1").await.unwrap();
    client.create_session("call-1").await.unwrap();
    let minted = client.mint("call-1", Role::Subscriber, "man").await.unwrap();
    let token = minted.token.reveal();
    assert!(token.starts_with("ws://") && token.contains("sessionId=call-1&token=tok_"), "{token}");
    assert_eq!(client.fetch("call-1").await.unwrap().unwrap().session_id, "call-1");

    client.delete_connection("call-1", &minted.connection_id).await.unwrap();
    client.delete_connection("call-1", &minted.connection_id).await.unwrap();
    client.close_session("call-1").await.unwrap();
    client.close_session("call-1").await.unwrap();
    assert!(client.fetch("call-1").await.unwrap().is_none());
    let gone = client.create_connection("call-1", Role::Publisher, "").await;
    assert!(matches!(gone, Err(Error::NoSession)), "{gone:?}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_wrong_secret_and_a_stranger_to_the_certificate_are_told_apart() {
    let server = plain_server().await;
    let refused = client(&server.media_url, "wrong").probe().await;
    assert!(matches!(refused, Err(Error::SecretRefused { .. })), "{refused:?}");
    // The hub is a server too, but no OpenVidu.
    let stranger = client(&server.hub_url, server.secret.reveal()).probe().await;
    assert!(matches!(stranger, Err(Error::NotOpenvidu { .. })), "{stranger:?}");
    server.shutdown().await;

    let server = zvonok_server::start(Config::embedded()).await.unwrap();
    let looked = Client::recognise(server.media_url.clone(), http()).await;
    let unknown = CertificateProblem::Unknown;
    assert!(matches!(&looked, Err(Error::Certificate { problem, .. }) if *problem == unknown), "{looked:?}");
    server.shutdown().await;
}
