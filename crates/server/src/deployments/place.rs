//! Which of several deployments a session lives on.

use sha2::{Digest as _, Sha256};

use crate::media_control::random_name;

/// The index, below `count`, of the deployment of a session. The hub starts again while calls go on, and keeps recordings
/// for a year: it has to be the same one in every version of this program, which the standard library's hashes are not.
pub(super) fn index(session: &str, count: usize) -> usize {
    let hash = Sha256::digest(session.as_bytes());
    let number = hash.iter().take(8).fold(0, |number: u64, byte| (number << 8) | u64::from(*byte));
    let count = u64::try_from(count.max(1)).unwrap_or(1);
    usize::try_from(number % count).unwrap_or(0)
}

/// A new unguessable name, of 128 random bits, of a session that lives on the deployment at `index`, which is below `count`.
pub(super) fn name_at(wanted: usize, count: usize) -> String {
    loop {
        let name = random_name();
        // One in `count` does.
        if count < 2 || wanted >= count || index(&name, count) == wanted {
            return name;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_where_every_version_looks_for_it() {
        for (session, places) in [
            ("call-0", [0, 0, 1, 4]),
            ("call-1", [0, 0, 2, 2]),
            ("call-2", [0, 0, 1, 1]),
            ("woman", [0, 1, 1, 0]),
            ("0123456789abcdef0123456789abcdef", [0, 0, 1, 2]),
        ] {
            assert_eq!([1, 2, 3, 5].map(|count| index(session, count)), places, "{session}");
        }
        assert_eq!(index("call", 0), 0);
        for (wanted, count) in [(0, 1), (0, 2), (1, 2), (6, 7)] {
            assert_eq!(index(&name_at(wanted, count), count), wanted);
        }
    }
}
