//! How datagrams travel between clients and the SFU.

use std::net::SocketAddr;

use str0m::Candidate;
use str0m::net::{Protocol, TcpType};

use crate::error::SfuError;

/// How datagrams travel between clients and the SFU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// Each by itself.
    Udp,
    /// One after the other on a connection that the client opened (RFC 6544), framed as RFC 4571 has it. The framing is
    /// the caller's.
    Tcp,
}

impl Transport {
    /// As a candidate names it (RFC 8839, section 5.1).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }

    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::Udp => Protocol::Udp,
            Self::Tcp => Protocol::Tcp,
        }
    }

    /// `None` for what is never offered to clients.
    pub(crate) fn of(protocol: Protocol) -> Option<Self> {
        match protocol {
            Protocol::Udp => Some(Self::Udp),
            Protocol::Tcp => Some(Self::Tcp),
            Protocol::SslTcp | Protocol::Tls => None,
        }
    }

    /// What clients are told of an address of ours.
    pub(crate) fn candidate(self, address: SocketAddr) -> Result<Candidate, SfuError> {
        let built = match self {
            Self::Udp => Candidate::builder().udp().host(address).build(),
            Self::Tcp => Candidate::builder().tcp().host(address).tcptype(TcpType::Passive).build(),
        };
        built.map_err(|error| SfuError::Start(error.to_string()))
    }
}
