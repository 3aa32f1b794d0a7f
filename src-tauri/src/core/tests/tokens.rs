//! No token stays behind that nobody uses.

use std::{
    future,
    sync::{Arc, Mutex},
};

use zvonok_call::{CallId, Role};

use super::{office::Office, *};
use crate::{
    core::{happening::Happening, seat::Seat},
    tokens::{self, Fetching, Granted, NoToken, Token},
};

/// A source that notes what it is to take back.
#[derive(Debug, Clone, Default)]
struct Noted(Arc<Mutex<Vec<String>>>);

impl tokens::TokenSource for Noted {
    fn fetch(&self, _call_id: String, _session: String, _role: Role) -> Fetching<Result<Token, NoToken>> {
        Box::pin(future::pending())
    }

    fn revoke(&self, session: String, connection: String) -> Fetching<()> {
        let noted = self.clone();
        Box::pin(async move { noted.0.lock().unwrap().push(format!("{session}/{connection}")) })
    }
}

impl Noted {
    fn granted(&self, session: &str, connection: &str) -> Granted {
        let token = Token {
            token: Secret::new("tok_planted"),
            openvidu: "https://office.example".parse().unwrap(),
            connection: Some(connection.to_owned()),
        };
        Granted { session: session.to_owned(), token, source: Arc::new(self.clone()) }
    }

    fn taken_back(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_seat_takes_the_token_it_waits_for_and_no_other() {
    let source = Noted::default();
    let mut seat = Seat::new(CallId::new("call"));
    seat.expect("first".to_owned());
    seat.expect("second".to_owned());
    let late = seat.take(source.granted("first", "con_1")).unwrap_err();
    late.revoke().unwrap().await;
    seat.take(source.granted("second", "con_2")).unwrap();
    let twice = seat.take(source.granted("second", "con_3")).unwrap_err();
    twice.revoke().unwrap().await;
    assert_eq!(source.taken_back(), ["first/con_1", "second/con_3"]);
    let doors = Loopback::bind().await.unwrap().start(&TaskTracker::new(), CancellationToken::new());
    seat.leave(&doors).unwrap().revoke().unwrap().await;
    assert_eq!(source.taken_back().last().unwrap(), "second/con_2");
    assert!(seat.leave(&doors).is_none());
}

#[tokio::test]
async fn a_token_that_comes_after_the_end_is_taken_back() {
    let source = Noted::default();
    Happening::Token { call_id: CallId::new("call"), got: Ok(source.granted("ses", "con_1")) }.undo().await;
    assert_eq!(source.taken_back(), ["ses/con_1"]);
}

#[tokio::test]
async fn a_token_that_nobody_used_is_taken_back_when_the_call_ends_and_when_the_app_ends() {
    let office = Office::open(TokenSource::Openvidu).await;
    for end in ["call", "app"] {
        office.call().await;
        office.rig.core.ask(Wish::MediaTicket).await.unwrap();
        assert_eq!(office.tokens().await.len(), 1, "it waits to be used");
        match end {
            "call" => office.rig.core.ask(Wish::Stop).await.unwrap(),
            _ => office.rig.cancel.cancel(),
        }
        office.until_no_token_is_left().await;
    }
}
