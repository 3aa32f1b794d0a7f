//! A whole call with a real hub, media server, secret and token: everything that crosses to a window, every line of the
//! log and every file is searched for secret and token. A search that would find nothing anywhere is worth nothing: in
//! each place something harmless that must be there is found first.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, Mutex},
};

use base64::Engine as _;
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};
use tracing_subscriber::{Layer, layer::SubscriberExt, util::SubscriberInitExt};
use zvonok_ipc::{CallState, MediaEvent};

use super::{
    office::{LOGIN, Office, SECRET},
    *,
};
use crate::logs;

const FRAME: &str = "harmless-frame-Pw83";

#[cfg(not(windows))]
const ORIGIN: &str = "tauri://localhost";
#[cfg(windows)]
const ORIGIN: &str = "http://tauri.localhost";

/// The log of everything that runs on this thread: the app's core, and the server as well.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Catches all that the app would write with `--log trace`.
    pub(super) fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let guard = tracing_subscriber::registry().with(layer.with_filter(logs::written("trace"))).set_default();
        (log, guard)
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Joins as openvidu-browser does, and answers every frame that comes back until the answer to `joinRoom`.
async fn join(url: &str) -> Vec<String> {
    let handle = url.split("sessionId=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let address = url.replace('?', "/openvidu?").replace("&token=-", "");
    let mut request = address.into_client_request().unwrap();
    request.headers_mut().insert("Origin", ORIGIN.parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    let params = json!({ "token": url, "session": handle, "platform": "test", "metadata": FRAME, "secret": "",
        "recorder": false, "sdkVersion": "2.32.2" });
    let join = json!({ "jsonrpc": "2.0", "method": "joinRoom", "id": 1, "params": params });
    socket.send(Message::text(join.to_string())).await.unwrap();
    let mut frames = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let answer: Value = serde_json::from_str(&text).unwrap();
        frames.push(text.to_string());
        if answer["id"] == 1 {
            assert_eq!(answer["result"]["session"], handle.as_str(), "joined: {answer}");
            break;
        }
    }
    frames
}

fn crossing(what: &impl Serialize) -> String {
    serde_json::to_string(what).unwrap()
}

/// All files below a folder, with what they hold.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()));
        }
    }
    found
}

/// Everything that a window is sent and asks for in a call, from the form's test to the end.
async fn a_whole_call(tokens: TokenSource) {
    let (log, _guard) = Log::start();
    let office = Office::open(tokens).await;
    let core = &office.rig.core;
    let mut crossed = Vec::new();

    let tried = core.ask(|reply| Wish::Setting(Setting::TestSetup(office.setup.clone(), reply))).await.unwrap();
    assert!(tried.lines.iter().all(|line| line.problem.is_none()), "the secret was sent and taken: {tried:?}");
    crossed.push(crossing(&tried));
    // Whatever is saved, the settings are written whole.
    let (login, name) = ("nobody".to_owned(), String::new());
    core.ask(|reply| Wish::Setting(Setting::AddContact { login, name, reply })).await.unwrap();

    let call_id = office.call().await;
    let ticket = core.ask(Wish::MediaTicket).await.unwrap();
    crossed.push(crossing(&ticket));
    crossed.push(crossing(&core.ask(Wish::PeerTicket).await.unwrap()));
    let mut forbidden = office.tokens().await;
    assert!(forbidden.iter().any(|token| token.starts_with("tok_") && token.len() == 20), "{forbidden:?}");
    let frames = join(&ticket.url).await;
    for event in [MediaEvent::Joined, MediaEvent::RemoteStream, MediaEvent::RemoteMedia] {
        core.ask(|reply| Wish::MediaEvent(event, reply)).await.unwrap();
    }
    office.until("in the call", |view| view.call.as_ref().is_some_and(|it| it.state == CallState::InCall)).await;
    crossed.push(core.ask(|reply| Wish::Status { json: true, reply }).await.unwrap());
    core.ask(Wish::Stop).await.unwrap();
    crossed.push(crossing(&office.until("in the list", |view| !view.recent.is_empty()).await));
    office.until_no_token_is_left().await;
    office.rig.cancel.cancel();

    let basic = base64::engine::general_purpose::STANDARD.encode(format!("OPENVIDUAPP:{SECRET}"));
    forbidden.extend([SECRET.to_owned(), basic]);
    let views = office.rig.seen.views.lock().unwrap().clone();
    let (log, written) = (log.text(), files(office.rig.directory.path()));
    let holds = |texts: &[String], text: &str| texts.iter().any(|it| it.contains(text));
    assert!(holds(&views, LOGIN) && holds(&crossed, LOGIN) && holds(&views, &call_id), "views are searched");
    assert!(holds(&frames, FRAME), "frames of the gateway are searched: {frames:?}");
    assert!(log.contains(&call_id), "the log is searched: {log}");
    for (file, text) in [("settings.toml", LOGIN), ("history.json", call_id.as_str())] {
        assert!(written.iter().any(|(path, holds)| path.ends_with(file) && holds.contains(text)), "{file} is searched");
    }
    for text in &forbidden {
        assert!(!holds(&views, text) && !holds(&crossed, text), "{text} crossed to a window");
        assert!(!holds(&frames, text), "{text} came through the gateway: {frames:?}");
        assert!(!log.contains(text), "{text} is in the log: {log}");
        let found: Vec<&str> = written.iter().filter(|it| it.1.contains(text)).map(|it| it.0.as_str()).collect();
        assert!(found.is_empty(), "{text} is in {found:?}");
    }
    assert!(!log.contains(LOGIN), "names are personal");
    office.server.shutdown().await;
}

#[tokio::test]
async fn with_tokens_made_here_neither_secret_nor_token_leaves_the_core() {
    a_whole_call(TokenSource::Openvidu).await;
}

#[tokio::test]
async fn with_tokens_of_the_hub_neither_secret_nor_token_leaves_the_core() {
    a_whole_call(TokenSource::Hub).await;
}
