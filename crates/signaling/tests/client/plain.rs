//! The client against a server that speaks only part A: npm's own socket.io.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::rig::{called, config, expect};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use zvonok_signaling::proto::event::ServerEvent;
use zvonok_signaling::proto::{DeclineReason, Media, Mode, StatusWord};
use zvonok_signaling::{Client, Contract, Decline, Event, Placed, RequestError};

/// The server; it ends when its standard input does.
struct PlainHub {
    url: String,
    _child: Child,
}

impl PlainHub {
    async fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/browser");
        assert!(
            folder.join("node_modules").exists(),
            "`npm ci` was not run in tests/browser (cargo xtask test does it)"
        );
        let mut child = Command::new("node")
            .arg("plain-hub.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let port = serde_json::from_str::<Value>(&line).unwrap()["port"].clone();
        Self { url: format!("http://127.0.0.1:{port}"), _child: child }
    }

    async fn online(&self, login: &str) -> (Client, mpsc::Receiver<Event>) {
        let mut config = config(login, &self.url);
        config.timing.login = Duration::from_millis(300);
        let (client, mut events, driver) = zvonok_signaling::client(config);
        tokio::spawn(driver.run());
        let contract = expect(&mut events, |event| match event {
            Event::Online(contract) => Some(contract),
            _ => None,
        });
        assert!(matches!(contract.await, Contract::Plain), "a server that acknowledges nothing speaks part A");
        (client, events)
    }

    /// What it was sent last.
    async fn seen(&self) -> Value {
        let http = config("x", &self.url).http;
        let text = http.get(format!("{}/seen", self.url)).send().await.unwrap().text().await.unwrap();
        serde_json::from_str::<Vec<Value>>(&text).unwrap().pop().unwrap()
    }
}

async fn hub_event(events: &mut mpsc::Receiver<Event>) -> ServerEvent {
    expect(events, |event| match event {
        Event::Hub(event) => Some(event),
        _ => None,
    })
    .await
}

async fn call(client: &Client, login: &str) -> Result<Placed, RequestError> {
    client.call(login.parse().unwrap(), called("c1"), Mode::Watch, Media::Video).await
}

#[tokio::test]
async fn two_clients_call_in_the_words_of_part_a() {
    let hub = PlainHub::start().await;
    let (man, mut man_hears) = hub.online("man").await;
    let (woman, mut woman_hears) = hub.online("woman").await;
    assert_eq!(man.is_extended(), Some(false));

    assert_eq!(call(&man, "woman").await.unwrap(), Placed::Plain);
    let sent = hub.seen().await;
    assert_eq!(sent["body"]["login"], "woman");
    assert_eq!(sent["body"].as_object().unwrap().len(), 2, "login and sid, nothing else: {sent}");
    assert_eq!(hub_event(&mut woman_hears).await, ServerEvent::PlainCalling("man".parse().unwrap()));

    let caller = "man".parse().unwrap();
    let decline = Decline { call_id: called("c1"), caller, reason: DeclineReason::Declined, message: None };
    woman.decline(decline).await.unwrap();
    assert_eq!(hub.seen().await["body"]["reciever_login"], "man");
    assert!(matches!(hub_event(&mut man_hears).await, ServerEvent::Declined(d) if d.login.as_str() == "woman"));

    call(&man, "woman").await.unwrap();
    hub_event(&mut woman_hears).await;
    woman.status(StatusWord::Busy).await.unwrap();
    assert_eq!(hub.seen().await["body"]["status"], "beasy");
    let error = call(&man, "woman").await.unwrap_err();
    assert_eq!(error.to_string(), "woman is busy.");
    woman.status(StatusWord::Available).await.unwrap();
    assert_eq!(hub.seen().await["body"]["status"], "free");

    call(&man, "woman").await.unwrap();
    hub_event(&mut woman_hears).await;
    man.leave().await;
    assert!(matches!(hub_event(&mut woman_hears).await, ServerEvent::Cancelled(c) if c.login.as_str() == "man"));
    expect(&mut man_hears, |event| matches!(event, Event::Online(Contract::Plain)).then_some(())).await;
    assert_eq!(hub.seen().await["body"]["login"], json!("man"), "it said login again");
    call(&man, "woman").await.unwrap();
}

#[tokio::test]
async fn what_part_a_does_not_have_is_said() {
    let hub = PlainHub::start().await;
    let (man, _hears) = hub.online("man").await;
    let error = call(&man, "nobody").await.unwrap_err();
    assert!(matches!(&error, RequestError::Refused { code: None, message } if message == "nobody is not there."));
    assert!(matches!(man.users().await, Err(RequestError::Unsupported("users"))));
    assert!(matches!(man.token(called("c1")).await, Err(RequestError::Unsupported("token"))));
    assert!(matches!(man.accept(called("c1"), Media::Video).await, Err(RequestError::Unsupported("accept"))));
}
