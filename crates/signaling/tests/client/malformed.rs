//! The client against a server that sends nonsense of every kind.

use std::time::Duration;

use crate::rig::{config, expect};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use zvonok_signaling::proto::event::ServerEvent;
use zvonok_signaling::proto::{Media, Mode};
use zvonok_signaling::{ConnectError, Event, RequestError};

pub(crate) const OPEN: &str = r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;

/// What is nonsense after a good beginning.
const NONSENSE: [&str; 22] = [
    "",
    "9",
    "4",
    "49",
    "0{}",
    "40",
    "40{\"sid\":\"again\"}",
    "44{\"message\":\"late\"}",
    "42",
    "42[]",
    "42[3]",
    "42{\"a\":1}",
    "42[\"calling\"]",
    "42[\"calling\",null]",
    "42[\"calling\",{\"login\":\"not a login\"}]",
    "42[\"calling\",{\"login\":\"man\",\"call_id\":7}]",
    "42[\"accepted\",[]]",
    "42[\"never heard of\",{}]",
    "43[]",
    "4399999999999999999999999[]",
    "451-[\"calling\",{\"_placeholder\":true,\"num\":0}]",
    "42/other,[\"calling\",{\"login\":\"man\"}]",
];

pub(crate) async fn accept(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    let (stream, _) = listener.accept().await.unwrap();
    tokio_tungstenite::accept_async(stream).await.unwrap()
}

/// Up to the point where the client counts as connected to a server of part A.
async fn begin(socket: &mut WebSocketStream<TcpStream>) {
    greet(socket).await;
    socket.send(Message::text("431[]")).await.unwrap();
}

/// Up to the client's `login`.
pub(crate) async fn greet(socket: &mut WebSocketStream<TcpStream>) {
    socket.send(Message::text(OPEN)).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().to_text().unwrap(), "40");
    socket.send(Message::text("40{\"sid\":\"s\"}")).await.unwrap();
    let login = socket.next().await.unwrap().unwrap();
    assert!(login.to_text().unwrap().starts_with("421[\"login\","), "{login:?}");
}

#[tokio::test]
async fn nonsense_is_ignored_or_ends_in_a_reconnect() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config("woman", &format!("http://{}", listener.local_addr().unwrap()));
    config.timing.login = Duration::from_millis(300);
    let (_client, mut events, driver) = zvonok_signaling::client(config);
    let driver = tokio::spawn(driver.run());
    for nonsense in NONSENSE {
        let mut socket = accept(&listener).await;
        begin(&mut socket).await;
        socket.send(Message::text(nonsense)).await.unwrap();
        socket.send(Message::binary(nonsense.as_bytes().to_vec())).await.unwrap();
        socket.send(Message::text("2")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap().to_text().unwrap(), "3", "alive after {nonsense:?}");
        expect(&mut events, |event| matches!(event, Event::Malformed).then_some(())).await;
        socket.send(Message::text("42[\"calling\",{\"login\":\"man\"}]")).await.unwrap();
        let caller = expect(&mut events, |event| match event {
            Event::Hub(event) => Some(event),
            _ => None,
        });
        assert_eq!(caller.await, ServerEvent::PlainCalling("man".parse().unwrap()), "after {nonsense:?}");
        drop(socket);
    }
    // Too much of it is no connection.
    let mut socket = accept(&listener).await;
    begin(&mut socket).await;
    for _ in 0..20 {
        socket.send(Message::text("49")).await.unwrap();
    }
    let gave_up = expect(&mut events, |event| match event {
        Event::Offline { error, .. } if matches!(*error, ConnectError::Malformed) => Some(()),
        _ => None,
    });
    gave_up.await;
    assert!(!driver.is_finished());
}

#[tokio::test]
async fn a_handshake_that_is_none_is_said_and_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config("woman", &format!("http://{}", listener.local_addr().unwrap()));
    config.timing.connect = Duration::from_millis(500);
    let (_client, mut events, driver) = zvonok_signaling::client(config);
    let driver = tokio::spawn(driver.run());
    for answer in ["HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "SSH-2.0-nothing\r\n\r\n", ""] {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        drop(stream);
        expect(&mut events, |event| matches!(event, Event::Offline { .. }).then_some(())).await;
    }
    for first in
        [vec!["2"], vec!["x"], vec![OPEN, "44{\"message\":\"no\"}"], vec![OPEN, "40{}"], vec![OPEN, "40{\"sid\":3}"]]
    {
        let mut socket = accept(&listener).await;
        for frame in &first {
            socket.send(Message::text(*frame)).await.unwrap();
        }
        let error = expect(&mut events, |event| match event {
            Event::Offline { error, .. } => Some(error),
            _ => None,
        });
        let error = error.await;
        assert!(
            matches!(*error, ConnectError::NotSocketIo(_) | ConnectError::Refused { .. }),
            "{first:?} gives {error:?}"
        );
    }
    // Silence.
    let _socket = accept(&listener).await;
    expect(&mut events, |event| match event {
        Event::Offline { error, .. } if matches!(*error, ConnectError::Timeout(_)) => Some(()),
        _ => None,
    })
    .await;
    assert!(!driver.is_finished());
}

/// What web servers in front of a hub like to answer, and what attackers do.
fn bad_answers() -> Vec<(&'static str, Vec<u8>)> {
    let whole = |body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    vec![
        ("a page", whole(b"<!doctype html><title>502 Bad Gateway</title>")),
        ("nothing", whole(b"")),
        ("no object", whole(b"[0]")),
        ("no status", whole(b"{}")),
        ("a status in words", whole(b"{\"status\":\"zero\"}")),
        ("success without its members", whole(b"{\"status\":0}")),
        (
            "members of other kinds",
            whole(b"{\"status\":0,\"call_id\":7,\"session\":[],\"expires_at\":-1,\"ttl_ms\":{}}"),
        ),
        (
            "an id that is none",
            whole(b"{\"status\":0,\"call_id\":\"../etc\",\"session\":\"s\",\"expires_at\":1,\"ttl_ms\":1}"),
        ),
        ("no text", whole(&[0xff, 0xfe, 0])),
        ("depth without end", whole(&vec![b'['; 100_000])),
        ("length without end", whole(&vec![b' '; 4_100_000])),
        ("no HTTP", b"SSH-2.0-nothing\r\n\r\n".to_vec()),
        ("half of it", b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{".to_vec()),
    ]
}

#[tokio::test]
async fn an_answer_that_is_none_is_an_error_value_and_may_be_asked_for_again() {
    let hub = crate::rig::Rig::start().await;
    let rest = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = hub.config_at("man", hub.hub_url());
    config.server = format!("http://{}", rest.local_addr().unwrap()).parse().unwrap();
    let (client, _events) = crate::rig::online(config).await;
    for (what, answer) in bad_answers() {
        let login = "woman".parse().unwrap();
        let id = crate::rig::called("0190b0c0-0000-7000-8000-000000000001");
        let asked = client.call(login, id, Mode::TwoWay, Media::Video);
        let answering = async {
            let (mut stream, _) = rest.accept().await.unwrap();
            let mut request = [0; 4096];
            _ = tokio::io::AsyncReadExt::read(&mut stream, &mut request).await.unwrap();
            // A client that has seen enough of it closes first.
            _ = stream.write_all(&answer).await;
        };
        let (asked, ()) = tokio::join!(asked, answering);
        let error = asked.expect_err(what);
        assert!(
            matches!(error, RequestError::Malformed(_) | RequestError::Unanswered(_)) && error.is_retryable(),
            "{what} gives {error:?}"
        );
    }
}
