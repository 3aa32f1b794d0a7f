//! Accounts: who comes in, who may call and see whom.

use zvonok_signaling_proto::rest::BlockRequest;

use super::*;
use crate::accounts::{Account, AccountRole};

const FAR: Millis = 9_000_000_000;

pub(super) fn account(login: &str) -> Account {
    let body = AccountBody { name: format!("{login} of the office"), ..AccountBody::default() };
    Account { login: login.parse().unwrap(), body }
}

pub(super) fn signed(login: &str) -> Signed {
    let (login, session) = (login.parse().unwrap(), format!("hash of {login}'s"));
    Signed { login, session, generation: 0, expires_at: FAR }
}

pub(super) fn bearer(login: &str) -> Bearer {
    Bearer::Hash(signed(login).session)
}

/// Three with accounts and the hub's own echo; nobody is there.
fn office() -> Rig {
    let mut rig = Rig::new();
    rig.machine.add_resident("echo".parse().unwrap(), "Echo test", "echo's socket".into());
    rig.machine.set_accounts(["man", "woman", "boss"].map(account).into(), rig.now);
    rig
}

pub(super) fn body(login: &str) -> Value {
    json!({"login": login, "version": 2, "device": {"id": format!("{login}-pc"), "name": "pc"}})
}

fn enter(rig: &mut Rig, login: &str) -> LoginAck {
    let reply = rig.enter(&format!("{login}/pc"), body(login), Some(signed(login)));
    let Reply::Ack(ack) = reply else { panic!("{reply:?}") };
    *ack
}

fn refused(reply: Reply) -> Code {
    let Reply::LoginRefused(head) = reply else { panic!("{reply:?}") };
    head.code.unwrap()
}

fn ask(rig: &mut Rig, login: &str, request: Request) -> Value {
    rig.ask_as(Some(&format!("{login}/pc")), bearer(login), request).1
}

fn call(rig: &mut Rig, from: &str, to: &str, id: &str) -> Value {
    let body = json!({"sid": "", "login": to, "call_id": id, "mode": "two_way", "media": "video"});
    ask(rig, from, Request::Call(serde_json::from_value(body).unwrap()))
}

fn block(rig: &mut Rig, who: &str, whom: &str, blocked: bool) {
    let body = BlockRequest { sid: None, login: whom.parse().unwrap(), blocked };
    assert_eq!(ask(rig, who, Request::Block(body))["status"], 0);
}

#[test]
fn with_accounts_nobody_comes_in_without_a_token_of_their_own() {
    let mut rig = office();
    assert_eq!(refused(rig.enter("x", body("man"), None)), Code::NotSignedIn);
    assert_eq!(refused(rig.enter("x", body("man"), Some(signed("woman")))), Code::NotAllowed);
    assert_eq!(refused(rig.enter("x", body("thief"), Some(signed("thief")))), Code::NotSignedIn);
    let old = Signed { expires_at: rig.now, ..signed("man") };
    assert_eq!(refused(rig.enter("x", body("man"), Some(old))), Code::NotSignedIn);
    assert_eq!(refused(rig.enter("x", body("echo"), Some(signed("echo")))), Code::NotSignedIn);
    let ack = enter(&mut rig, "man");
    assert_eq!((ack.me.name.as_str(), ack.me.role.as_str()), ("man of the office", "member"));
    let roster: Vec<_> = ack.roster.iter().map(|contact| contact.name.as_str()).collect();
    assert_eq!(roster, ["boss of the office", "Echo test", "woman of the office"], "also who was never here");
    assert_eq!(ack.features, ["groups", "tokens", "recording", "cameras"]);
}

#[test]
fn a_request_needs_the_token_of_its_socket() {
    let mut rig = office();
    enter(&mut rig, "man");
    enter(&mut rig, "woman");
    for (sid, given) in [
        (Some("man/pc"), Bearer::None),
        (Some("man/pc"), bearer("woman")),
        (Some("man/pc"), Bearer::Session(signed("woman"))),
        (Some("nobody's"), bearer("man")),
        (None, Bearer::None),
        (None, Bearer::Session(Signed { generation: 7, ..signed("man") })),
    ] {
        assert_eq!(rig.ask_as(sid, given.clone(), Request::Users).0, 401, "{sid:?} {given:?}");
    }
    assert_eq!(rig.ask_as(Some("man/pc"), bearer("man"), Request::Users).0, 200);
    let alone = Bearer::Session(signed("man"));
    assert_eq!(rig.ask_as(None, alone.clone(), Request::Users).1["status"], 0);
    assert_eq!(rig.ask_as(None, alone, Request::Hangup(id("c1"))).1["code"], "not_signed_in", "that needs a device");
    rig.now = FAR;
    assert_eq!(rig.ask_as(Some("man/pc"), bearer("man"), Request::Users).0, 401, "it has expired");
}

#[test]
fn what_is_taken_back_ends_at_once() {
    for what in 0..4 {
        let mut rig = office();
        enter(&mut rig, "man");
        enter(&mut rig, "woman");
        call(&mut rig, "man", "woman", "c1");
        ask(&mut rig, "woman", Request::Accept(serde_json::from_value(json!({"call_id": "c1"})).unwrap()));
        rig.told.clear();
        let mut man = account("man");
        match what {
            0 => drop(rig.handle(Input::SessionOver { session: signed("man").session })),
            1 => man.body.disabled = true,
            2 => man.body.generation = 1,
            _ => rig.now = FAR,
        }
        if what > 0 {
            rig.handle(Input::Accounts(vec![man, account("boss"), account("woman")]));
        }
        assert_eq!(rig.names("man/pc"), ["(disconnect)"], "{what}");
        assert_eq!(rig.names("woman/pc"), if what == 3 { vec!["(disconnect)"] } else { vec![] }, "{what}");
        assert_eq!(rig.ask_as(Some("man/pc"), bearer("man"), Request::Users).0, 401);
    }
}

#[test]
fn the_first_account_closes_a_hub_that_was_open() {
    let mut rig = Rig::new();
    rig.login("guest/pc");
    rig.login("man/pc");
    rig.told.clear();
    rig.handle(Input::Accounts(Vec::new()));
    assert_eq!(rig.names("man/pc"), [""; 0]);
    rig.handle(Input::Accounts(vec![account("man")]));
    assert_eq!(rig.names("man/pc"), ["(disconnect)"], "the name alone is no longer enough");
    assert_eq!(rig.names("guest/pc"), ["(disconnect)"]);
    assert_eq!(enter(&mut rig, "man").roster.len(), 0, "who has no account is nobody");
    assert_eq!(call(&mut rig, "man", "guest", "c1")["code"], "unknown_user");
}

#[test]
fn a_list_says_whom_a_member_may_call_and_an_admin_may_all() {
    let mut rig = office();
    let mut man = account("man");
    man.body.may_call = Some(["boss".parse().unwrap()].into());
    let mut boss = account("boss");
    boss.body.may_call = Some([].into());
    boss.body.role = AccountRole::Admin;
    rig.handle(Input::Accounts(vec![man, boss, account("woman")]));
    for login in ["man", "woman", "boss"] {
        enter(&mut rig, login);
    }
    assert_eq!(call(&mut rig, "man", "woman", "c1")["code"], "not_allowed");
    assert_eq!(rig.names("woman/pc"), [""; 0]);
    assert_eq!(call(&mut rig, "man", "echo", "c2")["status"], 0);
    assert_eq!(call(&mut rig, "man", "boss", "c3")["status"], 0);
    assert_eq!(call(&mut rig, "boss", "woman", "c4")["status"], 0);
}

#[test]
fn for_whom_one_has_blocked_one_is_never_there() {
    let mut rig = office();
    for login in ["man", "woman"] {
        enter(&mut rig, login);
    }
    rig.told.clear();
    block(&mut rig, "woman", "man", true);
    assert_eq!(rig.presence("man/pc", "woman").as_deref(), Some("offline"));
    let users = ask(&mut rig, "man", Request::Users)["users"].clone();
    let seen = users.as_array().unwrap().iter().find(|user| user["login"] == "woman").unwrap();
    assert_eq!((&seen["status"], &seen["last_seen"]), (&json!("offline"), &Value::Null));
    let answer = call(&mut rig, "man", "woman", "c1");
    assert_eq!(
        (&answer["code"], &answer["message"]),
        (&json!("offline"), &json!("woman of the office is not connected."))
    );
    assert_eq!(rig.names("woman/pc"), [""; 0], "she hears nothing of it");
    assert_eq!(ask(&mut rig, "woman", Request::Calls { before: None, limit: None })["calls"], json!([]));
    assert_eq!(ask(&mut rig, "man", Request::Calls { before: None, limit: None })["calls"][0]["outcome"], "missed");
    rig.told.clear();
    rig.gone("woman/pc");
    enter(&mut rig, "woman");
    assert_eq!(rig.presence("man/pc", "woman"), None);
    assert_eq!(ask(&mut rig, "woman", Request::Blocks)["blocked"], json!(["man"]));
    assert_eq!(call(&mut rig, "woman", "man", "c2")["status"], 0, "she may call him");
    ask(&mut rig, "woman", Request::Cancel(id("c2")));
    block(&mut rig, "woman", "man", false);
    assert_eq!(rig.presence("man/pc", "woman").as_deref(), Some("available"));
    assert_eq!(call(&mut rig, "man", "woman", "c3")["status"], 0);
    rig.told.clear();
    block(&mut rig, "woman", "man", true);
    assert_eq!(rig.names("man/pc"), ["ended"], "what rings from him does not go on");

    enter(&mut rig, "boss");
    call(&mut rig, "man", "boss", "c4");
    let accept = json!({"sid": "", "call_id": "c4"});
    ask(&mut rig, "boss", Request::Accept(serde_json::from_value(accept).unwrap()));
    block(&mut rig, "woman", "man", false);
    let invite = json!({"sid": "", "login": "woman", "call_id": "c4"});
    ask(&mut rig, "man", Request::Invite(serde_json::from_value(invite).unwrap()));
    rig.told.clear();
    block(&mut rig, "woman", "man", true);
    assert_eq!(
        (rig.names("man/pc"), rig.names("woman/pc")),
        (vec!["left"], vec!["missed"]),
        "nor what he asks her into"
    );
}
