//! The hub machine with a made-up clock.

mod accounts;
mod calls;
mod disk;
mod groups;
mod media;
mod plain;
mod property;
mod refused;
mod restart;
mod sockets;
mod tables;

use disk::Disk;
use serde_json::{Value, json};
use zvonok_signaling_proto::event::LoginAck;
use zvonok_signaling_proto::rest::CallRecord;
use zvonok_signaling_proto::{CallId, Millis};

use super::*;

/// The machine, a clock, and what each socket was told.
struct Rig {
    machine: Machine,
    now: Millis,
    /// Socket, event name, payload.
    told: Vec<(String, &'static str, Value)>,
    closed: Vec<(String, Vec<String>, bool)>,
    history: Vec<(Login, CallRecord)>,
    kept: Disk,
    ids: u64,
}

const TTL: Millis = 45_000;

impl Rig {
    fn new() -> Self {
        Self::with(Settings { ring_ttl_ms: TTL, tokens: true, durable: false, people: 10_000 })
    }

    fn with(settings: Settings) -> Self {
        let (told, closed, history, kept) = (Vec::new(), Vec::new(), Vec::new(), Disk::default());
        Self { machine: Machine::new(settings), now: 1_000_000, told, closed, history, kept, ids: 0 }
    }

    fn handle(&mut self, input: Input) -> Reply {
        let reply = self.machine.handle(input, self.now);
        self.machine.tables_are_true();
        for change in self.machine.take_changes() {
            if let Change::History(login, record) = &change {
                self.history.push((login.clone(), record.clone()));
            }
            self.kept.write(change);
        }
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Emit { socket, event, seq, plain } => {
                    let payload = if plain { event.plain_payload().unwrap() } else { event.payload(seq) };
                    self.told.push((socket, event.name(), payload));
                }
                Output::Shown(shown) => {
                    let event = zvonok_signaling_proto::event::ServerEvent::Presence(shown.presence);
                    self.told.push(("(many)".to_owned(), event.name(), event.payload(None)));
                }
                Output::Disconnect { socket } => self.told.push((socket, "(disconnect)", Value::Null)),
                Output::CloseSession { session, connections, evict } => self.closed.push((session, connections, evict)),
            }
        }
        reply
    }

    fn at(&mut self, now: Millis) {
        self.now = now;
        self.handle(Input::Tick);
    }

    /// Signs a device of part B in; the socket is `LOGIN/DEVICE`.
    fn login(&mut self, socket: &str) -> LoginAck {
        self.login_after(socket, None)
    }

    fn login_after(&mut self, socket: &str, last_seq: Option<u64>) -> LoginAck {
        let (login, device) = socket.split_once('/').unwrap();
        let device = device.trim_end_matches('\'');
        let body = json!({"login": login, "version": 2, "last_seq": last_seq,
                          "device": {"id": format!("{login}-{device}"), "name": device}});
        let reply = self.enter(socket, body, None);
        let Reply::Ack(ack) = reply else { panic!("not acknowledged: {reply:?}") };
        *ack
    }

    fn enter(&mut self, socket: &str, body: Value, signed: Option<Signed>) -> Reply {
        let body = serde_json::from_value(body).unwrap();
        self.handle(Input::Login { socket: socket.into(), body, signed })
    }

    /// Signs a page of part A in.
    fn page(&mut self, socket: &str, login: &str) {
        let body = serde_json::from_value(json!({"login": login})).unwrap();
        assert_eq!(self.handle(Input::Login { socket: socket.into(), body, signed: None }), Reply::None);
    }

    fn gone(&mut self, socket: &str) {
        self.handle(Input::SocketGone { socket: socket.into() });
    }

    fn ask(&mut self, sid: &str, request: Request) -> Value {
        self.ask_as(Some(sid), Bearer::None, request).1
    }

    /// HTTP status and answer.
    fn ask_as(&mut self, sid: Option<&str>, bearer: Bearer, request: Request) -> (u16, Value) {
        self.ids += 1;
        let fresh = Fresh {
            call_id: format!("fresh-{:04}", self.ids).parse().unwrap(),
            session: format!("session-{:04}", self.ids),
        };
        let reply = self.handle(Input::Request { sid: sid.map(str::to_owned), bearer, request, fresh });
        let answer = if let Reply::Grant(grant) = reply {
            let connection_id = format!("con_{}", grant.device);
            let minted = self.handle(Input::Minted { grant: grant.clone(), connection_id });
            assert_eq!(minted, Reply::Answer(Answer::ok()));
            Answer::with(&json!({"session": grant.session, "role": grant.role}))
        } else if let Reply::Media(grant) = reply {
            let cameras: Vec<_> = grant.cameras.iter().map(|camera| camera.id.clone()).collect();
            Answer::with(&json!({"session": grant.session, "recording": grant.recording, "cameras": cameras}))
        } else if let Reply::Recordings(of) = reply {
            Answer::with(&json!({"login": of.login, "all": of.all, "live": of.live}))
        } else if let Reply::History(query) = reply {
            let mine = self.history.iter().filter(|(login, _)| *login == query.login);
            let over = mine.map(|(_, record)| record.clone());
            let before = query.before.unwrap_or(Millis::MAX);
            let over = over.filter(|record| record.started_at < before).collect();
            query.page(over)
        } else {
            let Reply::Answer(answer) = reply else { panic!("not an answer: {reply:?}") };
            answer
        };
        let mut value = serde_json::to_value(&answer.head).unwrap();
        value.as_object_mut().unwrap().extend(answer.body);
        (answer.http, value)
    }

    fn call(&mut self, sid: &str, login: &str, id: &str) -> Value {
        self.call_mode(sid, login, id, "two_way")
    }

    fn call_mode(&mut self, sid: &str, login: &str, id: &str, mode: &str) -> Value {
        let body = json!({"sid": sid, "login": login, "call_id": id, "mode": mode, "media": "video"});
        self.ask(sid, Request::Call(serde_json::from_value(body).unwrap()))
    }

    fn plain_call(&mut self, sid: &str, login: &str) -> Value {
        self.ask(sid, Request::Call(serde_json::from_value(json!({"sid": sid, "login": login})).unwrap()))
    }

    fn accept(&mut self, sid: &str, id: &str) -> Value {
        let body = json!({"sid": sid, "call_id": id, "media": "video"});
        self.ask(sid, Request::Accept(serde_json::from_value(body).unwrap()))
    }

    fn decline(&mut self, sid: &str, body: Value) -> Value {
        self.ask(sid, Request::Decline(serde_json::from_value(body).unwrap()))
    }

    fn status(&mut self, sid: &str, word: &str) -> Value {
        self.ask(sid, Request::Status(serde_json::from_value(json!(word)).unwrap()))
    }

    fn invite(&mut self, sid: &str, login: &str, id: &str) -> Value {
        let body = json!({"sid": sid, "login": login, "call_id": id});
        self.ask(sid, Request::Invite(serde_json::from_value(body).unwrap()))
    }

    fn waiting(&mut self, sid: &str, on: bool) -> Value {
        self.ask(sid, Request::Settings(serde_json::from_value(json!({"sid": sid, "call_waiting": on})).unwrap()))
    }

    /// What a socket was told since the last look, without presence.
    fn heard(&mut self, socket: &str) -> Vec<(&'static str, Value)> {
        let (mine, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.told).into_iter().partition(|(to, name, _)| to == socket && *name != "presence");
        self.told = others;
        mine.into_iter().map(|(_, name, value)| (name, value)).collect()
    }

    fn names(&mut self, socket: &str) -> Vec<&'static str> {
        self.heard(socket).into_iter().map(|(name, _)| name).collect()
    }

    fn presence(&self, socket: &str, login: &str) -> Option<String> {
        let seen = self
            .told
            .iter()
            .rev()
            .find(|(to, name, value)| to == socket && *name == "presence" && value["login"] == login)?;
        Some(seen.2["status"].as_str().unwrap().to_owned())
    }
}

fn id(text: &str) -> CallId {
    text.parse().unwrap()
}
