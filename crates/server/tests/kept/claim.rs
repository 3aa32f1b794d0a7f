//! The claim on a PostgreSQL that ends the connection which has made it.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _, Row as _};

use crate::person::Person;
use crate::postgres::Postgres;
use crate::program::{Place, Program};
use crate::{Folder, PATIENCE};

async fn connect(postgres: &Postgres) -> AnyConnection {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(&postgres.url).await.unwrap()
}

/// Ends the hub's connection; gives the number of its lock.
async fn end_claim(to: &mut AnyConnection) -> i64 {
    let sql = "SELECT CAST(classid AS BIGINT) AS high, CAST(objid AS BIGINT) AS low, pg_terminate_backend(pid) AS ended
               FROM pg_locks WHERE locktype = 'advisory' AND granted";
    let locks = sqlx::query(sql).fetch_all(to).await.unwrap();
    assert_eq!(locks.len(), 1, "one hub has claimed it");
    assert!(locks[0].get::<bool, _>("ended"));
    (locks[0].get::<i64, _>("high") << 32) | locks[0].get::<i64, _>("low")
}

/// What is kept of man.
async fn kept_status(to: &mut AnyConnection) -> Value {
    let row = sqlx::query("SELECT body FROM people WHERE login = 'man'").fetch_one(to).await.unwrap();
    serde_json::from_str::<Value>(row.get("body")).unwrap()["set"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_the_server_has_lost_is_made_again() {
    let (postgres, folder, other) = (Postgres::start(), Folder::new(), Folder::new());
    let place = Place::Server(&postgres.url);
    let hub = Program::start(&folder, &place, &[]);
    let man = Person::login(&hub.hub, "man", None).await;
    let mut server = connect(&postgres).await;
    end_claim(&mut server).await;
    let until = tokio::time::Instant::now() + PATIENCE;
    while !hub.log().contains("the database is claimed again") {
        assert!(tokio::time::Instant::now() < until, "{}", hub.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(Program::refused(&other, &place, &[]).contains("another zvonok-server uses this database"));
    man.done("/status", json!({ "status": "dnd" })).await;
    hub.stop();
    assert_eq!(kept_status(&mut server).await, "dnd", "and it is written to");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_whose_database_another_one_has_claimed_writes_no_more_and_stops() {
    let (postgres, folder) = (Postgres::start(), Folder::new());
    let hub = Program::start(&folder, &Place::Server(&postgres.url), &[]);
    let man = Person::login(&hub.hub, "man", None).await;
    man.done("/status", json!({ "status": "dnd" })).await;
    let mut server = connect(&postgres).await;
    let number = end_claim(&mut server).await;
    // The other one, as far as the first can see.
    sqlx::query("SELECT pg_advisory_lock($1)").bind(number).execute(&mut server).await.unwrap();
    man.done("/status", json!({ "status": "away" })).await;
    let said = hub.failed();
    assert!(said.contains("another zvonok-server has claimed the database"), "{said}");
    assert!(said.contains("is lost"), "what it could not write is said: {said}");
    assert_eq!(kept_status(&mut server).await, "dnd", "of the first one's nothing was written after that");
}
