//! From the machine's reasons to codes that windows have words for, and to sentences for the command line.

use zvonok_call::{EndReason, MediaFailure, NotNow, Refusal, TokenFailure};
use zvonok_ipc::{ErrorCode, IpcError};

/// What is said wherever something needs the hub and it is away.
const NO_CONNECTION: &str = "there is no connection to the server; it is tried again, call when it is back";

/// The code of an ended call; `None` for an ordinary end.
pub(super) fn ended(reason: &EndReason) -> Option<ErrorCode> {
    Some(match reason {
        EndReason::HungUp | EndReason::PeerHungUp | EndReason::Closed => return None,
        EndReason::Declined(_) | EndReason::DeclinedElsewhere => ErrorCode::Declined,
        EndReason::NoAnswer => ErrorCode::NoAnswer,
        EndReason::Cancelled => ErrorCode::Cancelled,
        EndReason::AnsweredElsewhere(_) => ErrorCode::AnsweredElsewhere,
        EndReason::Refused(refusal) => refused(refusal),
        EndReason::PeerLost => ErrorCode::PeerLost,
        EndReason::SignalingDown => ErrorCode::SignalingDown,
        EndReason::NoToken(failure) => token(*failure),
        EndReason::NotJoined | EndReason::MediaLost => ErrorCode::ServerUnreachable,
        EndReason::MediaBlocked => ErrorCode::MediaBlocked,
        EndReason::MediaFailed(failure) => media(*failure),
    })
}

/// Words that came with the end.
pub(super) fn words(reason: &EndReason) -> String {
    match reason {
        EndReason::Declined(words) | EndReason::Refused(Refusal::Other(words)) => words.clone(),
        EndReason::AnsweredElsewhere(device) => device.clone().unwrap_or_default(),
        EndReason::HungUp
        | EndReason::PeerHungUp
        | EndReason::NoAnswer
        | EndReason::Cancelled
        | EndReason::DeclinedElsewhere
        | EndReason::Refused(_)
        | EndReason::PeerLost
        | EndReason::SignalingDown
        | EndReason::NoToken(_)
        | EndReason::NotJoined
        | EndReason::MediaBlocked
        | EndReason::MediaLost
        | EndReason::Closed
        | EndReason::MediaFailed(_) => String::new(),
    }
}

fn refused(refusal: &Refusal) -> ErrorCode {
    match refusal {
        Refusal::Offline => ErrorCode::Offline,
        Refusal::Busy => ErrorCode::Busy,
        Refusal::Dnd => ErrorCode::Dnd,
        Refusal::UnknownUser => ErrorCode::UnknownUser,
        Refusal::NotSignedIn => ErrorCode::NotSignedIn,
        Refusal::NotAllowed => ErrorCode::NotAllowed,
        Refusal::Other(_) => ErrorCode::Refused,
        Refusal::Expired => ErrorCode::NoAnswer,
        Refusal::Cancelled => ErrorCode::Cancelled,
        Refusal::AnsweredElsewhere => ErrorCode::AnsweredElsewhere,
        Refusal::NotInCall => ErrorCode::NotNow,
        Refusal::Malformed => ErrorCode::Malformed,
        Refusal::TooMany | Refusal::Unavailable => ErrorCode::SignalingDown,
    }
}

pub(super) fn token(failure: TokenFailure) -> ErrorCode {
    match failure {
        TokenFailure::Unreachable | TokenFailure::TimedOut => ErrorCode::ServerUnreachable,
        TokenFailure::NotOpenvidu => ErrorCode::NotThatServer,
        TokenFailure::CertificateUnknown => ErrorCode::CertificateUnknown,
        TokenFailure::CertificateChanged => ErrorCode::CertificateChanged,
        TokenFailure::SecretRefused => ErrorCode::SecretRefused,
        TokenFailure::SecretMissing => ErrorCode::SecretMissing,
        TokenFailure::KeyringLocked => ErrorCode::KeyringLocked,
        TokenFailure::KeyringAbsent => ErrorCode::KeyringAbsent,
        TokenFailure::NotAllowed => ErrorCode::NotAllowed,
        TokenFailure::Malformed => ErrorCode::Malformed,
    }
}

fn media(failure: MediaFailure) -> ErrorCode {
    match failure {
        MediaFailure::CameraAbsent => ErrorCode::CameraAbsent,
        MediaFailure::CameraRefused => ErrorCode::CameraRefused,
        MediaFailure::CameraBusy => ErrorCode::CameraBusy,
        MediaFailure::MicrophoneAbsent => ErrorCode::MicrophoneAbsent,
        MediaFailure::TokenRefused => ErrorCode::TokenRefused,
        MediaFailure::Blocked => ErrorCode::MediaBlocked,
        MediaFailure::Malformed => ErrorCode::Malformed,
        MediaFailure::Unreachable => ErrorCode::ServerUnreachable,
        MediaFailure::Internal => ErrorCode::Internal,
    }
}

/// What the call window reports as failed, in the machine's words.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "windows report what they can know; any other code from them is a defect"
)]
pub(super) fn media_failure(code: ErrorCode) -> MediaFailure {
    match code {
        ErrorCode::CameraAbsent => MediaFailure::CameraAbsent,
        ErrorCode::CameraRefused => MediaFailure::CameraRefused,
        ErrorCode::CameraBusy => MediaFailure::CameraBusy,
        ErrorCode::MicrophoneAbsent => MediaFailure::MicrophoneAbsent,
        ErrorCode::TokenRefused => MediaFailure::TokenRefused,
        ErrorCode::MediaBlocked => MediaFailure::Blocked,
        ErrorCode::Malformed => MediaFailure::Malformed,
        ErrorCode::ServerUnreachable => MediaFailure::Unreachable,
        _ => MediaFailure::Internal,
    }
}

/// A wish that is not possible now.
pub(super) fn not_now(why: NotNow) -> IpcError {
    let (code, message) = match why {
        NotNow::InCall => (ErrorCode::NotNow, "there is a call already"),
        NotNow::NothingRings => (ErrorCode::NotNow, "nothing rings"),
        NotNow::NoCall => (ErrorCode::NotNow, "there is no call"),
        NotNow::Offline => (ErrorCode::SignalingDown, NO_CONNECTION),
        NotNow::OwnLogin => (ErrorCode::NotNow, "that is your own login"),
        NotNow::OnlyWatching => (ErrorCode::NotNow, "this side of the call sends nothing"),
    };
    IpcError { code, subject: String::new(), message: message.to_owned() }
}

/// A sentence in English for the command line and the log.
#[expect(clippy::wildcard_enum_match_arm, reason = "what a command line cannot meet needs no sentence of its own")]
pub(super) fn sentence(code: ErrorCode, subject: &str) -> String {
    let text = match code {
        ErrorCode::Offline => "is not connected; try again later",
        ErrorCode::Busy => "is in another call; try again later",
        ErrorCode::Dnd => "does not want to be disturbed; try again later",
        ErrorCode::UnknownUser => "is not known to the server; check the login",
        ErrorCode::Declined => "declined the call",
        ErrorCode::NoAnswer => "did not answer; try again later",
        ErrorCode::NotAllowed => "does not allow this call; ask its administrator",
        ErrorCode::Refused => "did not put the call through; call again later, or ask its administrator",
        ErrorCode::NotSignedIn => "wants you to sign in; enter your password in the main window",
        ErrorCode::SessionOver => "has ended your session; sign in again in the main window",
        ErrorCode::PasswordRefused => "does not know this login with this password; try again",
        ErrorCode::TooManyTries => "takes no more passwords for now; try again in five minutes",
        ErrorCode::NoAccounts => "asks nobody for a password; test the connection again",
        ErrorCode::PeerLost => "was lost; call again",
        ErrorCode::Malformed => "sent something that cannot be understood; its version may not fit",
        ErrorCode::TokenRefused => "did not let you in; call again, or ask its administrator",
        ErrorCode::NotEncrypted => {
            return format!("a password is not sent to {subject} in plain text; give its https address");
        }
        ErrorCode::SignalingDown => return NO_CONNECTION.to_owned(),
        ErrorCode::ServerUnreachable => {
            return "OpenVidu does not answer; check its address and whether it runs".to_owned();
        }
        ErrorCode::NotThatServer => return "what answers is not OpenVidu; check the address".to_owned(),
        ErrorCode::CertificateUnknown => {
            return "nobody vouches for OpenVidu's certificate; look at it in the main window".to_owned();
        }
        ErrorCode::CertificateChanged => {
            return "OpenVidu's certificate changed; look at it in the main window".to_owned();
        }
        ErrorCode::SecretRefused => {
            return "OpenVidu refused the secret; set it with `zvonok secret set --kind openvidu`".to_owned();
        }
        ErrorCode::SecretMissing => {
            return "no secret is stored; set it with `zvonok secret set --kind openvidu`".to_owned();
        }
        ErrorCode::KeyringLocked => return "the keyring is locked; unlock it and try again".to_owned(),
        ErrorCode::KeyringAbsent => {
            return "there is no keyring that answers; start one such as gnome-keyring, and try again".to_owned();
        }
        ErrorCode::MediaBlocked => {
            return "the server lets no media through, UDP may be blocked; try another network".to_owned();
        }
        other => return format!("the call failed ({other:?})"),
    };
    format!("{subject} {text}")
}

/// Why a call ended, with its sentence and the words that came with it; `None` for an ordinary end.
pub(super) fn ending(reason: &EndReason, subject: &str) -> Option<IpcError> {
    let mut error = error(ended(reason)?, subject);
    // For a terminal, which would obey control characters.
    let words = words(reason).replace(char::is_control, " ");
    if !words.is_empty() {
        error.message = format!("{}: \"{words}\"", error.message);
    }
    Some(error)
}

/// An error with its sentence.
pub(super) fn error(code: ErrorCode, subject: &str) -> IpcError {
    IpcError { code, subject: subject.to_owned(), message: sentence(code, subject) }
}
