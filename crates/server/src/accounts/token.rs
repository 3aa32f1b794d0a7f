//! Tokens: 256 random bits for the client, their SHA-256 for the database.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zvonok_openvidu::Secret;

/// Longest token that is looked at, in bytes; ours have 47.
const MAX: usize = 128;

/// A new token. It can be told from other secrets by its beginning, for those who search logs.
pub(crate) fn new() -> Secret {
    Secret::new(format!("zvt_{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())))
}

/// What is kept of a token. It needs no salt: nobody guesses 256 bits.
pub(crate) fn hash(token: &str) -> Option<String> {
    let fits = (1..=MAX).contains(&token.len());
    fits.then(|| Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_only_its_hash_is_kept() {
        let (one, two) = (new(), new());
        assert_eq!(one.reveal().len(), 47);
        assert_ne!(one.reveal(), two.reveal());
        let kept = hash(one.reveal()).unwrap();
        assert_eq!(kept.len(), 64);
        assert!(!kept.contains(one.reveal().trim_start_matches("zvt_")));
        assert_eq!(hash(""), None);
        assert_eq!(hash(&"x".repeat(MAX + 1)), None);
    }
}
