//! Values that must not reach a log: what they are decides, not where they are printed. Secrets and tokens are
//! [`zvonok_openvidu::Secret`].

use std::fmt;

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
        let secret = zvonok_openvidu::Secret::new("hunter2");
        let login = Personal("woman");
        for text in [format!("{secret:?}"), format!("{login}"), format!("{login:?}")] {
            assert!(!text.contains("hunter2") && !text.contains("woman"), "printed: {text}");
        }
    }
}
