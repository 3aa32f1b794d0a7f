//! A participant's socket, by hand.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use zvonok_openvidu::wire::Role;
use zvonok_server::Running;

/// The session of these tests.
pub(crate) const SESSION: &str = "call-1";

pub(crate) struct Rpc {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
    /// The id by which a lost socket is replaced.
    pub(crate) rpc: String,
}

impl Rpc {
    pub(crate) async fn open(server: &Running) -> Self {
        let address = format!("ws://{}/openvidu?sessionId={SESSION}", server.media_url.authority());
        let (socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
        Self { socket, last: 0, rpc: String::new() }
    }

    /// A new participant.
    pub(crate) async fn join(server: &Running) -> Self {
        Self::join_and_hear(server).await.0
    }

    /// A new participant, and what it was told when it joined.
    pub(crate) async fn join_and_hear(server: &Running) -> (Self, Value) {
        let minted =
            crate::client(&server.media_url, server.secret.reveal()).mint(SESSION, Role::Publisher, "").await.unwrap();
        let mut rpc = Self::open(server).await;
        let params = json!({ "token": minted.token.reveal(), "session": SESSION, "secret": "", "metadata": "" });
        let joined = rpc.ask("joinRoom", params).await.unwrap();
        rpc.rpc = joined["sessionId"].as_str().unwrap().to_owned();
        (rpc, joined)
    }

    async fn send(&mut self, method: &str, params: Value) -> u64 {
        self.last += 1;
        let frame = json!({ "jsonrpc": "2.0", "id": self.last, "method": method, "params": params });
        self.send_as_it_is(&frame).await;
        self.last
    }

    pub(crate) async fn send_as_it_is(&mut self, frame: &Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The answer to a request; what else comes meanwhile is left aside.
    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.send(method, params).await;
        loop {
            let message = self.next().await.expect("an answer");
            if message["id"] == id {
                let error = message.get("error").cloned();
                return error.map_or_else(|| Ok(message["result"].clone()), Err);
            }
        }
    }

    /// The answer to a request, between what came before it and the first `after` that came after it.
    pub(crate) async fn ask_between(
        &mut self,
        method: &str,
        params: Value,
        after: usize,
    ) -> (Vec<Value>, Value, Vec<Value>) {
        let id = self.send(method, params).await;
        let (mut earlier, mut later) = (Vec::new(), Vec::new());
        let answer = loop {
            let message = self.next().await.expect("an answer");
            if message["id"] == id {
                break message["result"].clone();
            }
            earlier.push(message);
        };
        while later.len() < after {
            later.push(self.next().await.expect("one more"));
        }
        (earlier, answer, later)
    }

    /// The next message; `None` where the server has ended the connection.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            let message = tokio::time::timeout(crate::PATIENCE, self.socket.next()).await.expect("in time")?;
            match message.ok()? {
                Message::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
                Message::Close(_) => return None,
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}
