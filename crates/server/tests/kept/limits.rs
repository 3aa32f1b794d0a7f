//! What the server takes at the most, as set.

use serde_json::json;

use crate::Folder;
use crate::person::Person;
use crate::program::{Place, Program};

#[tokio::test(flavor = "multi_thread")]
async fn so_many_sockets_of_one_address_and_so_many_at_all() {
    let folder = Folder::new();
    let hub = Program::start(&folder, &Place::File, &["--sockets-per-address", "2", "--hub-sockets", "9"]);
    let man = Person::login(&hub.hub, "man", None).await;
    let _woman = Person::login(&hub.hub, "woman", None).await;
    let refused = Person::with(&hub.hub, "boss", "pc", None, None).await.err().unwrap();
    assert!(refused.contains("too_many") && refused.contains("Your address"), "{refused}");
    drop(man);
    // Its seat is free once the hub has noticed.
    let until = tokio::time::Instant::now() + crate::PATIENCE;
    while Person::with(&hub.hub, "boss", "pc", None, None).await.is_err() {
        assert!(tokio::time::Instant::now() < until, "the seat is not given back");
    }
    hub.stop();

    let hub = Program::start(&folder, &Place::File, &["--hub-sockets", "1"]);
    let _man = Person::login(&hub.hub, "man", None).await;
    let refused = Person::with(&hub.hub, "woman", "pc", None, None).await.err().unwrap();
    assert!(refused.contains("too_many") && refused.contains("The hub"), "{refused}");
    hub.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_people_who_are_there_are_known() {
    let folder = Folder::new();
    // The echo is one of them.
    let hub = Program::start(&folder, &Place::File, &["--people", "2"]);
    let man = Person::login(&hub.hub, "man", None).await;
    let refused = Person::with(&hub.hub, "woman", "pc", None, None).await.err().unwrap();
    assert!(refused.contains("too_many"), "{refused}");
    drop(man);
    // He makes room once the hub has noticed that he is gone.
    let until = tokio::time::Instant::now() + crate::PATIENCE;
    while Person::with(&hub.hub, "woman", "pc", None, None).await.is_err() {
        assert!(tokio::time::Instant::now() < until, "nobody makes room");
    }
    hub.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_long_ends_its_socket_alone() {
    let folder = Folder::new();
    let hub = Program::start(&folder, &Place::File, &["--hub-message-bytes", "4096"]);
    let mut man = Person::login(&hub.hub, "man", None).await;
    let mut woman = Person::login(&hub.hub, "woman", None).await;
    man.emit("ring_ack", &json!({ "call_id": "none", "state": "shown", "more": "x".repeat(3_000) })).await;
    man.emits_and_is_ended("ring_ack", &json!({ "more": "x".repeat(5_000) })).await;
    woman.hears_nothing_more().await;
    hub.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_sessions() {
    let folder = Folder::new();
    let server = Program::start(&folder, &Place::File, &["--sessions", "2"]);
    let client = crate::person::http();
    let mut made = Vec::new();
    for _ in 0..3 {
        let request = client.post(format!("{}/openvidu/api/sessions", server.media)).body("{}");
        let request =
            request.basic_auth("OPENVIDUAPP", Some("tests-secret")).header("content-type", "application/json");
        made.push(request.send().await.unwrap().status().as_u16());
    }
    assert_eq!(made[..2], [200, 200]);
    assert!(made[2] >= 400, "{made:?}");
    server.stop();
}
