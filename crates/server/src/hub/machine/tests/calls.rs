//! Part B: calls between two people.

use super::*;

pub(super) fn pair() -> Rig {
    let mut rig = Rig::new();
    rig.login("man/pc");
    rig.login("woman/pc");
    rig.told.clear();
    rig
}

#[test]
fn a_call_rings_is_answered_and_hung_up() {
    let mut rig = pair();
    let answer = rig.call("man/pc", "woman", "c1");
    assert_eq!(answer["status"], 0);
    assert_eq!(answer["ttl_ms"], TTL);
    assert_eq!(answer["devices"], json!([{"id": "woman-pc", "name": "pc"}]));
    let session = answer["session"].clone();
    let heard = rig.heard("woman/pc");
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].0, "calling");
    assert_eq!(
        heard[0].1,
        json!({"login": "man", "call_id": "c1", "session": session, "mode": "two_way", "media": "video",
               "from": {"login": "man", "name": "man"}, "expires_at": 1_045_000, "ttl_ms": TTL, "seq": 1})
    );
    let ack = json!({"call_id": "c1", "state": "sounding"});
    rig.handle(Input::RingAck { socket: "woman/pc".into(), body: serde_json::from_value(ack).unwrap() });
    let (name, ringing) = rig.heard("man/pc").remove(0);
    assert_eq!((name, &ringing["devices"][0]["state"]), ("ringing", &json!("sounding")));

    assert_eq!(
        rig.accept("woman/pc", "c1"),
        json!({"status": 0, "message": "", "session": session, "mode": "two_way"})
    );
    let (name, accepted) = rig.heard("man/pc").remove(0);
    assert_eq!(name, "accepted");
    assert_eq!(accepted["device"], json!({"id": "woman-pc", "name": "pc"}));
    assert_eq!(accepted["login"], "woman");
    assert_eq!(rig.presence("man/pc", "woman").as_deref(), Some("busy"));

    assert_eq!(rig.ask("man/pc", Request::Token(id("c1")))["role"], "PUBLISHER");
    assert_eq!(rig.ask("woman/pc", Request::Token(id("c1")))["role"], "PUBLISHER");
    assert_eq!(rig.ask("woman/pc", Request::Hangup(id("c1")))["status"], 0);
    let (name, ended) = rig.heard("man/pc").remove(0);
    assert_eq!((name, &ended["reason"], &ended["by"]), ("ended", &json!("hangup"), &json!("woman")));
    assert_eq!(rig.names("woman/pc"), ["ended"]);
    let session = session.as_str().unwrap().to_owned();
    assert_eq!(rig.closed, [(session, vec!["con_man-pc".into(), "con_woman-pc".into()], true)]);
    assert_eq!(rig.ask("man/pc", Request::Token(id("c1")))["code"], "not_in_call");
    assert_eq!(rig.presence("man/pc", "woman").as_deref(), Some("available"));
    let calls = rig.ask("woman/pc", Request::Calls { before: None, limit: None });
    assert_eq!(calls["calls"][0]["outcome"], "answered");
    assert_eq!(calls["calls"][0]["direction"], "in");
}

#[test]
fn a_repeated_request_has_the_same_answer_and_no_second_effect() {
    let mut rig = pair();
    let first = rig.call("man/pc", "woman", "c1");
    assert_eq!(rig.call("man/pc", "woman", "c1"), first);
    assert_eq!(rig.names("woman/pc"), ["calling"], "it rings once");
    let first = rig.accept("woman/pc", "c1");
    assert_eq!(rig.accept("woman/pc", "c1"), first);
    assert_eq!(rig.names("man/pc"), ["accepted"]);
    rig.ask("man/pc", Request::Hangup(id("c1")));
    assert_eq!(rig.ask("man/pc", Request::Hangup(id("c1")))["status"], 0);
    assert_eq!(rig.ask("man/pc", Request::Cancel(id("c1")))["status"], 0);
    assert_eq!(rig.names("woman/pc"), ["ended"], "it ends once");
    assert_eq!(rig.closed.len(), 1);

    rig.gone("woman/pc");
    let refused = rig.call("man/pc", "woman", "c2");
    assert_eq!(refused["code"], "offline");
    rig.login("woman/pc");
    assert_eq!(rig.call("man/pc", "woman", "c2"), refused, "also when it would work now");
    assert_eq!(rig.call("woman/pc", "man", "c2")["code"], "not_allowed", "an id belongs to one call");
}

#[test]
fn declining_tells_the_caller_and_the_other_devices() {
    let mut rig = pair();
    rig.login("woman/phone");
    rig.call("man/pc", "woman", "c1");
    rig.told.clear();
    let answer = rig.decline("woman/pc", json!({"sid": "woman/pc", "call_id": "c1", "message": "in a meeting"}));
    assert_eq!(answer["status"], 0);
    let expected =
        json!({"login": "woman", "call_id": "c1", "reason": "declined", "message": "in a meeting", "seq": 1});
    assert_eq!(rig.heard("man/pc"), [("declined", expected)]);
    assert_eq!(rig.names("woman/phone"), ["declined"]);
    assert_eq!(rig.names("woman/pc"), [""; 0]);
    assert_eq!(rig.accept("woman/phone", "c1")["code"], "answered_elsewhere");
    assert_eq!(rig.decline("woman/pc", json!({"call_id": "c1"}))["status"], 0, "said twice");
}

#[test]
fn of_two_devices_the_first_answer_wins() {
    let mut rig = pair();
    rig.login("woman/phone");
    rig.call("man/pc", "woman", "c1");
    rig.ask("woman/pc", Request::Token(id("c1")));
    rig.told.clear();
    assert_eq!(rig.accept("woman/phone", "c1")["status"], 0);
    assert_eq!(rig.accept("woman/pc", "c1")["code"], "answered_elsewhere");
    let (name, elsewhere) = rig.heard("woman/pc").remove(0);
    assert_eq!((name, &elsewhere["device"]["id"]), ("answered_elsewhere", &json!("woman-phone")));
    assert_eq!(
        rig.closed,
        [("session-0001".to_owned(), vec!["con_woman-pc".to_owned()], false)],
        "prepared for nothing"
    );
    assert_eq!(rig.ask("woman/pc", Request::Token(id("c1")))["code"], "not_in_call");
    assert_eq!(rig.ask("woman/pc", Request::Hangup(id("c1")))["code"], "answered_elsewhere");
    assert_eq!(rig.names("man/pc"), ["accepted"]);
}

#[test]
fn a_caller_who_gives_up_stops_the_ring() {
    let mut rig = pair();
    rig.call("man/pc", "woman", "c1");
    rig.told.clear();
    assert_eq!(rig.ask("woman/pc", Request::Cancel(id("c1")))["code"], "not_in_call");
    assert_eq!(rig.ask("man/pc", Request::Cancel(id("c1")))["status"], 0);
    assert_eq!(rig.heard("woman/pc"), [("cancelled", json!({"login": "man", "call_id": "c1", "seq": 2}))]);
    assert_eq!(rig.accept("woman/pc", "c1")["code"], "cancelled");
}

#[test]
fn giving_up_in_the_moment_of_the_answer_is_hanging_up() {
    let mut rig = pair();
    rig.call("man/pc", "woman", "c1");
    rig.accept("woman/pc", "c1");
    rig.told.clear();
    assert_eq!(rig.ask("man/pc", Request::Cancel(id("c1")))["status"], 0);
    assert_eq!(rig.names("woman/pc"), ["ended"]);
}

#[test]
fn a_ring_that_nobody_answers_is_missed_on_both_sides() {
    let mut rig = pair();
    rig.call("man/pc", "woman", "c1");
    rig.told.clear();
    rig.at(1_000_000 + TTL - 1);
    assert_eq!(rig.names("woman/pc"), [""; 0]);
    assert_eq!(rig.machine.deadline(), Some(1_000_000 + TTL));
    rig.at(1_000_000 + TTL);
    let (name, missed) = rig.heard("woman/pc").remove(0);
    assert_eq!((name, &missed["at"], &missed["from"]["login"]), ("missed", &json!(1_000_000), &json!("man")));
    let (name, ended) = rig.heard("man/pc").remove(0);
    assert_eq!((name, &ended["reason"]), ("ended", &json!("closed")));
    assert_eq!(rig.accept("woman/pc", "c1")["code"], "expired");
}

#[test]
fn an_answer_that_comes_after_the_ring_died_is_too_late_even_before_the_tick() {
    let mut rig = pair();
    rig.call("man/pc", "woman", "c1");
    rig.now += TTL;
    assert_eq!(rig.accept("woman/pc", "c1")["code"], "expired");
}

#[test]
fn a_watching_caller_may_only_subscribe() {
    let mut rig = pair();
    rig.call_mode("man/pc", "woman", "c1", "watch");
    assert_eq!(rig.accept("woman/pc", "c1")["mode"], "watch");
    assert_eq!(rig.ask("man/pc", Request::Token(id("c1")))["role"], "SUBSCRIBER");
    assert_eq!(rig.ask("woman/pc", Request::Token(id("c1")))["role"], "PUBLISHER");
}

#[test]
fn a_side_that_does_not_come_back_loses_the_call() {
    let mut rig = pair();
    rig.call("man/pc", "woman", "c1");
    rig.accept("woman/pc", "c1");
    rig.gone("man/pc");
    rig.told.clear();
    rig.at(rig.now + 20_000);
    rig.login("man/pc");
    rig.at(rig.now + 100_000);
    assert_eq!(rig.names("woman/pc"), [""; 0], "a short cut does no harm");
    rig.gone("man/pc");
    rig.at(rig.now + 30_000);
    let (name, ended) = rig.heard("woman/pc").remove(0);
    assert_eq!((name, &ended["reason"]), ("ended", &json!("lost")));
    assert_eq!(rig.closed.len(), 1);
}

/// That device says over and over that the ring is shown, and that it sounds.
fn chatter(rig: &mut Rig, socket: &str, call: &str) {
    for n in 0..100 {
        let state = if n % 2 == 0 { "shown" } else { "sounding" };
        let body = serde_json::from_value(json!({"call_id": call, "state": state})).unwrap();
        rig.handle(Input::RingAck { socket: socket.into(), body });
    }
}

#[test]
fn a_device_that_does_not_stop_acknowledging_a_ring_is_not_listened_to_for_long() {
    let mut rig = pair();
    rig.login("woman/phone");
    rig.call("man/pc", "woman", "c1");
    chatter(&mut rig, "woman/pc", "c1");
    assert_eq!(rig.names("man/pc"), ["ringing"; 16]);
    let shown = || serde_json::from_value(json!({"call_id": "c1", "state": "shown"})).unwrap();
    for socket in ["woman/pc", "man/pc"] {
        rig.machine.handle(Input::RingAck { socket: socket.into(), body: shown() }, rig.now);
        assert_eq!(rig.machine.take_changes(), [], "nothing is written of what {socket} says");
    }
    rig.handle(Input::RingAck { socket: "woman/phone".into(), body: shown() });
    assert_eq!(rig.names("man/pc"), ["ringing"], "another device of hers is heard");

    rig.ask("man/pc", Request::Cancel(id("c1")));
    rig.call("man/pc", "woman", "c2");
    chatter(&mut rig, "woman/pc", "c2");
    assert_eq!(rig.names("man/pc"), ["ringing"; 16], "and the same one of another ring");
    rig.accept("woman/pc", "c2");
    rig.login("third/pc");
    for _ in 0..2 {
        rig.told.clear();
        assert_eq!(rig.invite("man/pc", "third", "c2")["status"], 0);
        chatter(&mut rig, "third/pc", "c2");
        assert_eq!(rig.names("man/pc"), ["ringing"; 16], "who is asked again is rung again");
        assert_eq!(rig.decline("third/pc", json!({"call_id": "c2"}))["status"], 0);
    }
}
