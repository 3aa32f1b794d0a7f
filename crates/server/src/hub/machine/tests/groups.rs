//! More than two in a call, and a second call while one is in one.

use super::*;

/// Man and woman talk; third and fourth are there.
fn talking() -> Rig {
    let mut rig = Rig::new();
    for socket in ["man/pc", "woman/pc", "third/pc", "fourth/pc"] {
        rig.login(socket);
    }
    rig.call("man/pc", "woman", "c1");
    rig.accept("woman/pc", "c1");
    rig.told.clear();
    rig
}

fn hangup(rig: &mut Rig, sid: &str) -> Value {
    rig.ask(sid, Request::Hangup(id("c1")))
}

fn calls(rig: &mut Rig, sid: &str) -> Value {
    rig.ask(sid, Request::Calls { before: None, limit: None })["calls"].take()
}

#[test]
fn a_third_is_asked_joins_and_everybody_is_told() {
    let mut rig = talking();
    rig.login("third/phone");
    rig.told.clear();
    rig.now += 1_000;
    assert_eq!(rig.invite("woman/pc", "third", "c1")["status"], 0);
    let (name, ring) = rig.heard("third/pc").remove(0);
    assert_eq!(name, "calling");
    assert_eq!(ring["group"], json!(["man", "woman"]));
    assert_eq!(
        (&ring["login"], &ring["from"]["login"], &ring["ttl_ms"]),
        (&json!("woman"), &json!("woman"), &json!(TTL))
    );
    assert_eq!(rig.names("third/phone"), ["calling"]);
    assert_eq!(rig.invite("man/pc", "third", "c1")["status"], 0, "asked twice rings once");
    assert_eq!(rig.names("third/pc"), [""; 0]);
    let ack = serde_json::from_value(json!({"call_id": "c1", "state": "shown"})).unwrap();
    rig.handle(Input::RingAck { socket: "third/pc".into(), body: ack });
    assert_eq!(rig.heard("woman/pc")[0].1["devices"][0]["state"], "shown");
    assert_eq!(rig.ask("third/phone", Request::Token(id("c1")))["role"], "PUBLISHER", "prepared while it rings");

    let answer = rig.accept("third/pc", "c1");
    assert_eq!((&answer["session"], &answer["mode"]), (&ring["session"], &json!("two_way")));
    assert_eq!(rig.accept("third/pc", "c1"), answer, "said again");
    assert_eq!(rig.names("woman/pc"), ["accepted", "joined"]);
    assert_eq!(rig.heard("man/pc"), [("joined", json!({"call_id": "c1", "login": "third", "seq": 2}))]);
    assert_eq!(rig.names("third/phone"), ["answered_elsewhere"]);
    assert_eq!(rig.accept("third/phone", "c1")["code"], "answered_elsewhere");
    assert_eq!(rig.closed.pop().unwrap().1, ["con_third-phone"], "prepared for nothing");
    assert_eq!(rig.presence("man/pc", "third").as_deref(), Some("busy"));
    assert_eq!(rig.ask("third/pc", Request::Token(id("c1")))["role"], "PUBLISHER");
    assert_eq!(rig.ask("third/phone", Request::Token(id("c1")))["code"], "not_in_call");
}

#[test]
fn each_may_leave_and_the_last_two_end_it() {
    let mut rig = talking();
    rig.now += 1_000;
    rig.invite("man/pc", "third", "c1");
    rig.accept("third/pc", "c1");
    rig.ask("man/pc", Request::Token(id("c1")));
    rig.told.clear();
    rig.now += 1_000;
    assert_eq!(hangup(&mut rig, "man/pc")["status"], 0);
    assert_eq!(hangup(&mut rig, "man/pc")["status"], 0, "said again");
    assert_eq!(rig.heard("woman/pc"), [("left", json!({"call_id": "c1", "login": "man", "seq": 3}))]);
    assert_eq!(rig.names("third/pc"), ["left"]);
    assert_eq!(rig.names("man/pc"), ["ended"], "his device is out");
    assert_eq!(rig.closed, [("session-0001".to_owned(), vec!["con_man-pc".to_owned()], false)], "his token is dead");
    assert_eq!(rig.ask("man/pc", Request::Token(id("c1")))["code"], "not_in_call");
    assert_eq!(rig.presence("woman/pc", "man").as_deref(), Some("available"));
    assert_eq!(rig.invite("man/pc", "fourth", "c1")["code"], "not_in_call");

    // And comes back.
    assert_eq!(rig.invite("third/pc", "man", "c1")["status"], 0);
    assert_eq!(rig.heard("man/pc")[0].1["group"], json!(["woman", "third"]));
    assert_eq!(rig.accept("man/pc", "c1")["status"], 0);
    rig.told.clear();
    hangup(&mut rig, "woman/pc");
    assert_eq!((rig.names("man/pc"), rig.names("third/pc")), (vec!["left"], vec!["left"]));
    rig.now += 1_000;
    hangup(&mut rig, "third/pc");
    let (name, ended) = rig.heard("man/pc").remove(0);
    assert_eq!((name, &ended["by"]), ("ended", &json!("third")));
    assert!(rig.closed.last().unwrap().2, "the session is closed");
    assert!(rig.machine.calls.values().all(|call| !call.is_alive()));

    let mine = calls(&mut rig, "third/pc");
    assert_eq!((&mine[0]["direction"], &mine[0]["outcome"]), (&json!("in"), &json!("answered")));
    assert_eq!(mine[0]["with"], json!(["man", "woman"]));
    assert_eq!(mine[0]["started_at"], 1_001_000);
    assert_eq!(calls(&mut rig, "woman/pc")[0]["with"], json!(["man", "third"]));
    assert_eq!(calls(&mut rig, "woman/pc")[0]["ended_at"], 1_002_000);
}

#[test]
fn who_was_in_a_call_and_does_not_come_back_has_answered_it() {
    for how in 0..4 {
        let mut rig = talking();
        rig.now += 1_000;
        rig.invite("woman/pc", "third", "c1");
        rig.accept("third/pc", "c1");
        rig.now += 1_000;
        // One that it began with leaves, and one that was asked.
        for (sid, login) in [("man/pc", "man"), ("third/pc", "third")] {
            hangup(&mut rig, sid);
            rig.now += 1_000;
            if how == 3 {
                rig.status(sid, "dnd");
            }
            rig.invite("woman/pc", login, "c1");
            let asked = calls(&mut rig, sid);
            assert_eq!(asked.as_array().unwrap().len(), 1, "once while {login} is asked: {asked}");
            match how {
                0 => drop(rig.decline(sid, json!({"call_id": "c1"}))),
                1 => rig.at(rig.now + TTL),
                _ => {}
            }
            if login == "man" {
                // Somebody has to stay.
                rig.invite("woman/pc", "fourth", "c1");
                rig.accept("fourth/pc", "c1");
            }
        }
        hangup(&mut rig, "woman/pc");
        hangup(&mut rig, "fourth/pc");
        rig.at(rig.now + TTL);
        assert!(rig.machine.calls.values().all(|call| !call.is_alive()), "{how}");
        for login in ["man", "third"] {
            let last = rig.history.iter().rfind(|(whose, _)| whose.as_str() == login).unwrap();
            assert_eq!(last.1.outcome, Some(zvonok_signaling_proto::Outcome::Answered), "{login} {how}");
            assert!(last.1.answered_at.is_some());
        }
        let hers = calls(&mut rig, "woman/pc");
        assert_eq!(hers[0]["with"], json!(["fourth", "man", "third"]), "{how}: all who were there");
    }
}

#[test]
fn who_is_asked_may_decline_or_not_answer() {
    let mut rig = talking();
    rig.invite("woman/pc", "third", "c1");
    rig.told.clear();
    assert_eq!(rig.decline("third/pc", json!({"call_id": "c1", "message": "later"}))["status"], 0);
    let (name, declined) = rig.heard("woman/pc").remove(0);
    assert_eq!((name, &declined["login"], &declined["message"]), ("declined", &json!("third"), &json!("later")));
    assert_eq!(rig.names("man/pc"), [""; 0]);
    assert_eq!(rig.decline("third/pc", json!({"call_id": "c1"}))["status"], 0, "said twice");
    assert_eq!(rig.accept("third/pc", "c1")["code"], "answered_elsewhere");

    rig.invite("woman/pc", "fourth", "c1");
    rig.told.clear();
    rig.at(rig.now + TTL);
    assert_eq!(rig.heard("woman/pc")[0], ("left", json!({"call_id": "c1", "login": "fourth", "seq": 3})));
    assert_eq!(rig.names("fourth/pc"), ["missed"]);
    assert_eq!(rig.accept("fourth/pc", "c1")["code"], "expired");
    assert_eq!(calls(&mut rig, "fourth/pc")[0]["outcome"], "missed");

    rig.invite("woman/pc", "fourth", "c1");
    rig.told.clear();
    hangup(&mut rig, "woman/pc");
    assert_eq!(rig.names("man/pc"), ["left"], "he still waits for the fourth");
    hangup(&mut rig, "man/pc");
    assert_eq!(rig.names("fourth/pc"), ["cancelled"]);
    assert_eq!(rig.accept("fourth/pc", "c1")["code"], "cancelled");
    assert!(rig.machine.calls.values().all(|call| !call.is_alive()));
}

#[test]
fn when_the_last_one_leaves_nobody_is_asked_into_an_empty_call() {
    let mut rig = talking();
    rig.invite("woman/pc", "third", "c1");
    rig.invite("woman/pc", "fourth", "c1");
    hangup(&mut rig, "man/pc");
    rig.told.clear();
    hangup(&mut rig, "woman/pc");
    assert_eq!((rig.names("third/pc"), rig.names("fourth/pc")), (vec!["cancelled"], vec!["cancelled"]));
    assert_eq!(rig.names("woman/pc"), ["ended"]);
    assert!(rig.machine.calls.values().all(|call| !call.is_alive()));
}

#[test]
fn who_waits_alone_for_somebody_who_does_not_come_is_told_that_it_is_over() {
    let mut rig = talking();
    rig.invite("woman/pc", "third", "c1");
    hangup(&mut rig, "woman/pc");
    rig.told.clear();
    rig.decline("third/pc", json!({"call_id": "c1"}));
    assert_eq!(rig.names("man/pc"), ["ended"]);
}

#[test]
fn who_cannot_be_asked_is_not() {
    let mut rig = talking();
    rig.login("fifth/pc");
    rig.gone("fifth/pc");
    rig.status("third/pc", "dnd");
    rig.page("page", "sixth");
    rig.told.clear();
    assert_eq!(rig.invite("man/pc", "fifth", "c1")["code"], "offline");
    assert_eq!(rig.invite("man/pc", "third", "c1")["code"], "dnd");
    assert_eq!(rig.invite("man/pc", "nobody", "c1")["code"], "unknown_user");
    assert_eq!(rig.invite("man/pc", "sixth", "c1")["code"], "not_allowed", "a page knows no groups");
    assert_eq!(rig.invite("man/pc", "woman", "c1")["status"], 0, "she is there");
    assert_eq!(rig.invite("fourth/pc", "third", "c1")["code"], "not_in_call");
    assert_eq!(rig.names("third/pc"), ["missed"]);
    rig.call_mode("third/pc", "fourth", "c2", "watch");
    assert_eq!(rig.invite("third/pc", "man", "c2")["code"], "not_in_call", "it only rings");
    rig.accept("fourth/pc", "c2");
    assert_eq!(rig.invite("man/pc", "fourth", "c1")["code"], "busy");
    assert_eq!(rig.invite("third/pc", "man", "c2")["code"], "not_allowed", "to be watched is agreed with one only");
}

#[test]
fn who_is_lost_leaves_and_a_restart_changes_nothing() {
    let mut rig = talking();
    rig.invite("man/pc", "third", "c1");
    rig.accept("third/pc", "c1");
    rig.invite("third/pc", "fourth", "c1");
    rig.machine = Machine::new(Settings { ring_ttl_ms: TTL, tokens: true, durable: true, people: 10_000 });
    assert_eq!(rig.machine.restore(rig.kept.load(), rig.now), 0);
    rig.now += 5_000;
    for socket in ["man/pc", "woman/pc"] {
        rig.login(socket);
    }
    let pending = rig.login("fourth/pc").pending;
    assert_eq!(pending[0].group.as_ref().unwrap().len(), 3);
    assert_eq!((pending[0].from.login.as_str(), pending[0].ttl_ms), ("third", TTL - 5_000));
    rig.told.clear();
    rig.at(rig.now + 30_000);
    assert_eq!(rig.heard("man/pc"), [("left", json!({"call_id": "c1", "login": "third", "seq": 4}))]);
    rig.accept("fourth/pc", "c1");
    assert_eq!(rig.names("woman/pc"), ["left", "joined"]);
}

#[test]
fn a_second_call_rings_where_call_waiting_is_allowed() {
    let mut rig = talking();
    assert_eq!(rig.call("third/pc", "woman", "c2")["code"], "busy");
    rig.waiting("woman/pc", true);
    rig.told.clear();
    assert_eq!(rig.call("third/pc", "woman", "c3")["status"], 0);
    assert_eq!(rig.names("woman/pc"), ["calling"]);
    let ack = serde_json::from_value(json!({"call_id": "c3", "state": "suppressed", "reason": "in_call"})).unwrap();
    rig.handle(Input::RingAck { socket: "woman/pc".into(), body: ack });
    assert_eq!(rig.heard("third/pc")[0].1["devices"][0]["reason"], "in_call");
    assert_eq!(rig.accept("woman/pc", "c3")["status"], 0);
    assert_eq!(rig.names("man/pc"), ["ended"], "one device is in one call");
    assert_eq!(rig.call("man/pc", "woman", "c4")["status"], 0);
    assert!(rig.login("woman/pc'").me.call_waiting, "and it is shown to her devices");
    rig.waiting("woman/pc'", false);
    rig.status("woman/pc'", "busy");
    assert_eq!(rig.call("fourth/pc", "woman", "c5")["code"], "busy");
}

#[test]
fn with_call_waiting_another_ring_goes_on_when_one_is_answered() {
    let mut rig = talking();
    hangup(&mut rig, "man/pc");
    rig.waiting("woman/pc", true);
    rig.call("man/pc", "woman", "c2");
    rig.call("third/pc", "woman", "c3");
    rig.told.clear();
    rig.accept("woman/pc", "c2");
    assert_eq!(rig.names("third/pc"), [""; 0]);
    rig.ask("woman/pc", Request::Hangup(id("c2")));
    assert_eq!(rig.accept("woman/pc", "c3")["status"], 0);
}
