//! Sockets and participants: which is whose, and what one that does not read costs.

use serde_json::json;

use zvonok_server::media::Transport;

use crate::peer::{Peer, address};
use crate::plain_server;
use crate::rpc::Rpc;

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_one_participants_for_good() {
    let server = plain_server().await;
    let (mut man, woman) = (Rpc::join(&server).await, Rpc::join(&server).await);
    let refused = man.ask("connect", json!({ "sessionId": woman.rpc, "reconnect": true })).await;
    assert_eq!(refused.unwrap_err()["code"], 40007, "or nobody would ever hear that the man's socket is lost");
    man.ask("echo", json!({})).await.unwrap();
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_connect_without_having_been_away_stays() {
    let server = plain_server().await;
    let mut man = Rpc::join(&server).await;
    let rpc = man.rpc.clone();
    man.ask("connect", json!({ "sessionId": rpc, "reconnect": true })).await.unwrap();
    man.ask("echo", json!({})).await.unwrap();
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_loses_the_socket_before_it_costs_much_memory() {
    const SIGNALS: usize = 200;
    let server = plain_server().await;
    let mut woman = Rpc::join(&server).await;
    let text = "x".repeat(200_000);
    let mut man = Rpc::join(&server).await;
    for sent in 0..SIGNALS {
        // So many is what one may say at once.
        if sent % 4 == 0 {
            man = Rpc::join(&server).await;
        }
        let message = json!({ "to": [], "type": "signal:chat", "data": text }).to_string();
        man.ask("sendMessage", json!({ "message": message })).await.unwrap();
    }
    let mut heard = 0;
    while woman.next().await.is_some() {
        heard += 1;
    }
    assert!(heard < SIGNALS / 2, "{heard} of {SIGNALS} long signals waited in the server for one who does not read");
    man.ask("echo", json!({})).await.unwrap();
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_ping_is_answered_with_an_error() {
    let server = plain_server().await;
    let mut socket = Rpc::open(&server).await;
    for ping in [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "ping", "params": [] }),
        json!({ "jsonrpc": "2.0", "id": 3, "method": "ping", "params": { "interval": "soon" } }),
        json!({ "id": 4, "method": "ping" }),
    ] {
        socket.send_as_it_is(&ping).await;
        let pong = socket.next().await.unwrap();
        assert_eq!((&pong["id"], &pong["result"]["value"]), (&ping["id"], &json!("pong")), "{pong}");
    }
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_a_stream_says_how_large_and_others_are_told_what_is_wrong() {
    let server = plain_server().await;
    let (mut man, joined) = Rpc::join_and_hear(&server).await;
    assert_eq!(joined["features"], json!(["showsVideo"]));
    let mut woman = Rpc::join(&server).await;
    let to = address(&server, Transport::Udp);
    let (_sends, stream) = Peer::new(Transport::Udp, to).await.publish(&mut man).await;
    let shows = |width: i64| json!({ "sender": stream, "width": width, "height": 180 });
    let refused = woman.ask("showsVideo", shows(320)).await.unwrap_err();
    assert_eq!(refused["code"], 105, "it is not received yet: {refused}");
    let mut sees = Peer::new(Transport::Udp, to).await.receive(&mut woman, &stream).await;
    sees.receives(5).await;
    woman.ask("showsVideo", shows(320)).await.unwrap();
    woman.ask("showsVideo", shows(0)).await.unwrap();
    for odd in [shows(-1), shows(70_000), json!({ "sender": stream }), json!(null), json!([])] {
        let refused = woman.ask("showsVideo", odd).await.unwrap_err();
        assert_eq!(refused["code"], -32602, "{refused}");
    }
    woman.ask("echo", json!({})).await.unwrap();
    server.shutdown().await;
}
