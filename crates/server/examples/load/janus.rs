//! The same rooms on a Janus: its HTTP API, and its videoroom's requests (as of 1.1).
//!
//! Everybody has a session, and in it a handle for each peer connection. Publishers make the offer; to subscribers Janus
//! makes it. What is slow is answered by an event, which a long poll brings; the poll also keeps the session alive.
//! Nobody can have a stream before its publisher is connected, so each connection is waited for.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use str0m::media::Direction;
use tokio::sync::mpsc;

use super::end::End;
use super::forward::{Filled, Shape};
use super::person::PATIENCE;

/// How long one poll may take: Janus ends it after 30 s, with a word that nothing happened.
const POLL: Duration = Duration::from_secs(60);

/// Events of one session that wait to be read: it waits for one thing at a time.
const EVENTS: usize = 4;

/// What publishers are told that they may send, in bit/s: ten times what they do.
const BITRATE: u32 = 10_000_000;

/// Fills rooms of the Janus whose HTTP API is at `api`, over UDP sockets of the address `from`, and measures for
/// `seconds`.
pub(super) async fn forward(
    api: SocketAddr,
    from: IpAddr,
    seconds: u64,
    shape: Shape,
    say: fn(&Value),
) -> Result<Value> {
    let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let base = format!("http://{api}/janus");
    let (mut filled, mut sessions) = (Filled::new(), Vec::new());
    for room in 1..=shape.rooms {
        let (mut people, mut published) = (Vec::new(), Vec::new());
        for nth in 0..shape.publishers + shape.watchers {
            let mut person = Session::new(&http, &base, &mut filled).await?;
            if nth == 0 {
                person.make_room(room, shape.publishers).await?;
            }
            let own = if nth < shape.publishers { Some(person.publish(room, from, &mut filled).await?) } else { None };
            published.extend(own);
            people.push((person, own));
        }
        for (person, own) in &mut people {
            for feed in published.iter().filter(|feed| Some(**feed) != *own) {
                person.subscribe(room, *feed, from, &mut filled).await?;
            }
        }
        sessions.extend(people);
    }
    let measured = filled.measure(seconds, shape, say).await;
    // What they would still hear is heard until here.
    drop(sessions);
    measured
}

/// Somebody's session.
struct Session {
    http: reqwest::Client,
    url: String,
    events: mpsc::Receiver<Value>,
    asked: u64,
}

/// One of its peer connections.
struct Handle {
    url: String,
    id: u64,
}

impl Session {
    async fn new(http: &reqwest::Client, base: &str, filled: &mut Filled) -> Result<Self> {
        let made = post(http, base, json!({ "janus": "create", "transaction": "create" })).await?;
        let url = format!("{base}/{}", number(&made, "/data/id")?);
        let (sender, events) = mpsc::channel(EVENTS);
        filled.tasks.spawn(poll(http.clone(), url.clone(), sender));
        Ok(Self { http: http.clone(), url, events, asked: 0 })
    }

    /// A new handle of the videoroom.
    async fn attach(&self) -> Result<Handle> {
        let body = json!({ "janus": "attach", "plugin": "janus.plugin.videoroom", "transaction": "attach" });
        let made = post(&self.http, &self.url, body).await?;
        let id = number(&made, "/data/id")?;
        Ok(Handle { url: format!("{}/{id}", self.url), id })
    }

    async fn make_room(&mut self, room: usize, publishers: usize) -> Result<()> {
        let handle = self.attach().await?;
        let body = json!({
            "request": "create", "room": room, "publishers": publishers, "bitrate": BITRATE,
            "audiocodec": "opus", "videocodec": "vp8",
        });
        let made = self.ask(&handle, body, None).await?;
        let outcome = made.pointer("/plugindata/data/videoroom").and_then(Value::as_str);
        if outcome != Some("created") {
            bail!("there is no room: {made}");
        }
        Ok(())
    }

    /// Publishes in a room; the number of what it publishes.
    async fn publish(&mut self, room: usize, from: IpAddr, filled: &mut Filled) -> Result<u64> {
        let handle = self.attach().await?;
        let join = json!({ "request": "join", "ptype": "publisher", "room": room });
        let joined = self.ask(&handle, join, None).await?;
        let feed = number(&joined, "/plugindata/data/id")?;
        let (mut end, offer, pending) = End::offering(Direction::SendOnly, from, &filled.count).await?;
        let published = self.ask(&handle, json!({ "request": "publish" }), Some(("offer", &offer))).await?;
        end.accept(pending, sdp(&published)?)?;
        filled.publisher(end);
        self.connected(&handle).await?;
        Ok(feed)
    }

    async fn subscribe(&mut self, room: usize, feed: u64, from: IpAddr, filled: &mut Filled) -> Result<()> {
        let handle = self.attach().await?;
        let join = json!({ "request": "join", "ptype": "subscriber", "room": room, "streams": [{ "feed": feed }] });
        let attached = self.ask(&handle, join, None).await?;
        let (end, answer) = End::answering(sdp(&attached)?, from, &filled.count).await?;
        self.ask(&handle, json!({ "request": "start" }), Some(("answer", &answer))).await?;
        filled.subscriber(end);
        self.connected(&handle).await
    }

    /// Asks the videoroom, and waits for what it says: at once, or as an event.
    async fn ask(&mut self, handle: &Handle, body: Value, sdp: Option<(&str, &str)>) -> Result<Value> {
        self.asked += 1;
        let transaction = self.asked.to_string();
        let mut message = json!({ "janus": "message", "transaction": transaction, "body": body });
        if let (Some((kind, sdp)), Some(message)) = (sdp, message.as_object_mut()) {
            // All candidates are in it.
            message.insert("jsep".to_owned(), json!({ "type": kind, "sdp": sdp, "trickle": false }));
        }
        let mut answer = post(&self.http, &handle.url, message).await?;
        if is(&answer, "ack") {
            let own = |event: &Value| event.get("transaction").and_then(Value::as_str) == Some(&transaction);
            answer = self.event(own).await.with_context(|| format!("no answer to {body}"))?;
        }
        match answer.pointer("/plugindata/data/error") {
            Some(error) => bail!("{body} was refused: {error}"),
            None => Ok(answer),
        }
    }

    /// Waits until Janus has a connection.
    async fn connected(&mut self, handle: &Handle) -> Result<()> {
        let up =
            |event: &Value| is(event, "webrtcup") && event.get("sender").and_then(Value::as_u64) == Some(handle.id);
        self.event(up).await.context("Janus is not connected").map(drop)
    }

    /// Waits for an event.
    async fn event(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let found = async {
            while let Some(event) = self.events.recv().await {
                if wanted(&event) {
                    return Ok(event);
                }
            }
            bail!("nobody polls any more")
        };
        tokio::time::timeout(PATIENCE, found).await.context("nothing in time")?
    }
}

/// Takes events for as long as somebody wants them: those that are waited for go on.
async fn poll(http: reqwest::Client, url: String, events: mpsc::Sender<Value>) -> Result<()> {
    loop {
        let event = read(http.get(&url).timeout(POLL)).await?;
        if is(&event, "webrtcup") || (is(&event, "event") && event.get("transaction").is_some()) {
            events.send(event).await.context("the session is gone")?;
        } else if ["hangup", "timeout", "error"].iter().any(|end| is(&event, end)) {
            bail!("Janus has ended something: {event}");
        }
        // Else others come and publish, media begins to flow, or nothing happened.
    }
}

fn is(event: &Value, kind: &str) -> bool {
    event.get("janus").and_then(Value::as_str) == Some(kind)
}

async fn post(http: &reqwest::Client, url: &str, body: Value) -> Result<Value> {
    let answer = read(http.post(url).body(body.to_string())).await?;
    if !is(&answer, "success") && !is(&answer, "ack") {
        bail!("Janus refused {body}: {answer}");
    }
    Ok(answer)
}

async fn read(request: reqwest::RequestBuilder) -> Result<Value> {
    let text = request.send().await?.error_for_status()?.text().await?;
    serde_json::from_str(&text).context("no JSON")
}

fn number(answer: &Value, place: &str) -> Result<u64> {
    answer.pointer(place).and_then(Value::as_u64).with_context(|| format!("no {place} in {answer}"))
}

fn sdp(answer: &Value) -> Result<&str> {
    answer.pointer("/jsep/sdp").and_then(Value::as_str).with_context(|| format!("no SDP in {answer}"))
}
