//! The hub ends and starts again.

use super::*;

const DURABLE: Settings = Settings { ring_ttl_ms: TTL, tokens: true, durable: true, people: 10_000 };

fn rig() -> Rig {
    let mut rig = Rig::with(DURABLE);
    rig.login("man/pc");
    rig.login("woman/pc");
    rig.told.clear();
    rig
}

/// Another machine, from what this one kept; nobody is connected.
fn restarted(mut rig: Rig, away: Millis) -> Rig {
    rig.now += away;
    rig.machine = Machine::new(DURABLE);
    assert_eq!(rig.machine.restore(rig.kept.load(), rig.now), 0);
    rig.told.clear();
    rig.handle(Input::Tick);
    rig
}

#[test]
fn a_live_ring_rings_again_with_the_time_it_has_left() {
    let mut rig = rig();
    rig.call("man/pc", "woman", "c1");
    assert_eq!(rig.names("woman/pc"), ["calling"]);
    rig.handle(Input::Stop);
    assert_eq!(rig.names("woman/pc"), [""; 0], "a hub that comes back does not end what rings");
    let mut rig = restarted(rig, 5_000);
    let ack = rig.login_after("woman/pc", Some(1));
    assert_eq!(ack.pending.iter().map(|ring| ring.ttl_ms).collect::<Vec<_>>(), [TTL - 5_000]);
    assert_eq!(rig.names("woman/pc"), [""; 0], "it is in `pending`, and nowhere else");
    rig.login_after("man/pc", Some(0));
    assert_eq!(rig.call("man/pc", "woman", "c1")["call_id"], "c1", "a repetition finds it");
    assert_eq!(rig.names("woman/pc"), [""; 0], "and it does not ring a second time");
    assert_eq!(rig.accept("woman/pc", "c1")["status"], 0);
    assert_eq!(rig.names("man/pc"), ["accepted"]);
    assert_eq!(rig.ask("man/pc", Request::Hangup(id("c1")))["status"], 0);
}

#[test]
fn a_page_whose_hub_is_lost_has_given_nothing_up_and_goes_on_where_it_came_back() {
    let mut rig = rig();
    rig.page("page", "third");
    rig.plain_call("page", "woman");
    assert_eq!(rig.names("woman/pc"), ["calling"]);
    rig.page("again", "third");
    rig.handle(Input::SocketsLost { sockets: vec!["page".into()] });
    rig.at(rig.now + 40_000);
    assert_eq!(rig.names("woman/pc"), [""; 0], "it rings as long as it would have");
    rig.gone("again");
    assert_eq!(rig.names("woman/pc"), ["cancelled"]);
}

#[test]
fn a_ring_that_died_meanwhile_is_missed_once() {
    let mut rig = rig();
    rig.call("man/pc", "woman", "c1");
    let mut rig = restarted(rig, TTL);
    let ack = rig.login_after("woman/pc", Some(1));
    assert_eq!((ack.pending.len(), ack.seq, ack.dropped), (0, 2, 0));
    assert_eq!(rig.names("woman/pc"), ["missed"]);
    rig.login_after("man/pc", Some(0));
    assert_eq!(rig.names("man/pc"), ["ended"]);
    let mut rig = restarted(rig, 1_000);
    rig.login_after("woman/pc", Some(2));
    assert_eq!(rig.names("woman/pc"), [""; 0]);
    let calls = rig.ask("woman/pc", Request::Calls { before: None, limit: None });
    assert_eq!((calls["calls"].as_array().unwrap().len(), &calls["calls"][0]["outcome"]), (1, &json!("missed")));
}

#[test]
fn a_clock_that_was_set_back_does_not_let_it_ring_for_ever() {
    let mut rig = rig();
    rig.call("man/pc", "woman", "c1");
    rig.now -= 900_000;
    let mut rig = restarted(rig, 0);
    assert_eq!(rig.login_after("woman/pc", Some(1)).pending[0].ttl_ms, TTL);
}

#[test]
fn the_numbers_go_on_and_a_device_without_one_gets_what_it_cannot_have_seen() {
    let mut rig = rig();
    rig.call("man/pc", "woman", "c1");
    rig.ask("man/pc", Request::Cancel(id("c1")));
    rig.gone("woman/pc");
    rig.call("man/pc", "woman", "c2");
    let mut rig = restarted(rig, 1_000);
    let ack = rig.login("woman/pc");
    assert_eq!((ack.seq, ack.replay_after), (3, Some(2)));
    let heard = rig.heard("woman/pc");
    assert_eq!((heard.len(), heard[0].0, &heard[0].1["seq"]), (1, "missed", &json!(3)));
    rig.login("man/pc");
    rig.call("man/pc", "woman", "c3");
    assert_eq!(rig.heard("woman/pc")[0].1["seq"], 4);
}

#[test]
fn what_a_person_set_is_kept_and_an_answered_call_waits_for_both() {
    let mut rig = rig();
    rig.login("third/pc");
    rig.status("third/pc", "dnd");
    rig.call("man/pc", "woman", "c1");
    rig.accept("woman/pc", "c1");
    rig.ask("woman/pc", Request::Token(id("c1")));
    let mut rig = restarted(rig, 600_000);
    assert_eq!(rig.login("third/pc").me.status, zvonok_signaling_proto::Status::Dnd);
    rig.at(rig.now + 20_000);
    rig.login("man/pc");
    rig.at(rig.now + 10_000);
    assert_eq!(rig.names("man/pc"), ["ended"], "the woman did not come back");
    assert_eq!(rig.closed, [("session-0002".to_owned(), vec!["con_woman-pc".to_owned()], true)]);
    assert_eq!(rig.ask("man/pc", Request::Hangup(id("c1")))["status"], 0, "said again after the end");
    let mut rig = restarted(rig, 60_000);
    rig.login("man/pc");
    assert_eq!(rig.ask("man/pc", Request::Hangup(id("c1")))["status"], 0, "and after a restart");
    let mut rig = restarted(rig, 600_000);
    rig.login("man/pc");
    assert_eq!(rig.call("man/pc", "woman", "c1")["code"], "expired");
}

#[test]
fn a_page_that_connects_again_goes_on_with_its_call() {
    let mut rig = Rig::with(DURABLE);
    rig.page("one", "man");
    rig.page("two", "woman");
    rig.plain_call("one", "woman");
    let mut rig = restarted(rig, 1_000);
    rig.page("three", "woman");
    rig.page("four", "man");
    assert_eq!(rig.names("three"), ["calling"]);
    assert_eq!(rig.status("three", "beasy")["status"], 0);
    rig.at(rig.now + 60_000);
    rig.gone("four");
    rig.at(rig.now + 60_000);
    assert_eq!(rig.names("three"), ["cancelled"]);
}

#[test]
fn however_long_the_hub_is_down_a_call_outlives_its_stop_as_it_does_its_crash() {
    let mut rig = rig();
    rig.call("man/pc", "woman", "c1");
    rig.accept("woman/pc", "c1");
    rig.now += 5_000;
    rig.handle(Input::Stop);
    for socket in ["man/pc", "woman/pc"] {
        rig.gone(socket);
    }
    let mut rig = restarted(rig, 600_000);
    rig.login("third/pc");
    let users = rig.ask("third/pc", Request::Users);
    assert_eq!(users["users"][0]["last_seen"], 1_005_000, "until when they were there is known: {users}");
    rig.at(rig.now + 20_000);
    rig.login_after("man/pc", Some(1));
    rig.login_after("woman/pc", Some(1));
    rig.at(rig.now + 60_000);
    assert_eq!(rig.names("man/pc"), [""; 0], "both are back in time");
    assert_eq!(rig.ask("man/pc", Request::Hangup(id("c1")))["status"], 0);
    assert_eq!(rig.names("woman/pc"), ["ended"]);
}

#[test]
fn a_ring_outlives_a_stop_that_takes_its_callers_socket_with_it() {
    let mut rig = Rig::with(DURABLE);
    rig.login("man/pc");
    rig.login("woman/pc");
    rig.page("page", "third");
    rig.call("man/pc", "woman", "c1");
    rig.plain_call("page", "woman");
    rig.handle(Input::Stop);
    for socket in ["man/pc", "page", "woman/pc"] {
        rig.gone(socket);
    }
    let mut rig = restarted(rig, 40_000);
    let ack = rig.login_after("woman/pc", Some(2));
    let mut callers: Vec<_> = ack.pending.iter().map(|ring| ring.login.as_str()).collect();
    callers.sort_unstable();
    assert_eq!(callers, ["man", "third"], "longer than who leaves a ring may be away");
}

#[test]
fn whoever_comes_back_was_never_gone() {
    let mut rig = rig();
    rig.login("guest/pc");
    rig.status("guest/pc", "dnd");
    rig.login("away/pc");
    rig.gone("away/pc");
    let kept = rig.kept.load();
    let connected = kept.connected();
    assert_eq!(connected.iter().map(Login::as_str).collect::<Vec<_>>(), ["guest", "man", "woman"]);
    rig.machine = Machine::new(DURABLE);
    assert_eq!(rig.machine.restore(kept, rig.now), 0);
    rig.machine.expect_back(connected);
    rig.told.clear();
    let ack = rig.login("man/pc");
    let roster: Vec<_> = ack.roster.iter().map(|one| (one.login.as_str(), one.status)).collect();
    use zvonok_signaling_proto::Status::{Available, Dnd, Offline};
    assert_eq!(roster, [("away", Offline), ("guest", Dnd), ("woman", Available)], "as they were");
    rig.login("woman/pc");
    assert!(rig.told.is_empty(), "nobody is told that somebody came: {:?}", rig.told);
    rig.handle(Input::Gathered);
    assert_eq!(rig.presence("man/pc", "guest").as_deref(), Some("offline"), "who has not come back is gone");
    assert_eq!(rig.presence("man/pc", "woman"), None);
    rig.login("guest/pc");
    assert_eq!(rig.presence("man/pc", "guest").as_deref(), Some("dnd"));
}
