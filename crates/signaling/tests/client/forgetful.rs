//! The client against a hub that was restarted, and remembers nothing.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use zvonok_signaling::proto::event::ServerEvent;
use zvonok_signaling::{Client, Event};

use crate::malformed::{accept, greet};
use crate::rig::{config, expect};

type Hub = WebSocketStream<TcpStream>;

fn calling(call_id: &str) -> Value {
    json!({ "login": "man", "call_id": call_id, "session": "s", "mode": "two_way", "media": "video",
            "from": { "login": "man", "name": "Man" }, "expires_at": 45_000, "ttl_ms": 45_000 })
}

async fn emit(hub: &mut Hub, name: &str, mut payload: Value, seq: u64) {
    payload["seq"] = json!(seq);
    hub.send(Message::text(format!("42{}", json!([name, payload])))).await.unwrap();
}

/// A new connection, signed in.
async fn welcome(listener: &TcpListener, seq: u64, pending: &[Value]) -> Hub {
    let mut hub = accept(listener).await;
    greet(&mut hub).await;
    let me = json!({ "login": "woman", "name": "Woman", "role": "user", "status": "available" });
    let ack = json!([{ "version": 2, "sid": "s", "me": me, "roster": [], "pending": pending, "seq": seq,
                       "ring_ttl_ms": 45_000, "replay_after": seq }]);
    hub.send(Message::text(format!("431{ack}"))).await.unwrap();
    hub
}

async fn heard(events: &mut mpsc::Receiver<Event>) -> (&'static str, String) {
    expect(events, |event| match event {
        Event::Hub(event) => Some((event.name(), event.call_id().map(ToString::to_string).unwrap_or_default())),
        _ => None,
    })
    .await
}

/// Two calls ring, and the connection breaks.
async fn ringing() -> (TcpListener, Client, mpsc::Receiver<Event>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = config("woman", &format!("http://{}", listener.local_addr().unwrap()));
    let (client, mut events, driver) = zvonok_signaling::client(config);
    tokio::spawn(driver.run());
    let mut hub = welcome(&listener, 0, &[]).await;
    for (seq, id) in [(1, "c1"), (2, "c2")] {
        emit(&mut hub, "calling", calling(id), seq).await;
        assert_eq!(heard(&mut events).await, ("calling", id.to_owned()));
    }
    hub.close(None).await.unwrap();
    while hub.next().await.is_some() {}
    (listener, client, events)
}

#[tokio::test]
async fn a_ring_that_a_restarted_hub_does_not_know_is_over() {
    let (listener, _client, mut events) = ringing().await;
    let mut hub = welcome(&listener, 0, &[calling("c2")]).await;
    assert_eq!(heard(&mut events).await, ("cancelled", "c1".to_owned()));
    emit(&mut hub, "cancelled", json!({ "login": "man", "call_id": "c2" }), 1).await;
    assert_eq!(heard(&mut events).await, ("cancelled", "c2".to_owned()), "which it knows, it ends itself");
}

#[tokio::test]
async fn a_hub_that_remembers_says_itself_what_became_of_a_ring() {
    let (listener, _client, mut events) = ringing().await;
    let mut hub = welcome(&listener, 2, &[]).await;
    let device = json!({ "id": "d", "name": "phone" });
    emit(&mut hub, "answered_elsewhere", json!({ "call_id": "c1", "device": device }), 3).await;
    let event = expect(&mut events, |event| match event {
        Event::Hub(event) => Some(event),
        _ => None,
    });
    assert!(matches!(event.await, ServerEvent::AnsweredElsewhere(_)), "nothing was made up before it");
}
