//! How calls end, and why requests are refused.

/// Why a call is over. One sentence for the person each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndReason {
    /// This person ended or cancelled it.
    HungUp,
    /// The other person hung up.
    PeerHungUp,
    /// The called person declined, with these words (may be empty). On the called side: this person did.
    Declined(String),
    /// Nobody answered while it rang.
    NoAnswer,
    /// The caller gave up.
    Cancelled,
    /// Another device of this person answered; its name, if the hub said so.
    AnsweredElsewhere(Option<String>),
    /// Another device of this person declined.
    DeclinedElsewhere,
    /// The hub or the person's devices refused the call.
    Refused(Refusal),
    /// The other side's connection was lost, or it never came.
    PeerLost,
    /// The connection to the hub was lost when it was needed.
    SignalingDown,
    /// No token could be had.
    NoToken(TokenFailure),
    /// The media server did not let this side in within the limit.
    NotJoined,
    /// The session was joined, but no media passes (UDP blocked, or dropped on the way).
    MediaBlocked,
    /// The connection to the media server was lost and did not come back.
    MediaLost,
    /// The media server or the hub closed the session.
    Closed,
    /// Media cannot work on this machine.
    MediaFailed(MediaFailure),
}

/// Why the hub refused; its `code`, with its words where they matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No device of that person is connected.
    Offline,
    /// That person is in a call.
    Busy,
    /// That person does not want to be disturbed.
    Dnd,
    /// Nobody has that login.
    UnknownUser,
    /// A sign-in is needed.
    NotSignedIn,
    /// Not permitted.
    NotAllowed,
    /// The ring is over.
    Expired,
    /// The caller gave up.
    Cancelled,
    /// Another device answered.
    AnsweredElsewhere,
    /// Not part of that call (any more).
    NotInCall,
    /// The hub did not understand, or was not understood.
    Malformed,
    /// Too many requests.
    TooMany,
    /// The hub cannot at the moment.
    Unavailable,
    /// Something else, in the hub's own words (the plain contract has only words).
    Other(String),
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFailure {
    /// Nothing answers.
    Unreachable,
    /// Something answers that is not OpenVidu.
    NotOpenvidu,
    /// Nobody vouches for the certificate.
    CertificateUnknown,
    /// Another certificate than the pinned one.
    CertificateChanged,
    /// OpenVidu refused the secret.
    SecretRefused,
    /// No secret is stored.
    SecretMissing,
    /// The keyring is locked.
    KeyringLocked,
    /// There is no keyring.
    KeyringAbsent,
    /// The hub gives none for this call.
    NotAllowed,
    /// The answer made no sense.
    Malformed,
    /// None came within the limit.
    TimedOut,
}

/// What is wrong with media on this machine or on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaFailure {
    /// There is no camera.
    CameraAbsent,
    /// The camera was refused to the app.
    CameraRefused,
    /// Another program has the camera.
    CameraBusy,
    /// There is no microphone, or it was refused.
    MicrophoneAbsent,
    /// OpenVidu refused the token.
    TokenRefused,
    /// Signaling works, no media passes.
    Blocked,
    /// The media server sent something malformed.
    Malformed,
    /// The media server cannot be reached.
    Unreachable,
    /// Anything else; the log has more.
    Internal,
}

impl MediaFailure {
    /// Whether nothing is left of the call. Without a camera it goes on with sound, without a microphone with the
    /// picture, without both as a listener.
    #[must_use]
    pub const fn is_fatal(self) -> bool {
        match self {
            Self::CameraAbsent | Self::CameraRefused | Self::CameraBusy | Self::MicrophoneAbsent => false,
            Self::TokenRefused | Self::Blocked | Self::Malformed | Self::Unreachable | Self::Internal => true,
        }
    }
}

/// How a call is listed; the contract's `outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// People saw or heard each other.
    Answered,
    /// This person did not answer, or on the calling side: nobody did.
    Missed,
    /// Declined.
    Declined,
    /// The caller gave up; only in the caller's own list.
    Cancelled,
    /// The person called was in a call or did not want to be disturbed.
    Busy,
    /// It broke.
    Failed,
}

impl EndReason {
    /// Whether something broke, so that there is more to read than how it went.
    pub(crate) const fn is_fault(&self) -> bool {
        match self {
            Self::HungUp
            | Self::PeerHungUp
            | Self::Declined(_)
            | Self::NoAnswer
            | Self::Cancelled
            | Self::AnsweredElsewhere(_)
            | Self::DeclinedElsewhere
            | Self::Refused(
                Refusal::Offline
                | Refusal::Busy
                | Refusal::Dnd
                | Refusal::UnknownUser
                | Refusal::Expired
                | Refusal::Cancelled
                | Refusal::AnsweredElsewhere
                | Refusal::NotInCall,
            ) => false,
            Self::Refused(
                Refusal::NotSignedIn
                | Refusal::NotAllowed
                | Refusal::Malformed
                | Refusal::TooMany
                | Refusal::Unavailable
                | Refusal::Other(_),
            )
            | Self::PeerLost
            | Self::SignalingDown
            | Self::NoToken(_)
            | Self::NotJoined
            | Self::MediaBlocked
            | Self::MediaLost
            | Self::Closed
            | Self::MediaFailed(_) => true,
        }
    }

    /// How a call that never came to `in_call` is listed.
    pub(crate) const fn outcome(&self, outgoing: bool) -> Outcome {
        match self {
            Self::HungUp => {
                if outgoing {
                    Outcome::Cancelled
                } else {
                    // This person did pick up.
                    Outcome::Answered
                }
            }
            Self::Declined(_) | Self::DeclinedElsewhere => Outcome::Declined,
            Self::NoAnswer => Outcome::Missed,
            Self::Cancelled => {
                if outgoing {
                    Outcome::Cancelled
                } else {
                    Outcome::Missed
                }
            }
            Self::AnsweredElsewhere(_) => Outcome::Answered,
            Self::Refused(Refusal::Busy | Refusal::Dnd) => Outcome::Busy,
            Self::Refused(
                Refusal::Offline
                | Refusal::UnknownUser
                | Refusal::NotSignedIn
                | Refusal::NotAllowed
                | Refusal::Expired
                | Refusal::Cancelled
                | Refusal::AnsweredElsewhere
                | Refusal::NotInCall
                | Refusal::Malformed
                | Refusal::TooMany
                | Refusal::Unavailable
                | Refusal::Other(_),
            )
            | Self::PeerHungUp
            | Self::PeerLost
            | Self::SignalingDown
            | Self::NoToken(_)
            | Self::NotJoined
            | Self::MediaBlocked
            | Self::MediaLost
            | Self::Closed
            | Self::MediaFailed(_) => Outcome::Failed,
        }
    }
}
