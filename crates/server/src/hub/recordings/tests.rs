//! A media server that takes its time, and people who do not wait for it.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body as Whole;
use futures_util::poll;
use http::Method;
use serde_json::{Value, json};
use zvonok_openvidu::wire::recorded::RecordingStatus;

use super::*;
use crate::hub::change::RecordingsQuery;
use crate::hub::machine::{Bearer, Input};
use crate::hub::rest;
use crate::hub::slow::{self, Slow, talking};

const PATIENCE: Duration = Duration::from_secs(20);

/// An answer that is under way; who drops it has gone.
fn asked(hub: &Hub, method: Method, path: &str, body: &Value) -> impl Future<Output = Response> + use<> {
    let whole = Whole::from(body.to_string());
    let request = http::Request::builder().method(method).uri(path).body(whole).unwrap();
    let answer = tower::ServiceExt::oneshot(rest::routes(hub.clone()), request);
    async move { answer.await.unwrap() }
}

/// Asks, and goes as soon as the media server was asked.
async fn ask_and_go(hub: &Hub, media: &Slow, method: Method, path: &str, body: Value) {
    {
        let mut asked = pin!(asked(hub, method, path, &body));
        while media.asked.available_permits() == 0 {
            assert!(poll!(&mut asked).is_pending(), "{path}");
            tokio::task::yield_now().await;
        }
    }
    media.asked.acquire().await.unwrap().forget();
    media.may.add_permits(1);
}

/// What the call has, once it is so.
async fn until(hub: &Hub, so: impl Fn(&MediaGrant) -> bool) -> MediaGrant {
    let looks = async {
        loop {
            let said = hub.ask(Some("man".to_owned()), Bearer::None, Request::Media("c1".parse().unwrap())).await;
            let Reply::Media(grant) = said else { unreachable!("{said:?}") };
            if so(&grant) {
                return *grant;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looks).await.expect("the call knows it")
}

async fn body(response: Response) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn start(sid: &str) -> Value {
    json!({ "sid": sid, "action": "start" })
}

const RECORDING: &str = "/calls/c1/recording";

#[tokio::test]
async fn what_the_media_server_was_asked_for_is_known_to_the_call_whoever_has_gone() {
    let media = Slow::new();
    let (hub, stop) = talking(&media).await;
    ask_and_go(&hub, &media, Method::POST, RECORDING, start("man")).await;
    let id = until(&hub, |grant| grant.recording.is_some()).await.recording.unwrap();
    let camera = json!({ "sid": "man", "rtsp_uri": "rtsp://192.0.2.7/", "name": "Door" });
    ask_and_go(&hub, &media, Method::POST, "/calls/c1/cameras", camera).await;
    let grant = until(&hub, |grant| !grant.cameras.is_empty()).await;
    let path = format!("/calls/c1/cameras/{}?sid=man", grant.cameras[0].id);
    ask_and_go(&hub, &media, Method::DELETE, &path, json!({})).await;
    until(&hub, |grant| grant.cameras.is_empty()).await;
    assert_eq!(*media.revoked.lock().unwrap(), ["ipc_1"]);
    ask_and_go(&hub, &media, Method::POST, RECORDING, json!({ "sid": "man", "action": "stop" })).await;
    let of = RecordingsQuery { login: "man".parse().unwrap(), all: true, live: Vec::new() };
    let ended = async {
        while hub.database.recording(&id, &of).await.unwrap().unwrap().seen.status != RecordingStatus::Ready {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("its end is kept");
    stop.cancel();
}

#[tokio::test]
async fn a_recording_that_a_media_server_does_not_know_is_hidden_and_not_forgotten() {
    let media = Slow::new();
    let (hub, stop) = talking(&media).await;
    ask_and_go(&hub, &media, Method::POST, RECORDING, start("man")).await;
    let id = until(&hub, |grant| grant.recording.is_some()).await.recording.unwrap();
    let one = format!("/recordings/{id}?sid=man");
    let known = media.recording.lock().unwrap().take();
    let hidden = body(asked(&hub, Method::GET, &one, &Value::Null).await).await;
    assert_eq!(hidden["code"], "not_in_call", "{hidden}");
    let listed = body(asked(&hub, Method::GET, "/recordings?sid=man", &Value::Null).await).await;
    assert_eq!(listed["recordings"], json!([]), "{listed}");
    *media.recording.lock().unwrap() = known;
    let back = body(asked(&hub, Method::GET, &one, &Value::Null).await).await;
    assert_eq!(back["recording"]["id"], json!(id), "{back}");
    stop.cancel();
}

#[tokio::test]
async fn two_who_start_at_once_are_answered_the_same_recording() {
    let media = Slow::new();
    let (hub, stop) = talking(&media).await;
    let (man, woman) = (start("man"), start("woman"));
    let both = async {
        tokio::join!(asked(&hub, Method::POST, RECORDING, &man), asked(&hub, Method::POST, RECORDING, &woman))
    };
    let mut both = pin!(both);
    // Until the first is under way at the media server, and long enough for the second to come as far.
    let mut turns = 0;
    while media.asked.available_permits() == 0 || turns < 1_000 {
        assert!(poll!(&mut both).is_pending(), "nobody is answered before it records");
        tokio::task::yield_now().await;
        turns += 1;
    }
    media.may.add_permits(1);
    let (one, two) = tokio::time::timeout(PATIENCE, both).await.expect("both are answered");
    let (one, two) = (body(one).await, body(two).await);
    assert_eq!((&one["status"], &two["status"]), (&json!(0), &json!(0)), "{one} {two}");
    assert_eq!(one["recording"]["id"], two["recording"]["id"]);
    stop.cancel();
}

#[tokio::test]
async fn a_recording_that_another_hub_begins_is_answered_as_soon_as_it_is_known() {
    let media = Slow::new();
    let (mut hub, stop) = talking(&media).await;
    // The media server records, and the other hub has not said so yet.
    *media.recording.lock().unwrap() = Some(slow::recording());
    let body_of_start = start("man");
    let never = body(asked(&hub, Method::POST, RECORDING, &body_of_start).await).await;
    assert_eq!(never["code"], "busy", "{never}");
    let before = media.refused.load(Ordering::SeqCst);
    assert_eq!(before, 1, "a hub that is alone waits for nobody");
    hub.many = true;
    let mut answer = pin!(asked(&hub, Method::POST, RECORDING, &body_of_start));
    let refused = async {
        while media.refused.load(Ordering::SeqCst) == before {
            assert!(poll!(&mut answer).is_pending(), "it looks again");
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("the media server is asked");
    let grant = until(&hub, |_| true).await;
    let (id, seen) = ("of another hub".to_owned(), slow::recording());
    let MediaGrant { call_id, session, .. } = grant;
    let media_id = seen.id.clone();
    let kept = KeptRecording { id: id.clone(), call_id: call_id.clone(), session, media_id, started_at: 1, seen };
    hub.database.add_recording(&kept).await.unwrap();
    hub.reply_to(Input::Recorded { call_id, recording: id.clone() }).await;
    let said = body(tokio::time::timeout(PATIENCE, answer).await.expect("an answer")).await;
    assert_eq!((&said["status"], &said["recording"]["id"]), (&json!(0), &json!(id)), "{said}");
    stop.cancel();
}
