//! One person with one socket, who comes back when it is lost, by the pauses that the real client makes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use zvonok_signaling::Backoff;
use zvonok_signaling_proto::VERSION;
use zvonok_signaling_proto::packet::{Data, Engine, Packet};

use super::crowd::Arrivals;

/// Sockets of one address: people sit behind addresses of their own, and limits count by address.
const AN_ADDRESS: usize = 40;

/// Number of the acknowledgement of `login`.
const LOGIN: u64 = 0;

/// How long anything may take that somebody waits for.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

pub(super) type Socket = WebSocketStream<TcpStream>;

pub(super) struct Person {
    pub(super) login: String,
    pub(super) address: IpAddr,
    hub: SocketAddr,
    extended: bool,
    sid: Mutex<String>,
    heard: mpsc::Sender<&'static str>,
    /// `calling` and `declined`, as they come.
    pub(super) hears: tokio::sync::Mutex<mpsc::Receiver<&'static str>>,
}

impl Person {
    pub(super) fn new(login: String, number: usize, hub: SocketAddr, extended: bool) -> Self {
        let (heard, hears) = mpsc::channel(64);
        let address = of_number(number / AN_ADDRESS);
        let (sid, hears) = (Mutex::default(), tokio::sync::Mutex::new(hears));
        Self { login, address, hub, extended, sid, heard, hears }
    }

    /// The socket's id, for REST.
    pub(super) fn sid(&self) -> String {
        self.sid.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Is there, and comes back, for ever.
    pub(super) async fn live(self: Arc<Self>, arrivals: Arc<Arrivals>) {
        let (backoff, mut failures) = (Backoff::default(), 0);
        loop {
            let mut here = false;
            let ended = self.session(&arrivals, &mut here).await;
            if here {
                arrivals.left();
                failures = 0;
            }
            if let Err(error) = ended {
                arrivals.failed(&error);
            }
            failures += 1;
            tokio::time::sleep(backoff.pause(failures, rand::random())).await;
        }
    }

    async fn session(&self, arrivals: &Arrivals, here: &mut bool) -> Result<()> {
        let mut socket =
            tokio::time::timeout(PATIENCE, open(self.hub, self.address, "/socket.io/?EIO=4&transport=websocket"))
                .await
                .context("no socket in time")??;
        while let Some(message) = socket.next().await {
            let Message::Text(text) = message? else { continue };
            match Engine::decode(&text).context("the hub sent something else")? {
                Engine::Open(_) => send(&mut socket, Engine::Message(Packet::main(Data::Connect(None)))).await?,
                Engine::Ping => send(&mut socket, Engine::Pong).await?,
                Engine::Close => break,
                Engine::Pong | Engine::Noop => {}
                Engine::Message(packet) => match packet.data {
                    Data::Connect(Some(accepted)) => {
                        let sid = accepted.get("sid").and_then(Value::as_str).context("no sid")?;
                        sid.clone_into(&mut self.sid.lock().unwrap_or_else(PoisonError::into_inner));
                        send(&mut socket, self.login()).await?;
                        // Contract A has no answer.
                        if !self.extended {
                            *here = true;
                            arrivals.came();
                        }
                    }
                    Data::Ack { id: LOGIN, args } if self.extended => {
                        if args.first().and_then(|ack| ack.get("version")).is_none() {
                            bail!("the hub refused the login: {args:?}");
                        }
                        *here = true;
                        arrivals.came();
                    }
                    Data::Event { name, .. } => match name.as_str() {
                        // Whoever does not listen misses it.
                        "calling" => drop(self.heard.try_send("calling")),
                        "declined" => drop(self.heard.try_send("declined")),
                        _ => {}
                    },
                    Data::ConnectError(error) => bail!("the hub refused the socket: {error}"),
                    Data::Ack { .. } | Data::Connect(None) | Data::Disconnect => {}
                },
            }
        }
        Ok(())
    }

    fn login(&self) -> Engine {
        let mut body = json!({ "login": self.login });
        if self.extended {
            body = json!({ "login": self.login, "version": VERSION, "device": { "id": "load", "name": "load" } });
        }
        let ack = self.extended.then_some(LOGIN);
        Engine::Message(Packet::main(Data::Event { name: "login".to_owned(), args: vec![body], ack }))
    }
}

/// The nth address of this machine.
pub(super) fn of_number(number: usize) -> IpAddr {
    let [.., high, low] = u32::try_from(number).unwrap_or_default().to_be_bytes();
    Ipv4Addr::new(127, 1, high, low).into()
}

pub(super) async fn open(server: SocketAddr, from: IpAddr, path: &str) -> Result<Socket> {
    let socket = TcpSocket::new_v4().context("no socket")?;
    socket.bind((from, 0).into()).context("no address")?;
    let stream = socket.connect(server).await.context("no connection")?;
    stream.set_nodelay(true).context("no option")?;
    // Ten thousand of them are in one process.
    let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(0);
    let url = format!("ws://{server}{path}");
    let (socket, _) =
        tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await.context("no websocket")?;
    Ok(socket)
}

async fn send(socket: &mut Socket, packet: Engine) -> Result<()> {
    Ok(socket.send(Message::text(packet.encode())).await?)
}
