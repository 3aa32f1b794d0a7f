//! What comes to a new leader, or by a new link, is as new as what is asked for now.

use serde_json::json;

use crate::cable::Cable;
use crate::joined::{Site, becomes, says, two};
use crate::person::{Person, answer, http};
use crate::program::{Place, Program, user};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ended_while_nobody_led_is_none_to_the_next_leader() {
    let mut site = Site::new();
    let place = Place::Server(&site.postgres.url);
    let (added, said) = user(site.folder(), &place, &["add", "man"], "correct horse battery\n");
    assert!(added, "{said}");
    let (leader, asked) = two(&mut site).await;
    let other = site.hub();
    let sign_in = async |hub: &Program| {
        let body = json!({ "login": "man", "password": "correct horse battery" });
        let (_, signed) = answer(http().post(format!("{}/login", hub.hub)).json(&body)).await;
        signed["token"].as_str().unwrap().to_owned()
    };
    let (stolen, own) = (sign_in(&leader).await, sign_in(&leader).await);
    let mut thief = Person::with(&other.hub, "man", "thief", None, Some(&stolen)).await.unwrap();
    let mut man = Person::with(&other.hub, "man", "pc", None, Some(&own)).await.unwrap();
    // This one has not said yet who it is.
    let mut late = Person::connect(&other.hub, "man", Some(&stolen)).await.unwrap();
    leader.kill();
    let (http, _) = answer(http().post(format!("{}/logout", asked.hub)).bearer_auth(&stolen)).await;
    assert_eq!(http, 200);
    // With it goes the only one that would have told the next leader.
    asked.kill();
    assert!(!other.log().contains("the hubs are one"), "{}", other.log());
    says(&other, "the hubs are one", 1).await;
    thief.is_ended().await;
    late.emits_and_is_ended("login", &json!({ "login": "man" })).await;
    assert!(man.get("/users", "").await["users"].is_array(), "another session of the same person goes on");
    man.hears_nothing_more().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hub_has_missed_of_presence_its_sockets_are_told_by_its_next_link() {
    let mut site = Site::new();
    let cable = Cable::to(site.redis.port).await;
    let leader = site.hub();
    says(&leader, "the hubs are one", 1).await;
    let other = site.hub_by(&format!("redis://127.0.0.1:{}", cable.port));
    let mut man = Person::login(&leader.hub, "man", None).await;
    let mut guest = Person::login(&leader.hub, "guest", None).await;
    let mut woman = Person::login(&other.hub, "woman", None).await;
    // Whom she has blocked sees nothing of all this.
    woman.done("/block", json!({ "login": "guest", "blocked": true })).await;
    guest.sees("woman", "offline").await;
    man.done("/status", json!({ "status": "away" })).await;
    woman.sees("man", "away").await;
    cable.cut(true);
    let (http, refused) = woman.post("/cancel", json!({ "call_id": "none" })).await;
    assert_eq!((http, &refused["code"]), (503, &json!("unavailable")), "{refused}");
    man.sees("woman", "offline").await;
    man.done("/status", json!({ "status": "dnd" })).await;
    cable.cut(false);
    woman.sees("man", "dnd").await;
    // It answers a heartbeat by that.
    guest.hears_nothing_more().await;
    man.sees("woman", "available").await;
    man.done("/status", json!({ "status": "available" })).await;
    woman.sees("man", "available").await;
    // What was on its way to the guest has come: the leader has answered after it.
    assert!(guest.get("/users", "").await["users"].is_array());
    guest.hears_nothing_more().await;
    assert!(!guest.saw("woman", "available"), "she stays gone for whom she has blocked");
    // And by the next leader, of what no other hub was told of.
    leader.kill();
    woman.sees("man", "offline").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_hub_is_killed_or_stopped_goes_on_at_another() {
    let mut site = Site::new();
    let (first, second) = two(&mut site).await;
    let third = site.hub();
    let mut woman = Person::login(&third.hub, "woman", None).await;
    let page = Person::page(&first.hub, "man").await;
    page.is_in().await;
    assert_eq!(page.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    first.kill();
    drop(page);
    let page = Person::page(&second.hub, "man").await;
    page.is_in().await;
    // The hub that it was on is missed a moment later, and takes nothing of it away.
    woman.hears_nothing_more().await;
    woman.done("/accept", json!({ "call_id": "c1" })).await;
    becomes(&woman, "man", "busy").await;
    second.stop();
    drop(page);
    let page = Person::page(&third.hub, "man").await;
    page.is_in().await;
    woman.hears_nothing_more().await;
    // The call is the page's that came back, at the latest when the hub that was stopped is missed.
    let until = tokio::time::Instant::now() + crate::PATIENCE;
    let mut pause = tokio::time::interval(std::time::Duration::from_millis(50));
    while page.post("/hangup", json!({ "call_id": "c1" })).await.1["status"] != 0 {
        assert!(tokio::time::Instant::now() < until, "{}", third.log());
        pause.tick().await;
    }
    woman.hears("ended").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_sockets_stay_through_a_change_of_the_leader() {
    const EACH: usize = 100;
    let mut site = Site::new();
    let (leader, one) = two(&mut site).await;
    let other = site.hub();
    // Nobody answers heartbeats while others come: all at once.
    let pair = async |number: usize| {
        let (man, woman) = (format!("man{number}"), format!("woman{number}"));
        tokio::join!(Person::login(&one.hub, &man, None), Person::login(&other.hub, &woman, None))
    };
    let pairs = futures_util::future::join_all((0..EACH).map(pair)).await;
    leader.kill();
    // Each has its socket still, by which it is called from the other hub, and nobody was gone for a moment.
    let goes_on = async |(mut man, mut woman): (Person, Person)| {
        (man.patience, woman.patience) = (2 * crate::PATIENCE, 2 * crate::PATIENCE);
        let (called, id) = (woman.login.clone(), format!("c-{}", man.login));
        let (placed, _) = tokio::join!(man.calls(&called, &id), woman.hears("calling"));
        assert_eq!(placed["status"], 0, "{placed}");
        // What was on its way before that is read.
        man.hears_nothing_more().await;
        woman.hears_nothing_more().await;
        assert!(!man.saw(&woman.login, "offline") && !woman.saw(&man.login, "offline"));
        (man, woman)
    };
    // None of them leaves before all were asked.
    let still_there = futures_util::future::join_all(pairs.into_iter().map(goes_on)).await;
    assert_eq!(still_there.len(), EACH);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_waits_for_redis_however_long_that_takes() {
    let mut site = Site::new();
    let (one, _two) = two(&mut site).await;
    let waiting = Person::connect(&one.hub, "man", None).await;
    let mut waiting = waiting.unwrap();
    // Ten seconds until a request is refused, and as many until somebody leads.
    waiting.patience = 2 * crate::PATIENCE;
    site.redis.kill();
    says(&one, "Redis does not answer", 1).await;
    let entering = tokio::spawn(async move {
        let entered = waiting.enter("pc", None).await;
        (waiting, entered)
    });
    // What is asked after it is refused, after more than ten seconds, while the login goes on waiting.
    let body = json!({ "sid": "x", "call_id": "none" });
    let (http, _) = answer(http().post(format!("{}/cancel", one.hub)).json(&body)).await;
    assert_eq!(http, 503);
    assert!(!entering.is_finished());
    site.redis.revive();
    let (mut man, entered) = entering.await.unwrap();
    assert_eq!(entered, Ok(()));
    man.hears_nothing_more().await;
}
