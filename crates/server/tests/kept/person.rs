//! A person at the hub: a Socket.IO connection by hand, and requests.

use std::collections::VecDeque;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::PATIENCE;

pub(crate) struct Person {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    hub: String,
    http: reqwest::Client,
    token: Option<String>,
    pub(crate) login: String,
    pub(crate) sid: String,
    /// The acknowledgement of `login`.
    pub(crate) ack: Value,
    heard: VecDeque<(String, Value)>,
    /// Whom it was told to be how, the last of it last.
    seen: VecDeque<(String, Value)>,
    /// How long it waits for anything.
    pub(crate) patience: std::time::Duration,
}

impl Person {
    /// A device of part B in open mode.
    pub(crate) async fn login(hub: &str, login: &str, last_seq: Option<u64>) -> Self {
        let person = Self::with(hub, login, "pc", last_seq, None).await;
        person.expect("signed in")
    }

    /// A page of part A, whose `login` nobody acknowledges.
    pub(crate) async fn page(hub: &str, login: &str) -> Self {
        let mut person = Self::connect(hub, login, None).await.expect("let in");
        person.send(format!("42[\"login\",{}]", json!({ "login": login }))).await;
        person
    }

    /// As [`Person::login`], with a token; the hub's words if it refuses.
    pub(crate) async fn with(
        hub: &str,
        login: &str,
        device: &str,
        last_seq: Option<u64>,
        token: Option<&str>,
    ) -> Result<Self, String> {
        let mut person = Self::connect(hub, login, token).await?;
        person.enter(device, last_seq).await.map(|()| person)
    }

    /// A connection that has sent no `login` yet; the hub's words if it refuses.
    pub(crate) async fn connect(hub: &str, login: &str, token: Option<&str>) -> Result<Self, String> {
        let url = format!("{}/socket.io/?EIO=4&transport=websocket", hub.replacen("http", "ws", 1));
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let http = http();
        let (hub, token) = (hub.to_owned(), token.map(str::to_owned));
        let (login, sid, ack) = (login.to_owned(), String::new(), Value::Null);
        let (heard, seen) = (VecDeque::new(), VecDeque::new());
        let mut person = Self { socket, hub, http, token, login, sid, ack, heard, seen, patience: PATIENCE };
        assert!(person.frame().await.unwrap().starts_with('0'));
        let auth = person.token.as_ref().map(|token| json!({ "token": token }).to_string());
        person.send(format!("40{}", auth.unwrap_or_default())).await;
        let connected = person.frame().await.unwrap();
        if let Some(error) = connected.strip_prefix("44") {
            return Err(error.to_owned());
        }
        let connected: Value = serde_json::from_str(connected.strip_prefix("40").unwrap()).unwrap();
        person.sid = connected["sid"].as_str().unwrap().to_owned();
        Ok(person)
    }

    /// Sends `login`; the hub's words if it refuses.
    pub(crate) async fn enter(&mut self, device: &str, last_seq: Option<u64>) -> Result<(), String> {
        let body = json!({ "login": self.login, "version": 2, "last_seq": last_seq,
                           "device": { "id": format!("{}-{device}", self.login), "name": device } });
        self.ack = self.emit("login", &body).await;
        match self.ack.get("sid") {
            Some(_) => Ok(()),
            None => Err(self.ack.to_string()),
        }
    }

    /// Emits an event and gives its acknowledgement.
    pub(crate) async fn emit(&mut self, name: &str, body: &Value) -> Value {
        self.send(format!("421[\"{name}\",{body}]")).await;
        loop {
            let frame = self.frame().await.expect("an acknowledgement");
            if let Some(ack) = frame.strip_prefix("431") {
                let ack: Value = serde_json::from_str(ack).unwrap();
                return ack[0].clone();
            }
            self.note(&frame);
        }
    }

    fn note(&mut self, frame: &str) {
        let event: Value = serde_json::from_str(frame.strip_prefix("42").expect("an event")).unwrap();
        if event[0] == "presence" {
            self.seen.push_back((event[1]["login"].as_str().unwrap().to_owned(), event[1]["status"].clone()));
        } else {
            self.heard.push_back((event[0].as_str().unwrap().to_owned(), event[1].clone()));
        }
    }

    /// The next event but presence, which has to be of that name.
    pub(crate) async fn hears(&mut self, name: &str) -> Value {
        while self.heard.is_empty() {
            let frame = self.frame().await;
            let frame = frame.unwrap_or_else(|| unreachable!("{} waits for {name}, and is disconnected", self.login));
            self.note(&frame);
        }
        let (heard, payload) = self.heard.pop_front().unwrap();
        assert_eq!(heard, name, "{} heard {payload}", self.login);
        payload
    }

    /// Waits until it is told that somebody is so, of all that it was not asked for yet.
    pub(crate) async fn sees(&mut self, login: &str, status: &str) {
        loop {
            while let Some((who, how)) = self.seen.pop_front() {
                if who == login && how == status {
                    return;
                }
            }
            let frame = self.frame().await;
            let frame = frame.unwrap_or_else(|| unreachable!("{} is disconnected", self.login));
            self.note(&frame);
        }
    }

    /// Whether it was told that somebody is so, of what it has read and was not asked for yet.
    pub(crate) fn saw(&self, login: &str, status: &str) -> bool {
        self.seen.iter().any(|(who, how)| who == login && how == status)
    }

    /// Waits until the `login` of a page, which nobody acknowledges, has come.
    pub(crate) async fn is_in(&self) {
        let until = tokio::time::Instant::now() + PATIENCE;
        let mut pause = tokio::time::interval(std::time::Duration::from_millis(20));
        while self.get("/users", "").await["users"].is_null() {
            assert!(tokio::time::Instant::now() < until, "{} is not in", self.login);
            pause.tick().await;
        }
    }

    /// That nothing more was heard: what was on its way has come before the answer to a question asked now.
    pub(crate) async fn hears_nothing_more(&mut self) {
        self.emit("ring_ack", &json!({ "call_id": "none", "state": "shown" })).await;
        assert!(self.heard.is_empty(), "{} heard {:?}", self.login, self.heard);
    }

    /// Waits until the hub ends the connection.
    pub(crate) async fn is_ended(&mut self) {
        while self.frame().await.is_some_and(|frame| frame != "41") {}
    }

    /// Emits an event after which the hub ends the connection.
    pub(crate) async fn emits_and_is_ended(&mut self, name: &str, body: &Value) {
        self.send(format!("421[\"{name}\",{body}]")).await;
        self.is_ended().await;
    }

    /// Waits for the end, which has to come without Socket.IO's own word: after that, npm's client would stay away.
    pub(crate) async fn is_closed_by_transport(&mut self) {
        while let Some(frame) = self.frame().await {
            assert_ne!(frame, "41", "{}", self.login);
        }
    }

    /// Posts a body, to which `sid` is added; status and answer.
    pub(crate) async fn post(&self, path: &str, mut body: Value) -> (u16, Value) {
        body["sid"] = json!(self.sid);
        let request = self.http.post(format!("{}{path}", self.hub)).json(&body);
        answer(self.signed(request)).await
    }

    /// As [`Person::post`]; succeeds.
    pub(crate) async fn done(&self, path: &str, body: Value) -> Value {
        let (http, answer) = self.post(path, body).await;
        assert_eq!((http, &answer["status"]), (200, &json!(0)), "{path}: {answer}");
        answer
    }

    pub(crate) async fn get(&self, path: &str, query: &str) -> Value {
        let request = self.http.get(format!("{}{path}?sid={}&{query}", self.hub, self.sid));
        answer(self.signed(request)).await.1
    }

    pub(crate) async fn call(&self, login: &str, id: &str) -> (u16, Value) {
        self.post("/call", json!({ "login": login, "call_id": id, "mode": "two_way", "media": "video" })).await
    }

    /// As [`Person::call`], and again while nobody leads; what comes is read, so that heartbeats are answered.
    pub(crate) async fn calls(&mut self, login: &str, id: &str) -> Value {
        let until = tokio::time::Instant::now() + self.patience;
        let body = json!({ "sid": self.sid, "login": login, "call_id": id, "mode": "two_way", "media": "video" });
        loop {
            let request = self.http.post(format!("{}/call", self.hub)).json(&body);
            let mut called = std::pin::pin!(answer(self.signed(request)));
            let (http, placed) = loop {
                tokio::select! {
                    said = &mut called => break said,
                    frame = self.frame() => self.note(&frame.expect("connected")),
                }
            };
            if http != 503 || tokio::time::Instant::now() >= until {
                return placed;
            }
        }
    }

    fn signed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(&mut self, frame: String) {
        self.socket.send(Message::text(frame)).await.unwrap();
    }

    /// The next frame; nothing when the connection has ended.
    async fn frame(&mut self) -> Option<String> {
        let until = tokio::time::Instant::now() + self.patience;
        loop {
            match tokio::time::timeout_at(until, self.socket.next()).await.expect("in time")?.ok()? {
                Message::Text(text) if text.as_str() == "2" => self.send("3".to_owned()).await,
                Message::Text(text) => return Some(text.as_str().to_owned()),
                Message::Close(_) => return None,
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}

pub(crate) fn http() -> reqwest::Client {
    // Whoever comes second finds it installed, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}
