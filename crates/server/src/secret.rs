//! Where the server's own secret is kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use zvonok_openvidu::Secret;

use crate::private;

/// File of the data directory that keeps a secret the server made itself.
pub const SECRET_FILE: &str = "openvidu-secret";

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// An empty secret would let in whoever sends none.
    #[error("the secret is empty")]
    Empty,
    /// The file has nothing in it.
    #[error("the secret's file {} is empty", .0.display())]
    EmptyFile(PathBuf),
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
    match text.trim() {
        "" => Err(SecretError::EmptyFile(path.to_owned())),
        text => Ok(Secret::new(text)),
    }
}

/// The secret that was given; else the one kept in the data directory; else a new random one, kept there.
pub(crate) fn load_or_make(given: Option<Secret>, data_dir: Option<&Path>) -> Result<Secret, SecretError> {
    if let Some(secret) = given {
        return if secret.reveal().is_empty() { Err(SecretError::Empty) } else { Ok(secret) };
    }
    let made = Secret::new(format!("{:032x}", rand::random::<u128>()));
    let Some(path) = data_dir.map(|dir| dir.join(SECRET_FILE)) else { return Ok(made) };
    let kept = match private::create(&path, made.reveal()) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match read(&path) {
            // What a crash or a full disk left of an earlier start; nobody can have used it.
            Err(SecretError::EmptyFile(_)) => private::replace(&path, made.reveal()),
            there => return there,
        },
        other => other,
    };
    kept.map(|()| made).map_err(|source| SecretError::Keep { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_was_made_is_kept_and_an_unfinished_one_replaced() {
        let dir = std::env::temp_dir().join(format!("zvonok-secret-{:x}", rand::random::<u64>()));
        private::make_dir(&dir).unwrap();
        let first = load_or_make(None, Some(&dir)).unwrap();
        assert_eq!(first.reveal().len(), 32);
        assert!(load_or_make(None, Some(&dir)).unwrap().matches(first.reveal()));
        assert!(!load_or_make(None, None).unwrap().matches(first.reveal()));
        fs::write(dir.join(SECRET_FILE), "\n").unwrap();
        let second = load_or_make(None, Some(&dir)).unwrap();
        assert!(load_or_make(None, Some(&dir)).unwrap().matches(second.reveal()));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn an_empty_one_is_refused() {
        assert!(matches!(load_or_make(Some(Secret::new("")), None), Err(SecretError::Empty)));
        let path = std::env::temp_dir().join(format!("zvonok-secret-{:x}", rand::random::<u64>()));
        fs::write(&path, " \n").unwrap();
        assert!(matches!(read(&path), Err(SecretError::EmptyFile(_))));
        fs::remove_file(path).unwrap();
    }
}
