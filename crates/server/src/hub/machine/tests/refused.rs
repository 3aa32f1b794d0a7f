//! Calls that do not ring, or not as they were meant: glare, busy lines, limits.

use super::calls::pair;
use super::*;

#[test]
fn both_calling_each_other_become_the_call_with_the_smaller_id() {
    for (mans, womans) in [("c1", "c2"), ("c2", "c1")] {
        let mut rig = pair();
        rig.login("woman/phone");
        rig.call("man/pc", "woman", mans);
        let answer = rig.call("woman/pc", "man", womans);
        assert_eq!((&answer["status"], &answer["call_id"]), (&json!(0), &json!("c1")));
        for socket in ["man/pc", "woman/pc"] {
            let accepted: Vec<_> = rig.heard(socket).into_iter().filter(|(name, _)| *name == "accepted").collect();
            assert_eq!(accepted.len(), 1, "{socket}");
            assert_eq!(accepted[0].1["call_id"], "c1");
            assert_eq!(accepted[0].1["session"], answer["session"]);
        }
        let last = rig.names("woman/phone").pop().unwrap();
        assert_eq!(last, if mans == "c1" { "answered_elsewhere" } else { "cancelled" });
        let callee = if mans == "c1" { "woman/pc" } else { "man/pc" };
        assert_eq!(rig.accept(callee, "c1")["session"], answer["session"], "a client that accepts it itself may");
        assert_eq!(rig.ask("man/pc", Request::Token(id(mans)))["session"], answer["session"]);
        assert_eq!(rig.ask("woman/pc", Request::Token(id(womans)))["session"], answer["session"]);
        rig.told.clear();
        rig.ask("man/pc", Request::Hangup(id("c1")));
        assert_eq!(rig.names("woman/pc"), ["ended"]);
        assert!(rig.machine.calls.values().all(|call| !call.is_alive()));
    }
}

#[test]
fn who_asked_only_to_see_is_not_drawn_into_being_seen() {
    let mut rig = pair();
    rig.call_mode("man/pc", "woman", "c1", "watch");
    assert_eq!(rig.call("woman/pc", "man", "c2")["code"], "busy", "his call lives and still rings");
    assert_eq!(rig.accept("woman/pc", "c1")["mode"], "watch");
    let mut rig = pair();
    rig.call_mode("man/pc", "woman", "c2", "watch");
    rig.told.clear();
    assert_eq!(rig.call("woman/pc", "man", "c1")["status"], 0, "her call lives, and he is asked");
    assert_eq!(rig.names("man/pc"), ["calling"]);
    assert_eq!(rig.names("woman/pc"), ["cancelled"]);
    rig.at(rig.now + 1_000);
    assert_eq!(rig.call_mode("man/pc", "woman", "c2", "watch")["code"], "busy", "a repetition answers nothing");
    assert_eq!(rig.ask("man/pc", Request::Cancel(id("c2")))["status"], 0);
    assert_eq!(rig.accept("man/pc", "c1")["mode"], "two_way");
}

#[test]
fn busy_dnd_offline_unknown_and_oneself_do_not_ring() {
    let mut rig = pair();
    rig.login("third/pc");
    rig.call("man/pc", "woman", "c1");
    rig.accept("woman/pc", "c1");
    rig.told.clear();
    assert_eq!(rig.call("third/pc", "woman", "c2")["code"], "busy");
    assert_eq!(rig.call("third/pc", "man", "c3")["code"], "busy");
    assert_eq!(rig.names("woman/pc"), ["missed"], "she learns that somebody tried");
    rig.ask("man/pc", Request::Hangup(id("c1")));
    rig.status("woman/pc", "dnd");
    assert_eq!(rig.call("third/pc", "woman", "c4")["code"], "dnd");
    rig.status("woman/pc", "available");
    rig.gone("woman/pc");
    assert_eq!(rig.call("third/pc", "woman", "c5")["code"], "offline");
    assert_eq!(rig.call("third/pc", "nobody", "c6")["code"], "unknown_user");
    assert_eq!(rig.call("third/pc", "third", "c7")["code"], "not_allowed");
    let calls = rig.ask("third/pc", Request::Calls { before: None, limit: None });
    let outcomes: Vec<_> = calls["calls"].as_array().unwrap().iter().map(|c| c["outcome"].clone()).collect();
    assert_eq!(outcomes, ["busy", "busy", "missed", "missed"]);
}

#[test]
fn who_answers_one_of_two_rings_is_busy_for_the_other() {
    let mut rig = pair();
    rig.login("third/pc");
    rig.call("man/pc", "woman", "c1");
    rig.call("third/pc", "woman", "c2");
    rig.told.clear();
    rig.accept("woman/pc", "c1");
    let (name, declined) = rig.heard("third/pc").remove(0);
    assert_eq!((name, &declined["reason"]), ("declined", &json!("busy")));
    assert_eq!(rig.names("woman/pc"), ["missed"]);
}

#[test]
fn calling_too_often_is_refused() {
    let mut rig = pair();
    for n in 0..30 {
        rig.call("man/pc", "woman", &format!("c{n}"));
    }
    assert_eq!(rig.call("man/pc", "woman", "more")["code"], "too_many");
    rig.at(rig.now + 60_000);
    assert_eq!(rig.call("man/pc", "woman", "more")["status"], 0);
}

#[test]
fn a_resident_answers_several_at_once_and_nobody_can_sign_in_as_it() {
    let mut rig = pair();
    rig.machine.add_resident("echo".parse().unwrap(), "Echo test", "secret-sid".into());
    assert_eq!(rig.login("third/pc").roster[0].name, "Echo test");
    for (socket, call) in [("man/pc", "c1"), ("woman/pc", "c2")] {
        assert_eq!(rig.call(socket, "echo", call)["status"], 0);
        assert_eq!(rig.accept("secret-sid", call)["status"], 0);
    }
    assert_eq!(rig.presence("man/pc", "echo").as_deref(), Some("available"), "it stays so");
    let body = serde_json::from_value(json!({"login": "echo"})).unwrap();
    assert!(matches!(rig.handle(Input::Login { socket: "x".into(), body, signed: None }), Reply::LoginRefused(_)));
    assert!(
        !format!("{:?}", rig.told.iter().filter(|t| t.0 != "secret-sid").collect::<Vec<_>>()).contains("secret-sid")
    );
}

#[test]
fn when_the_hub_stops_what_rings_is_over_and_what_was_answered_goes_on() {
    let mut rig = pair();
    rig.login("child/pc");
    rig.login("friend/pc");
    for (caller, callee, id) in [("man/pc", "woman", "c1"), ("child/pc", "friend", "c2")] {
        rig.call(caller, callee, id);
    }
    rig.accept("friend/pc", "c2");
    rig.told.clear();
    rig.handle(Input::Stop);
    let ended = json!({"call_id": "c1", "reason": "closed", "seq": 1});
    assert_eq!(rig.heard("man/pc").remove(0), ("ended", ended));
    assert_eq!(rig.names("woman/pc"), ["missed"]);
    assert_eq!(rig.names("child/pc"), [""; 0]);
    assert_eq!(rig.call("man/pc", "woman", "c3")["code"], "unavailable");
    assert_eq!(rig.ask("child/pc", Request::Hangup(id("c2")))["status"], 0);
}

#[test]
fn when_the_hub_stops_pages_are_told_in_their_words() {
    let mut rig = Rig::new();
    rig.page("caller", "man");
    rig.page("called", "woman");
    rig.plain_call("caller", "woman");
    rig.told.clear();
    rig.handle(Input::Stop);
    assert_eq!((rig.names("caller"), rig.names("called")), (vec!["declined"], vec!["cancelled"]));
}
