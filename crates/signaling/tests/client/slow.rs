//! The client against a hub whose acknowledgement of `login` is slow.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use zvonok_signaling::proto::event::ServerEvent;
use zvonok_signaling::{Client, Contract, Event};

use crate::malformed::{accept, greet};
use crate::rig::{config, expect};

type Hub = WebSocketStream<TcpStream>;

/// A hub that has heard `login` and not answered it, and a client that waits so long.
async fn heard_login(patience: Duration) -> (Hub, Client, mpsc::Receiver<Event>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config("woman", &format!("http://{}", listener.local_addr().unwrap()));
    config.timing.login = patience;
    let (client, events, driver) = zvonok_signaling::client(config);
    tokio::spawn(driver.run());
    let mut hub = accept(&listener).await;
    greet(&mut hub).await;
    (hub, client, events)
}

async fn acknowledge(hub: &mut Hub) {
    let me = json!({ "login": "woman", "name": "Woman", "role": "user", "status": "available" });
    let ack = json!([{ "version": 2, "sid": "s", "me": me, "roster": [], "pending": [], "seq": 1,
                       "ring_ttl_ms": 45_000, "replay_after": 0 }]);
    hub.send(Message::text(format!("431{ack}"))).await.unwrap();
}

async fn miss(hub: &mut Hub, seq: u64) {
    let missed = json!(["missed", { "call_id": format!("c{seq}"), "from": { "login": "man", "name": "Man" },
                                    "mode": "watch", "at": 1, "seq": seq }]);
    hub.send(Message::text(format!("42{missed}"))).await.unwrap();
}

async fn missed(events: &mut mpsc::Receiver<Event>) -> String {
    expect(events, |event| match event {
        Event::Hub(ServerEvent::Missed(missed)) => Some(missed.call_id.to_string()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_late_acknowledgement_still_makes_it_a_hub_of_part_b() {
    let (mut hub, client, mut events) = heard_login(Duration::from_millis(100)).await;
    expect(&mut events, |event| matches!(event, Event::Online(Contract::Plain)).then_some(())).await;
    assert_eq!(client.is_extended(), Some(false));
    acknowledge(&mut hub).await;
    expect(&mut events, |event| matches!(event, Event::Online(Contract::Extended(_))).then_some(())).await;
    assert_eq!(client.is_extended(), Some(true));
    miss(&mut hub, 1).await;
    assert_eq!(missed(&mut events).await, "c1");
}

#[tokio::test]
async fn what_came_before_the_acknowledgement_is_not_told_twice() {
    let (mut hub, _client, mut events) = heard_login(Duration::from_secs(10)).await;
    miss(&mut hub, 1).await;
    acknowledge(&mut hub).await;
    miss(&mut hub, 1).await;
    miss(&mut hub, 2).await;
    assert_eq!(missed(&mut events).await, "c1");
    assert_eq!(missed(&mut events).await, "c2");
    // The socket stands while the test does.
    hub.close(None).await.unwrap();
    while hub.next().await.is_some() {}
}
