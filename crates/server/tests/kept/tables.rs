//! The same questions to both databases.

use serde_json::json;
use zvonok_server::accounts::{Account, AccountBody, MAX_SESSIONS, Signed};
use zvonok_server::database::{Database, DatabaseError, Place};
use zvonok_server::hub::change::{Change, Kept, KeptDevice, KeptEvent, KeptPerson};
use zvonok_server::hub::limits::{KEEP_EVENTS_MS, KEEP_HISTORY_MS, MAX_EVENTS};
use zvonok_signaling_proto::event::ServerEvent;
use zvonok_signaling_proto::rest::CallRecord;
use zvonok_signaling_proto::{Login, Status};

use crate::Folder;
use crate::postgres::Postgres;

const NOW: u64 = 1_800_000_000_000;

fn man() -> Login {
    "man".parse().unwrap()
}

fn device(seq: u64, seen_seq: u64) -> KeptDevice {
    KeptDevice { name: "Стол \u{0} 🖥".into(), plain: false, gone_at: Some(NOW), seen_seq, seq }
}

fn event(seq: u64, at: u64) -> Change {
    let payload =
        json!({ "login": "woman", "call_id": "c1", "reason": "declined", "message": "a\u{0}b 'quoted' жена" });
    let (event, _) = ServerEvent::decode("declined", payload).unwrap();
    Change::Event(KeptEvent { login: man(), device: "pc".into(), seq, at, event })
}

fn record(id: &str, started_at: u64) -> CallRecord {
    let body = json!({ "call_id": id, "direction": "out", "with": ["woman"], "mode": "two_way",
                       "started_at": started_at, "ended_at": started_at + 1, "outcome": "missed" });
    serde_json::from_value(body).unwrap()
}

async fn load(database: &Database) -> Kept {
    database.load(NOW).await.unwrap()
}

async fn what_is_written_is_there(place: Place) {
    let database = Database::open(&place).await.unwrap();
    let person = KeptPerson {
        set: Status::Dnd,
        last_seen: Some(NOW),
        call_waiting: true,
        blocked: ["woman".parse().unwrap()].into(),
    };
    let first = [
        Change::Person(
            man(),
            KeptPerson { set: Status::Away, last_seen: None, call_waiting: true, blocked: Default::default() },
        ),
        Change::Person(man(), person.clone()),
        Change::Device(man(), "pc".into(), device(0, 0)),
        event(1, NOW - KEEP_EVENTS_MS - 1),
        event(2, NOW),
        event(2, NOW),
        Change::Call("c1".parse().unwrap(), "{\"old\":1}".into()),
        Change::Call("c1".parse().unwrap(), "{\"new\":\"жена\"}".into()),
        Change::Call("c2".parse().unwrap(), "{}".into()),
        Change::NoCall("c2".parse().unwrap()),
    ];
    database.write(&first).await.unwrap();
    database.close().await;

    let database = Database::open(&place).await.unwrap();
    let kept = load(&database).await;
    assert_eq!(kept.people, [(man(), person)]);
    assert_eq!(kept.devices, [(man(), "pc".to_owned(), device(2, 0))], "the number goes with the event");
    let events: Vec<_> = kept.events.into_iter().map(Change::Event).collect();
    assert_eq!(events, [event(2, NOW)], "one of 7 days ago is forgotten");
    assert_eq!(kept.calls, ["{\"new\":\"жена\"}"]);

    let many: Vec<_> = (3..=MAX_EVENTS as u64 + 4).map(|seq| event(seq, NOW)).collect();
    database.write(&many).await.unwrap();
    let kept = load(&database).await;
    assert_eq!((kept.events.len(), kept.events[0].seq), (MAX_EVENTS, 5), "the oldest goes first");
    assert_eq!(kept.devices[0].2.seq, MAX_EVENTS as u64 + 4);

    database.write(&[Change::NoDevice(man(), "pc".into()), Change::NoPerson(man())]).await.unwrap();
    let kept = load(&database).await;
    assert!(kept.devices.is_empty() && kept.events.is_empty() && kept.people.is_empty());

    let history = [("h1", 5), ("h2", 7), ("h3", 7), ("h4", 9)];
    let mut history: Vec<_> = history.iter().map(|(id, at)| Change::History(man(), record(id, NOW + at))).collect();
    history.push(Change::History(man(), record("old", NOW - KEEP_HISTORY_MS - 1)));
    history.push(Change::History("woman".parse().unwrap(), record("h1", NOW + 5)));
    database.write(&history).await.unwrap();
    let ids = async |before, limit| -> Vec<String> {
        let calls = database.history(&man(), before, limit).await.unwrap();
        calls.iter().map(|call| call.call_id.to_string()).collect()
    };
    assert_eq!(ids(None, 3).await, ["h4", "h3", "h2"]);
    assert_eq!(ids(Some(NOW + 7), 9).await, ["h1", "old"]);
    let kept = load(&database).await;
    assert_eq!(kept.over.iter().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>().len(), 4);
    assert_eq!(ids(Some(NOW + 7), 9).await, ["h1"], "after a year it is forgotten");

    // Somebody came back into a call: it is where it belongs now, and on no page after that.
    database.write(&[Change::History(man(), record("h1", NOW + 8))]).await.unwrap();
    assert_eq!(ids(None, 9).await, ["h4", "h1", "h3", "h2"]);
    assert_eq!(ids(Some(NOW + 8), 9).await, ["h3", "h2"]);

    database.write(&[Change::Anew, event(1, NOW)]).await.unwrap();
    let kept = load(&database).await;
    assert!(kept.calls.is_empty() && kept.events.len() == 1 && !kept.over.is_empty(), "the history stays");
    database.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_newest_leader_writes() {
    let postgres = Postgres::start();
    let place = Place::Server(postgres.url.parse().unwrap());
    let open = async || Database::open(&place).await.unwrap();
    let changes = |seq: u64| [Change::Device(man(), "pc".into(), device(0, 0)), event(seq, NOW)];
    let (own, first) = (open().await.identity().await.unwrap(), open().await.lead().await.unwrap());
    first.write(&changes(1)).await.unwrap();
    let second = open().await.lead().await.unwrap();
    let refused = first.write(&changes(2)).await;
    assert!(matches!(refused, Err(DatabaseError::Superseded)), "{refused:?}");
    assert_eq!(load(&second).await.events.len(), 1, "and nothing of it is there");
    second.write(&changes(2)).await.unwrap();
    assert_eq!(load(&first).await.events.len(), 2);
    assert_eq!(open().await.identity().await.unwrap(), own, "the database stays what it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_there_on_sqlite() {
    let folder = Folder::new();
    let file = folder.0.join("a folder, with % and ?.sqlite");
    what_is_written_is_there(Place::File(file.clone())).await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "for its owner only");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_there_on_postgresql() {
    let postgres = Postgres::start();
    what_is_written_is_there(Place::Server(postgres.url.parse().unwrap())).await;
}

/// A session of man's with that generation of his account.
fn session(token: &str, generation: u64) -> Signed {
    Signed { login: man(), session: token.to_owned(), generation, expires_at: NOW + 1_000_000 }
}

async fn a_sign_in_that_an_account_overtakes_keeps_no_session(place: Place) {
    let database = Database::open(&place).await.unwrap();
    let account = Account { login: man(), body: AccountBody::default() };
    assert!(database.add_account(&account, "a hash").await.unwrap());
    let revision = database.accounts_revision().await.unwrap();
    assert!(database.add_session(&session("first", 0), "pc", NOW).await.unwrap().is_some());
    assert_eq!(database.accounts_revision().await.unwrap(), revision, "a sign-in changes no account");
    assert_eq!(database.session("first", NOW).await.unwrap(), Some(session("first", 0)));

    // The password was looked at, and is another one before the session is kept.
    assert!(database.set_password(&man(), "another hash").await.unwrap());
    assert!(database.add_session(&session("late", 0), "pc", NOW).await.unwrap().is_none());
    assert_eq!(database.session("late", NOW).await.unwrap(), None);
    assert!(database.add_session(&session("new", 1), "pc", NOW).await.unwrap().is_some());
    let asked = ["never", "new", "first"].map(str::to_owned);
    assert_eq!(database.sessions_over(&asked).await.unwrap(), ["never", "first"]);
    assert!(database.sessions_over(&[]).await.unwrap().is_empty());
    database.disable(&man(), true).await.unwrap();
    assert!(database.add_session(&session("late", 1), "pc", NOW).await.unwrap().is_none());
    assert!(database.add_session(&session("late", 2), "pc", NOW).await.unwrap().is_none(), "nor while it is disabled");
    database.disable(&man(), false).await.unwrap();

    // So many at once; the one that is gone longest makes room, never the new one.
    for n in 0..MAX_SESSIONS as u64 {
        let gone = database.add_session(&session(&format!("s{n}"), 2), "pc", NOW + n).await.unwrap();
        assert_eq!(gone, Some(vec![]), "{n}");
    }
    let gone = database.add_session(&session("of a clock set back", 2), "pc", NOW - 1).await.unwrap();
    assert_eq!(gone, Some(vec!["s0".to_owned()]));
    assert!(database.session("of a clock set back", NOW).await.unwrap().is_some());
    assert!(database.session("s0", NOW).await.unwrap().is_none());

    // At the same time, in whatever order the database takes them.
    for generation in (2..60).step_by(2) {
        let token = format!("at once {generation}");
        let signed = session(&token, generation);
        let man = man();
        let (kept, set, disabled) = tokio::join!(
            database.add_session(&signed, "pc", NOW),
            database.set_password(&man, "a third hash"),
            database.disable(&man, true),
        );
        assert!(set.unwrap() && disabled.unwrap());
        let kept = kept.unwrap();
        database.disable(&man, false).await.unwrap();
        assert_eq!(database.session(&token, NOW).await.unwrap(), None, "{generation}: kept {kept:?}");
    }
    database.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_an_account_overtakes_keeps_no_session_on_sqlite() {
    let folder = Folder::new();
    a_sign_in_that_an_account_overtakes_keeps_no_session(Place::File(folder.0.join("hub.sqlite"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_an_account_overtakes_keeps_no_session_on_postgresql() {
    let postgres = Postgres::start();
    let place = Place::Server(postgres.url.parse().unwrap());
    a_sign_in_that_an_account_overtakes_keeps_no_session(place).await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_said_to_be_none() {
    let folder = Folder::new();
    let file = folder.0.join("hub.sqlite");
    std::fs::write(&file, "this is a letter, not a database, and long enough to be seen as one or the other").unwrap();
    assert!(Database::open(&Place::File(file)).await.is_err());
}
