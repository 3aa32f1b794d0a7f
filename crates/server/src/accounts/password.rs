//! Passwords: argon2id with OWASP's least cost (19 MiB, twice), which the crate has as its default.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};

/// Shortest password, in characters: NIST's for one that is chosen by its person.
pub const MIN_CHARS: usize = 8;

/// Longest password, in bytes: longer ones only cost time.
pub(crate) const MAX_BYTES: usize = 1_024;

/// Why a password is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// See [`MIN_CHARS`].
    #[error("a password has at least {MIN_CHARS} characters")]
    TooShort,
    /// Longer than 1,024 bytes.
    #[error("a password has at most {MAX_BYTES} bytes")]
    TooLong,
    /// It could not be hashed.
    #[error("the password cannot be hashed: {0}")]
    Hash(argon2::password_hash::Error),
}

/// Hashes a password with a salt of its own.
///
/// # Errors
/// One that is too short or too long.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < MIN_CHARS {
        return Err(PasswordError::TooShort);
    }
    if password.len() > MAX_BYTES {
        return Err(PasswordError::TooLong);
    }
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(PasswordError::Hash)?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(PasswordError::Hash)?.to_string())
}

/// Whether that is the password of a hash. Without one it takes as long, so that nobody learns who has an account.
pub(crate) fn verify(password: &str, hash: Option<&str>) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let nobody = || NOBODY.get_or_init(|| self::hash("somebody's password").unwrap_or_default()).as_str();
    let known = hash.is_some();
    let Ok(hash) = PasswordHash::new(hash.unwrap_or_else(nobody)) else { return false };
    password.len() <= MAX_BYTES && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_argon2id_with_a_salt_of_its_own() {
        let one = hash("correct horse").unwrap();
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, hash("correct horse").unwrap());
        assert!(verify("correct horse", Some(&one)));
        for bad in ["", "correct horsE", "correct horse "] {
            assert!(!verify(bad, Some(&one)));
        }
        assert!(!verify("somebody's password", None), "nobody signs in as nobody");
        assert!(!verify("correct horse", Some("not a hash")));
        assert!(matches!(hash("short"), Err(PasswordError::TooShort)));
        assert!(matches!(hash(&"x".repeat(MAX_BYTES + 1)), Err(PasswordError::TooLong)));
    }
}
