//! Who may sign in: accounts, passwords, and the tokens that a sign-in gives.
//!
//! With one account the hub is no longer open: sockets and requests need a token. Accounts are made by
//! `zvonok-server user`, also while the hub runs, which looks for changes once a second.

pub(crate) mod password;
pub(crate) mod token;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use zvonok_signaling_proto::{Login, Millis};

pub use password::{MIN_CHARS, PasswordError, hash};

/// How long a token lives: 30 days after the sign-in.
pub const SESSION_MS: Millis = 30 * 24 * 3_600_000;

/// Sessions of one account at once; the oldest makes room. Devices are [`crate::hub::limits::MAX_DEVICES`] at the most,
/// and some sign in more than once.
pub const MAX_SESSIONS: usize = 64;

/// What somebody may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountRole {
    /// Calls and is called.
    #[default]
    Member,
    /// May besides call everybody, whatever the list says.
    Admin,
}

impl AccountRole {
    /// The word on the wire and in the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
}

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who.
    pub login: Login,
    /// The rest.
    pub body: AccountBody,
}

/// What is kept of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountBody {
    /// Display name.
    pub name: String,
    /// What this person may do.
    pub role: AccountRole,
    /// May not sign in, and is not shown.
    #[serde(default)]
    pub disabled: bool,
    /// Whom this person may call; everybody where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_call: Option<BTreeSet<Login>>,
    /// Grows when all of the account's tokens are taken back: a new password, a disabled account.
    #[serde(default)]
    pub generation: u64,
}

/// A session that was found by its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Whose.
    pub login: Login,
    /// The token's hash.
    pub session: String,
    /// The account's generation at that time.
    pub generation: u64,
    /// When the token dies.
    pub expires_at: Millis,
}
