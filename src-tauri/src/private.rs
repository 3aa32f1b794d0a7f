//! Values that must not reach a log: what they are decides, not where they are printed.

use std::fmt;

/// Something that lets its holder in. Prints as `***`, cannot be serialized, and is only seen by [`Secret::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret<T>(T);

impl<T> Secret<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself; every call of this is a place where it may leave the process.
    pub(crate) fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Something that tells who a person is or whom they talk to: a login, a name, an address. Prints as `<personal>`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Personal<T>(pub(crate) T);

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<personal>")
    }
}

impl<T> fmt::Display for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<personal>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_private_is_printed() {
        let secret = Secret::new("hunter2".to_owned());
        let login = Personal("woman");
        for text in [format!("{secret}"), format!("{secret:?}"), format!("{login}"), format!("{login:?}")] {
            assert!(!text.contains("hunter2") && !text.contains("woman"), "printed: {text}");
        }
        assert_eq!(secret.reveal(), "hunter2");
    }
}
