//! Three in a call, over the real sockets.

use serde_json::json;

use crate::Folder;
use crate::person::Person;
use crate::program::{Place, Program};

#[tokio::test(flavor = "multi_thread")]
async fn a_third_is_invited_joins_and_leaves_and_a_killed_hub_knows_it() {
    let folder = Folder::new();
    let hub = Program::start(&folder, &Place::File, &[]);
    let mut man = Person::login(&hub.hub, "man", None).await;
    let mut woman = Person::login(&hub.hub, "woman", None).await;
    let mut third = Person::login(&hub.hub, "third", None).await;
    assert!(man.ack["features"].as_array().unwrap().contains(&json!("groups")));
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    let session = woman.done("/accept", json!({ "call_id": "c1" })).await["session"].clone();
    man.hears("accepted").await;
    let (http, answer) = third.post("/invite", json!({ "call_id": "c1", "login": "echo" })).await;
    assert_eq!((http, &answer["code"]), (200, &json!("not_in_call")));
    man.done("/invite", json!({ "call_id": "c1", "login": "third" })).await;
    let ring = third.hears("calling").await;
    assert_eq!((&ring["group"], &ring["session"]), (&json!(["man", "woman"]), &session));
    hub.kill();

    let hub = Program::start(&folder, &Place::File, &[]);
    let mut man = Person::login(&hub.hub, "man", Some(1)).await;
    let mut woman = Person::login(&hub.hub, "woman", Some(1)).await;
    let mut third = Person::login(&hub.hub, "third", ring["seq"].as_u64()).await;
    assert_eq!(third.ack["pending"][0]["group"], json!(["man", "woman"]));
    assert_eq!(third.done("/accept", json!({ "call_id": "c1" })).await["session"], session);
    man.hears("accepted").await;
    assert_eq!(man.hears("joined").await["login"], "third");
    woman.hears("joined").await;
    assert_eq!(third.done("/token", json!({ "call_id": "c1" })).await["role"], "PUBLISHER");
    third.done("/hangup", json!({ "call_id": "c1" })).await;
    assert_eq!(third.hears("ended").await["by"], "third");
    assert_eq!(man.hears("left").await["login"], "third");
    woman.hears("left").await;
    man.done("/hangup", json!({ "call_id": "c1" })).await;
    woman.hears("ended").await;
    third.hears_nothing_more().await;
    let calls = third.get("/calls", "").await["calls"].clone();
    assert_eq!((&calls[0]["with"], &calls[0]["outcome"]), (&json!(["man", "woman"]), &json!("answered")));
    assert_eq!(woman.get("/calls", "").await["calls"][0]["with"], json!(["man", "third"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn do_not_disturb_and_call_waiting_are_kept() {
    let folder = Folder::new();
    let hub = Program::start(&folder, &Place::File, &[]);
    let woman = Person::login(&hub.hub, "woman", None).await;
    woman.done("/status", json!({ "status": "dnd" })).await;
    woman.done("/settings", json!({ "call_waiting": true })).await;
    hub.kill();
    let hub = Program::start(&folder, &Place::File, &[]);
    let mut woman = Person::login(&hub.hub, "woman", None).await;
    assert_eq!((&woman.ack["me"]["status"], &woman.ack["me"]["call_waiting"]), (&json!("dnd"), &json!(true)));
    let man = Person::login(&hub.hub, "man", None).await;
    assert_eq!(man.call("woman", "c1").await.1["code"], "dnd");
    woman.hears("missed").await;
    woman.done("/status", json!({ "status": "away" })).await;
    assert_eq!(man.call("woman", "c2").await.1["status"], 0, "who is away is rung");
    woman.hears("calling").await;
    woman.done("/accept", json!({ "call_id": "c2" })).await;
    let third = Person::login(&hub.hub, "third", None).await;
    assert_eq!(third.call("woman", "c3").await.1["status"], 0);
    woman.hears("calling").await;
}
