//! Tokens handed out by the hub, so that no secret is on this machine.

use url::Url;
use zvonok_call::{Role, TokenFailure};
use zvonok_openvidu::Secret;
use zvonok_signaling::{Client, RequestError};

use super::{Fetching, NoToken, Token, TokenSource};

/// Asks the hub for a call's token.
#[derive(Debug, Clone)]
pub(crate) struct HubTokens {
    pub(crate) hub: Client,
    /// The configured OpenVidu; where there is none, the hub names it.
    pub(crate) openvidu: Option<Url>,
}

impl TokenSource for HubTokens {
    fn fetch(&self, call_id: String, _session: String, _role: Role) -> Fetching<Result<Token, NoToken>> {
        let source = self.clone();
        Box::pin(async move {
            let malformed = NoToken { failure: TokenFailure::Malformed, retryable: false };
            let call_id = call_id.parse().map_err(|_error| malformed)?;
            let answer = source.hub.token(call_id).await.map_err(|error| sort(&error))?;
            let named = Url::parse(&answer.openvidu).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            let openvidu = source.openvidu.or(named).ok_or(malformed)?;
            Ok(Token { token: Secret::new(answer.token), openvidu, connection: None })
        })
    }

    /// The hub revokes its tokens itself when the call ends.
    fn revoke(&self, _session: String, _connection: String) -> Fetching<()> {
        Box::pin(async {})
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "an enumeration of another crate that may grow")]
fn sort(error: &RequestError) -> NoToken {
    tracing::warn!(%error, "no token from the hub");
    let failure = match error {
        RequestError::NotConnected | RequestError::Unanswered(_) => TokenFailure::Unreachable,
        RequestError::Malformed(_) => TokenFailure::Malformed,
        _ => TokenFailure::NotAllowed,
    };
    NoToken { failure, retryable: error.is_retryable() }
}
