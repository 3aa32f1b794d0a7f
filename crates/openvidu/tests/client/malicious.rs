//! A server that the user was talked into: whatever it answers, an error value comes out.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;
use zvonok_openvidu::wire::Role;
use zvonok_openvidu::{Client, Error};

use crate::support::{client, serve, url};

/// A server that answers every request with these very bytes and closes.
async fn raw(answer: Vec<u8>) -> Url {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = url("http", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0_u8; 4_096];
            // Whatever goes wrong here is what the client has to live with.
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(&answer).await;
            let _ = socket.shutdown().await;
        }
    });
    base
}

async fn serve_body(status: u16, body: impl Into<axum::body::Bytes>) -> Client {
    let (status, body) = (StatusCode::from_u16(status).unwrap(), body.into());
    client(serve(Router::new().fallback(move || async move { (status, body).into_response() })).await)
}

/// Everything the client can ask for ends in an error that is not a panic and not a success.
async fn all_fail(client: &Client) {
    assert!(client.probe().await.is_err());
    assert!(client.create_session("s").await.is_err());
    assert!(client.create_connection("s", Role::Publisher, "").await.is_err());
    assert!(client.fetch("s").await.is_err());
}

#[tokio::test]
async fn answers_without_sense_are_malformed() {
    for body in [
        "",
        "null",
        "[]",
        "{",
        "\"text\"",
        "{\"id\":5}",
        "{\"id\":\"other\"}",
        "{\"connectionId\":\"con_A\"}",
        "{\"connectionId\":\"con_A\",\"token\":\"https://x\"}",
        "{\"connectionId\":\"con_A\",\"token\":\"wss://\"}",
        "{\"connectionId\":\"con_A\",\"token\":\"wss://x?a=b\\nc\"}",
        "{\"connectionId\":\"../..\",\"token\":\"wss://x?token=tok_1\"}",
        "{\"connectionId\":\"con_A\",\"token\":null}",
        "\u{feff}{}",
        "<html></html>",
    ] {
        let client = serve_body(200, body).await;
        all_fail(&client).await;
        let error = client.create_connection("s", Role::Publisher, "").await.unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{body}: {error:?}");
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn nesting_without_end_and_bodies_without_end_are_refused() {
    let client = serve_body(200, "[".repeat(200_000)).await;
    all_fail(&client).await;

    let endless = Router::new().fallback(|| async {
        let stream = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 65_536]));
        Body::from_stream(stream).into_response()
    });
    let error = self::client(serve(endless).await).create_session("s").await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
}

#[tokio::test]
async fn unexpected_statuses_are_error_values() {
    for status in [201_u16, 204, 206, 299, 300, 302, 304, 308, 400, 401, 403, 404, 406, 418, 429, 500, 502, 503, 599] {
        let client = serve_body(status, "{}").await;
        let error = client.create_session("s").await.unwrap_err();
        match status {
            401 => assert!(matches!(error, Error::SecretRefused { .. })),
            300..=399 => assert!(matches!(error, Error::Redirected { .. })),
            500.. => assert!(matches!(error, Error::Trouble { .. }) && error.is_retryable()),
            200..=299 => assert!(matches!(error, Error::Malformed { .. })),
            _ => assert!(matches!(error, Error::Refused { .. }), "{status}: {error:?}"),
        }
    }
}

#[tokio::test]
async fn the_servers_words_are_cut_and_cleaned() {
    let words = "no\\u001b[31m ".repeat(500);
    let body = format!(r#"{{"timestamp":1,"status":400,"error":"Bad Request","message":"{words}","path":"/"}}"#);
    let client = serve_body(400, body).await;
    let Err(Error::Refused { message, .. }) = client.create_session("s").await else { panic!("refused") };
    assert!(message.starts_with("no[31m no"), "{message}");
    assert!(message.chars().count() <= 200);
}

#[tokio::test]
async fn what_is_not_http_is_no_openvidu() {
    for answer in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"\x15\x03\x01\x00\x02\x02\x50", b"HTTP/9.9 999 ?\r\n\r\n"] {
        let client = client(raw(answer.to_vec()).await);
        let error = client.probe().await.unwrap_err();
        assert!(matches!(error, Error::NotOpenvidu { .. } | Error::Unreachable { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_malformed() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":".to_vec();
    let error = client(raw(answer).await).create_session("s").await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. } | Error::Unreachable { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn silence_has_an_end() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let client = client(url("http", listener.local_addr().unwrap()));
    // The clock is made up: it jumps to the next timer, and gives the real socket no time to answer, which it never does.
    let error = tokio::time::timeout(Duration::from_secs(60), client.probe()).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_answer_makes_the_client_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), framed in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let answer = if framed {
                let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", bytes.len()).into_bytes();
                answer.extend_from_slice(&bytes);
                answer
            } else {
                bytes
            };
            all_fail(&client(raw(answer).await)).await;
        });
    }
}
