//! The link to the hub: the signaling client, with the machine's words on this side.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use url::Url;
use zvonok_call::Signal;
use zvonok_ipc::{ErrorCode, Setup, TokenSource as Tokens};
use zvonok_openvidu::Secret;
use zvonok_signaling::{
    Client, Config, ConnectError, Event, SessionToken, Timing, client,
    proto::{Code, event::Device},
};

use super::{
    happening::{Happening, HubEvent},
    signals::{self, Asked},
    translate,
};
use crate::{
    cli::SecretKind,
    keyring::Keyring,
    settings,
    tokens::{HubTokens, TokenSource},
    trust::Trust,
};

/// How long *Test connection* waits for a hub.
const TEST: Duration = Duration::from_secs(8);

/// How long a link that is to end waits for what was asked of it. Less than the shutdown of the app waits.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where a link leads.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) server: Url,
    pub(super) socket: Url,
    pub(super) openvidu: Option<Url>,
    pub(super) tokens: Tokens,
}

impl Target {
    /// `None` before the form was filled in.
    pub(super) fn of(setup: &Setup) -> Option<Self> {
        settings::check(setup).ok()?;
        let server = settings::address(&setup.server).ok()?;
        let socket = if setup.socket.is_empty() { server.clone() } else { settings::address(&setup.socket).ok()? };
        let openvidu = settings::address(&setup.openvidu).ok();
        Some(Self { server, socket, openvidu, tokens: setup.tokens })
    }
}

/// An open link; it ends when this is dropped, after what was asked of it has ended.
#[derive(Debug)]
pub(super) struct Link {
    client: Client,
    tasks: TaskTracker,
    /// What was asked and is not answered yet.
    asked: TaskTracker,
}

/// What a link is made with.
pub(super) struct Opening<'a> {
    pub(super) target: &'a Target,
    pub(super) login: &'a str,
    pub(super) device: &'a str,
    pub(super) trust: &'a Trust,
    pub(super) tasks: &'a TaskTracker,
    /// Tells this link's events from those of an older one.
    pub(super) number: u64,
    pub(super) happenings: &'a mpsc::Sender<Happening>,
}

impl Link {
    /// Starts connecting.
    ///
    /// # Errors
    /// A sentence, when there is no way to the address at all.
    pub(super) fn open(opening: &Opening<'_>) -> Result<Self, String> {
        let Opening { target, login, trust, .. } = opening;
        let config = Config {
            server: target.server.clone(),
            socket: target.socket.clone(),
            login: login.parse().map_err(|_error| format!("`{login}` is not a login"))?,
            device: device(opening.device),
            last_seq: None,
            tls: trust.endpoint(&target.socket).map_err(|error| error.to_string())?.tls,
            http: trust.endpoint(&target.server).map_err(|error| error.to_string())?.http,
            timing: Timing::default(),
        };
        let (client, events, driver) = client(config);
        opening.tasks.spawn(driver.run());
        let (trust, socket) = ((*trust).clone(), target.socket.clone());
        opening.tasks.spawn(pass_on(events, opening.number, trust, socket, opening.happenings.clone()));
        Ok(Self { client, tasks: opening.tasks.clone(), asked: TaskTracker::new() })
    }

    /// Sends a request that has a result.
    pub(super) fn ask(&self, signal: Signal) -> impl Future<Output = Asked> + Send + 'static {
        self.asked.track_future(signals::ask(self.client.clone(), signal))
    }

    /// Sends what has none.
    pub(super) fn tell(&self, signal: Signal) -> impl Future<Output = ()> + Send + 'static {
        self.asked.track_future(signals::tell(self.client.clone(), signal))
    }

    /// Presents this session from now on, or none.
    pub(super) fn sign_in_with(&self, token: Option<&Secret>) {
        let token = token.map(|token| SessionToken::new(token.reveal()));
        let client = self.client.clone();
        self.tasks.spawn(async move { client.sign_in_with(token).await });
    }

    /// Finds out whether the connection lives.
    pub(super) fn probe(&self) {
        let client = self.client.clone();
        self.tasks.spawn(async move { client.probe().await });
    }

    pub(super) fn token_source(&self, openvidu: Option<Url>) -> Arc<dyn TokenSource> {
        Arc::new(HubTokens { hub: self.client.clone(), openvidu })
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let (client, asked) = (self.client.clone(), self.asked.clone());
        asked.close();
        self.tasks.spawn(async move {
            // A last word such as a hang-up is one of this socket's: without it the other side would be told "lost".
            if tokio::time::timeout(LAST_WORDS, asked.wait()).await.is_err() {
                tracing::info!("the hub did not answer the last words in time");
            }
            client.close().await;
        });
    }
}

async fn pass_on(
    mut events: mpsc::Receiver<Event>,
    number: u64,
    trust: Trust,
    socket: Url,
    happenings: mpsc::Sender<Happening>,
) {
    while let Some(event) = events.recv().await {
        for event in read(event, &trust, &socket) {
            if happenings.send(Happening::Hub(number, Box::new(event))).await.is_err() {
                return;
            }
        }
    }
}

fn read(event: Event, trust: &Trust, socket: &Url) -> Vec<HubEvent> {
    match event {
        Event::Connecting => vec![HubEvent::Connecting],
        Event::Online(contract) => vec![translate::signed_in(contract)],
        Event::Offline { error, .. } => {
            tracing::info!(%error, "no connection to the hub");
            let problem = if matches!(*error, ConnectError::SessionOver) {
                Some(HubEvent::SessionOver)
            } else if matches!(*error, ConnectError::Refused { code: Some(Code::NotSignedIn), .. }) {
                Some(HubEvent::WantsSession)
            } else {
                let problem = translate::problem(&error, trust.question(socket).as_ref());
                problem.map(|code| HubEvent::Problem(code, error.to_string()))
            };
            std::iter::once(HubEvent::Lost).chain(problem).collect()
        }
        Event::Hub(event) => translate::event(event).into_iter().collect(),
        Event::Malformed => {
            vec![HubEvent::Problem(ErrorCode::Malformed, "a packet of the hub made no sense".to_owned())]
        }
    }
}

/// The signaling line of *Test connection*, with the session that the keyring has for that hub.
pub(super) async fn test(socket: &Url, trust: &Trust, session: Option<&Keyring>) -> (Option<ErrorCode>, String) {
    let endpoint = match trust.endpoint(socket) {
        Ok(endpoint) => endpoint,
        Err(error) => return (Some(ErrorCode::BadAddress), error.to_string()),
    };
    let mut tried = zvonok_signaling::check(socket, &endpoint.tls, None, TEST).await;
    // The keyring is asked only where it is needed: it may ask the person.
    if let Err(ConnectError::Refused { code: Some(Code::NotSignedIn), .. }) = &tried
        && let Some(keyring) = session
        && let Ok(token) = keyring.get(SecretKind::Hub).await
    {
        let token = Some(SessionToken::new(token.reveal()));
        tried = zvonok_signaling::check(socket, &endpoint.tls, token, TEST).await;
    }
    match tried {
        Ok(()) => (None, socket.to_string()),
        Err(error) => {
            let code = translate::problem(&error, trust.question(socket).as_ref());
            (Some(code.unwrap_or(ErrorCode::ServerUnreachable)), error.to_string())
        }
    }
}

/// This device as it describes itself.
pub(super) fn device(id: &str) -> Device {
    Device {
        id: id.to_owned(),
        name: host_name(),
        platform: std::env::consts::OS.to_owned(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// What this device is called to the person's other devices.
fn host_name() -> String {
    let named = std::env::var("HOSTNAME").or_else(|_unset| std::env::var("COMPUTERNAME")).ok();
    let file = || std::fs::read_to_string("/etc/hostname").ok();
    named
        .or_else(file)
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "Computer".to_owned())
}
