//! Bodies of hubs with accounts: a password for a session's token.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::event::Device;
use crate::{Login, Millis};

/// `POST /login`. Not printed: see its `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignInRequest {
    /// Who.
    pub login: Login,
    /// The account's password.
    pub password: String,
    /// From where, so that people can tell their sessions apart.
    pub device: Device,
}

impl fmt::Debug for SignInRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInRequest").field("login", &self.login).finish_non_exhaustive()
    }
}

/// Answer of `/login`. Not printed: see its `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignInAnswer {
    /// What is sent from now on in place of the password.
    pub token: String,
    /// When it ends by itself.
    pub expires_at: Millis,
    /// The same as a length of time from now.
    pub ttl_ms: Millis,
}

impl fmt::Debug for SignInAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInAnswer").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_password_nor_token_print_themselves() {
        let device = Device { id: "d".into(), name: "pc".into(), platform: "linux".into(), app_version: "0".into() };
        let request = SignInRequest { login: "man".parse().unwrap(), password: "planted".into(), device };
        let answer = SignInAnswer { token: "planted".into(), expires_at: 1, ttl_ms: 1 };
        let printed = format!("{request:?}{answer:?}");
        assert!(printed.contains("man") && !printed.contains("planted"), "{printed}");
    }
}
