//! Local and remote ICE candidates.

use std::net::SocketAddr;

use str0m::Candidate;

use super::{Core, Output, Refusal};
use crate::defaults::MAX_REMOTE_CANDIDATES;
use crate::wire::{CandidateInit, Outcome, ToPage};

/// What a candidate line says.
pub(super) enum Parsed {
    /// An address to try.
    Usable(Box<Candidate>),
    /// A name instead of an address, or TCP: nothing to try. Pages that only receive hide their address behind a name;
    /// the other side then reaches us, and its address is learnt from its packets.
    Ignored,
    /// Not a candidate.
    Malformed(String),
}

/// Reads `candidate:...`.
pub(super) fn parse(line: &str) -> Parsed {
    let line = line.trim().trim_start_matches("a=");
    let mut fields = line.split_ascii_whitespace();
    let (transport, address) = (fields.nth(2), fields.nth(1));
    let (Some(transport), Some(address)) = (transport, address) else {
        return Parsed::Malformed("too few fields in a candidate".to_owned());
    };
    if !transport.eq_ignore_ascii_case("udp") || address.to_ascii_lowercase().ends_with(".local") {
        return Parsed::Ignored;
    }
    match Candidate::from_sdp_string(line) {
        Ok(candidate) => Parsed::Usable(Box::new(candidate)),
        Err(error) => Parsed::Malformed(error.to_string()),
    }
}

impl Core {
    pub(super) fn local_address(&mut self, address: SocketAddr) {
        if self.local_addresses.contains(&address) {
            return;
        }
        self.local_addresses.push(address);
        let Ok(candidate) = Candidate::host(address, "udp") else { return };
        let Some(candidate) = self.rtc.add_local_candidate(candidate) else { return };
        let text = candidate.to_sdp_string();
        let sdp_mid = self.transceivers.iter().find_map(|transceiver| transceiver.mid).map(|mid| mid.to_string());
        let candidate = CandidateInit {
            candidate: text.trim_start_matches("a=").trim_end().to_owned(),
            sdp_mid,
            sdp_m_line_index: Some(0),
        };
        self.outputs.push_back(Output::Control(ToPage::Candidate { candidate: Some(candidate) }));
    }

    pub(super) fn add_candidate(&mut self, init: &CandidateInit) -> Result<Outcome, Refusal> {
        if init.candidate.trim().is_empty() {
            return Ok(Outcome::default());
        }
        match parse(&init.candidate) {
            Parsed::Usable(candidate) => {
                if self.remote_candidates >= MAX_REMOTE_CANDIDATES {
                    return Err(("OperationError", "too many remote candidates".to_owned()));
                }
                self.remote_candidates += 1;
                self.outputs.push_back(Output::Reach(candidate.addr()));
                self.rtc.add_remote_candidate(*candidate);
                Ok(Outcome::default())
            }
            Parsed::Ignored => Ok(Outcome::default()),
            Parsed::Malformed(message) => Err(("OperationError", message)),
        }
    }

    /// Has a socket for every address that a description names.
    pub(super) fn reach_candidates_of(&mut self, sdp: &str) {
        for line in sdp.lines().filter(|line| line.starts_with("a=candidate:")).take(MAX_REMOTE_CANDIDATES) {
            if let Parsed::Usable(candidate) = parse(line) {
                self.outputs.push_back(Output::Reach(candidate.addr()));
            }
        }
    }
}
