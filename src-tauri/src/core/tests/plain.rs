//! Hubs that are made up here: one in plain text, and one that repeats what it should not.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_tungstenite::{accept_async, tungstenite::Message};

use super::{accounts::told, leaks::Log, *};
use crate::{
    cli::SecretKind,
    keyring::{self, Keyring},
    settings,
};

const WORDS: &str = "planted-words-Lq83Zx";

fn setup(server: String, socket: String) -> Setup {
    Setup { server, socket, openvidu: String::new(), login: "woman".to_owned(), tokens: TokenSource::Hub }
}

async fn sign_in(rig: &Rig, setup: &Setup) -> zvonok_ipc::IpcError {
    *rig.seen.typed.lock().unwrap() = Some(Secret::new("planted-password-Bn20"));
    let setup = setup.clone();
    rig.core.ask(|reply| Wish::Setting(Setting::SignIn(setup, reply))).await.unwrap_err()
}

/// Lets nobody in who presents nothing.
async fn refuse(listener: TcpListener) {
    while let Ok((stream, _peer)) = listener.accept().await {
        let Ok(mut socket) = accept_async(stream).await else { continue };
        let open = r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;
        socket.send(Message::text(open)).await.unwrap();
        let hello = socket.next().await.unwrap().unwrap();
        assert_eq!(hello.to_text().unwrap(), "40", "nothing is presented");
        socket.send(Message::text(r#"44{"message":"not_signed_in: Sign in first."}"#)).await.unwrap();
    }
}

// Connecting to this address leads to this machine, which the address does not say; not so on Windows.
#[cfg(not(windows))]
#[tokio::test]
async fn a_session_that_may_not_be_sent_is_said_and_not_tried_with_again_and_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hub = tokio::spawn(refuse(listener));
    let setup = setup(format!("http://127.0.0.1:{port}"), format!("http://0.0.0.0:{port}"));
    keyring::in_memory();
    let kept = Keyring::new("plain-socket".parse().unwrap());
    kept.set(SecretKind::Hub, Secret::new("planted-token-Rw61")).await.unwrap();
    let mut settings = Settings { device: "device-1".to_owned(), ..Settings::default() };
    settings.apply(setup.clone());
    settings.session_for = settings::account(&setup).unwrap();
    let rig = rig_of("plain-socket", settings).await;

    let mut views = rig.core.view.clone();
    let said = views.wait_for(|view| told(view, ErrorCode::NotEncrypted));
    let view = tokio::time::timeout(Duration::from_secs(30), said).await.expect("it is said").unwrap().clone();
    let notice = view.notices.iter().find(|notice| notice.code == ErrorCode::NotEncrypted).unwrap();
    assert_eq!(notice.subject, format!("0.0.0.0:{port}"));
    let refused = sign_in(&rig, &setup).await;
    assert_eq!((refused.code, refused.subject), (ErrorCode::NotEncrypted, format!("0.0.0.0:{port}")));
    assert!(rig.seen.done.lock().unwrap().iter().all(|what| !what.contains("Password")), "nobody was asked");
    rig.cancel.cancel();
    assert!(!hub.is_finished(), "it never was presented anything");
}

/// Answers every request with `body`.
async fn answer(listener: TcpListener, body: String) {
    while let Ok((mut stream, _peer)) = listener.accept().await {
        let mut heard = [0; 4_096];
        // Who only looks whether somebody is there says nothing.
        if stream.read(&mut heard).await.is_ok_and(|read| read > 0) {
            let length = body.len();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
            let text = format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_a_hub_says_to_a_sign_in_is_in_no_log_and_a_hub_without_accounts_is_named() {
    let (log, _guard) = Log::start();
    for (code, told) in [("not_signed_in", ErrorCode::PasswordRefused), ("not_allowed", ErrorCode::NoAccounts)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let body = format!(r#"{{"status":1,"code":"{code}","message":"{WORDS}"}}"#);
        tokio::spawn(answer(listener, body));
        let rig = rig().await;
        let refused = sign_in(&rig, &setup(server, String::new())).await;
        assert_eq!(refused.code, told, "{refused:?}");
        rig.cancel.cancel();
    }
    let text = log.text();
    assert!(text.contains("NotSignedIn") && text.contains("NotAllowed"), "the log is searched: {text}");
    assert!(!text.contains(WORDS), "{text}");
}
