//! Requests whose asker goes away.

use std::pin::pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::{FutureExt as _, poll};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::*;
use crate::database::{Database, Place};
use crate::hub::clock::Clock;
use crate::hub::handle::fresh;
use crate::hub::machine::{Input, Machine, Settings};
use crate::media_control::{MediaControl, MediaControlError, MediaFuture, MintedToken, Role};
use crate::secret::Secret;

/// A media server that makes a token when it may, and notes what was taken back.
#[derive(Debug)]
struct Slow {
    asked: Semaphore,
    may: Semaphore,
    revoked: Mutex<Vec<String>>,
}

impl MediaControl for Slow {
    fn create_session<'a>(&'a self, name: Option<&'a str>) -> MediaFuture<'a, String> {
        async move { Ok(name.unwrap_or_default().to_owned()) }.boxed()
    }

    fn create_token<'a>(&'a self, _: &'a str, _: Role, _: &'a str) -> MediaFuture<'a, MintedToken> {
        async move {
            self.asked.add_permits(1);
            let _may = self.may.acquire().await.map_err(|error| MediaControlError::Failed(error.to_string()))?;
            let (token, openvidu) = (Secret::new("token".to_owned()), String::new());
            Ok(MintedToken { token, connection_id: "con_1".to_owned(), openvidu })
        }
        .boxed()
    }

    fn revoke_token<'a>(&'a self, _: &'a str, connection_id: &'a str) -> MediaFuture<'a, ()> {
        self.revoked.lock().unwrap().push(connection_id.to_owned());
        async { Ok(()) }.boxed()
    }

    fn close_session<'a>(&'a self, _: &'a str) -> MediaFuture<'a, ()> {
        self.revoked.lock().unwrap().push("all".to_owned());
        async { Ok(()) }.boxed()
    }

    fn start_echo<'a>(&'a self, _: &'a str, _: &'a str) -> MediaFuture<'a, ()> {
        async { Ok(()) }.boxed()
    }

    fn stop_echo<'a>(&'a self, _: &'a str) -> MediaFuture<'a, ()> {
        async { Ok(()) }.boxed()
    }

    fn public_url(&self) -> &str {
        ""
    }
}

#[tokio::test]
async fn a_token_whose_asker_has_gone_is_taken_back_with_its_call() {
    let clock = Clock::start();
    let mut machine = Machine::new(Settings { ring_ttl_ms: 45_000, tokens: true, durable: false });
    for login in ["man", "woman"] {
        let body = json!({ "login": login, "version": 2, "device": { "id": login, "name": "pc" } });
        let body = serde_json::from_value(body).unwrap();
        machine.handle(Input::Login { socket: login.to_owned(), body, signed: None }, clock.now());
    }
    let body = json!({ "sid": "man", "login": "woman", "call_id": "c1", "mode": "two_way", "media": "video" });
    let request = Request::Call(serde_json::from_value(body).unwrap());
    let input = Input::Request { sid: Some("man".into()), bearer: Bearer::None, request, fresh: fresh().unwrap() };
    machine.handle(input, clock.now());
    let media = Slow { asked: Semaphore::new(0), may: Semaphore::new(0), revoked: Mutex::default() };
    let (media, database) = (Arc::new(media), Database::open(&Place::Memory).await.unwrap());
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let hub = Hub::start(machine, (database, clock), None, Arc::<Slow>::clone(&media), &tasks, &stop);

    let (asker, id) = (Asker { hub: hub.clone(), token: None }, "c1".parse().unwrap());
    {
        let mut asked = pin!(asker.answer(Some("man".to_owned()), Request::Token(id)));
        while media.asked.available_permits() == 0 {
            assert!(poll!(&mut asked).is_pending());
            tokio::task::yield_now().await;
        }
    }
    media.may.add_permits(1);
    let over = async {
        loop {
            // The first ends the call, and repetitions of it change nothing: the token may come after it.
            hub.ask(Some("man".to_owned()), Bearer::None, Request::Hangup("c1".parse().unwrap())).await;
            if media.revoked.lock().unwrap().contains(&"con_1".to_owned()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), over).await.expect("it is taken back");
    stop.cancel();
}
