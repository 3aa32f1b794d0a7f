//! Accounts, from the command line to the socket.

use serde_json::{Value, json};
use zvonok_server::accounts::{MAX_SESSIONS, Signed};
use zvonok_server::database::{self, Database};

use crate::person::{Person, answer, http};
use crate::postgres::Postgres;
use crate::program::{Place, Program, user};
use crate::{Folder, PATIENCE};

const PASSWORD: &str = "planted-password-7Gk2";

fn add(folder: &Folder, place: &Place<'_>, login: &str, args: &[&str]) {
    let (done, said) = user(folder, place, &[&["add", login][..], args].concat(), &format!("{PASSWORD}\n"));
    assert!(done && said.contains("has an account") && !said.contains(PASSWORD), "{said}");
}

async fn try_sign_in(hub: &Program, login: &str, password: &str) -> (u16, Value) {
    let body = json!({ "login": login, "password": password, "device": { "id": "x", "name": "pc" } });
    answer(http().post(format!("{}/login", hub.hub)).json(&body)).await
}

async fn sign_in(hub: &Program, login: &str) -> String {
    let (http, said) = try_sign_in(hub, login, PASSWORD).await;
    assert_eq!((http, &said["status"], &said["me"]["login"]), (200, &json!(0), &json!(login)), "{said}");
    assert!(said["ttl_ms"].as_u64() > Some(86_400_000) && said["expires_at"].is_u64());
    said["token"].as_str().unwrap().to_owned()
}

async fn person(hub: &Program, login: &str, token: &str) -> Result<Person, String> {
    Person::with(&hub.hub, login, "pc", None, Some(token)).await
}

async fn those_who_have_accounts_come_in_and_nobody_else(place: Place<'_>) {
    let folder = Folder::new();
    add(&folder, &place, "man", &["--name", "A Man", "--role", "admin"]);
    add(&folder, &place, "woman", &[]);
    let hub = Program::start(&folder, &place, &[]);

    let open = Person::with(&hub.hub, "man", "pc", None, None).await;
    assert!(open.err().unwrap().contains("not_signed_in"), "the name alone is not enough");
    for bad in ["zvt_nothing", "", &"x".repeat(500)] {
        assert!(person(&hub, "man", bad).await.err().unwrap().contains("not_signed_in"), "{bad}");
    }
    for (login, password) in [("man", "planted-password"), ("nobody", PASSWORD)] {
        let (http, said) = try_sign_in(&hub, login, password).await;
        assert_eq!((http, &said["code"], &said["token"]), (401, &json!("not_signed_in"), &Value::Null));
    }
    let (mans, womans) = (sign_in(&hub, "man").await, sign_in(&hub, "woman").await);
    assert!(person(&hub, "man", &womans).await.err().unwrap().contains("not_allowed"), "somebody else's token");
    let mut man = person(&hub, "man", &mans).await.unwrap();
    assert_eq!(man.ack["me"], json!({ "login": "man", "name": "A Man", "role": "admin", "status": "available" }));
    let mut woman = person(&hub, "woman", &womans).await.unwrap();
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    woman.hears("calling").await;
    woman.done("/accept", json!({ "call_id": "c1" })).await;
    man.hears("accepted").await;
    assert_eq!(man.done("/token", json!({ "call_id": "c1" })).await["role"], "PUBLISHER");

    // A socket's id proves nothing, and neither does a token of somebody else.
    let body = json!({ "sid": man.sid, "call_id": "c1" });
    for token in [None, Some(&womans)] {
        let request = http().post(format!("{}/token", hub.hub)).json(&body);
        let request =
            token.map_or_else(|| request.try_clone().unwrap(), |token| request.try_clone().unwrap().bearer_auth(token));
        assert_eq!(answer(request).await.0, 401);
    }
    let users = answer(http().get(format!("{}/users", hub.hub)).bearer_auth(&mans)).await;
    assert_eq!((users.0, &users.1["users"][1]["login"]), (200, &json!("woman")), "a token alone may look");

    // Kept over a restart; taken back by `logout`, by another password, by being disabled.
    hub.kill();
    let hub = Program::start(&folder, &place, &[]);
    let mut man = person(&hub, "man", &mans).await.unwrap();
    let other = sign_in(&hub, "man").await;
    let gone = answer(http().post(format!("{}/logout", hub.hub)).bearer_auth(&mans)).await;
    assert_eq!((gone.0, &gone.1["status"]), (200, &json!(0)));
    man.is_ended().await;
    assert!(person(&hub, "man", &mans).await.err().unwrap().contains("not_signed_in"));
    let mut man = person(&hub, "man", &other).await.unwrap();
    let (done, said) = user(&folder, &place, &["passwd", "man"], "another password of his");
    assert!(done, "{said}");
    man.is_ended().await;
    assert!(person(&hub, "man", &other).await.is_err());
    assert_eq!(try_sign_in(&hub, "man", PASSWORD).await.0, 401);
    assert_eq!(try_sign_in(&hub, "man", "another password of his").await.0, 200);
    let mut woman = person(&hub, "woman", &womans).await.unwrap();
    assert!(user(&folder, &place, &["disable", "woman"], "").0);
    woman.is_ended().await;
    assert_eq!(try_sign_in(&hub, "woman", PASSWORD).await.0, 401);
    let (_, listed) = user(&folder, &place, &["list"], "");
    assert!(listed.lines().any(|line| line.starts_with("woman ") && line.contains("disabled")), "{listed}");
    assert!(
        listed.lines().any(|line| line.starts_with("man ") && line.contains(" admin ") && line.ends_with("A Man")),
        "{listed}"
    );
    assert!(user(&folder, &place, &["enable", "woman"], "").0);
    assert_eq!(try_sign_in(&hub, "woman", PASSWORD).await.0, 200);

    assert!(!hub.log().contains(PASSWORD) && !hub.log().contains("zvt_"), "{}", hub.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_have_accounts_come_in_and_nobody_else_on_sqlite() {
    those_who_have_accounts_come_in_and_nobody_else(Place::File).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_have_accounts_come_in_and_nobody_else_on_postgresql() {
    let postgres = Postgres::start();
    those_who_have_accounts_come_in_and_nobody_else(Place::Server(&postgres.url)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_over_lets_no_socket_in_that_was_connected_before() {
    let folder = Folder::new();
    add(&folder, &Place::File, "man", &[]);
    let hub = Program::start(&folder, &Place::File, &[]);
    let token = sign_in(&hub, "man").await;
    let mut early = Person::connect(&hub.hub, "man", Some(&token)).await.unwrap();
    let gone = answer(http().post(format!("{}/logout", hub.hub)).bearer_auth(&token)).await;
    assert_eq!((gone.0, &gone.1["status"]), (200, &json!(0)));
    assert!(early.enter("pc", None).await.err().unwrap().contains("not_signed_in"));
    let mut new = Person::connect(&hub.hub, "man", Some(&sign_in(&hub, "man").await)).await.unwrap();
    assert_eq!(new.enter("pc", None).await, Ok(()), "another one does");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_right_after_the_account_has_changed_comes_in() {
    let folder = Folder::new();
    add(&folder, &Place::File, "man", &[]);
    let hub = Program::start(&folder, &Place::File, &[]);
    for _ in 0..3 {
        let (done, said) = user(&folder, &Place::File, &["passwd", "man"], &format!("{PASSWORD}\n"));
        assert!(done, "{said}");
        let token = sign_in(&hub, "man").await;
        assert_eq!(person(&hub, "man", &token).await.err(), None);
    }
    add(&folder, &Place::File, "woman", &[]);
    let token = sign_in(&hub, "woman").await;
    assert_eq!(person(&hub, "woman", &token).await.err(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_newer_ones_have_pushed_out_is_over_at_once() {
    let folder = Folder::new();
    add(&folder, &Place::File, "man", &[]);
    let hub = Program::start(&folder, &Place::File, &[]);
    let token = sign_in(&hub, "man").await;
    let mut man = person(&hub, "man", &token).await.unwrap();
    // Each by the hub itself would be a password to hash.
    let database = Database::open(&database::Place::File(folder.0.join("hub.sqlite"))).await.unwrap();
    let far = u64::from(u32::MAX) * 1_000;
    for n in 1..MAX_SESSIONS {
        let session = Signed { login: "man".parse().unwrap(), session: n.to_string(), generation: 0, expires_at: far };
        assert_eq!(database.add_session(&session, "pc", far).await.unwrap(), Some(vec![]));
    }
    database.close().await;
    assert!(man.get("/users", "").await["users"].is_array());
    sign_in(&hub, "man").await;
    tokio::time::timeout(PATIENCE, man.is_ended()).await.expect("it is signed out");
    assert!(person(&hub, "man", &token).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_tried_so_often_and_no_more() {
    let folder = Folder::new();
    add(&folder, &Place::File, "man", &[]);
    let hub = Program::start(&folder, &Place::File, &[]);
    let token = sign_in(&hub, "man").await;
    let mut tries = Vec::new();
    for _ in 0..12 {
        tries.push(try_sign_in(&hub, "man", "a wrong password").await.0);
    }
    assert_eq!(tries, [vec![401; 10], vec![429; 2]].concat());
    let (http, said) = try_sign_in(&hub, "man", PASSWORD).await;
    assert_eq!((http, &said["code"]), (429, &json!("too_many")), "nor the right one");
    assert!(person(&hub, "man", &token).await.is_ok(), "who is signed in is not disturbed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_account_closes_a_hub_that_runs() {
    let folder = Folder::new();
    let hub = Program::start(&folder, &Place::File, &[]);
    let mut man = Person::login(&hub.hub, "man", None).await;
    assert_eq!(try_sign_in(&hub, "man", PASSWORD).await.1["code"], "not_allowed", "there is nothing to sign in to");
    add(&folder, &Place::File, "man", &[]);
    tokio::time::timeout(PATIENCE, man.is_ended()).await.expect("in time");
    assert!(Person::with(&hub.hub, "man", "pc", None, None).await.is_err());
    assert!(person(&hub, "man", &sign_in(&hub, "man").await).await.is_ok());
}

#[test]
fn the_command_line_refuses_what_makes_no_account() {
    let (folder, place) = (Folder::new(), Place::File);
    for (args, input, expected) in [
        (&["add", "man"][..], "short\n", "at least 8 characters"),
        (&["add", "a b"], "long enough\n", "a login has"),
        (&["add", "man", "--may-call", "a b"], "long enough\n", "a login has"),
        (&["passwd", "man"], "long enough\n", "man has no account"),
        (&["disable", "man"], "", "man has no account"),
    ] {
        let (done, said) = user(&folder, &place, args, input);
        assert!(!done && said.contains(expected), "{args:?}: {said}");
    }
    add(&folder, &place, "man", &["--may-call", "woman,boss"]);
    let (done, said) = user(&folder, &place, &["add", "man"], "long enough\n");
    assert!(!done && said.contains("already"), "{said}");
    assert!(user(&folder, &place, &["list"], "").1.contains("calls boss,woman"));
    assert!(user(&folder, &place, &["set", "man", "--may-call", "everybody"], "").0);
    assert!(!user(&folder, &place, &["list"], "").1.contains("calls"));
    let kept = std::fs::read(folder.0.join("hub.sqlite")).unwrap();
    let text = String::from_utf8_lossy(&kept);
    assert!(!text.contains(PASSWORD) && text.contains("$argon2id$"), "only its hash is kept");
    assert!(!user(&folder, &Place::Server("memory"), &["list"], "").0);
}
