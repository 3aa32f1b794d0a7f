//! What a terminal says.

use zvonok_call::NotNow;

use super::*;
use crate::core::reasons;

#[test]
fn a_sentence_says_what_happened_and_what_to_do() {
    for code in [
        ErrorCode::Offline,
        ErrorCode::Busy,
        ErrorCode::Dnd,
        ErrorCode::UnknownUser,
        ErrorCode::NoAnswer,
        ErrorCode::NotAllowed,
        ErrorCode::Refused,
        ErrorCode::NotSignedIn,
        ErrorCode::SessionOver,
        ErrorCode::PasswordRefused,
        ErrorCode::TooManyTries,
        ErrorCode::NotEncrypted,
        ErrorCode::NoAccounts,
        ErrorCode::PeerLost,
        ErrorCode::Malformed,
        ErrorCode::TokenRefused,
        ErrorCode::SignalingDown,
        ErrorCode::ServerUnreachable,
        ErrorCode::NotThatServer,
        ErrorCode::CertificateUnknown,
        ErrorCode::CertificateChanged,
        ErrorCode::SecretRefused,
        ErrorCode::SecretMissing,
        ErrorCode::KeyringLocked,
        ErrorCode::KeyringAbsent,
        ErrorCode::MediaBlocked,
    ] {
        let sentence = reasons::error(code, "woman").message;
        assert!(sentence.split_once("; ").is_some_and(|(_what, then)| !then.is_empty()), "{code:?}: {sentence}");
    }
    let offline = reasons::not_now(NotNow::Offline).message;
    assert_eq!(offline, reasons::error(ErrorCode::SignalingDown, "").message);
}
