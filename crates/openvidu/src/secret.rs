//! A secret that does not print itself and does not outlive its owner in memory.

use std::fmt;

use zeroize::Zeroizing;

/// A secret or a token: redacted in `Debug`, without `Display`, wiped when dropped. Not serialisable on purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

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
}
