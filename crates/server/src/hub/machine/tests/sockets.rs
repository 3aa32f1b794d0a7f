//! Signing in, dropped sockets, replay.

use super::*;

#[test]
fn what_happened_meanwhile_is_replayed_once() {
    let mut rig = Rig::new();
    rig.login("man/pc");
    rig.login("woman/pc");
    rig.call("man/pc", "woman", "c1");
    assert_eq!(rig.names("woman/pc"), ["calling"]);
    rig.gone("woman/pc");
    rig.at(rig.now + TTL);
    rig.told.clear();
    let ack = rig.login_after("woman/pc'", Some(1));
    assert_eq!((ack.seq, ack.pending.len()), (2, 0));
    assert_eq!(rig.names("woman/pc'"), ["missed"]);
    rig.gone("woman/pc'");
    rig.login_after("woman/pc", Some(2));
    assert_eq!(rig.names("woman/pc"), [""; 0]);
    rig.gone("woman/pc");
    rig.call("man/pc", "woman", "c2");
    rig.login("woman/pc'");
    assert_eq!(rig.names("woman/pc'"), ["missed"], "a device that forgot its number gets what it cannot have seen");
}

#[test]
fn a_ring_that_is_alive_rings_again_after_a_reconnect() {
    let mut rig = Rig::new();
    rig.login("man/pc");
    rig.login("woman/pc");
    rig.call("man/pc", "woman", "c1");
    rig.gone("woman/pc");
    rig.at(rig.now + 5_000);
    rig.told.clear();
    let ack = rig.login_after("woman/pc'", Some(0));
    assert_eq!(ack.pending.len(), 1);
    assert_eq!(ack.pending[0].ttl_ms, TTL - 5_000);
    assert_eq!(rig.names("woman/pc'"), [""; 0], "in `pending`, not a second time as an event");
    assert_eq!(rig.accept("woman/pc'", "c1")["status"], 0);
}

#[test]
fn a_device_that_comes_while_it_rings_rings_too() {
    let mut rig = Rig::new();
    rig.login("man/pc");
    rig.login("woman/pc");
    rig.call("man/pc", "woman", "c1");
    assert_eq!(rig.login("woman/phone").pending.len(), 1);
    rig.told.clear();
    rig.ask("man/pc", Request::Cancel(id("c1")));
    assert_eq!(rig.names("woman/phone"), ["cancelled"]);
}

#[test]
fn a_second_socket_of_a_device_takes_the_place_of_the_first() {
    let mut rig = Rig::new();
    rig.login("man/pc");
    rig.told.clear();
    rig.login("man/pc'");
    assert_eq!(rig.names("man/pc"), ["(disconnect)"]);
    rig.gone("man/pc");
    let answer = rig.ask("man/pc'", Request::Users);
    assert_eq!(answer["status"], 0, "the late end of the first socket does not end the second");
}

#[test]
fn presence_goes_to_everybody_and_the_roster_has_it() {
    let mut rig = Rig::new();
    let ack = rig.login("man/pc");
    assert_eq!((ack.version, ack.sid.as_str(), ack.roster.len()), (2, "man/pc", 0));
    assert_eq!(ack.me.status, zvonok_signaling_proto::Status::Available);
    rig.login("woman/pc");
    assert_eq!(rig.presence("man/pc", "woman").as_deref(), Some("available"));
    rig.status("woman/pc", "away");
    assert_eq!(rig.presence("man/pc", "woman").as_deref(), Some("away"));
    rig.gone("woman/pc");
    assert_eq!(rig.presence("man/pc", "woman").as_deref(), Some("offline"));
    let users = rig.ask("man/pc", Request::Users);
    assert_eq!(
        users["users"],
        json!([{"login": "woman", "name": "woman", "status": "offline", "last_seen": 1_000_000}])
    );
    rig.at(rig.now + 8 * 24 * 3_600_000);
    assert_eq!(rig.ask("man/pc", Request::Users)["users"], json!([]), "in open mode people are forgotten");
}

#[test]
fn a_bad_device_is_refused() {
    let mut rig = Rig::new();
    for body in [
        json!({"login": "man", "version": 2}),
        json!({"login": "man", "version": 2, "device": {"id": ""}}),
        json!({"login": "man", "version": 2, "device": {"id": "x".repeat(65)}}),
    ] {
        let body = serde_json::from_value(body).unwrap();
        assert!(matches!(rig.handle(Input::Login { socket: "s".into(), body, signed: None }), Reply::LoginRefused(_)));
    }
}

#[test]
fn the_number_of_devices_is_bounded() {
    let mut rig = Rig::new();
    for n in 0..40 {
        rig.login(&format!("man/{n}"));
    }
    assert_eq!(rig.machine.people.values().map(|person| person.devices.len()).sum::<usize>(), 16);
    assert_eq!(rig.machine.sockets.len(), 16);
}

#[test]
fn who_is_gone_longest_makes_room_for_somebody_new() {
    let mut rig = Rig::new();
    rig.machine.settings.people = 3;
    for login in ["man/pc", "woman/pc", "child/pc"] {
        rig.now += 1;
        rig.login(login);
    }
    let new = || Input::Login {
        socket: "new/pc".into(),
        body: serde_json::from_value(json!({"login": "new", "version": 2, "device": {"id": "new-pc"}})).unwrap(),
        signed: None,
    };
    assert!(matches!(rig.handle(new()), Reply::LoginRefused(_)), "everybody is there");
    rig.call("man/pc", "woman", "c1");
    rig.gone("woman/pc");
    rig.now += 1;
    rig.gone("child/pc");
    assert!(matches!(rig.handle(new()), Reply::Ack(_)), "the child is gone");
    let answer = rig.call("new/pc", "child", "c2");
    assert_eq!(answer["code"], "unknown_user");
    assert_eq!(rig.login("woman/pc'").pending.len(), 1, "who is called is kept, though gone longer");
}

#[test]
fn many_hubs_are_told_once_how_somebody_is_seen_and_by_whom_not() {
    let mut rig = Rig::new();
    rig.machine.serve_many();
    for socket in ["man/pc", "man/phone", "woman/pc", "guest/pc"] {
        rig.login(socket);
    }
    rig.told.clear();
    rig.ask("woman/pc", Request::Status(serde_json::from_value(json!("dnd")).unwrap()));
    assert_eq!(rig.told.len(), 1, "{:?}", rig.told);
    assert_eq!(rig.presence("(many)", "woman").as_deref(), Some("dnd"));
    rig.told.clear();
    let block = serde_json::from_value(json!({ "login": "man", "blocked": true })).unwrap();
    rig.ask("woman/pc", Request::Block(block));
    assert_eq!(rig.presence("(many)", "woman").as_deref(), Some("dnd"), "with the news from whom she is hidden");
    let shown = rig.machine.all_shown();
    assert_eq!(shown.len(), 3);
    let woman = shown.iter().find(|shown| shown.presence.login.as_str() == "woman").unwrap();
    let seen = ["man", "guest"].map(|login| woman.to(&login.parse().unwrap()).status);
    assert_eq!(seen, [zvonok_signaling_proto::Status::Offline, zvonok_signaling_proto::Status::Dnd]);
    assert_eq!(serde_json::from_str::<Shown>(&serde_json::to_string(woman).unwrap()).unwrap(), *woman);
}
