//! What a person fills in, read and checked.

use url::Url;
use zvonok_ipc::{ErrorCode, IpcError, Setup, TokenSource};

use super::EMBEDDED;
use crate::trust::HostPort;

/// Whom and what hub a session is for: `LOGIN@HOST:PORT`, and the place of its socket behind it where that is another
/// one. `None` where there is nothing to sign in to.
pub(crate) fn account(setup: &Setup) -> Option<String> {
    if setup.server == EMBEDDED {
        return None;
    }
    let server = HostPort::of(&address(&setup.server).ok()?)?;
    let named = format!("{}@{server}", setup.login);
    if setup.socket.is_empty() {
        return Some(named);
    }
    let socket = HostPort::of(&address(&setup.socket).ok()?)?;
    Some(if socket == server { named } else { format!("{named} {socket}") })
}

/// The hub that an [`account`] names. No scheme is part of it, but a session is given only by TLS or within this machine.
pub(crate) fn hub(account: &str) -> Option<Url> {
    let (_login, places) = account.split_once('@')?;
    let place = places.split(' ').next()?;
    let with = |scheme: &str| Url::parse(&format!("{scheme}://{place}")).ok();
    with("http").filter(zvonok_signaling::may_carry_a_secret).or_else(|| with("https"))
}

/// Checks a form as a whole.
///
/// # Errors
/// `bad_address` or `bad_login`, with the text as its subject.
pub(crate) fn check(setup: &Setup) -> Result<(), IpcError> {
    if setup.server != EMBEDDED {
        address(&setup.server)?;
        if !setup.socket.is_empty() {
            address(&setup.socket)?;
        }
        if setup.tokens == TokenSource::Openvidu {
            address(&setup.openvidu)?;
        }
    }
    login(&setup.login)
}

/// An `http` or `https` address with a host, and without user or password: settings are a plain file, and people know
/// `OPENVIDUAPP:SECRET@host` from other tools.
pub(crate) fn address(text: &str) -> Result<Url, IpcError> {
    let plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    };
    Url::parse(text).ok().filter(plain).ok_or_else(|| {
        // What stands before an `@` may be a secret, and is not repeated.
        let shown = text.rsplit('@').next().unwrap_or_default();
        IpcError {
            code: ErrorCode::BadAddress,
            subject: shown.to_owned(),
            message: format!("`{shown}` is not an address such as https://office.example:4443"),
        }
    })
}

/// A login as the signaling contract has it: `[A-Za-z0-9_-]{1,64}`.
pub(crate) fn login(text: &str) -> Result<(), IpcError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if (1..=64).contains(&text.len()) && text.chars().all(allowed) {
        return Ok(());
    }
    Err(IpcError {
        code: ErrorCode::BadLogin,
        subject: text.to_owned(),
        message: "a login is 1 to 64 letters, digits, `_` or `-`".to_owned(),
    })
}
