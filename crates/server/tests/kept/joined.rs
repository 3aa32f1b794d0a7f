//! Many hubs that are one: people, devices, accounts and calls do not see which is whose.

use serde_json::{Value, json};

use crate::person::{Person, answer, http};
use crate::postgres::Postgres;
use crate::program::{Place, Program, user};
use crate::recordings::join;
use crate::redis::Redis;
use crate::{Folder, PATIENCE};

/// What joined hubs share.
pub(crate) struct Site {
    pub(crate) postgres: Postgres,
    pub(crate) redis: Redis,
    _media: Program,
    openvidu: String,
    folders: Vec<Folder>,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = Folder::new();
        std::fs::write(folder.0.join("secret"), "tests-secret").unwrap();
        let media = Program::start(&folder, &Place::Server("memory"), &[]);
        let openvidu = format!("{},{}", media.media, folder.0.join("secret").display());
        Self { postgres: Postgres::start(), redis: Redis::start(), _media: media, openvidu, folders: vec![folder] }
    }

    pub(crate) fn hub(&mut self) -> Program {
        self.hub_by(&self.redis.url.clone())
    }

    /// A hub that reaches Redis by that address.
    pub(crate) fn hub_by(&mut self, redis: &str) -> Program {
        self.folders.push(Folder::new());
        let place = Place::Server(&self.postgres.url);
        let args = ["--redis-url", redis, "--openvidu", &self.openvidu];
        Program::start(self.folders.last().unwrap(), &place, &args)
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.folders[0]
    }
}

/// Waits until a program has said that, so often.
pub(crate) async fn says(program: &Program, words: &str, times: usize) {
    let until = tokio::time::Instant::now() + PATIENCE;
    while program.log().matches(words).count() < times {
        assert!(tokio::time::Instant::now() < until, "{words} is not in {}", program.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Two hubs, of which the first leads.
pub(crate) async fn two(site: &mut Site) -> (Program, Program) {
    let one = site.hub();
    says(&one, "the hubs are one", 1).await;
    (one, site.hub())
}

/// How somebody is seen.
pub(crate) async fn status_of(who: &Person, other: &str) -> Value {
    let users = who.get("/users", "").await;
    let found: Vec<_> = users["users"].as_array().unwrap().iter().filter(|user| user["login"] == other).collect();
    assert_eq!(found.len(), 1, "a person is one: {users}");
    found[0]["status"].clone()
}

/// Waits until somebody is seen so.
pub(crate) async fn becomes(who: &Person, other: &str, status: &str) {
    let until = tokio::time::Instant::now() + PATIENCE;
    let mut pause = tokio::time::interval(std::time::Duration::from_millis(50));
    loop {
        let is = status_of(who, other).await;
        if is == status {
            return;
        }
        assert!(tokio::time::Instant::now() < until, "{other} is {is}, and not {status}");
        pause.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_on_different_hubs_call_each_other() {
    let mut site = Site::new();
    let (one, two) = two(&mut site).await;
    let mut man = Person::login(&one.hub, "man", None).await;
    let mut woman = Person::login(&two.hub, "woman", None).await;
    assert_eq!(woman.ack["roster"][0]["login"], "man");
    for id in ["c1", "c2"] {
        let (caller, called) = if id == "c1" { (&mut man, &mut woman) } else { (&mut woman, &mut man) };
        let (_, placed) = caller.call(&called.login, id).await;
        assert_eq!((&placed["status"], placed["devices"].as_array().unwrap().len()), (&json!(0), 1), "{placed}");
        let calling = called.hears("calling").await;
        assert_eq!((&calling["call_id"], &calling["session"]), (&json!(id), &placed["session"]));
        called.done("/accept", json!({ "call_id": id })).await;
        assert_eq!(caller.hears("accepted").await["call_id"], id);
        let (mine, hers) = (
            caller.done("/token", json!({ "call_id": id })).await,
            called.done("/token", json!({ "call_id": id })).await,
        );
        assert_eq!(mine["openvidu"], hers["openvidu"], "both go to the same media server");
        assert_ne!(mine["token"], hers["token"]);
        assert_eq!(status_of(caller, &called.login).await, "busy");
        caller.done("/hangup", json!({ "call_id": id })).await;
        for person in [&mut *caller, &mut *called] {
            assert_eq!(person.hears("ended").await["reason"], "hangup");
        }
    }
    let history = |calls: Value| calls["calls"].as_array().unwrap().iter().map(|c| c["call_id"].clone()).collect();
    let of_man: Vec<_> = history(man.get("/calls", "").await);
    let of_woman: Vec<_> = history(woman.get("/calls", "").await);
    assert_eq!((&of_man, &of_woman), (&vec![json!("c2"), json!("c1")], &of_man));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_recorded_by_whichever_hub_is_asked() {
    let mut site = Site::new();
    let (one, two) = two(&mut site).await;
    let man = Person::login(&one.hub, "man", None).await;
    let mut woman = Person::login(&two.hub, "woman", None).await;
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    woman.done("/accept", json!({ "call_id": "c1" })).await;
    let _there = join(&woman, "c1").await;

    let (start, stop) = (json!({ "action": "start" }), json!({ "action": "stop" }));
    let (begun, at_once) =
        tokio::join!(woman.done("/calls/c1/recording", start.clone()), man.done("/calls/c1/recording", start.clone()));
    let begun = begun["recording"]["id"].clone();
    assert!(begun.is_string(), "{begun}");
    assert_eq!(at_once["recording"]["id"], begun, "two hubs that are asked at once begin one");
    let again = man.done("/calls/c1/recording", start).await;
    assert_eq!(again["recording"]["id"], begun, "the hub that leads knows what another one has begun");
    assert_eq!(woman.get("/recordings", "").await["recordings"][0]["id"], begun);
    assert_eq!(man.done("/calls/c1/recording", stop).await["recording"]["id"], begun);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_part_a_is_called_from_another_hub() {
    let mut site = Site::new();
    let (one, two) = two(&mut site).await;
    let mut man = Person::login(&one.hub, "man", None).await;
    let mut page = Person::page(&two.hub, "woman").await;
    let until = tokio::time::Instant::now() + PATIENCE;
    while page.post("/status", json!({ "status": "free" })).await.1["status"] != 0 {
        assert!(tokio::time::Instant::now() < until, "its login is not acknowledged, and comes all the same");
    }
    let (_, placed) = man.call("woman", "c1").await;
    assert_eq!((&placed["status"], &placed["mode"], &placed["session"]), (&json!(0), &json!("watch"), &json!("woman")));
    assert_eq!(page.hears("calling").await, json!({ "login": "man" }));
    page.done("/status", json!({ "status": "beasy" })).await;
    man.hears("accepted").await;
    page.done("/status", json!({ "status": "free" })).await;
    man.hears("ended").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sockets_on_two_hubs_count_once() {
    let mut site = Site::new();
    let (one, two) = two(&mut site).await;
    let mut man = Person::login(&one.hub, "man", None).await;
    let mut pc = Person::with(&one.hub, "woman", "pc", None, None).await.unwrap();
    let mut phone = Person::with(&two.hub, "woman", "phone", None, None).await.unwrap();
    assert_eq!(status_of(&man, "woman").await, "available");
    let (_, placed) = man.call("woman", "c1").await;
    assert_eq!(placed["devices"].as_array().unwrap().len(), 2, "{placed}");
    for device in [&mut pc, &mut phone] {
        device.hears("calling").await;
    }
    // Both at once: one wins.
    let id = json!({ "call_id": "c1" });
    let (first, second) = tokio::join!(pc.post("/accept", id.clone()), phone.post("/accept", id.clone()));
    let won = [&first, &second].iter().filter(|(_, answer)| answer["status"] == 0).count();
    assert_eq!(won, 1, "{first:?} {second:?}");
    let loser = if first.1["status"] == 0 { &mut phone } else { &mut pc };
    loser.hears("answered_elsewhere").await;
    man.hears("accepted").await;
    man.done("/hangup", id).await;

    // The same device on another hub takes the place of its older socket.
    let again = Person::with(&one.hub, "woman", "phone", None, None).await.unwrap();
    phone.is_ended().await;
    assert_eq!(again.ack["me"]["status"], "available");
    drop(pc);
    assert_eq!(status_of(&man, "woman").await, "available", "one of them is left");
    drop(again);
    becomes(&man, "woman", "offline").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_at_one_hub_is_out_at_all() {
    let mut site = Site::new();
    let place = Place::Server(&site.postgres.url);
    let (added, said) = user(site.folder(), &place, &["add", "man"], "correct horse battery\n");
    assert!(added, "{said}");
    let (one, two) = two(&mut site).await;
    let body = json!({ "login": "man", "password": "correct horse battery" });
    let (_, signed) = answer(http().post(format!("{}/login", one.hub)).json(&body)).await;
    let token = signed["token"].as_str().unwrap();
    let refused = Person::with(&two.hub, "man", "pc", None, None).await;
    assert!(refused.is_err_and(|words| words.contains("not_signed_in")));
    let mut man = Person::with(&two.hub, "man", "pc", None, Some(token)).await.unwrap();
    assert_eq!(man.ack["me"]["role"], "member");
    let (http, _) = answer(http().post(format!("{}/logout", one.hub)).bearer_auth(token)).await;
    assert_eq!(http, 200);
    man.is_ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_joined_hubs_need_is_asked_for() {
    let mut site = Site::new();
    let (folder, other) = (Folder::new(), Folder::new());
    let redis = site.redis.url.clone();
    let said = Program::refused(&folder, &Place::File, &["--redis-url", &redis]);
    assert!(said.contains("--openvidu"), "{said}");
    let openvidu = site.openvidu.clone();
    let said = Program::refused(&folder, &Place::File, &["--redis-url", &redis, "--openvidu", &openvidu]);
    assert!(said.contains("--database-url"), "{said}");
    let hub = site.hub();
    let place = Place::Server(&site.postgres.url);
    let said = Program::refused(&other, &place, &[]);
    assert!(said.contains("another zvonok-server uses this database"), "a lone hub does not join them: {said}");
    hub.stop();
    let nowhere = ["--redis-url", "redis://:planted@127.0.0.1:1", "--openvidu", &openvidu];
    let said = Program::refused(&folder, &place, &nowhere);
    assert!(said.contains("cannot use Redis") && !said.contains("planted"), "{said}");
}
