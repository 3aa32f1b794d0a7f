//! A client of OpenVidu's REST API for what calls need: sessions and tokens.

mod error;
mod extras;
mod http;

use std::fmt;

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::Secret;
use crate::wire::Role;
use crate::wire::rest::{ConnectionRequest, Session, SessionRequest};
pub use error::{CertificateProblem, Error};
pub use http::harden;
use http::{Answer, Place};

/// Longest token that is taken. OpenVidu's are under 200 characters; longer names of hosts and sessions fit well.
const TOKEN_LIMIT: usize = 2_048;

/// A client of one OpenVidu deployment. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    place: Place,
    secret: Secret,
}

/// A token, made for one participant of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minted {
    /// Of the connection that the token belongs to; deleting it revokes the token.
    pub connection_id: String,
    /// The whole token, verbatim. Never dial the host it names.
    pub token: Secret,
}

/// What a deployment says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its version, such as `2.32.2`, if it said one.
    pub version: Option<String>,
    /// The address that it believes to have.
    pub public_url: String,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("host", &self.place.host()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the OpenVidu at `base` (`https://host:port/`, a path in front of `/openvidu` is kept). Nothing is
    /// sent yet. Build `http` with [`harden`], so that it follows no redirect.
    ///
    /// # Errors
    ///
    /// [`Error::BadAddress`], and [`Error::Insecure`] for plain HTTP to another machine.
    pub fn new(base: Url, secret: Secret, http: reqwest::Client) -> Result<Self, Error> {
        let place = Place::new(base, http)?;
        place.may_carry_a_secret()?;
        Ok(Self { place, secret })
    }

    /// Looks whether an OpenVidu answers at `base`, with a request that carries no secret: the one before the first
    /// that does. The certificate has been looked at when this succeeds.
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`], [`Error::TimedOut`], [`Error::Certificate`], [`Error::NotOpenvidu`],
    /// [`Error::Redirected`] as it is.
    pub async fn recognise(base: Url, http: reqwest::Client) -> Result<Found, Error> {
        Place::new(base, http)?.recognise().await
    }

    /// Looks whether an OpenVidu answers, and only then whether it takes the secret.
    ///
    /// # Errors
    ///
    /// Those of [`recognise`](Self::recognise), and [`Error::SecretRefused`].
    pub async fn probe(&self) -> Result<Found, Error> {
        #[derive(Deserialize)]
        struct Config {
            #[serde(rename = "VERSION")]
            version: Option<String>,
        }
        let found = self.place.recognise().await?;
        let answer = self.send(Method::GET, &["config"], None::<&()>).await?;
        match answer.status {
            StatusCode::OK => {}
            status => return Err(self.place.not_openvidu(status)),
        }
        let config: Config = answer.json("a configuration without shape")?;
        let version = config.version.filter(|version| version.len() <= 40);
        Ok(Found { version, ..found })
    }

    /// Makes the session `name`, or finds that it exists (409), which is as good. True where it was made.
    ///
    /// # Errors
    ///
    /// See [`Error`]; [`Error::Malformed`] when another session was made than asked for.
    pub async fn create_session(&self, name: &str) -> Result<bool, Error> {
        #[derive(Deserialize)]
        struct Made {
            id: String,
        }
        check_name(name)?;
        let body = SessionRequest { custom_session_id: Some(name.to_owned()), ..SessionRequest::default() };
        let answer = self.send(Method::POST, &["sessions"], Some(&body)).await?;
        match answer.status {
            StatusCode::CONFLICT => Ok(false),
            StatusCode::OK => {
                let made: Made = answer.json("a session without an id")?;
                if made.id == name { Ok(true) } else { Err(answer.malformed("another session than asked for")) }
            }
            _ => Err(answer.refused()),
        }
    }

    /// Makes a token for `session`; `data` is what other participants see as server data.
    ///
    /// # Errors
    ///
    /// See [`Error`]; [`Error::NoSession`] when the session ended in the meantime.
    pub async fn create_connection(&self, session: &str, role: Role, data: &str) -> Result<Minted, Error> {
        // Only what is needed: a server of another version may spell the rest as it likes.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Made {
            connection_id: String,
            token: String,
        }
        check_name(session)?;
        let body = ConnectionRequest { role: Some(role), data: Some(data.to_owned()), ..ConnectionRequest::default() };
        let answer = self.send(Method::POST, &["sessions", session, "connection"], Some(&body)).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(Error::NoSession),
            _ => return Err(answer.refused()),
        }
        let made: Made = answer.json("a connection without id or token")?;
        let token = Secret::new(made.token);
        if is_token(token.reveal()) && check_name(&made.connection_id).is_ok() {
            Ok(Minted { connection_id: made.connection_id, token })
        } else {
            Err(answer.malformed("a token that is none"))
        }
    }

    /// A session and a token for it in one go. A session whose last participant left between the two requests is made
    /// once more.
    ///
    /// # Errors
    ///
    /// Those of [`create_session`](Self::create_session) and [`create_connection`](Self::create_connection).
    pub async fn mint(&self, session: &str, role: Role, data: &str) -> Result<Minted, Error> {
        self.create_session(session).await?;
        match self.create_connection(session, role, data).await {
            Err(Error::NoSession) => {}
            other => return other,
        }
        self.create_session(session).await?;
        self.create_connection(session, role, data).await
    }

    /// Revokes a token, or throws its participant out. One that is gone already is as good.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn delete_connection(&self, session: &str, connection_id: &str) -> Result<(), Error> {
        check_name(session)?;
        check_name(connection_id)?;
        let path = ["sessions", session, "connection", connection_id];
        let answer = self.send(Method::DELETE, &path, None::<&()>).await?;
        match answer.status {
            // OpenVidu says 400 here when it is the session that is gone.
            StatusCode::NO_CONTENT | StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => Ok(()),
            _ => Err(answer.refused()),
        }
    }

    /// Ends a session and throws everybody out. One that is gone already is as good.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn close_session(&self, name: &str) -> Result<(), Error> {
        check_name(name)?;
        let answer = self.send(Method::DELETE, &["sessions", name], None::<&()>).await?;
        match answer.status {
            StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(()),
            _ => Err(answer.refused()),
        }
    }

    /// The session `name` with its active connections; `None` when there is none.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn fetch(&self, name: &str) -> Result<Option<Session>, Error> {
        check_name(name)?;
        let answer = self.send(Method::GET, &["sessions", name], None::<&()>).await?;
        match answer.status {
            StatusCode::OK => answer.json("a session without shape").map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(answer.refused()),
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&(impl serde::Serialize + Sync)>,
    ) -> Result<Answer, Error> {
        self.place.send(method, path, Some(&self.secret), body).await
    }
}

/// Session names and connection ids become parts of a path.
fn check_name(name: &str) -> Result<(), Error> {
    let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let good = !name.is_empty() && name.len() <= 256 && name.bytes().all(fine);
    if good { Ok(()) } else { Err(Error::BadSessionName) }
}

fn is_token(token: &str) -> bool {
    let address = token.strip_prefix("wss://").or_else(|| token.strip_prefix("ws://"));
    address.is_some_and(|rest| !rest.is_empty())
        && token.len() <= TOKEN_LIMIT
        && token.bytes().all(|b| b.is_ascii_graphic())
}
