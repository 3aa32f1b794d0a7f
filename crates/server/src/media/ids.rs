//! Ids and times as OpenVidu writes them.

use std::time::{SystemTime, UNIX_EPOCH};

use rand::Rng as _;

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// One upper-case letter, then letters and digits: `length` characters in all, from the operating system's randomness.
fn random(length: usize) -> String {
    let mut rng = rand::rng();
    let mut pick = |from: &[u8]| from.get(rng.random_range(0..from.len())).copied().map_or('A', char::from);
    let mut text = String::with_capacity(length);
    text.push(pick(UPPER));
    while text.len() < length {
        text.push(pick(ALNUM));
    }
    text
}

/// `ses_Xxxxxxxxxx`.
pub(super) fn session() -> String {
    format!("ses_{}", random(10))
}

/// A session name that cannot be guessed: 27 characters are more than 150 bits.
pub(super) fn unguessable_session() -> String {
    format!("ses_{}", random(27))
}

/// `tok_` and 16 characters, OpenVidu's form: more than 90 bits.
pub(super) fn token() -> String {
    format!("tok_{}", random(16))
}

/// `con_Xxxxxxxxxx`.
pub(super) fn connection() -> String {
    format!("con_{}", random(10))
}

/// The id of an RPC session: who knows it can take its participant over, so it has more than 150 bits.
pub(super) fn rpc_session() -> String {
    random(27)
}

/// `str_CAM_Xxxx_con_…`, or `str_MIC_…` without video.
pub(super) fn stream(type_of_video: Option<&str>, connection: &str) -> String {
    // The client says what it is, and whatever it says becomes part of a name.
    let kind: String = type_of_video.unwrap_or("MIC").chars().filter(char::is_ascii_alphanumeric).take(3).collect();
    format!("str_{kind}_{}_{connection}", random(4))
}

/// `ipc_IPCAM_rtsp_…`. OpenVidu has the camera's host and path in it, which are nobody's business.
pub(super) fn camera(scheme: &str) -> String {
    format!("ipc_IPCAM_{scheme}_{}", random(10).to_ascii_uppercase())
}

/// Whether `name` may name a session.
pub(super) fn is_session_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// Milliseconds since the Unix epoch.
pub(super) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_openvidus_forms() {
        assert_eq!(session().len(), "ses_YnDaGYNcd7".len());
        assert_eq!(token().len(), 20);
        let connection = connection();
        assert!(stream(Some("CAMERA"), &connection).starts_with("str_CAM_"));
        assert!(stream(None, &connection).ends_with(&connection));
        assert!(is_session_name("a-b_C9") && !is_session_name("a b") && !is_session_name(""));
    }
}
