//! Whatever is sent to the server, it answers with 4xx or closes, and serves the next one.

use futures_util::{SinkExt as _, StreamExt as _};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;
use zvonok_server::Running;

use crate::{PATIENCE, client, http, plain_server};

/// What was found to be worth sending; one a line.
const BODIES: &str = include_str!("corpus/bodies.txt");
const RPC_FRAMES: &str = include_str!("corpus/rpc-frames.txt");
const SOCKET_FRAMES: &str = include_str!("corpus/socket-frames.txt");

/// How many made-up inputs each door gets beside the kept ones.
const MADE_UP: usize = 150;

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    // Names that the server looks for, so that values of the wrong type reach what reads them.
    let name = prop_oneof![
        prop::sample::select(vec![
            "login",
            "sid",
            "call_id",
            "mode",
            "media",
            "status",
            "reason",
            "message",
            "reciever_login",
            "version",
            "device",
            "last_seq",
            "state",
            "customSessionId",
            "mediaMode",
            "role",
            "data",
            "type",
            "kurentoOptions",
            "customIceServers",
            "url",
            "jsonrpc",
            "method",
            "params",
            "id",
            "session",
            "token",
            "metadata",
            "sdpOffer",
            "sender",
            "sdpAnswer",
            "candidate",
            "sdpMid",
            "sdpMLineIndex",
            "streamId",
            "to",
        ])
        .prop_map(str::to_owned),
        "[a-z]{1,8}",
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The kept lines, the kept lines damaged, and made-up ones.
fn inputs(kept: &str) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let mut inputs: Vec<String> = kept.lines().map(str::to_owned).collect();
    let lines = prop::sample::select(inputs.clone());
    let damaged = (lines, any::<prop::sample::Index>(), "\\PC{0,4}", any::<bool>()).prop_map(|(line, at, put, cut)| {
        let chars: Vec<char> = line.chars().collect();
        let at = at.index(chars.len() + 1);
        let (front, back) = chars.split_at(at);
        let back = if cut { &[] } else { back };
        front.iter().copied().chain(put.chars()).chain(back.iter().copied()).collect::<String>()
    });
    let made_up = prop_oneof![3 => damaged, 2 => json().prop_map(|value| value.to_string()), 1 => "\\PC{0,60}"];
    for _ in 0..MADE_UP {
        inputs.push(made_up.new_tree(&mut runner).unwrap().current());
    }
    inputs.push("[".repeat(100_000));
    inputs.push(format!("{{\"login\":\"{}\"}}", "x".repeat(200_000)));
    inputs
}

/// Nothing that was sent has hurt it.
async fn is_well(server: &Running) {
    let health = http().get(server.hub_url.join("healthz").unwrap()).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    let client = client(&server.media_url, server.secret.reveal());
    client.create_session("still-well").await.unwrap();
    client.close_session("still-well").await.unwrap();
    assert_eq!(crate::panics(), 0, "nothing panicked, not even in a task that nobody waits for");
}

#[tokio::test(flavor = "multi_thread")]
async fn openvidus_rest_answers_every_body_with_a_status_of_its_own() {
    let server = plain_server().await;
    let http = http();
    let base = server.media_url.join("openvidu/api/").unwrap();
    client(&server.media_url, server.secret.reveal()).create_session("there").await.unwrap();
    for body in inputs(BODIES) {
        for path in ["sessions", "sessions/there/connection", "tokens", "signal", "recordings/start"] {
            let request = http
                .post(base.join(path).unwrap())
                .basic_auth("OPENVIDUAPP", Some(server.secret.reveal()))
                .header("content-type", "application/json")
                .body(body.clone());
            let Ok(answer) = request.send().await else {
                assert!(body.len() > 64_000, "only a body that is far too large may be cut off: {body}");
                continue;
            };
            let status = answer.status();
            let understood = status.is_success() || status == StatusCode::NOT_IMPLEMENTED;
            assert!(understood || status.is_client_error(), "{path} {status}: {body}");
        }
    }
    is_well(&server).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_paths_and_methods_are_refused() {
    let server = plain_server().await;
    let http = http();
    let odd =
        ["sessions/%2e%2e", "sessions/a%2Fb", "sessions/%00", "sessions//connection", "sessions/%F0%28", "config/x"];
    for path in odd {
        for method in [Method::GET, Method::DELETE, Method::POST, Method::PATCH, Method::PUT, Method::OPTIONS] {
            let url = format!("{}openvidu/api/{path}", server.media_url);
            let request = http.request(method, url).basic_auth("OPENVIDUAPP", Some(server.secret.reveal()));
            let status = request.send().await.unwrap().status();
            assert!(!status.is_server_error() || status == StatusCode::NOT_IMPLEMENTED, "{path} {status}");
        }
    }
    is_well(&server).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hubs_rest_answers_every_body_with_status_code_and_message() {
    let server = plain_server().await;
    let http = http();
    for body in inputs(BODIES) {
        for path in [
            "call",
            "accept",
            "decline",
            "cancel",
            "hangup",
            "status",
            "token",
            "invite",
            "block",
            "settings",
            "login",
            "logout",
            "calls/c1/recording",
            "calls/c1/cameras",
            "calls/%00/cameras",
        ] {
            let url = server.hub_url.join(path).unwrap();
            let request = http.post(url).header("content-type", "application/json").body(body.clone());
            let Ok(answer) = request.send().await else {
                assert!(body.len() > 64_000, "only a body that is far too large may be cut off: {body}");
                continue;
            };
            let status = answer.status();
            assert!(status == StatusCode::OK || status.is_client_error(), "{path} {status}: {body}");
            let said: Value = answer.json().await.unwrap_or_default();
            let explained = said.get("status").is_some() && said.get("message").is_some_and(Value::is_string);
            assert!(explained, "{path} {status} says {said} to {body}");
        }
    }
    is_well(&server).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_rpc_socket_survives_every_frame() {
    let server = plain_server().await;
    client(&server.media_url, server.secret.reveal()).create_session("there").await.unwrap();
    let address = format!("ws://{}/openvidu?sessionId=there", server.media_url.authority());
    flood(&address, &inputs(RPC_FRAMES)).await;
    is_well(&server).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signaling_socket_survives_every_frame() {
    let server = plain_server().await;
    let address = format!("ws://{}/socket.io/?EIO=4&transport=websocket", server.hub_url.authority());
    flood(&address, &inputs(SOCKET_FRAMES)).await;
    is_well(&server).await;
    server.shutdown().await;
}

/// Sends every frame, as text and as bytes, opening a new socket whenever the server closed the last one.
async fn flood(address: &str, frames: &[String]) {
    for chunk in frames.chunks(8) {
        for binary in [false, true] {
            let (mut socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
            for frame in chunk {
                let message =
                    if binary { Message::binary(frame.as_bytes().to_vec()) } else { Message::text(frame.clone()) };
                if socket.send(message).await.is_err() {
                    (socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
                }
            }
            // It may have closed at any frame; what matters is that it comes to an end.
            let _ = socket.close(None).await;
            let ended = tokio::time::timeout(PATIENCE, async { while let Some(Ok(_)) = socket.next().await {} }).await;
            assert!(ended.is_ok(), "the server left a closing socket open after {chunk:?}");
        }
    }
}
