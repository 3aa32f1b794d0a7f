//! What comes to a new leader, or by a new link, is as new as what is asked for now.

use serde_json::json;

use crate::joined::{Site, says, two};
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
