//! Who may have a call recorded, and cameras in it.

use super::accounts::{account, bearer, body, signed};
use super::*;
use crate::accounts::AccountRole;

/// Man and woman talk, guest and boss are there, and the boss is an admin.
fn office() -> Rig {
    let mut rig = Rig::new();
    let mut accounts: Vec<_> = ["man", "woman", "guest", "boss"].map(account).into();
    accounts[3].body.role = AccountRole::Admin;
    rig.machine.set_accounts(accounts, rig.now);
    for login in ["man", "woman", "guest", "boss"] {
        let reply = rig.enter(&format!("{login}/pc"), body(login), Some(signed(login)));
        assert!(matches!(reply, Reply::Ack(_)), "{reply:?}");
    }
    let call = json!({"sid": "", "login": "woman", "call_id": "c1", "mode": "two_way", "media": "video"});
    assert_eq!(ask(&mut rig, "man", Request::Call(serde_json::from_value(call).unwrap()))["status"], 0);
    rig
}

fn ask(rig: &mut Rig, login: &str, request: Request) -> Value {
    rig.ask_as(Some(&format!("{login}/pc")), bearer(login), request).1
}

fn accept(rig: &mut Rig) {
    let body = serde_json::from_value(json!({"sid": "", "call_id": "c1"})).unwrap();
    assert_eq!(ask(rig, "woman", Request::Accept(body))["status"], 0);
}

fn grant(rig: &mut Rig, login: &str) -> Box<MediaGrant> {
    let fresh = Fresh { call_id: id("fresh"), session: "fresh".into() };
    let (sid, bearer, request) = (Some(format!("{login}/pc")), bearer(login), Request::Media(id("c1")));
    let reply = rig.handle(Input::Request { sid, bearer, request, fresh });
    let Reply::Media(grant) = reply else { panic!("{reply:?}") };
    grant
}

fn camera(number: usize) -> CallCamera {
    CallCamera {
        id: format!("camera-{number}"),
        connection_id: format!("ipc_{number}"),
        name: String::new(),
        by: "man".parse().unwrap(),
    }
}

#[test]
fn those_in_the_call_may_and_admins_and_nobody_else() {
    let mut rig = office();
    let media = || Request::Media(id("c1"));
    assert_eq!(ask(&mut rig, "man", media())["code"], "not_in_call", "it still rings");
    accept(&mut rig);
    for login in ["man", "woman", "boss"] {
        assert_eq!(ask(&mut rig, login, media())["status"], 0, "{login}");
    }
    assert_eq!(ask(&mut rig, "guest", media())["code"], "not_in_call");
    assert_eq!(ask(&mut rig, "man", Request::Media(id("another")))["code"], "not_in_call");
    let alone = rig.ask_as(None, Bearer::Session(signed("boss")), media());
    assert_eq!(alone.1["status"], 0, "an admin needs no device");

    assert_eq!(
        ask(&mut rig, "man", Request::Recordings),
        json!({"status": 0, "message": "", "login": "man", "all": false, "live": ["c1"]})
    );
    assert_eq!(ask(&mut rig, "guest", Request::Recordings)["live"], json!([]));
    assert_eq!(ask(&mut rig, "boss", Request::Recordings)["all"], true);

    ask(&mut rig, "man", Request::Hangup(id("c1")));
    assert_eq!(ask(&mut rig, "woman", media())["code"], "not_in_call", "it is over");
    assert_eq!(ask(&mut rig, "boss", media())["code"], "not_in_call");
}

#[test]
fn a_hub_that_gives_no_tokens_gives_no_media_either() {
    let mut rig = Rig::with(Settings { ring_ttl_ms: TTL, tokens: false, durable: false, people: 10_000 });
    assert_eq!(rig.login("man/pc").features, ["groups"]);
    rig.login("woman/pc");
    rig.call("man/pc", "woman", "c1");
    rig.accept("woman/pc", "c1");
    assert_eq!(rig.ask("man/pc", Request::Media(id("c1")))["code"], "not_allowed");
}

#[test]
fn a_calls_cameras_and_recording_are_known_after_a_restart_and_end_with_it() {
    let mut rig = office();
    accept(&mut rig);
    let leave = grant(&mut rig, "man");
    let let_in = |rig: &mut Rig, number| rig.handle(Input::CameraIn { grant: leave.clone(), camera: camera(number) });
    for number in 0..8 {
        assert_eq!(let_in(&mut rig, number), Reply::Answer(Answer::ok()));
    }
    let Reply::Answer(refused) = let_in(&mut rig, 8) else { panic!("an answer") };
    assert_eq!((refused.http, refused.head.code), (429, Some(Code::TooMany)));
    assert_eq!(rig.closed.pop().unwrap().1, ["ipc_8"], "it is taken out again");
    rig.handle(Input::CameraOut { call_id: id("c1"), camera: "camera-3".into() });
    rig.handle(Input::Recorded { call_id: id("c1"), recording: "recording-1".into() });
    let known = ask(&mut rig, "woman", Request::Media(id("c1")));
    assert_eq!((known["cameras"].as_array().unwrap().len(), &known["recording"]), (7, &json!("recording-1")));

    let everything = rig.machine.everything();
    let kept =
        everything.iter().filter_map(|change| if let Change::Call(_, body) = change { Some(body) } else { None });
    let kept: Vec<_> = kept.collect();
    assert!(kept.iter().any(|body| body.contains("camera-7") && body.contains("recording-1")), "{kept:?}");

    ask(&mut rig, "man", Request::Hangup(id("c1")));
    let (_, connections, evict) = rig.closed.pop().unwrap();
    assert!(evict && connections.contains(&"ipc_7".to_owned()) && !connections.contains(&"ipc_3".to_owned()));
    let late = let_in(&mut rig, 9);
    assert!(matches!(late, Reply::Answer(answer) if answer.head.code == Some(Code::NotInCall)));
    assert_eq!(rig.closed.pop().unwrap().1, ["ipc_9"], "the call ended meanwhile");
}
