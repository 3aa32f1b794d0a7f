//! The listener as a window, another page and another program meet it.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_tungstenite::{
    accept_async, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};
use url::Url;
use zvonok_openvidu::Secret;

use super::*;
use crate::trust::{Pins, Trust};

#[cfg(not(windows))]
const ORIGIN: &str = "tauri://localhost";
#[cfg(windows)]
const ORIGIN: &str = "http://tauri.localhost";

async fn listener() -> (Doors, CancellationToken) {
    let cancel = CancellationToken::new();
    let doors = Loopback::bind().await.unwrap().start(&TaskTracker::new(), cancel.clone());
    (doors, cancel)
}

fn door(openvidu: &str) -> (Door, mpsc::Receiver<GatewayReport>) {
    let (reports, seen) = mpsc::channel(4);
    let openvidu = Url::parse(openvidu).unwrap();
    let tls = Arc::clone(&Trust::new(Pins::default()).endpoint(&openvidu).unwrap().tls);
    let token = Secret::new("wss://x?sessionId=true_session&token=tok_secret".to_owned());
    (Door { openvidu, tls, session: "true_session".to_owned(), token, reports }, seen)
}

async fn open(url: &str, origin: &str) -> Result<WebSocketStream<tokio_tungstenite::MaybeTlsStream<TcpStream>>, Error> {
    let mut request = url.into_client_request()?;
    request.headers_mut().insert("Origin", HeaderValue::from_str(origin).unwrap());
    connect_async(request).await.map(|(socket, _)| socket)
}

fn status(result: Result<impl Sized, Error>) -> u16 {
    match result {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("not an HTTP refusal: {error}"),
        Ok(_) => 101,
    }
}

/// An OpenVidu of one socket that answers `joinRoom` with the token in it and reports what it was asked.
async fn openvidu() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (asked, seen) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let asked = asked.clone();
            tokio::spawn(async move {
                let mut socket = accept_async(stream).await.unwrap();
                while let Some(Ok(Message::Text(text))) = socket.next().await {
                    asked.send(text.to_string()).await.unwrap();
                    let id = serde_json::from_str::<serde_json::Value>(&text).unwrap()["id"].clone();
                    let answer = serde_json::json!({ "jsonrpc": "2.0", "id": id, "result": { "id": "con_1",
                        "session": "true_session", "note": "token=tok_secret", "value": [] } });
                    socket.send(Message::text(answer.to_string())).await.unwrap();
                }
            });
        }
    });
    (address, seen)
}

#[tokio::test]
async fn a_window_joins_with_its_handle_and_sees_neither_session_nor_token() {
    let (doors, _cancel) = listener().await;
    let (address, mut asked) = openvidu().await;
    let (door, _reports) = door(&address);
    let (handle, url) = doors.gateway(door).unwrap();
    let url = url.replace('?', "/openvidu?").replace("&token=-", "");
    let mut socket = open(&url, ORIGIN).await.unwrap();
    let join = r#"{"jsonrpc":"2.0","method":"joinRoom","id":3,"params":{"token":"x","session":"y"}}"#;
    socket.send(Message::text(join)).await.unwrap();
    let asked = asked.recv().await.unwrap();
    assert!(asked.contains("tok_secret") && asked.contains("true_session"));
    let Some(Ok(Message::Text(answer))) = socket.next().await else { panic!("no answer") };
    assert!(answer.contains(&handle) && !answer.contains("tok_secret") && !answer.contains("true_session"), "{answer}");

    assert_eq!(status(open(&url, ORIGIN).await), 401, "one live socket each");
    let again = open(&format!("{url}&reconnect=true"), ORIGIN).await;
    assert_eq!(status(again), 101, "openvidu-browser may come back");
    doors.revoke(&handle);
    assert_eq!(status(open(&format!("{url}&reconnect=true"), ORIGIN).await), 401, "the call is over");
}

#[tokio::test]
async fn another_page_and_another_program_are_refused() {
    let (doors, _cancel) = listener().await;
    let good = doors.peer().unwrap();
    assert_eq!(status(open(&good, "https://evil.example").await), 403);
    assert_eq!(status(open(&good.replace("127.0.0.1", "localhost"), ORIGIN).await), 421, "a rebound name");
    let base = good.split("?handle=").next().unwrap().to_owned();
    assert_eq!(status(open(&base, ORIGIN).await), 401, "no handle");
    assert_eq!(status(open(&format!("{base}?handle=0123456789abcdef0123456789abcdef"), ORIGIN).await), 401);
    assert_eq!(status(open(&base.replace("/peer", "/other"), ORIGIN).await), 404);
    assert_eq!(status(open(&good, ORIGIN).await), 101, "none of them used the handle up");
    assert_eq!(status(open(&good, ORIGIN).await), 401, "used");
}

#[tokio::test]
async fn an_openvidu_that_is_down_is_reported() {
    let (doors, _cancel) = listener().await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let (door, mut reports) = door(&address);
    let (_, url) = doors.gateway(door).unwrap();
    let mut socket = open(&url.replace('?', "/openvidu?"), ORIGIN).await.unwrap();
    assert_eq!(reports.recv().await, Some(GatewayReport::Unreachable));
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
}

#[tokio::test]
async fn it_listens_to_this_machine_only_on_a_port_of_its_own() {
    let (one, other) = (Loopback::bind().await.unwrap(), Loopback::bind().await.unwrap());
    for listener in [&one, &other] {
        let address = listener.listener.local_addr().unwrap();
        assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
        assert_eq!(address.port(), listener.port());
    }
    assert_ne!(one.port(), other.port());
}

#[tokio::test]
async fn a_program_that_opens_sockets_without_end_takes_a_bounded_number() {
    let (doors, _cancel) = listener().await;
    let good = doors.peer().unwrap();
    let mut idle = Vec::new();
    for _ in 0..SOCKETS {
        idle.push(TcpStream::connect(("127.0.0.1", doors.port)).await.unwrap());
    }
    // The listener takes sockets in their order, so by now all its places are taken.
    let mut more = TcpStream::connect(("127.0.0.1", doors.port)).await.unwrap();
    assert_eq!(tokio::io::AsyncReadExt::read(&mut more, &mut [0; 1]).await.unwrap(), 0, "closed at once");
    drop(idle);
    let let_in = async { while open(&good, ORIGIN).await.is_err() {} };
    tokio::time::timeout(HANDSHAKE, let_in).await.expect("a window is let in when there is room again");
}
