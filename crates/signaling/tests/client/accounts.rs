//! The client at a hub that has accounts.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use zvonok_server::accounts::{Account, AccountBody, hash};
use zvonok_server::database::{DATABASE_FILE, Database, Place};
use zvonok_server::{Config, Running};
use zvonok_signaling::proto::event::ServerEvent;
use zvonok_signaling::proto::{Code, Media, Mode};
use zvonok_signaling::{Backoff, Client, ConnectError, Contract, Door, Event, RequestError, SessionToken, client};

use crate::malformed::{OPEN, accept};
use crate::rig::{called, config, expect};

const PASSWORD: &str = "planted-password-Ty41";

/// A hub in a folder of its own where man and woman have accounts.
struct Closed {
    hub: Running,
    accounts: Database,
    folder: std::path::PathBuf,
}

impl Closed {
    async fn start(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("zvonok-signaling-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let accounts = Database::open(&Place::File(folder.join(DATABASE_FILE))).await.unwrap();
        for login in ["man", "woman"] {
            let account = Account { login: login.parse().unwrap(), body: AccountBody::default() };
            assert!(accounts.add_account(&account, &hash(PASSWORD).unwrap()).await.unwrap());
        }
        let config = Config { data_dir: Some(folder.clone()), ..Config::embedded() };
        let hub = zvonok_server::start(config).await.unwrap();
        Self { hub, accounts, folder }
    }

    fn door(&self) -> Door {
        let config = config("man", self.hub.hub_url.as_str());
        Door { server: config.server, http: config.http, limit: Duration::from_secs(20) }
    }

    async fn sign_in(&self, login: &str, password: &str) -> Result<SessionToken, RequestError> {
        let device = config(login, self.hub.hub_url.as_str()).device;
        self.door().sign_in(login.parse().unwrap(), password, device).await
    }

    async fn close(self) {
        self.accounts.close().await;
        self.hub.shutdown().await;
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn offline(event: Event) -> Option<std::sync::Arc<ConnectError>> {
    match event {
        Event::Offline { error, .. } => Some(error),
        _ => None,
    }
}

fn extended(event: Event) -> Option<u64> {
    match event {
        Event::Online(Contract::Extended(ack)) => Some(ack.replay_after.unwrap_or(ack.seq)),
        _ => None,
    }
}

async fn talks(client: &Client) {
    assert_eq!(client.users().await.unwrap().len(), 2, "the other one, and the echo");
}

#[tokio::test]
async fn a_token_is_presented_on_every_socket_and_request() {
    let closed = Closed::start("presented").await;
    let wrong = closed.sign_in("man", "not the password").await.unwrap_err();
    assert!(matches!(wrong, RequestError::Refused { code: Some(Code::NotSignedIn), .. }), "{wrong:?}");

    let (man, mut hears, driver) = client(config("man", closed.hub.hub_url.as_str()));
    tokio::spawn(driver.run());
    let refused = expect(&mut hears, offline).await;
    assert!(matches!(&*refused, ConnectError::Refused { code: Some(Code::NotSignedIn), .. }), "{refused:?}");
    let token = closed.sign_in("man", PASSWORD).await.unwrap();
    assert!(!format!("{token:?}").contains(token.reveal()));
    man.sign_in_with(Some(token.clone())).await;
    expect(&mut hears, extended).await;
    talks(&man).await;
    man.leave().await;
    expect(&mut hears, extended).await;
    talks(&man).await;

    closed.door().sign_out(token.clone()).await.unwrap();
    let over = expect(&mut hears, |event| offline(event).filter(|error| matches!(**error, ConnectError::SessionOver)));
    over.await;
    let again = closed.door().sign_out(token).await;
    assert!(matches!(again, Ok(()) | Err(RequestError::Refused { code: Some(Code::NotSignedIn), .. })), "{again:?}");
    man.close().await;
    closed.close().await;
}

#[tokio::test]
async fn a_session_that_was_taken_back_is_told_and_the_next_one_goes_on_where_it_was() {
    let closed = Closed::start("over").await;
    let hub = closed.hub.hub_url.to_string();
    let mut people = Vec::new();
    for login in ["man", "woman"] {
        let (client, mut hears, driver) = client(config(login, &hub));
        client.sign_in_with(Some(closed.sign_in(login, PASSWORD).await.unwrap())).await;
        tokio::spawn(driver.run());
        expect(&mut hears, extended).await;
        people.push((client, hears));
    }
    let (mut woman, mut man) = (people.pop().unwrap(), people.pop().unwrap());

    let another = "another password of hers";
    assert!(closed.accounts.set_password(&"woman".parse().unwrap(), &hash(another).unwrap()).await.unwrap());
    expect(&mut woman.1, |event| offline(event).filter(|error| matches!(**error, ConnectError::SessionOver))).await;
    // What happens meanwhile is told when she is back: the same client knows what it heard last.
    let missed = man.0.call("woman".parse().unwrap(), called("c1"), Mode::TwoWay, Media::Video).await.unwrap_err();
    assert!(matches!(missed, RequestError::Refused { code: Some(Code::Offline), .. }), "{missed:?}");
    woman.0.sign_in_with(Some(closed.sign_in("woman", another).await.unwrap())).await;
    expect(&mut woman.1, extended).await;
    let call = expect(&mut woman.1, |event| match event {
        Event::Hub(ServerEvent::Missed(missed)) => Some(missed.call_id),
        _ => None,
    });
    assert_eq!(call.await, called("c1"));
    talks(&woman.0).await;
    man.1.close();
    for (client, _) in [man, woman] {
        client.close().await;
    }
    closed.close().await;
}

#[tokio::test]
async fn a_token_that_comes_while_a_try_is_under_way_is_presented_at_once() {
    const REFUSAL: &str = r#"44{"message":"not_signed_in: Sign in first."}"#;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config("man", &format!("http://{}", listener.local_addr().unwrap()));
    // Who waits for the ordinary pause waits longer than this test does.
    let minute = Duration::from_secs(60);
    config.timing.backoff = Backoff { base: minute, max: minute, min: minute };
    let (man, mut hears, driver) = client(config);
    tokio::spawn(driver.run());

    let mut hub = accept(&listener).await;
    hub.send(Message::text(OPEN)).await.unwrap();
    assert_eq!(hub.next().await.unwrap().unwrap().to_text().unwrap(), "40", "nothing is presented");
    man.sign_in_with(Some(SessionToken::new("planted-token"))).await;
    hub.send(Message::text(REFUSAL)).await.unwrap();
    let left = expect(&mut hears, offline).await;
    assert!(matches!(&*left, ConnectError::Left), "that answer is no news: {left:?}");

    let mut hub = accept(&listener).await;
    hub.send(Message::text(OPEN)).await.unwrap();
    let hello = hub.next().await.unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains("planted-token"), "{hello:?}");
    man.close().await;
}
