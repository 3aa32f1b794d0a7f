//! A session of the media server, and its participants: REST and JSON-RPC. With a browser's offers no media flows: those peer
//! connections are of people who died before theirs was through, which the server has to get over as well.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::churn::{End, Plan};
use super::person::{PATIENCE, Socket, open};

/// What openvidu-browser 2.18.0 sent.
const OFFER: &str = include_str!("../../../sfu/tests/offers/publish-2.18.0.sdp");

/// How long a frozen socket is held: longer than the server takes to notice.
pub(super) const FROZEN: Duration = Duration::from_secs(40);

pub(super) struct Room {
    name: String,
    base: String,
    secret: String,
    media: SocketAddr,
}

pub(super) struct Participant {
    socket: Socket,
    id: u64,
    own: String,
}

impl Room {
    pub(super) async fn make(http: &reqwest::Client, plan: &Plan, name: &str) -> Result<Self> {
        let room = Self {
            name: name.to_owned(),
            base: format!("http://{}/openvidu/api/sessions", plan.media),
            secret: plan.secret.clone(),
            media: plan.media.parse().context("the media server has no address")?,
        };
        room.post(http, &room.base, json!({ "customSessionId": name })).await?;
        Ok(room)
    }

    async fn post(&self, http: &reqwest::Client, url: &str, body: Value) -> Result<Value> {
        let request = http.post(url).basic_auth("OPENVIDUAPP", Some(&self.secret));
        let answer = request.header("content-type", "application/json").body(body.to_string()).send().await?;
        let text = answer.error_for_status()?.text().await?;
        serde_json::from_str(&text).context("no JSON")
    }

    /// Somebody joins, whose pings are to come every `ping_ms`: after three that did not, its socket is closed.
    pub(super) async fn join(&self, http: &reqwest::Client, from: IpAddr, ping_ms: u64) -> Result<Participant> {
        let made = self.post(http, &format!("{}/{}/connection", self.base, self.name), json!({})).await?;
        let token = made.get("token").and_then(Value::as_str).context("no token")?;
        let socket = tokio::time::timeout(PATIENCE, open(self.media, from, "/openvidu")).await??;
        let mut participant = Participant { socket, id: 0, own: String::new() };
        let params = json!({ "token": token, "session": self.name, "platform": "load", "metadata": "", "secret": "" });
        participant.ask("joinRoom", params).await?;
        participant.ask("ping", json!({ "interval": ping_ms })).await?;
        Ok(participant)
    }
}

impl Participant {
    pub(super) async fn publish(&mut self) -> Result<String> {
        Ok(self.publish_with(OFFER).await?.0)
    }

    /// The stream, and the answer.
    pub(super) async fn publish_with(&mut self, offer: &str) -> Result<(String, String)> {
        let params = json!({
            "sdpOffer": offer, "doLoopback": false, "hasAudio": true, "hasVideo": true, "audioActive": true,
            "videoActive": true, "typeOfVideo": "CAMERA", "frameRate": 30, "videoDimensions": "{\"width\":640,\"height\":480}",
        });
        let published = self.ask("publishVideo", params).await?;
        let stream = published.get("id").and_then(Value::as_str).context("no stream")?;
        stream.clone_into(&mut self.own);
        Ok((stream.to_owned(), answer(&published)?))
    }

    /// It is still there.
    pub(super) async fn ping(&mut self) -> Result<()> {
        self.ask("ping", json!({})).await.map(drop)
    }

    pub(super) fn is_own(&self, stream: &str) -> bool {
        self.own == stream
    }

    pub(super) async fn subscribe(&mut self, stream: &str) -> Result<()> {
        let offer = OFFER.replace("a=sendrecv", "a=recvonly").replace("a=sendonly", "a=recvonly");
        self.subscribe_with(stream, &offer).await.map(drop)
    }

    /// The answer.
    pub(super) async fn subscribe_with(&mut self, stream: &str, offer: &str) -> Result<String> {
        answer(&self.ask("receiveVideoFrom", json!({ "sender": stream, "sdpOffer": offer })).await?)
    }

    pub(super) async fn end(mut self, end: End) -> Result<()> {
        match end {
            End::Leaves => self.ask("leaveRoom", json!({})).await.map(drop),
            // The socket breaks where it is dropped.
            End::Breaks => Ok(()),
            End::Freezes => {
                drop(tokio::spawn(async move {
                    tokio::time::sleep(FROZEN).await;
                    drop(self);
                }));
                Ok(())
            }
        }
    }

    async fn ask(&mut self, method: &str, params: Value) -> Result<Value> {
        self.id += 1;
        let request = json!({ "jsonrpc": "2.0", "id": self.id, "method": method, "params": params });
        self.socket.send(Message::text(request.to_string())).await?;
        let answered = async {
            while let Some(message) = self.socket.next().await {
                let Message::Text(text) = message? else { continue };
                let message: Value = serde_json::from_str(&text).context("no JSON")?;
                if message.get("id").and_then(Value::as_u64) != Some(self.id) {
                    continue;
                }
                if let Some(error) = message.get("error") {
                    bail!("{method} was refused: {error}");
                }
                return message.get("result").cloned().context("no result");
            }
            bail!("the server closed the socket at {method}")
        };
        tokio::time::timeout(PATIENCE, answered).await.with_context(|| format!("no answer to {method} in time"))?
    }
}

fn answer(result: &Value) -> Result<String> {
    Ok(result.get("sdpAnswer").and_then(Value::as_str).context("no answer")?.to_owned())
}
