//! A client of the hub that does not read.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use zvonok_server::Running;

use crate::{PATIENCE, plain_server};

/// A Socket.IO connection by hand.
struct Raw {
    socket: WebSocketStream<TcpStream>,
    acks: u64,
}

impl Raw {
    /// Connects with a small receive buffer, so that what is not read waits in the server soon.
    async fn connect(server: &Running) -> Self {
        let tcp = TcpSocket::new_v4().unwrap();
        tcp.set_recv_buffer_size(4_096).unwrap();
        let tcp = tcp.connect(server.hub_url.socket_addrs(|| None).unwrap()[0]).await.unwrap();
        let url = format!("ws://{}/socket.io/?EIO=4&transport=websocket", server.hub_url.authority());
        let (socket, _) = tokio_tungstenite::client_async(url, tcp).await.unwrap();
        let mut raw = Self { socket, acks: 0 };
        assert!(raw.next().await.unwrap().starts_with('0'));
        raw.send("40".to_owned()).await;
        assert!(raw.next().await.unwrap().starts_with("40{"));
        raw
    }

    async fn send(&mut self, frame: String) {
        self.socket.send(Message::text(frame)).await.unwrap();
    }

    /// The next frame; `None` when the server has ended the connection.
    async fn next(&mut self) -> Option<String> {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            match tokio::time::timeout_at(until, self.socket.next()).await.expect("in time")?.ok()? {
                Message::Text(text) if text.as_str() == "2" => self.send("3".to_owned()).await,
                Message::Text(text) => return Some(text.as_str().to_owned()),
                Message::Close(_) => return None,
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Signs in, and gives everything that was heard up to the acknowledgement.
    async fn login(&mut self, login: &str) -> Vec<String> {
        self.acks += 1;
        let body = json!({ "login": login, "version": 2, "device": { "id": login, "name": login } });
        self.send(format!("42{}[\"login\",{body}]", self.acks)).await;
        let mut heard = Vec::new();
        loop {
            let frame = self.next().await.expect("the acknowledgement");
            let acknowledged = frame.starts_with(&format!("43{}[", self.acks));
            heard.push(frame);
            if acknowledged {
                return heard;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_shown_as_gone_and_told_to_come_again() {
    let server = plain_server().await;
    let mut slow = Raw::connect(&server).await;
    slow.login("slow").await;
    // Every change of a person is told to everybody.
    let mut busy = Raw::connect(&server).await;
    let flood = async {
        // Long ones, since much waits in the system's own buffers.
        for name in ["1", "2"].map(|digit| digit.repeat(64)).iter().cycle() {
            let heard = busy.login(name).await;
            let gone = |frame: &&String| frame.starts_with("42[\"presence\"") && frame.contains("\"slow\"");
            if heard.iter().filter(gone).any(|frame| frame.contains("\"offline\"")) {
                return;
            }
        }
    };
    let shown = tokio::time::timeout(PATIENCE, flood).await;
    assert!(shown.is_ok(), "nobody may take for reachable whom no call reaches");
    // Now it reads, and comes to its good-bye; it would wait for it for ever in a connection that tells nothing more.
    while slow.next().await.is_some_and(|frame| frame != "41") {}
    server.shutdown().await;
}
