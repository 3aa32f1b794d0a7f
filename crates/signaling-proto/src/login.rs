//! Identifiers with rules of their own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest login and call id, in characters; OpenVidu session names have no shorter bound.
const MAX: usize = 64;

/// Whether `text` is `[A-Za-z0-9_-]{1,64}`.
fn is_plain(text: &str) -> bool {
    (1..=MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A text that is not a login.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a login has 1 to 64 letters, digits, `_` or `-`")]
pub struct BadLogin;

/// A text that is not a call id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a call id has 1 to 64 letters, digits, `_` or `-`")]
pub struct BadId;

/// Who somebody is: `[A-Za-z0-9_-]{1,64}`, since it names an OpenVidu session in part A.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Login(String);

/// A call's id: made by the caller (UUIDv7), the idempotency key of every request about the call. Ids are compared
/// as text, which for UUIDv7 is the order in which they were made; glare is decided by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallId(String);

macro_rules! plain_id {
    ($name:ident, $error:ident) => {
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, $error> {
                if is_plain(&text) { Ok(Self(text)) } else { Err($error) }
            }
        }

        impl FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

plain_id!(Login, BadLogin);
plain_id!(CallId, BadId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_what_can_name_a_session() {
        for good in ["a", "Ann-Lee_7", &"x".repeat(64)] {
            assert_eq!(good.parse::<Login>().unwrap().as_str(), good);
        }
        for bad in ["", " ", "a b", "a/b", "ann@host", "жена", "a\n", &"x".repeat(65)] {
            assert!(bad.parse::<Login>().is_err(), "{bad:?} must not pass");
        }
        assert!(serde_json::from_str::<Login>("\"a b\"").is_err());
        assert_eq!(serde_json::to_string(&"woman".parse::<Login>().unwrap()).unwrap(), "\"woman\"");
    }
}
