//! A secret that does not print itself and does not outlive its owner in memory.

use std::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A secret or a token: redacted in `Debug`, without `Display`, wiped when dropped. Not serialisable on purpose.
#[derive(Clone, Eq)]
pub struct Secret(Zeroizing<String>);

impl PartialEq for Secret {
    /// In a time that says nothing about where they differ.
    fn eq(&self, other: &Self) -> bool {
        bool::from(self.0.as_bytes().ct_eq(other.0.as_bytes()))
    }
}

impl Secret {
    /// Wraps a secret. Copies of the text that exist elsewhere are the caller's to wipe.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    /// The secret itself, for the one place that sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `other` is the same secret, in a time that says nothing about how near a guess was. An empty one never
    /// matches anything.
    #[must_use]
    pub fn matches(&self, other: &str) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(other.as_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_prints_nothing_of_itself() {
        assert_eq!(format!("{:?}", Secret::new("planted")), "[redacted]");
        assert_eq!(Secret::new("planted").reveal(), "planted");
    }

    #[test]
    fn an_empty_secret_matches_nothing() {
        assert!(Secret::new("a").matches("a"));
        assert!(!Secret::new("a").matches("b") && !Secret::new("a").matches(""));
        assert!(!Secret::new("").matches(""));
    }
}
