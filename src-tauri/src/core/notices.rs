//! What the person should know or do.

use zvonok_ipc::{ErrorCode, Notice};

/// Notices that are shown at once; the oldest go first.
const SHOWN: usize = 8;

/// Newest last; one for a code and subject.
#[derive(Debug, Default)]
pub(super) struct Notices {
    list: Vec<Notice>,
    next: u64,
}

impl Notices {
    pub(super) fn add(&mut self, code: ErrorCode, subject: impl Into<String>, detail: impl Into<String>) {
        let (subject, detail) = (subject.into(), detail.into());
        // Said again it is no news: a server that repeats its nonsense must not keep windows drawing.
        if self.list.iter().any(|known| known.code == code && known.subject == subject && known.detail == detail) {
            return;
        }
        // Somebody's own words are theirs; the log may be sent to a stranger.
        let spoken = matches!(code, ErrorCode::Declined | ErrorCode::Refused);
        tracing::warn!(?code, detail = if spoken { "<personal>" } else { &detail }, "notice");
        self.list.retain(|notice| notice.code != code || notice.subject != subject);
        self.next += 1;
        self.list.push(Notice { id: self.next.to_string(), code, subject, detail });
        if self.list.len() > SHOWN {
            self.list.remove(0);
        }
    }

    /// The person read it.
    pub(super) fn dismiss(&mut self, id: &str) {
        self.list.retain(|notice| notice.id != id);
    }

    /// It is not so any more.
    pub(super) fn settle(&mut self, code: ErrorCode) {
        self.list.retain(|notice| notice.code != code);
    }

    /// The hub `server` took the login: what kept it from that is over. That it sent nonsense stays true.
    pub(super) fn connected(&mut self, server: &str) {
        self.list.retain(|notice| notice.subject != server || notice.code == ErrorCode::Malformed);
    }

    /// A new call: what was said about older ones is old.
    pub(super) fn about_calls_are_old(&mut self) {
        self.list.retain(|notice| {
            !matches!(
                notice.code,
                ErrorCode::Offline
                    | ErrorCode::Busy
                    | ErrorCode::Dnd
                    | ErrorCode::UnknownUser
                    | ErrorCode::Declined
                    | ErrorCode::NoAnswer
                    | ErrorCode::PeerLost
                    | ErrorCode::MediaBlocked
                    | ErrorCode::TokenRefused
                    | ErrorCode::NotAllowed
                    | ErrorCode::Refused
                    | ErrorCode::ServerUnreachable
                    | ErrorCode::Malformed
                    | ErrorCode::CameraAbsent
                    | ErrorCode::CameraRefused
                    | ErrorCode::CameraBusy
                    | ErrorCode::MicrophoneAbsent
                    | ErrorCode::MediaTrouble
            )
        });
    }

    /// Who is signed in has changed.
    pub(super) fn about_sign_in_is_old(&mut self) {
        self.list.retain(|notice| {
            !matches!(notice.code, ErrorCode::NotSignedIn | ErrorCode::SessionOver | ErrorCode::NotEncrypted)
        });
    }

    /// The keyring's content changed.
    pub(super) fn about_secrets_are_old(&mut self) {
        self.list.retain(|notice| !matches!(notice.code, ErrorCode::SecretMissing | ErrorCode::SecretRefused));
    }

    pub(super) fn list(&self) -> Vec<Notice> {
        self.list.clone()
    }
}
