//! A secret that does not print itself.

use std::fmt;

use subtle::ConstantTimeEq as _;

/// A secret or a token: redacted in `Debug`, without `Display`, compared in constant time.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, for the one place that sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `other` is the same secret. An empty one never matches anything.
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
    fn prints_nothing_and_an_empty_one_matches_nothing() {
        assert_eq!(format!("{:?}", Secret::new("planted")), "[redacted]");
        assert!(Secret::new("a").matches("a"));
        assert!(!Secret::new("a").matches("b"));
        assert!(!Secret::new("").matches(""));
    }
}
