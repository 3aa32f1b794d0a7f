//! Many hubs that are one, and one of them, or Redis, is gone.

use serde_json::json;

use crate::cable::Cable;
use crate::joined::{Site, becomes, says, status_of, two};
use crate::person::Person;

/// What was on its way has come: the leader has answered after it.
async fn hears_nothing_more(person: &mut Person) {
    person.get("/users", "").await;
    person.hears_nothing_more().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_killed_in_mid_ring_loses_no_ring_and_no_socket() {
    let mut site = Site::new();
    let (leader, one) = two(&mut site).await;
    let other = site.hub();
    let mut man = Person::login(&one.hub, "man", None).await;
    let mut woman = Person::login(&other.hub, "woman", None).await;
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    let ring = woman.hears("calling").await;
    leader.kill();
    // Asked while nobody leads, answered by the next leader; neither had to connect again.
    let again = man.calls("woman", "c1").await;
    assert_eq!((&again["status"], &again["session"]), (&json!(0), &ring["session"]), "{again}");
    hears_nothing_more(&mut woman).await;
    hears_nothing_more(&mut man).await;
    woman.done("/accept", json!({ "call_id": "c1" })).await;
    assert_eq!(man.hears("accepted").await["session"], ring["session"]);
    man.done("/hangup", json!({ "call_id": "c1" })).await;
    woman.hears("ended").await;
    let calls = woman.get("/calls", "").await;
    assert_eq!((&calls["calls"][0]["call_id"], &calls["calls"][0]["outcome"]), (&json!("c1"), &json!("answered")));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_at_the_killed_hub_goes_on_at_another() {
    let mut site = Site::new();
    let (leader, other) = two(&mut site).await;
    let man = Person::login(&leader.hub, "man", None).await;
    let mut woman = Person::login(&leader.hub, "woman", None).await;
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    let ring = woman.hears("calling").await;
    leader.kill();
    let mut woman = Person::login(&other.hub, "woman", ring["seq"].as_u64()).await;
    let pending = woman.ack["pending"].as_array().unwrap().clone();
    assert_eq!((pending.len(), &pending[0]["call_id"]), (1, &json!("c1")), "{}", woman.ack);
    hears_nothing_more(&mut woman).await;
    let mut man = Person::login(&other.hub, "man", Some(0)).await;
    woman.done("/accept", json!({ "call_id": "c1" })).await;
    man.hears("accepted").await;

    // The other way round: the one that does not lead is killed, and the leader notices who is gone.
    let third = site.hub();
    let guest = Person::login(&third.hub, "guest", None).await;
    third.kill();
    drop(guest);
    assert_eq!(status_of(&man, "guest").await, "available", "nobody has noticed yet");
    becomes(&man, "guest", "offline").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_requests_are_refused_and_what_rang_goes_on_after() {
    let mut site = Site::new();
    let (one, two) = two(&mut site).await;
    let mut man = Person::login(&one.hub, "man", None).await;
    let mut woman = Person::login(&two.hub, "woman", None).await;
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    site.redis.kill();
    let (http, refused) = woman.post("/accept", json!({ "call_id": "c1" })).await;
    assert_eq!((http, &refused["code"]), (503, &json!("unavailable")), "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("cannot reach each other"), "{refused}");
    says(&two, "Redis does not answer", 1).await;
    site.redis.revive();
    let until = tokio::time::Instant::now() + crate::PATIENCE;
    while woman.post("/accept", json!({ "call_id": "c1" })).await.1["status"] != 0 {
        assert!(tokio::time::Instant::now() < until, "{} {}", one.log(), two.log());
    }
    man.hears("accepted").await;
    hears_nothing_more(&mut woman).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_hangs_is_followed_and_does_not_come_between() {
    let mut site = Site::new();
    let (leader, other) = two(&mut site).await;
    let mut late = Person::login(&leader.hub, "late", None).await;
    let mut man = Person::login(&other.hub, "man", None).await;
    let mut woman = Person::login(&other.hub, "woman", None).await;
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    leader.freeze(true);
    says(&other, "the hubs are one", 1).await;
    woman.done("/accept", json!({ "call_id": "c1" })).await;
    man.hears("accepted").await;
    leader.freeze(false);
    says(&leader, "this hub leads no more", 1).await;
    // Its own people are the new leader's now, and nothing was said twice.
    let (_, placed) = late.call("man", "c2").await;
    assert_eq!(placed["code"], "busy", "{placed}");
    man.hears("missed").await;
    for person in [&mut man, &mut woman, &mut late] {
        hears_nothing_more(person).await;
    }
    man.done("/hangup", json!({ "call_id": "c1" })).await;
    woman.hears("ended").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_cut_off_from_redis_gives_up_and_comes_back_as_one_of_them() {
    let mut site = Site::new();
    let cable = Cable::to(site.redis.port).await;
    let leader = site.hub_by(&format!("redis://127.0.0.1:{}", cable.port));
    says(&leader, "the hubs are one", 1).await;
    let other = site.hub();
    let mut man = Person::login(&leader.hub, "man", None).await;
    let mut woman = Person::login(&other.hub, "woman", None).await;
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    cable.cut(true);
    let (http, refused) = man.post("/cancel", json!({ "call_id": "none" })).await;
    assert_eq!((http, &refused["code"]), (503, &json!("unavailable")), "{refused}");
    says(&leader, "this hub leads no more", 1).await;
    says(&other, "the hubs are one", 1).await;
    woman.done("/accept", json!({ "call_id": "c1" })).await;
    cable.cut(false);
    // His socket was there all the time.
    man.hears("accepted").await;
    man.done("/hangup", json!({ "call_id": "c1" })).await;
    for person in [&mut man, &mut woman] {
        person.hears("ended").await;
        hears_nothing_more(person).await;
    }
    assert!(!other.log().contains("leads no more"), "{}", other.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_stopped_hands_over() {
    let mut site = Site::new();
    let (leader, other) = two(&mut site).await;
    let mut man = Person::login(&other.hub, "man", None).await;
    let mut woman = Person::login(&other.hub, "woman", None).await;
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    leader.stop();
    woman.done("/accept", json!({ "call_id": "c1" })).await;
    man.hears("accepted").await;
    hears_nothing_more(&mut woman).await;
    // Alone, it goes on leading when others come and go.
    let third = site.hub();
    let guest = Person::login(&third.hub, "guest", None).await;
    third.stop();
    drop(guest);
    man.done("/hangup", json!({ "call_id": "c1" })).await;
    woman.hears("ended").await;
    assert!(!other.log().contains("leads no more"), "{}", other.log());
}
