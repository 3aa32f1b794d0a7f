//! Recordings and cameras by the hub, with the media server that is in it: nobody but the hub has the secret.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::person::{Person, answer, http};
use crate::postgres::Postgres;
use crate::program::{Place, Program, user};
use crate::{Folder, PATIENCE};

const PASSWORD: &str = "planted-password-7Gk2";

/// A hub whose people have accounts; the boss is an admin.
fn hub(folder: &Folder, place: &Place<'_>, args: &[&str]) -> Program {
    for (login, role) in [("man", "member"), ("woman", "member"), ("stranger", "member"), ("boss", "admin")] {
        let (done, said) = user(folder, place, &["add", login, "--role", role], &format!("{PASSWORD}\n"));
        assert!(done, "{said}");
    }
    Program::start(folder, place, args)
}

async fn sign_in(hub: &Program, login: &str) -> String {
    let body = json!({ "login": login, "password": PASSWORD, "device": { "id": "x", "name": "pc" } });
    let (status, said) = answer(http().post(format!("{}/login", hub.hub)).json(&body)).await;
    assert_eq!(status, 200, "{said}");
    said["token"].as_str().unwrap().to_owned()
}

/// Somebody who is signed in on one device, and the token of that.
async fn person(hub: &Program, login: &str) -> (Person, String) {
    let token = sign_in(hub, login).await;
    (Person::with(&hub.hub, login, "pc", None, Some(&token)).await.unwrap(), token)
}

/// Joins the call's session as a window would, and stays as long as this lives.
pub(crate) async fn join(who: &Person, call: &str) -> impl Drop + use<> {
    struct There(tokio::task::JoinHandle<()>);
    impl Drop for There {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    let granted = who.done("/token", json!({ "call_id": call })).await;
    let token = granted["token"].as_str().unwrap().to_owned();
    let (address, query) = token.split_once('?').unwrap();
    let session = query.split(['=', '&']).nth(1).unwrap().to_owned();
    let url = format!("{address}/openvidu?sessionId={session}");
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let params = json!({ "token": token, "session": session, "secret": "", "metadata": "" });
    let frame = json!({ "jsonrpc": "2.0", "id": 1, "method": "joinRoom", "params": params });
    socket.send(Message::text(frame.to_string())).await.unwrap();
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await.expect("in time").unwrap().unwrap();
        let Message::Text(text) = message else { continue };
        let said: Value = serde_json::from_str(text.as_str()).unwrap();
        if said["id"] == 1 {
            assert!(said["result"].is_object(), "{said}");
            break;
        }
    }
    There(tokio::spawn(async move { while let Some(Ok(_)) = socket.next().await {} }))
}

async fn delete(who: &Person, hub: &Program, token: &str, path: &str) -> (u16, Value) {
    answer(http().delete(format!("{}{path}?sid={}", hub.hub, who.sid)).bearer_auth(token)).await
}

async fn those_in_a_call_record_it_and_nobody_else(place: Place<'_>) {
    let folder = Folder::new();
    let hub = hub(&folder, &place, &[]);
    let (man, _) = person(&hub, "man").await;
    let (mut woman, _) = person(&hub, "woman").await;
    let (stranger, strangers) = person(&hub, "stranger").await;
    let (boss, _) = person(&hub, "boss").await;
    for feature in ["recording", "cameras"] {
        assert!(man.ack["features"].as_array().unwrap().contains(&json!(feature)), "{}", man.ack);
    }
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    woman.done("/accept", json!({ "call_id": "c1" })).await;

    let start = json!({ "action": "start" });
    let early = man.post("/calls/c1/recording", start.clone()).await;
    assert_eq!((early.0, &early.1["code"]), (200, &json!("unavailable")), "nobody is there yet: {}", early.1);
    assert!(early.1["message"].as_str().unwrap().starts_with("Nobody sends picture or sound"), "{}", early.1);
    let there = join(&man, "c1").await;
    let refused = stranger.post("/calls/c1/recording", start.clone()).await;
    assert_eq!((refused.0, &refused.1["code"]), (200, &json!("not_in_call")));
    assert_eq!(man.post("/calls/c1/recording", json!({ "action": "pause" })).await.0, 400);
    assert_eq!(man.post("/calls/no%20id/recording", start.clone()).await.0, 400);
    let unsigned =
        http().post(format!("{}/calls/c1/recording", hub.hub)).json(&json!({ "sid": man.sid, "action": "start" }));
    assert_eq!(answer(unsigned).await.0, 401);

    let begun = man.done("/calls/c1/recording", start.clone()).await["recording"].clone();
    assert_eq!((&begun["status"], &begun["call_id"]), (&json!("started"), &json!("c1")), "{begun}");
    let id = begun["id"].as_str().unwrap().to_owned();
    let again = woman.done("/calls/c1/recording", start.clone()).await;
    assert_eq!(again["recording"]["id"], json!(id), "a call that is being recorded goes on being so");
    for who in [&man, &woman, &boss] {
        let listed = who.get("/recordings", "").await;
        assert_eq!(
            (&listed["recordings"][0]["id"], &listed["recordings"][0]["status"]),
            (&json!(id), &json!("started"))
        );
    }
    assert_eq!(stranger.get("/recordings", "").await["recordings"], json!([]));
    let hidden = stranger.get(&format!("/recordings/{id}"), "").await;
    assert_eq!((&hidden["code"], hidden.get("recording")), (&json!("not_in_call"), None));

    let ended = boss.done("/calls/c1/recording", json!({ "action": "stop" })).await["recording"].clone();
    assert_eq!(ended["id"], json!(id), "an admin may, without being in the call: {ended}");
    assert!(["stopped", "ready", "failed"].contains(&ended["status"].as_str().unwrap()), "{ended}");
    let repeated = man.done("/calls/c1/recording", json!({ "action": "stop" })).await;
    assert_eq!(repeated["recording"]["id"], json!(id), "which repeated changes nothing");
    let second = man.done("/calls/c1/recording", start).await["recording"]["id"].as_str().unwrap().to_owned();
    assert_ne!(second, id);

    // The call ends, and the recording with it; who was in the call finds both, also after the program was killed.
    man.done("/hangup", json!({ "call_id": "c1" })).await;
    drop(there);
    let over = async {
        loop {
            let now = woman.get(&format!("/recordings/{second}"), "").await;
            if !["starting", "started", "stopped"].contains(&now["recording"]["status"].as_str().unwrap()) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, over).await.expect("it ends with its call");
    let late = man.post("/calls/c1/recording", json!({ "action": "start" })).await;
    assert_eq!(late.1["code"], "not_in_call");
    hub.kill();
    let hub = Program::start(&folder, &place, &[]);
    let listed = answer(http().get(format!("{}/recordings?limit=1", hub.hub)).bearer_auth(&strangers)).await;
    assert_eq!((listed.0, &listed.1["recordings"]), (200, &json!([])));
    let womans = sign_in(&hub, "woman").await;
    let page = async |query: &str| {
        let request = http().get(format!("{}/recordings?{query}", hub.hub));
        answer(request.bearer_auth(&womans)).await.1
    };
    let first = page("limit=1").await;
    assert_eq!(first["recordings"][0]["id"], json!(second), "newest first: {first}");
    let rest = page(&format!("limit=1&before={}", first["next"])).await;
    assert_eq!((&rest["recordings"][0]["id"], rest.get("next")), (&json!(id), None), "{rest}");
    let told = first.to_string() + &rest.to_string();
    assert!(!told.contains("tests-secret") && !told.contains("/openvidu/"), "nothing of the media server: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_in_a_call_record_it_and_nobody_else_on_sqlite() {
    those_in_a_call_record_it_and_nobody_else(Place::File).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_in_a_call_record_it_and_nobody_else_on_postgresql() {
    let postgres = Postgres::start();
    those_in_a_call_record_it_and_nobody_else(Place::Server(&postgres.url)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cameras_come_into_a_call_and_go_without_anybody_having_the_secret() {
    let (folder, place) = (Folder::new(), Place::File);
    let hub = hub(&folder, &place, &["--ipcam-allow", "127.0.0.2/32"]);
    let (man, mans) = person(&hub, "man").await;
    let (mut woman, _) = person(&hub, "woman").await;
    let (stranger, strangers) = person(&hub, "stranger").await;
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    woman.done("/accept", json!({ "call_id": "c1" })).await;
    let _there = join(&man, "c1").await;

    for (uri, said) in [
        ("file:///etc/passwd", "RtspUri has to be an address that begins with rtsp:// or rtsps://."),
        ("http://192.0.2.7/", "RtspUri has to be an address that begins with rtsp:// or rtsps://."),
        (
            "rtsp://user:planted@127.0.0.1:1/",
            "RtspUri leads to this machine or to its link, which needs --ipcam-allow.",
        ),
    ] {
        let refused = man.post("/calls/c1/cameras", json!({ "rtsp_uri": uri, "name": "Door" })).await;
        assert_eq!((refused.0, refused.1["message"].as_str().unwrap()), (400, said), "{uri}");
    }
    // Nobody answers there: it is let in all the same, and comes when it comes.
    let uri = "rtsp://user:planted-camera-password@127.0.0.2:1/stream";
    let new = json!({ "rtsp_uri": uri, "name": "Door" });
    let refused = stranger.post("/calls/c1/cameras", new.clone()).await;
    assert_eq!(refused.1["code"], "not_in_call");
    let camera = man.done("/calls/c1/cameras", new).await["camera"].clone();
    assert_eq!(camera["name"], "Door");
    let id = camera["id"].as_str().unwrap();
    assert!(!camera.to_string().contains("127.0.0.2") && !camera.to_string().contains("planted"), "{camera}");
    assert_eq!(hub.cameras().await, [uri], "the media server has it");

    let path = format!("/calls/c1/cameras/{id}");
    assert_eq!(delete(&stranger, &hub, &strangers, &path).await.1["code"], "not_in_call");
    assert_eq!(hub.cameras().await.len(), 1);
    for _ in 0..2 {
        let gone = delete(&man, &hub, &mans, &path).await;
        assert_eq!((gone.0, &gone.1["status"]), (200, &json!(0)), "{}", gone.1);
    }
    assert!(hub.cameras().await.is_empty());
    assert!(!hub.log().contains("planted") && !hub.log().contains("127.0.0.2"), "{}", hub.log());
}
