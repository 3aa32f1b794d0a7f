//! A hub in this process, a media server that only takes notes, and a cable that can be pulled.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use zvonok_server::media_control::MediaFuture;
use zvonok_server::{MediaControl, MintedToken, Role, Running, Secret};
use zvonok_signaling::proto::CallId;
use zvonok_signaling::proto::event::Device;
use zvonok_signaling::{Backoff, Client, Config, Driver, Event, Timing};

pub(crate) const MEDIA_URL: &str = "https://127.0.0.1:4443";

pub(crate) struct Rig {
    pub(crate) media: Arc<Notes>,
    pub(crate) cable: Cable,
    hub: Running,
}

impl Rig {
    pub(crate) async fn start() -> Self {
        let media = Arc::<Notes>::default();
        let config = zvonok_server::Config::embedded();
        let hub = zvonok_server::start_with(config, Arc::clone(&media) as Arc<dyn MediaControl>).await.unwrap();
        let cable = Cable::new(hub.hub_url.socket_addrs(|| None).unwrap()[0]).await;
        Self { media, cable, hub }
    }

    pub(crate) fn hub_url(&self) -> &str {
        self.hub.hub_url.as_str()
    }

    pub(crate) fn config_at(&self, login: &str, hub: &str) -> Config {
        config(login, hub)
    }

    pub(crate) fn spawn(&self, driver: Driver) {
        tokio::spawn(driver.run());
    }

    pub(crate) async fn online(&self, login: &str) -> (Client, mpsc::Receiver<Event>) {
        online(config(login, self.hub.hub_url.as_str())).await
    }

    /// The same with the socket through the cable, and REST beside it.
    pub(crate) async fn online_through_a_cable(&self, login: &str) -> (Client, mpsc::Receiver<Event>) {
        let mut config = config(login, self.hub.hub_url.as_str());
        config.socket = format!("http://{}", self.cable.address).parse().unwrap();
        online(config).await
    }
}

pub(crate) fn config(login: &str, hub: &str) -> Config {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let http = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls.clone()).build().unwrap();
    let backoff =
        Backoff { base: Duration::from_millis(20), max: Duration::from_millis(100), min: Duration::from_millis(5) };
    Config {
        server: hub.parse().unwrap(),
        socket: hub.parse().unwrap(),
        login: login.parse().unwrap(),
        device: Device {
            id: format!("{login}-device"),
            name: "test".into(),
            platform: "linux".into(),
            app_version: "0".into(),
        },
        last_seq: None,
        tls: Arc::new(tls),
        http,
        timing: Timing { backoff, probe: Duration::from_millis(300), ..Timing::default() },
    }
}

pub(crate) async fn online(config: Config) -> (Client, mpsc::Receiver<Event>) {
    let (client, mut events, driver) = zvonok_signaling::client(config);
    tokio::spawn(driver.run());
    expect(&mut events, |event| matches!(event, Event::Online(_)).then_some(())).await;
    (client, events)
}

/// Waits for the event that `pick` takes.
pub(crate) async fn expect<T>(events: &mut mpsc::Receiver<Event>, mut pick: impl FnMut(Event) -> Option<T>) -> T {
    timeout(Duration::from_secs(10), async {
        loop {
            let event = events.recv().await.expect("the client has ended");
            if let Some(found) = pick(event) {
                return found;
            }
        }
    })
    .await
    .expect("the event did not come")
}

pub(crate) fn called(id: &str) -> CallId {
    id.parse().unwrap()
}

/// A media server that writes down what it is asked.
#[derive(Debug)]
pub(crate) struct Notes {
    lines: watch::Sender<Vec<String>>,
}

impl Default for Notes {
    fn default() -> Self {
        Self { lines: watch::Sender::new(Vec::new()) }
    }
}

impl Notes {
    fn note(&self, line: String) {
        self.lines.send_modify(|lines| lines.push(line));
    }

    pub(crate) async fn wait_for(&self, beginning: &str) {
        let mut lines = self.lines.subscribe();
        let found = lines.wait_for(|lines| lines.iter().any(|line| line.starts_with(beginning)));
        timeout(Duration::from_secs(10), found).await.expect("the media server was not asked").unwrap();
    }
}

impl MediaControl for Notes {
    fn create_session<'a>(&'a self, name: Option<&'a str>) -> MediaFuture<'a, String> {
        let name = name.unwrap_or("unnamed").to_owned();
        self.note(format!("create {name}"));
        async { Ok(name) }.boxed()
    }

    fn create_token<'a>(&'a self, session: &'a str, role: Role, _data: &'a str) -> MediaFuture<'a, MintedToken> {
        self.note(format!("token {session} {role:?}"));
        let token = Secret::new(format!("wss://127.0.0.1:4443?sessionId={session}&token=tok_X"));
        async { Ok(MintedToken { token, connection_id: "con_X".to_owned(), openvidu: self.public_url().to_owned() }) }
            .boxed()
    }

    fn revoke_token<'a>(&'a self, session: &'a str, connection_id: &'a str) -> MediaFuture<'a, ()> {
        self.note(format!("revoke {session} {connection_id}"));
        async { Ok(()) }.boxed()
    }

    fn close_session<'a>(&'a self, session: &'a str) -> MediaFuture<'a, ()> {
        self.note(format!("close {session}"));
        async { Ok(()) }.boxed()
    }

    fn start_echo<'a>(&'a self, session: &'a str, _data: &'a str) -> MediaFuture<'a, ()> {
        self.note(format!("echo {session}"));
        async { Ok(()) }.boxed()
    }

    fn stop_echo<'a>(&'a self, session: &'a str) -> MediaFuture<'a, ()> {
        self.note(format!("stop {session}"));
        async { Ok(()) }.boxed()
    }

    fn public_url(&self) -> &str {
        MEDIA_URL
    }
}

/// How the cable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Plugged,
    Pulled,
    Frozen,
}

/// A relay between client and hub.
pub(crate) struct Cable {
    pub(crate) address: SocketAddr,
    state: watch::Sender<State>,
}

impl Cable {
    async fn new(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = watch::Sender::new(State::Plugged);
        let sender = state.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let state = sender.subscribe();
                if *state.borrow() != State::Plugged {
                    continue;
                }
                tokio::spawn(carry(near, to, state));
            }
        });
        Self { address, state }
    }

    /// Connections break, and none can be made.
    pub(crate) fn pull(&self) {
        self.state.send_replace(State::Pulled);
    }

    /// Connections stand, and nothing passes.
    pub(crate) fn freeze(&self) {
        self.state.send_replace(State::Frozen);
    }

    pub(crate) fn plug(&self) {
        self.state.send_replace(State::Plugged);
    }
}

async fn carry(near: TcpStream, to: SocketAddr, mut state: watch::Receiver<State>) {
    let Ok(far) = TcpStream::connect(to).await else { return };
    let (mut near_in, mut near_out) = near.into_split();
    let (mut far_in, mut far_out) = far.into_split();
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        let now = *state.borrow_and_update();
        if now == State::Pulled {
            return;
        }
        let passes = now == State::Plugged;
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            n = near_in.read(&mut up), if passes => match n {
                Ok(n) if n > 0 => if far_out.write_all(&up[..n]).await.is_err() { return },
                _ => return,
            },
            n = far_in.read(&mut down), if passes => match n {
                Ok(n) if n > 0 => if near_out.write_all(&down[..n]).await.is_err() { return },
                _ => return,
            },
        }
    }
}
