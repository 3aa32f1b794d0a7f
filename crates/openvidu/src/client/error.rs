//! What can go wrong between this client and an OpenVidu, told apart by what a person can do about it.

use std::error::Error as StdError;

/// Why a request to OpenVidu came to nothing. No variant ever holds the secret or a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be one of OpenVidu.
    #[error("`{address}` is not an http or https address")]
    BadAddress {
        /// What was given, without user or password.
        address: String,
    },
    /// The secret would cross a network in the clear.
    #[error("`{host}` is asked over plain http: the secret is only sent over https, or to this machine")]
    Insecure {
        /// Host and port.
        host: String,
    },
    /// The session's name has other characters than OpenVidu allows.
    #[error("a session name has only letters, digits, `_` and `-`")]
    BadSessionName,
    /// Nothing answers there.
    #[error("nothing answers at `{host}`")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What the network said.
        #[source]
        source: reqwest::Error,
    },
    /// No answer within the time limit.
    #[error("`{host}` did not answer in time")]
    TimedOut {
        /// Host and port.
        host: String,
    },
    /// The certificate is not one to send a secret to.
    #[error("the certificate of `{host}` is not trusted: {problem}")]
    Certificate {
        /// Host and port.
        host: String,
        /// What is wrong with it.
        problem: CertificateProblem,
    },
    /// The answer was a redirect; the secret follows none.
    #[error("`{host}` sends requests elsewhere")]
    Redirected {
        /// Host and port.
        host: String,
    },
    /// Something answers, but not an OpenVidu.
    #[error("what answers at `{host}` is not OpenVidu (status {status})")]
    NotOpenvidu {
        /// Host and port.
        host: String,
        /// HTTP status of its answer.
        status: u16,
    },
    /// 401.
    #[error("`{host}` refused the secret")]
    SecretRefused {
        /// Host and port.
        host: String,
    },
    /// There is no such session (any more).
    #[error("OpenVidu has no such session")]
    NoSession,
    /// OpenVidu refused the request itself.
    #[error("OpenVidu refused the request (status {status}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its own words, 200 characters at the most; may be empty.
        message: String,
    },
    /// 5xx: trouble over there.
    #[error("`{host}` has trouble of its own (status {status})")]
    Trouble {
        /// Host and port.
        host: String,
        /// HTTP status.
        status: u16,
    },
    /// An answer that makes no sense.
    #[error("the answer of `{host}` makes no sense: {what}")]
    Malformed {
        /// Host and port.
        host: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateProblem {
    /// Nobody vouches for it (self-signed, private CA), and it is not pinned.
    Unknown,
    /// It expired, or is not valid yet.
    Expired,
    /// It is for another name.
    WrongName,
    /// The app's own verifier refused it, such as for another pin.
    Refused,
    /// It is broken or revoked.
    Bad,
}

impl std::fmt::Display for CertificateProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "nobody vouches for it",
            Self::Expired => "it is out of date",
            Self::WrongName => "it is for another name",
            Self::Refused => "it is not the one that was trusted before",
            Self::Bad => "it is broken or revoked",
        })
    }
}

impl Error {
    /// Whether the same request may succeed in a moment without anybody doing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Trouble { .. } | Self::NoSession => true,
            Self::BadAddress { .. }
            | Self::Insecure { .. }
            | Self::BadSessionName
            | Self::Certificate { .. }
            | Self::Redirected { .. }
            | Self::NotOpenvidu { .. }
            | Self::SecretRefused { .. }
            | Self::Refused { .. }
            | Self::Malformed { .. } => false,
        }
    }

    /// Sorts what reqwest reports for a request to `host`.
    pub(super) fn of_transport(host: &str, source: reqwest::Error) -> Self {
        let host = host.to_owned();
        if source.is_redirect() {
            return Self::Redirected { host };
        }
        if let Some(problem) = certificate_problem(&source) {
            return Self::Certificate { host, problem };
        }
        if source.is_timeout() {
            return Self::TimedOut { host };
        }
        if source.is_body() || source.is_decode() {
            return Self::Malformed { host, what: "it breaks off" };
        }
        // What answers, but not with HTTP, is not an OpenVidu: status 0.
        if source.is_connect() || !speaks_something_else(&source) {
            return Self::Unreachable { host, source: source.without_url() };
        }
        Self::NotOpenvidu { host, status: 0 }
    }
}

/// A parse failure of hyper: there is a server, and it does not speak HTTP.
fn speaks_something_else(error: &reqwest::Error) -> bool {
    // hyper's error type is not exported by reqwest; its parse failures are requests that failed after connecting
    // without any I/O error below them.
    error.is_request() && !chain(error).any(|cause| cause.downcast_ref::<std::io::Error>().is_some())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a foreign enumeration that grows; what is new in it is bad as well"
)]
fn certificate_problem(error: &reqwest::Error) -> Option<CertificateProblem> {
    use rustls::CertificateError as Cert;
    let found = chain(error).find_map(tls_error)?;
    let rustls::Error::InvalidCertificate(problem) = found else {
        return None;
    };
    Some(match problem {
        Cert::UnknownIssuer => CertificateProblem::Unknown,
        Cert::Expired | Cert::ExpiredContext { .. } | Cert::NotValidYet | Cert::NotValidYetContext { .. } => {
            CertificateProblem::Expired
        }
        Cert::NotValidForName | Cert::NotValidForNameContext { .. } => CertificateProblem::WrongName,
        Cert::ApplicationVerificationFailure => CertificateProblem::Refused,
        Cert::Other(_) => CertificateProblem::Unknown,
        _ => CertificateProblem::Bad,
    })
}

/// The TLS error that `cause` is or wraps: `io::Error::source` skips the errors that it wraps, and two of them lie around
/// this one.
fn tls_error<'a>(cause: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    cause.downcast_ref::<rustls::Error>().or_else(|| {
        let wrapped: &'a (dyn StdError + 'static) = cause.downcast_ref::<std::io::Error>()?.get_ref()?;
        tls_error(wrapped)
    })
}

fn chain<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = StdError::source(error);
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}
