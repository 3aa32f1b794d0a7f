//! Where OpenVidu tokens come from: made here with the secret, or handed out by the hub.

mod hub;
mod mint;

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use url::Url;
use zvonok_call::{Role, TokenFailure};
use zvonok_openvidu::Secret;

pub(crate) use hub::HubTokens;
pub(crate) use mint::{Mint, Purse, failure};

/// A token for one call, and the OpenVidu that takes it.
#[derive(Debug)]
pub(crate) struct Token {
    /// Sent verbatim.
    pub(crate) token: Secret,
    /// The deployment to dial: the configured one, or where none is configured the one the hub named.
    pub(crate) openvidu: Url,
    /// The connection it belongs to, for revoking it; `None` where the hub does that.
    pub(crate) connection: Option<String>,
}

/// A token that was got for a session, with the source that takes it back: by then the person may have chosen another.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) session: String,
    pub(crate) token: Token,
    pub(crate) source: Arc<dyn TokenSource>,
}

impl Granted {
    /// Takes the token back. One that was used is a participant, who leaves at once instead of after OpenVidu's ten
    /// seconds of grace. `None` where the hub does it.
    pub(crate) fn revoke(self) -> Option<Fetching<()>> {
        let connection = self.token.connection?;
        Some(self.source.revoke(self.session, connection))
    }
}

/// Why there is none, and whether another try makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoToken {
    pub(crate) failure: TokenFailure,
    pub(crate) retryable: bool,
}

/// The future of a token.
pub(crate) type Fetching<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Makes or fetches tokens.
pub(crate) trait TokenSource: fmt::Debug + Send + Sync {
    /// A token for `session` that allows `role`; `call_id` is what the hub knows the call by.
    fn fetch(&self, call_id: String, session: String, role: Role) -> Fetching<Result<Token, NoToken>>;

    /// Takes back a token that was not used.
    fn revoke(&self, session: String, connection: String) -> Fetching<()>;
}
