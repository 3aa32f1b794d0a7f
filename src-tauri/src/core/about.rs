//! What a sentence is about: a person, the hub, or OpenVidu. A sentence that names the wrong one sends the person to the
//! wrong administrator.

use zvonok_call::{EndReason, MediaFailure, Refusal, TokenFailure};
use zvonok_ipc::TokenSource;

use super::driver::Driver;
use crate::trust::HostPort;

/// Whom it happened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// The other person of the call.
    Person,
    /// The hub.
    Hub,
    /// The media server.
    Openvidu,
    /// This computer; its sentences name it themselves.
    Here,
}

impl Driver {
    /// The subject of an ended call's sentence: the person's login, or host and port of the server it is about.
    pub(super) fn subject(&self, reason: &EndReason, login: &str) -> String {
        let tokens = self.target.as_ref().map_or(TokenSource::Openvidu, |target| target.tokens);
        match about(reason, tokens) {
            About::Person => login.to_owned(),
            About::Hub => self.hub_name(),
            About::Openvidu => self.openvidu_name(),
            About::Here => String::new(),
        }
    }

    /// Host and port of the hub; empty before there is one.
    pub(super) fn hub_name(&self) -> String {
        self.target
            .as_ref()
            .and_then(|target| HostPort::of(&target.socket))
            .map(|host| host.to_string())
            .unwrap_or_default()
    }

    /// Host and port of the media server; the hub's where the hub is the one to name it.
    pub(super) fn openvidu_name(&self) -> String {
        let openvidu = self.target.as_ref().and_then(|target| target.openvidu.as_ref()).and_then(HostPort::of);
        openvidu.map_or_else(|| self.hub_name(), |host| host.to_string())
    }
}

fn about(reason: &EndReason, tokens: TokenSource) -> About {
    match reason {
        EndReason::SignalingDown => About::Hub,
        EndReason::Refused(refusal) => match refusal {
            Refusal::Offline
            | Refusal::Busy
            | Refusal::Dnd
            | Refusal::UnknownUser
            | Refusal::Expired
            | Refusal::Cancelled
            | Refusal::AnsweredElsewhere
            | Refusal::NotInCall => About::Person,
            Refusal::NotSignedIn
            | Refusal::NotAllowed
            | Refusal::Malformed
            | Refusal::TooMany
            | Refusal::Unavailable
            | Refusal::Other(_) => About::Hub,
        },
        EndReason::NoToken(failure) => match (failure, tokens) {
            (TokenFailure::KeyringLocked | TokenFailure::KeyringAbsent, _) => About::Here,
            (_, TokenSource::Openvidu) => About::Openvidu,
            (_, TokenSource::Hub) => About::Hub,
        },
        EndReason::MediaFailed(failure) => match failure {
            MediaFailure::CameraAbsent
            | MediaFailure::CameraRefused
            | MediaFailure::CameraBusy
            | MediaFailure::MicrophoneAbsent
            | MediaFailure::Internal => About::Here,
            MediaFailure::TokenRefused
            | MediaFailure::Blocked
            | MediaFailure::Malformed
            | MediaFailure::Unreachable => About::Openvidu,
        },
        EndReason::NotJoined | EndReason::MediaBlocked | EndReason::MediaLost | EndReason::Closed => About::Openvidu,
        EndReason::HungUp
        | EndReason::PeerHungUp
        | EndReason::Declined(_)
        | EndReason::NoAnswer
        | EndReason::Cancelled
        | EndReason::AnsweredElsewhere(_)
        | EndReason::DeclinedElsewhere
        | EndReason::PeerLost => About::Person,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_whom_it_happened_to() {
        let malformed = EndReason::NoToken(TokenFailure::Malformed);
        for (reason, tokens, whom) in [
            (EndReason::Refused(Refusal::Busy), TokenSource::Openvidu, About::Person),
            (EndReason::Refused(Refusal::Other("no".to_owned())), TokenSource::Openvidu, About::Hub),
            (EndReason::SignalingDown, TokenSource::Openvidu, About::Hub),
            (malformed.clone(), TokenSource::Openvidu, About::Openvidu),
            (malformed, TokenSource::Hub, About::Hub),
            (EndReason::NoToken(TokenFailure::CertificateChanged), TokenSource::Openvidu, About::Openvidu),
            (EndReason::NoToken(TokenFailure::KeyringLocked), TokenSource::Openvidu, About::Here),
            (EndReason::MediaFailed(MediaFailure::TokenRefused), TokenSource::Hub, About::Openvidu),
            (EndReason::MediaFailed(MediaFailure::Internal), TokenSource::Hub, About::Here),
        ] {
            assert_eq!(about(&reason, tokens), whom, "{reason:?} with tokens of {tokens:?}");
        }
    }
}
