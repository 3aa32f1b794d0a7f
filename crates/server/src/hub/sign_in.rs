//! `POST /login` and `/logout`, and tokens of sockets and requests.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use zvonok_signaling_proto::{Code, Login, MAX_NAME_CHARS, Millis};

use super::clock::Clock;
use super::handle::Hub;
use super::limits::{MAX_HASHES, MAX_HASHES_WAITING};
use super::machine::{Answer, Input};
use super::rest::{Body, read, reply};
use super::sessions::{Pass, Sessions};
use super::tries::Tries;
use super::watch::Known;
use crate::accounts::{AccountBody, SESSION_MS, Signed, password, token};
use crate::database::{Database, DatabaseError, full};

/// What signing in needs.
#[derive(Debug)]
pub(super) struct Door {
    database: Database,
    clock: Clock,
    tries: Mutex<Tries>,
    sessions: Sessions,
    /// The accounts that the hub's task knows.
    pub(super) known: Known,
    /// Passwords that are being hashed, each with a core and 19 MiB, and those with the ones that wait.
    hashing: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Door {
    pub(super) fn new(database: Database, clock: Clock) -> Self {
        let (hashing, waiting) = (Arc::new(Semaphore::new(MAX_HASHES)), Semaphore::new(MAX_HASHES_WAITING));
        Self {
            database,
            clock,
            tries: Mutex::default(),
            sessions: Sessions::default(),
            known: Known::default(),
            hashing,
            waiting,
        }
    }

    /// The hub's time.
    pub(super) fn now(&self) -> Millis {
        self.clock.now()
    }

    /// The session of a token; none where it is unknown, old or taken back.
    pub(super) async fn session(&self, token: &str) -> Result<Option<Signed>, Answer> {
        let Some(hash) = token::hash(token) else { return Ok(None) };
        self.database.session(&hash, self.clock.now()).await.map_err(|error| down(&error))
    }

    /// What a socket's token shows, for as long as the socket holds it.
    pub(super) async fn pass(&self, token: &str) -> Result<Option<Pass>, Answer> {
        let Some(hash) = token::hash(token) else { return Ok(None) };
        // First, so that no end of it is missed.
        let held = self.sessions.hold(&hash);
        let signed = self.database.session(&hash, self.clock.now()).await.map_err(|error| down(&error))?;
        Ok(signed.map(|signed| Pass { signed, held }))
    }

    /// A session was taken back.
    pub(super) fn end(&self, session: &str) {
        self.sessions.end(session);
    }

    /// The account, if that is its password.
    async fn check(&self, login: &Login, password: String, address: IpAddr) -> Result<AccountBody, Answer> {
        let Ok(_place) = self.waiting.try_acquire() else {
            return Err(Answer::refused(Code::TooMany, "Too many sign in at once. Wait a little."));
        };
        if !self.tries().take(login, address, Instant::now()) {
            tracing::warn!(%login, %address, "too many wrong passwords");
            return Err(Answer::refused(Code::TooMany, "Too many tries. Wait five minutes."));
        }
        let account = self.database.account(login).await.map_err(|error| {
            self.tries().give_back(login, address);
            down(&error)
        })?;
        let (account, hash) = account.unzip();
        let Ok(core) = Arc::clone(&self.hashing).acquire_owned().await else { return Err(wrong()) };
        let verify = move || {
            // Until it is done: nothing ends it before, also where the one who asked has gone.
            let _core = core;
            password::verify(&password, hash.as_deref())
        };
        let right = tokio::task::spawn_blocking(verify).await.unwrap_or(false);
        account.filter(|_| right).ok_or_else(|| {
            tracing::info!(%login, %address, "a sign-in was refused");
            wrong()
        })
    }

    fn tries(&self) -> std::sync::MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    async fn sign_in(&self, body: SignIn, address: IpAddr) -> Result<Answer, Answer> {
        let SignIn { login, password, device } = body;
        let account = self.door.check(&login, password, address).await?;
        let (hub, device) = (self.clone(), named(&device));
        let signed_in = self.surely(async move { hub.begin_session(login, account, &device, address).await });
        signed_in.await.unwrap_or_else(|| Err(Answer::refused(Code::Unavailable, "You are not signed in. Try again.")))
    }

    async fn begin_session(
        &self,
        login: Login,
        account: AccountBody,
        device: &str,
        address: IpAddr,
    ) -> Result<Answer, Answer> {
        let (now, made) = (self.door.clock.now(), token::new());
        let Some(session) = token::hash(made.reveal()) else { return Err(wrong()) };
        let (expires_at, generation) = (now.saturating_add(SESSION_MS), account.generation);
        let signed = Signed { login: login.clone(), session, generation, expires_at };
        let kept = self.database.add_session(&signed, device, now).await;
        if !matches!(kept, Ok(None)) {
            self.door.tries().succeeded(&login, address);
        }
        let Some(gone) = kept.map_err(|error| down(&error))? else {
            tracing::info!(%login, %address, "a sign-in was overtaken by a change of its account");
            return Err(wrong());
        };
        for session in gone {
            self.tell(Input::SessionOver { session }).await;
        }
        // The account may be newer than what the hub's task knows of it, which would not let this session in.
        self.look(false).await.map_err(|error| down(&error))?;
        Ok(Answer::with(&json!({
            "token": made.reveal(), "expires_at": expires_at, "ttl_ms": SESSION_MS,
            "me": { "login": login, "name": account.name, "role": account.role.as_str() },
        })))
    }
}

/// `POST /login`.
#[derive(Deserialize)]
pub(super) struct SignIn {
    login: Login,
    password: String,
    #[serde(default)]
    device: Value,
}

pub(super) async fn login(State(hub): State<Hub>, ConnectInfo(peer): ConnectInfo<SocketAddr>, body: Body) -> Response {
    let answer = match read::<SignIn>(body) {
        Ok(_) if !hub.is_closed() => {
            Answer::outcome(Code::NotAllowed, "This hub has no accounts: a login is enough to come in.")
        }
        Ok(body) => hub.sign_in(body, peer.ip()).await.unwrap_or_else(|refused| refused),
        Err(refused) => refused,
    };
    reply(answer)
}

pub(super) async fn logout(State(hub): State<Hub>, headers: HeaderMap) -> Response {
    let Some(session) = bearer(&headers).and_then(token::hash) else {
        return reply(Answer::refused(Code::NotSignedIn, "Sign in first."));
    };
    let ending = hub.clone();
    // Who signs out may go at once. What was begun is done: the token's sockets are somebody's who has stolen it.
    let ended = hub.surely(async move {
        ending.database.end_session(&session).await?;
        ending.tell(Input::SessionOver { session }).await;
        Ok(())
    });
    reply(match ended.await {
        Some(Ok(())) => Answer::ok(),
        Some(Err(error)) => down(&error),
        None => Answer::refused(Code::Unavailable, "You may not be signed out. Try again."),
    })
}

/// The token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn wrong() -> Answer {
    Answer::refused(Code::NotSignedIn, "Login and password do not fit.")
}

fn down(error: &DatabaseError) -> Answer {
    tracing::error!(error = full(error), "accounts and sessions cannot be looked up");
    Answer::refused(Code::Unavailable, "The hub cannot look up accounts just now. Try again in a moment.")
}

/// A device by its name, for people: an object with `name`, or the name itself.
fn named(device: &Value) -> String {
    let name = device.get("name").unwrap_or(device).as_str().unwrap_or_default();
    name.chars().filter(|letter| !letter.is_control()).take(MAX_NAME_CHARS).collect()
}

pub(super) type SharedDoor = Arc<Door>;

#[cfg(test)]
mod tests;
