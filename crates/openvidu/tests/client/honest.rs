//! An OpenVidu that behaves, and servers that are something else.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Redirect;
use url::Url;
use zvonok_openvidu::wire::Role;
use zvonok_openvidu::{Client, Error, Found, Secret, harden};

use crate::support::{SECRET, Seen, client, http, openvidu, serve};

#[tokio::test]
async fn a_token_is_made_for_a_session_that_exists_already() {
    let client = client(serve(openvidu(Seen::default())).await);
    client.create_session("new").await.unwrap();
    let minted = client.mint("there", Role::Subscriber, "man").await.unwrap();
    assert_eq!(minted.connection_id, "con_A1");
    assert_eq!(minted.token.reveal(), "wss://localhost:4443?sessionId=there&token=tok_B2");
    assert!(!format!("{minted:?} {client:?}").contains("tok_B2"), "a token prints nothing of itself");
    client.delete_connection("there", "con_A1").await.unwrap();
    client.delete_connection("gone", "con_A1").await.unwrap();
    assert_eq!(client.fetch("there").await.unwrap().map(|session| session.id), Some("there".into()));
    client.close_session("there").await.unwrap();
    client.close_session("gone").await.unwrap();
    assert!(client.fetch("gone").await.unwrap().is_none());
}

#[tokio::test]
async fn a_session_that_is_gone_is_said_to_be_gone() {
    let client = client(serve(openvidu(Seen::default())).await);
    let error = client.create_connection("gone", Role::Publisher, "").await.unwrap_err();
    assert!(matches!(error, Error::NoSession), "{error:?}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn the_probe_finds_version_and_address() {
    let client = client(serve(openvidu(Seen::default())).await);
    let found = Found { version: Some("2.32.2".into()), public_url: "https://localhost:4443/".into() };
    assert_eq!(client.probe().await.unwrap(), found);
}

#[tokio::test]
async fn a_wrong_secret_is_told_from_everything_else() {
    let base = serve(openvidu(Seen::default())).await;
    let http = http(&base);
    let client = Client::new(base, Secret::new("wrong"), http).unwrap();
    assert!(matches!(client.probe().await, Err(Error::SecretRefused { .. })));
    assert!(matches!(client.create_session("new").await, Err(Error::SecretRefused { .. })));
}

#[tokio::test]
async fn a_stranger_never_sees_the_secret() {
    for status in [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
        let seen = Seen::default();
        let looks = seen.clone();
        let app = Router::new().fallback(move |request: Request| async move {
            looks.look(request.headers());
            (status, "<html>Welcome to your router</html>")
        });
        let error = client(serve(app).await).probe().await.unwrap_err();
        assert!(matches!(error, Error::NotOpenvidu { status: found, .. } if found == status.as_u16()), "{error:?}");
        assert_eq!(seen.secrets(), 0);
    }
}

#[tokio::test]
async fn nothing_there_is_unreachable() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let base = crate::support::url("http", listener.local_addr().unwrap());
    drop(listener);
    let error = client(base).probe().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn the_secret_follows_no_redirect() {
    let seen = Seen::default();
    let elsewhere = serve(openvidu(seen.clone())).await;
    let app = Router::new().fallback(move |request: Request| async move {
        Redirect::temporary(elsewhere.join(request.uri().path()).unwrap().as_str())
    });
    let base = serve(app).await;
    let error = client(base.clone()).create_session("new").await.unwrap_err();
    assert!(matches!(error, Error::Redirected { .. }), "{error:?}");
    assert_eq!(seen.secrets(), 0);

    // Even a client that follows redirects against the advice does not get an answer from elsewhere taken.
    let loose = reqwest::Client::builder().no_proxy().build().unwrap();
    let error = Client::new(base, Secret::new("s"), loose).unwrap().create_session("new").await.unwrap_err();
    assert!(matches!(error, Error::Redirected { .. } | Error::SecretRefused { .. }), "{error:?}");
    assert_eq!(seen.secrets(), 0);
}

#[tokio::test]
async fn the_secret_for_this_machine_goes_through_no_proxy() {
    let (seen, proxied) = (Seen::default(), Seen::default());
    let base = serve(openvidu(seen.clone())).await;
    let proxy = serve(openvidu(proxied.clone())).await;
    http(&base);
    let set_up = || reqwest::Client::builder().proxy(reqwest::Proxy::all(proxy.as_str()).unwrap());
    Client::new(base.clone(), Secret::new(SECRET), harden(set_up(), &base).build().unwrap())
        .unwrap()
        .create_session("new")
        .await
        .unwrap();
    assert_eq!((seen.secrets(), proxied.secrets()), (1, 0));

    let loose = Client::new(base, Secret::new(SECRET), set_up().build().unwrap()).unwrap();
    loose.create_session("new").await.unwrap();
    assert_eq!((seen.secrets(), proxied.secrets()), (1, 1), "positive control: the proxy works and sees what it gets");
}

#[test]
fn the_secret_crosses_no_network_in_the_clear() {
    for (address, fine) in [
        ("http://127.0.0.1:4443", true),
        ("http://[::1]:4443", true),
        ("http://localhost:4443", true),
        ("https://office.example:4443", true),
        ("http://office.example:4443", false),
        ("http://192.168.1.5", false),
        ("http://127.0.0.1.evil.example", false),
        ("http://localhost.evil.example", false),
    ] {
        let base = Url::parse(address).unwrap();
        let http = http(&base);
        let made = Client::new(base, Secret::new("s"), http);
        assert_eq!(made.is_ok(), fine, "{address}");
    }
    for address in ["ftp://office.example", "file:///etc/passwd", "data:text/plain,x"] {
        let base = Url::parse(address).unwrap();
        let http = http(&base);
        let made = Client::new(base, Secret::new("s"), http);
        assert!(matches!(made, Err(Error::BadAddress { .. })), "{address}");
    }
}

#[tokio::test]
async fn names_never_become_other_paths() {
    let client = client(serve(openvidu(Seen::default())).await);
    for name in ["", "..", "a/b", "a?b", "a%2Fb", "a b", "\u{e9}"] {
        assert!(matches!(client.create_session(name).await, Err(Error::BadSessionName)), "{name}");
        assert!(matches!(client.delete_connection("there", name).await, Err(Error::BadSessionName)), "{name}");
    }
}
