//! Whose recordings are on which page, asked of both databases.

use serde_json::{Value, json};
use zvonok_server::database::{Database, Place};
use zvonok_server::hub::change::{Change, KeptRecording, RecordingsQuery};
use zvonok_signaling_proto::Login;

use crate::Folder;
use crate::postgres::Postgres;

const NOW: u64 = 1_800_000_000_000;

fn login(name: &str) -> Login {
    name.parse().unwrap()
}

/// A call in somebody's history, who talked in it or was only rung.
fn record(whose: &str, call: &str, talked: bool) -> Change {
    let outcome = if talked { "answered" } else { "missed" };
    let body = json!({ "call_id": call, "direction": "in", "with": ["woman"], "mode": "two_way", "started_at": NOW,
                       "answered_at": if talked { json!(NOW) } else { Value::Null }, "outcome": outcome });
    Change::History(login(whose), serde_json::from_value(body).unwrap())
}

fn recording(id: &str, call: &str, started_at: u64) -> KeptRecording {
    let seen = json!({ "id": id, "object": "recording", "name": call, "outputMode": "INDIVIDUAL", "sessionId": "s",
                       "createdAt": started_at, "size": 1, "duration": 1.0, "url": null, "hasAudio": true,
                       "hasVideo": true, "status": "ready" });
    let (session, media_id, seen) = ("s".to_owned(), id.to_owned(), serde_json::from_value(seen).unwrap());
    KeptRecording { id: id.to_owned(), call_id: call.parse().unwrap(), session, media_id, started_at, seen }
}

fn query(whose: &str, all: bool, live: &[&str]) -> RecordingsQuery {
    let live = live.iter().map(|call| call.parse().unwrap()).collect();
    RecordingsQuery { login: login(whose), all, live }
}

async fn recordings_of_calls_that_only_rang_are_on_no_page_and_hide_no_other(place: Place) {
    let database = Database::open(&place).await.unwrap();
    // The man talks in the oldest call and the newest, and is rung by so many others between them, all at once.
    let mut calls = vec![record("man", "oldest", true), record("man", "newest", true)];
    database.add_recording(&recording("oldest", "oldest", NOW)).await.unwrap();
    database.add_recording(&recording("newest", "newest", NOW + 2)).await.unwrap();
    for n in 0..250 {
        let (id, talked) = (format!("r{n:03}"), n == 7);
        calls.push(record("man", &id, talked));
        calls.push(record("stranger", &id, false));
        database.add_recording(&recording(&id, &id, NOW + 1)).await.unwrap();
    }
    database.write(&calls).await.unwrap();

    let ids = async |of: &RecordingsQuery, before, limit| -> Vec<String> {
        let found = database.recordings(of, before, limit).await.unwrap();
        found.into_iter().map(|found| found.id).collect()
    };
    let man = query("man", false, &[]);
    assert_eq!(ids(&man, None, 9).await, ["newest", "r007", "oldest"]);
    assert_eq!(ids(&man, None, 2).await, ["newest", "r007"], "so many, whatever is between them");
    assert_eq!(ids(&man, Some(NOW + 2), 1).await, ["r007"]);
    assert_eq!(ids(&man, Some(NOW + 1), 9).await, ["oldest"]);
    assert_eq!(ids(&man, Some(NOW), 9).await, [""; 0]);

    let stranger = query("stranger", false, &[]);
    assert_eq!(ids(&stranger, None, 9).await, [""; 0], "who was only rung sees none of them");
    assert!(database.recording("r007", &stranger).await.unwrap().is_none());
    assert!(database.recording("r007", &man).await.unwrap().is_some());
    let talking = query("stranger", false, &["r003"]);
    assert_eq!(ids(&talking, None, 9).await, ["r003"], "but one of a call that goes on, and who is in it");

    let admin = query("boss", true, &[]);
    assert_eq!(ids(&admin, None, 300).await.len(), 252);
    assert_eq!(ids(&admin, None, 2).await, ["newest", "r249"]);
    database.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_of_calls_that_only_rang_are_on_no_page_and_hide_no_other_on_sqlite() {
    let folder = Folder::new();
    let place = Place::File(folder.0.join("hub.sqlite"));
    recordings_of_calls_that_only_rang_are_on_no_page_and_hide_no_other(place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_of_calls_that_only_rang_are_on_no_page_and_hide_no_other_on_postgresql() {
    let postgres = Postgres::start();
    let place = Place::Server(postgres.url.parse().unwrap());
    recordings_of_calls_that_only_rang_are_on_no_page_and_hide_no_other(place).await;
}
