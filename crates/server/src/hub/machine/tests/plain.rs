//! Part A, and part A mixed with part B.

use super::*;

#[test]
fn the_tutorials_call_from_page_to_page() {
    let mut rig = Rig::new();
    rig.page("m", "man");
    rig.page("w", "woman");
    assert_eq!(rig.plain_call("m", "woman")["status"], 0);
    assert_eq!(rig.heard("w"), [("calling", json!({"login": "man"}))]);
    assert_eq!(rig.plain_call("m", "woman")["status"], 0);
    assert_eq!(rig.names("w"), [""; 0], "it rings once");
    assert_eq!(rig.status("w", "beasy")["status"], 0);
    assert_eq!(rig.names("m"), [""; 0], "the caller takes the first stream as the answer");
    rig.page("t", "third");
    assert_eq!(rig.plain_call("t", "woman")["code"], "busy");
    assert_eq!(rig.status("w", "free")["status"], 0);
    assert_eq!(rig.closed, [("woman".to_owned(), vec![], true)]);
    assert_eq!(rig.plain_call("t", "woman")["status"], 0);
}

#[test]
fn declining_by_the_callers_name() {
    let mut rig = Rig::new();
    rig.page("m", "man");
    rig.page("w", "woman");
    rig.plain_call("m", "woman");
    rig.told.clear();
    let body = json!({"sid": "w", "reciever_login": "man"});
    assert_eq!(rig.decline("w", body.clone())["status"], 0);
    assert_eq!(rig.heard("m"), [("declined", json!({"login": "woman"}))]);
    assert_eq!(rig.decline("w", body)["status"], 0, "said twice");
    assert_eq!(rig.names("m"), [""; 0]);
    assert_eq!(rig.decline("w", json!({"sid": "w", "reciever_login": "nobody"}))["code"], "not_in_call");
    assert_eq!(rig.decline("w", json!({"sid": "w"}))["code"], "malformed");
}

#[test]
fn a_caller_that_goes_away_is_cancelled() {
    let mut rig = Rig::new();
    rig.page("m", "man");
    rig.page("w", "woman");
    rig.plain_call("m", "woman");
    rig.told.clear();
    rig.gone("m");
    assert_eq!(rig.heard("w"), [("cancelled", json!({"login": "man"}))]);
    // And after the answer, when it does not come back.
    rig.page("m2", "man");
    rig.plain_call("m2", "woman");
    rig.status("w", "beasy");
    rig.told.clear();
    rig.gone("m2");
    rig.at(rig.now + 10_000);
    rig.page("m3", "man");
    rig.at(rig.now + 60_000);
    assert_eq!(rig.names("w"), [""; 0], "a page that reconnected is in its call");
    rig.gone("m3");
    rig.at(rig.now + 30_000);
    assert_eq!(rig.heard("w"), [("cancelled", json!({"login": "man"}))]);
}

#[test]
fn a_socket_that_never_signed_in_is_told_so() {
    let mut rig = Rig::new();
    let fresh = Fresh { call_id: id("x"), session: "x".into() };
    let body = serde_json::from_value(json!({"sid": null, "login": "woman"})).unwrap();
    let reply = rig.handle(Input::Request { sid: None, bearer: Bearer::None, request: Request::Call(body), fresh });
    let Reply::Answer(answer) = reply else { panic!("{reply:?}") };
    assert_eq!((answer.http, answer.head.status), (200, 1));
    assert!(answer.head.message.contains("login"), "{}", answer.head.message);
}

#[test]
fn an_app_calls_a_page() {
    let mut rig = Rig::new();
    rig.login("man/pc");
    rig.login("woman/pc");
    rig.page("w", "woman");
    let answer = rig.call("man/pc", "woman", "c1");
    assert_eq!((&answer["session"], &answer["mode"]), (&json!("woman"), &json!("watch")), "part A's rule");
    assert_eq!(rig.heard("w"), [("calling", json!({"login": "man"}))]);
    let (name, calling) = rig.heard("woman/pc").remove(0);
    assert_eq!((name, &calling["session"], &calling["mode"]), ("calling", &json!("woman"), &json!("watch")));
    rig.told.clear();
    rig.status("w", "beasy");
    let (name, accepted) = rig.heard("man/pc").remove(0);
    assert_eq!(
        (name, &accepted["session"], &accepted["device"]["name"]),
        ("accepted", &json!("woman"), &json!("web page"))
    );
    assert_eq!(rig.names("woman/pc"), ["answered_elsewhere"]);
    assert_eq!(rig.ask("man/pc", Request::Token(id("c1")))["role"], "SUBSCRIBER");
    rig.status("w", "free");
    assert_eq!(rig.names("man/pc"), ["ended"]);
    assert_eq!(rig.closed.last().unwrap().0, "woman");
}

#[test]
fn a_page_calls_an_app() {
    let mut rig = Rig::new();
    rig.page("m", "man");
    rig.login("woman/pc");
    let answer = rig.plain_call("m", "woman");
    assert_eq!((&answer["status"], &answer["session"]), (&json!(0), &json!("woman")));
    let (name, calling) = rig.heard("woman/pc").remove(0);
    assert_eq!((name, &calling["session"], &calling["mode"]), ("calling", &json!("woman"), &json!("watch")));
    let call = calling["call_id"].as_str().unwrap().to_owned();
    assert_eq!(rig.accept("woman/pc", &call)["session"], "woman");
    assert_eq!(rig.names("m"), [""; 0]);
    rig.ask("woman/pc", Request::Hangup(id(&call)));
    // And one that nobody answers.
    rig.plain_call("m", "woman");
    rig.told.clear();
    rig.at(rig.now + TTL);
    assert_eq!(rig.heard("m"), [("declined", json!({"login": "woman"}))]);
}

#[test]
fn other_pages_of_the_person_stop_ringing() {
    let mut rig = Rig::new();
    rig.login("man/pc");
    rig.page("w1", "woman");
    rig.page("w2", "woman");
    rig.call("man/pc", "woman", "c1");
    rig.told.clear();
    rig.status("w1", "beasy");
    assert_eq!(rig.heard("w2"), [("cancelled", json!({"login": "man"}))]);
    assert_eq!(rig.names("w1"), [""; 0]);
}

#[test]
fn busy_without_a_ring_lasts_until_free_or_the_pages_end() {
    let mut rig = Rig::new();
    rig.login("man/pc");
    rig.page("w", "woman");
    rig.status("w", "beasy");
    assert_eq!(rig.call("man/pc", "woman", "c1")["code"], "busy");
    rig.status("w", "free");
    assert_eq!(rig.call("man/pc", "woman", "c2")["status"], 0);
    rig.ask("man/pc", Request::Cancel(id("c2")));
    rig.status("w", "beasy");
    rig.gone("w");
    rig.page("w2", "woman");
    assert_eq!(rig.call("man/pc", "woman", "c3")["status"], 0);
}

#[test]
fn two_callers_of_one_page_do_not_evict_each_other() {
    let mut rig = Rig::new();
    rig.page("m", "man");
    rig.page("t", "third");
    rig.page("w", "woman");
    rig.plain_call("m", "woman");
    rig.now += 1;
    rig.plain_call("t", "woman");
    rig.decline("w", json!({"reciever_login": "man"}));
    assert_eq!(rig.closed, [("woman".to_owned(), vec![], false)], "third still waits in that session");
    rig.status("w", "beasy");
    rig.told.clear();
    rig.status("w", "free");
    assert_eq!(rig.closed.last().unwrap(), &("woman".to_owned(), vec![], true));
}
