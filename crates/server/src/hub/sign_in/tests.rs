//! Those who ask and go away before they are answered.

use std::pin::pin;
use std::time::Duration;

use futures_util::poll;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::*;
use crate::accounts::Account;
use crate::database::Place;
use crate::deployments::Deployments;
use crate::hub::machine::{Machine, Settings};
use crate::limits::HubLimits;

const PASSWORD: &str = "correct horse";

fn man() -> Login {
    "man".parse().unwrap()
}

/// A hub with an account for man.
async fn hub() -> Hub {
    let database = Database::open(&Place::Memory).await.unwrap();
    let account = Account { login: man(), body: AccountBody::default() };
    assert!(database.add_account(&account, &password::hash(PASSWORD).unwrap()).await.unwrap());
    let machine = Machine::new(Settings { ring_ttl_ms: 45_000, tokens: true, durable: false, people: 10_000 });
    let media = Arc::new(Deployments::new(&[]).unwrap());
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    Hub::start(machine, (database, Clock::start()), None, media, HubLimits::default(), (&tasks, &stop), None)
}

#[tokio::test]
async fn who_signs_out_and_goes_at_once_is_signed_out_on_every_socket() {
    let hub = hub().await;
    let signed = Signed { login: man(), session: token::hash("zvt_1").unwrap(), generation: 0, expires_at: u64::MAX };
    hub.database.add_session(&signed, "pc", hub.door.clock.now()).await.unwrap().unwrap();
    let pass = hub.door.pass("zvt_1").await.unwrap().unwrap();
    let headers = [(AUTHORIZATION, "Bearer zvt_1".parse().unwrap())].into_iter().collect();
    {
        let mut asked = pin!(logout(State(hub.clone()), headers));
        assert!(poll!(&mut asked).is_pending());
    }
    let over = async {
        while pass.clone().show().is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), over).await.expect("it is over");
    assert!(hub.door.pass("zvt_1").await.unwrap().is_none());
}

#[tokio::test]
async fn a_password_that_is_being_hashed_has_its_core_until_it_is_done() {
    let (hub, man) = (hub().await, man());
    {
        let mut asked = pin!(hub.door.check(&man, PASSWORD.to_owned(), [127, 0, 0, 1].into()));
        while hub.door.hashing.available_permits() == MAX_HASHES {
            assert!(poll!(&mut asked).is_pending());
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(hub.door.hashing.available_permits(), MAX_HASHES - 1, "it goes on, whoever has gone");
    let _all = hub.door.hashing.acquire_many(u32::try_from(MAX_HASHES).unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_down_costs_nobody_a_try() {
    let (hub, address) = (hub().await, [127, 0, 0, 1].into());
    hub.database.close().await;
    for _ in 0..100 {
        let refused = hub.door.check(&man(), PASSWORD.to_owned(), address).await.unwrap_err();
        assert_eq!(refused.head.code, Some(Code::Unavailable));
    }
}

#[tokio::test]
async fn who_signs_out_without_a_token_is_told_to_sign_in() {
    let hub = hub().await;
    let nothing = logout(State(hub.clone()), HeaderMap::new()).await;
    assert_eq!(nothing.status(), http::StatusCode::UNAUTHORIZED);
    let said = axum::body::to_bytes(nothing.into_body(), usize::MAX).await.unwrap();
    let said: Value = serde_json::from_slice(&said).unwrap();
    assert_eq!((&said["code"], &said["message"]), (&json!("not_signed_in"), &json!("Sign in first.")));
}
