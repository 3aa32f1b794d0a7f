//! Why the SFU refused something.

use crate::StreamId;

/// Why the SFU refused something. Unless said otherwise nothing has changed when it is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SfuError {
    /// The offer is too long, no SDP, or cannot be answered; says what is wrong with it.
    #[error("the offer cannot be answered: {0}")]
    Offer(String),
    /// The offer has no m-line that goes the needed way.
    #[error("the offer has nothing to {0}")]
    NothingOffered(&'static str),
    /// The offer has no codec that can be used: none that is forwarded, or not the one that the stream insists on.
    #[error("the offer has no codec that this stream can use")]
    NoCodec,
    /// The answer is too long, no SDP, or none to what was offered; the offer is void.
    #[error("the answer cannot be used: {0}")]
    Answer(String),
    /// There is no offer that waits for an answer.
    #[error("nothing was offered that could be answered")]
    NotOffered,
    /// The stream is not there (any more).
    #[error("there is no stream {}", .0.0)]
    NoStream(StreamId),
    /// Too many peer connections.
    #[error("there are too many peer connections")]
    Full,
    /// No address that can be advertised, or no certificate could be made.
    #[error("the SFU cannot start: {0}")]
    Start(String),
}

impl SfuError {
    /// Whether the same request may succeed a little later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Full => true,
            Self::Offer(_)
            | Self::NothingOffered(_)
            | Self::NoCodec
            | Self::Answer(_)
            | Self::NotOffered
            | Self::NoStream(_)
            | Self::Start(_) => false,
        }
    }
}
