//! A secret that does not print itself, and where the server's own is kept.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use subtle::ConstantTimeEq as _;

/// File of the data directory that keeps a secret the server made itself.
pub const SECRET_FILE: &str = "openvidu-secret";

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

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// An empty secret would let in whoever sends none.
    #[error("the secret is empty")]
    Empty,
    /// The file cannot be read.
    #[error("cannot read the secret in {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot keep the secret in {}", path.display())]
    Keep {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Reads a secret from a file; white space around it is not part of it.
///
/// # Errors
/// An unreadable or empty file.
pub fn read(path: &Path) -> Result<Secret, SecretError> {
    let text = fs::read_to_string(path).map_err(|source| SecretError::Read { path: path.to_owned(), source })?;
    check(Secret::new(text.trim()))
}

/// The secret that was given; else the one kept in the data directory; else a new random one, kept there.
pub(crate) fn load_or_make(given: Option<Secret>, data_dir: Option<&Path>) -> Result<Secret, SecretError> {
    if let Some(secret) = given {
        return check(secret);
    }
    let made = Secret::new(format!("{:032x}", rand::random::<u128>()));
    let Some(path) = data_dir.map(|dir| dir.join(SECRET_FILE)) else { return Ok(made) };
    match write_new(&path, made.reveal()) {
        Ok(()) => Ok(made),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(&path),
        Err(source) => Err(SecretError::Keep { path, source }),
    }
}

fn check(secret: Secret) -> Result<Secret, SecretError> {
    if secret.reveal().is_empty() { Err(SecretError::Empty) } else { Ok(secret) }
}

/// Writes a file that only its owner can read, and that was not there before.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

/// Makes a directory that only its owner can look into.
pub(crate) fn make_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_nothing_and_an_empty_one_matches_nothing() {
        assert_eq!(format!("{:?}", Secret::new("planted")), "[redacted]");
        assert!(Secret::new("a").matches("a"));
        assert!(!Secret::new("a").matches("b"));
        assert!(!Secret::new("").matches(""));
        assert!(load_or_make(Some(Secret::new("")), None).is_err());
    }

    #[test]
    fn one_that_was_made_is_kept_for_its_owner_only() {
        let dir = std::env::temp_dir().join(format!("zvonok-secret-{:x}", rand::random::<u64>()));
        make_private_dir(&dir).unwrap();
        let first = load_or_make(None, Some(&dir)).unwrap();
        assert_eq!(first.reveal().len(), 32);
        assert!(load_or_make(None, Some(&dir)).unwrap().matches(first.reveal()));
        assert!(!load_or_make(None, None).unwrap().matches(first.reveal()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&dir), mode(&dir.join(SECRET_FILE))), (0o700, 0o600));
        }
        fs::remove_dir_all(dir).unwrap();
    }
}
