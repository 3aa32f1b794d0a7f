//! The program is killed, or stopped, and started again.

use std::time::Duration;

use serde_json::json;

use crate::person::Person;
use crate::postgres::Postgres;
use crate::program::{Place, Program};
use crate::{Folder, PATIENCE};

async fn a_live_ring_rings_again_and_a_dead_one_is_missed_once(place: Place<'_>) {
    let folder = Folder::new();
    let hub = Program::start(&folder, &place, &["--ring-seconds", "45"]);
    let man = Person::login(&hub.hub, "man", None).await;
    let mut woman = Person::login(&hub.hub, "woman", None).await;
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    let first = woman.hears("calling").await;
    hub.kill();

    let hub = Program::start(&folder, &place, &["--ring-seconds", "45"]);
    let mut woman = Person::login(&hub.hub, "woman", first["seq"].as_u64()).await;
    let pending = woman.ack["pending"].as_array().unwrap().clone();
    assert_eq!((pending.len(), &pending[0]["call_id"]), (1, &json!("c1")), "{}", woman.ack);
    assert_eq!(pending[0]["session"], first["session"]);
    assert_eq!(pending[0]["expires_at"], first["expires_at"], "no longer than it would have rung");
    assert!(pending[0]["ttl_ms"].as_u64() < first["ttl_ms"].as_u64());
    woman.hears_nothing_more().await;
    let mut man = Person::login(&hub.hub, "man", Some(0)).await;
    assert_eq!(man.call("woman", "c1").await.1["session"], first["session"], "a repeated request finds it");
    woman.hears_nothing_more().await;
    woman.done("/accept", json!({ "call_id": "c1" })).await;
    man.hears("accepted").await;
    man.done("/hangup", json!({ "call_id": "c1" })).await;
    let seq = woman.hears("ended").await["seq"].as_u64();
    hub.stop();

    let hub = Program::start(&folder, &place, &["--ring-seconds", "1"]);
    let man = Person::login(&hub.hub, "man", Some(0)).await;
    let mut woman = Person::login(&hub.hub, "woman", seq).await;
    woman.hears_nothing_more().await;
    assert_eq!(man.call("woman", "c2").await.1["status"], 0);
    let seq = woman.hears("calling").await["seq"].as_u64();
    hub.kill();

    // It dies while nobody is there to see it.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let hub = Program::start(&folder, &place, &[]);
    let mut woman = Person::login(&hub.hub, "woman", seq).await;
    assert_eq!(woman.ack["pending"], json!([]));
    let missed = woman.hears("missed").await;
    assert_eq!((&missed["call_id"], &missed["from"]["login"]), (&json!("c2"), &json!("man")));
    woman.hears_nothing_more().await;
    let mut man = Person::login(&hub.hub, "man", None).await;
    assert_eq!(man.call("woman", "c1").await.1["code"], json!(null), "lately over: the same answer as before");
    drop(woman);
    hub.kill();

    let hub = Program::start(&folder, &place, &[]);
    let mut woman = Person::login(&hub.hub, "woman", missed["seq"].as_u64()).await;
    woman.hears_nothing_more().await;
    let calls = woman.get("/calls", "limit=1").await;
    assert_eq!((&calls["calls"][0]["call_id"], &calls["calls"][0]["outcome"]), (&json!("c2"), &json!("missed")));
    let next = calls["next"].as_u64().expect("more");
    let calls = woman.get("/calls", &format!("limit=1&before={next}")).await;
    assert_eq!((&calls["calls"][0]["call_id"], &calls["calls"][0]["outcome"]), (&json!("c1"), &json!("answered")));
    assert_eq!(calls["next"], json!(null));
    man = Person::login(&hub.hub, "man", None).await;
    assert_eq!(man.get("/calls", "").await["calls"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn rings_and_history_outlive_the_program_on_sqlite() {
    a_live_ring_rings_again_and_a_dead_one_is_missed_once(Place::File).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rings_and_history_outlive_the_program_on_postgresql() {
    let postgres = Postgres::start();
    a_live_ring_rings_again_and_a_dead_one_is_missed_once(Place::Server(&postgres.url)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_holds_up_no_call_and_is_written_when_it_is_back() {
    let (postgres, folder) = (Postgres::start(), Folder::new());
    let place = Place::Server(&postgres.url);
    let hub = Program::start(&folder, &place, &[]);
    let mut man = Person::login(&hub.hub, "man", None).await;
    let mut woman = Person::login(&hub.hub, "woman", None).await;
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    postgres.freeze(true);
    woman.done("/accept", json!({ "call_id": "c1" })).await;
    man.hears("accepted").await;
    man.done("/hangup", json!({ "call_id": "c1" })).await;
    woman.hears("ended").await;
    assert_eq!(man.call("woman", "c2").await.1["status"], 0, "and new calls ring");
    let ring = woman.hears("calling").await;
    assert!(hub.log().contains("the database does not keep up"), "it is said: {}", hub.log());
    postgres.freeze(false);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !hub.log().contains("the database has caught up") {
        assert!(tokio::time::Instant::now() < deadline, "{}", hub.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
        // Whatever happens makes it look.
        woman.hears_nothing_more().await;
    }
    hub.kill();
    let hub = Program::start(&folder, &place, &[]);
    let woman = Person::login(&hub.hub, "woman", ring["seq"].as_u64()).await;
    assert_eq!(woman.ack["pending"][0]["call_id"], "c2");
    assert_eq!(woman.get("/calls", "").await["calls"][1]["outcome"], "answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_the_database_is_written_when_the_hub_stops() {
    let (postgres, folder) = (Postgres::start(), Folder::new());
    let place = Place::Server(&postgres.url);
    let hub = Program::start(&folder, &place, &[]);
    let man = Person::login(&hub.hub, "man", None).await;
    postgres.freeze(true);
    // More than what is on its way to the database at once.
    for n in 0..150 {
        man.done("/status", json!({ "status": if n % 2 == 0 { "away" } else { "dnd" } })).await;
    }
    hub.ask_to_stop();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !hub.log().contains("stopping") {
        assert!(tokio::time::Instant::now() < deadline, "{}", hub.log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    postgres.freeze(false);
    hub.stopped();
    let hub = Program::start(&folder, &place, &[]);
    let man = Person::login(&hub.hub, "man", None).await;
    assert_eq!(man.ack["me"]["status"], "dnd", "the last thing that changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_holds_up_no_stop_and_what_is_lost_is_said() {
    let (postgres, folder) = (Postgres::start(), Folder::new());
    let hub = Program::start(&folder, &Place::Server(&postgres.url), &[]);
    let man = Person::login(&hub.hub, "man", None).await;
    postgres.freeze(true);
    for _ in 0..150 {
        man.done("/status", json!({ "status": "away" })).await;
    }
    hub.ask_to_stop();
    let log = hub.stopped();
    assert!(log.contains("what the database did not take in time is lost"), "{log}");
    assert!(log.contains("what waits for the database is lost"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_keeps_nothing_ends_what_rings_when_it_stops() {
    let folder = Folder::new();
    let hub = Program::start(&folder, &Place::Server("memory"), &[]);
    let mut man = Person::login(&hub.hub, "man", None).await;
    let mut woman = Person::login(&hub.hub, "woman", None).await;
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    hub.stop();
    assert_eq!(man.hears("ended").await["reason"], "closed");
    woman.hears("missed").await;
    assert!(!folder.0.join("hub.sqlite").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hubs_do_not_share_a_database() {
    let (postgres, folder, other) = (Postgres::start(), Folder::new(), Folder::new());
    for (place, folder, other) in [(Place::File, &folder, &folder), (Place::Server(&postgres.url), &folder, &other)] {
        let hub = Program::start(folder, &place, &[]);
        let said = Program::refused(other, &place, &[]);
        assert!(said.contains("another zvonok-server uses this database") && said.contains("--data-dir"), "{said}");
        hub.kill();
        Program::start(other, &place, &[]).stop();
    }
}
