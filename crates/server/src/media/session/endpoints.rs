//! What is known of the peer connections of a session's streams, for `webRtcStats=true`.

use std::collections::{BTreeSet, HashMap};

use zvonok_openvidu::wire::call::OnIceCandidate;
use zvonok_openvidu::wire::rest::{EndpointStats, Session as SessionObject};
use zvonok_sfu::{Measure, Purpose};

use super::Session;
use super::participant::Participant;

/// Bytes of one session's descriptions and candidates that are kept; a browser's pair is about 10 kB. What comes when it is
/// full is not.
const BYTES: usize = 4 * 1024 * 1024;

/// Candidates of one peer connection that are kept: a machine with several networks has a dozen or two.
const CANDIDATES: usize = 32;

/// The longest one that is kept; they have about 100 bytes.
const CANDIDATE_BYTES: usize = 512;

/// The peer connections of a session, by OpenVidu's names for them.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    kept: HashMap<String, Endpoint>,
    /// Of all descriptions and candidates.
    bytes: usize,
}

#[derive(Debug, Default)]
struct Endpoint {
    local: Option<String>,
    remote: Option<String>,
    /// Those that came by themselves.
    candidates: Vec<String>,
}

impl Endpoint {
    fn bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        text(&self.local) + text(&self.remote) + self.candidates.iter().map(String::len).sum::<usize>()
    }
}

/// What OpenVidu calls the peer connection by which a connection receives a stream. That of a publisher has the stream's name.
pub(super) fn subscriber(connection: &str, stream: &str) -> String {
    format!("{connection}_{stream}")
}

impl Endpoints {
    /// The server has answered, or made an offer (then there is nothing of the client's yet): it is a new peer connection.
    pub(super) fn begin(&mut self, name: &str, local: &str, remote: Option<&str>) {
        self.forget(name);
        let (local, remote) = (self.room_for(Some(local)), self.room_for(remote));
        self.kept.insert(name.to_owned(), Endpoint { local, remote, candidates: Vec::new() });
    }

    /// The client has answered an offer.
    pub(super) fn answered(&mut self, name: &str, remote: &str) {
        let Some(mut endpoint) = self.kept.remove(name) else { return };
        self.bytes -= endpoint.remote.take().map_or(0, |before| before.len());
        endpoint.remote = self.room_for(Some(remote));
        self.kept.insert(name.to_owned(), endpoint);
    }

    /// It has ended.
    pub(super) fn forget(&mut self, name: &str) {
        if let Some(ended) = self.kept.remove(name) {
            self.bytes -= ended.bytes();
        }
    }

    /// A description as it is kept, where there is room for it.
    fn room_for(&mut self, sdp: Option<&str>) -> Option<String> {
        let kept = sdp.map(without_password).filter(|sdp| self.bytes + sdp.len() <= BYTES)?;
        self.bytes += kept.len();
        Some(kept)
    }

    /// A candidate that the client has told by itself.
    pub(super) fn candidate(&mut self, name: &str, candidate: &str) {
        if candidate.is_empty() || candidate.len() > CANDIDATE_BYTES || self.bytes + candidate.len() > BYTES {
            return;
        }
        let Some(endpoint) = self.kept.get_mut(name) else { return };
        if endpoint.candidates.len() < CANDIDATES {
            self.bytes += candidate.len();
            endpoint.candidates.push(candidate.to_owned());
        }
    }

    fn stats(&self, name: String, measure: Option<Measure>) -> EndpointStats {
        let nothing = Endpoint::default();
        let endpoint = self.kept.get(&name).unwrap_or(&nothing);
        let own = endpoint.local.as_deref().map(candidates).unwrap_or_default();
        let mut theirs = endpoint.remote.as_deref().map(candidates).unwrap_or_default();
        theirs.extend(endpoint.candidates.iter().cloned());
        let used = measure.and_then(|measure| measure.remote);
        let remote = used.map(|(transport, address)| {
            let known = theirs
                .iter()
                .find(|candidate| is_of(candidate, transport.name(), &address.ip().to_string(), address.port()));
            // A browser's own candidate is a name, or one that only its NAT knows: then ICE has found the address.
            known.cloned().unwrap_or_else(|| {
                format!("candidate:0 1 {} 0 {} {} typ prflx", transport.name(), address.ip(), address.port())
            })
        });
        let local = used.and_then(|(transport, address)| {
            let fits = |candidate: &&String| {
                let words: Vec<&str> = candidate.split(' ').collect();
                let v6 = words.get(4).is_some_and(|ip| ip.contains(':'));
                words.get(2).is_some_and(|word| word.eq_ignore_ascii_case(transport.name())) && v6 == address.is_ipv6()
            };
            own.iter().find(fits).cloned()
        });
        EndpointStats {
            webrtc_endpoint_name: name,
            remote_sdp: endpoint.remote.clone(),
            local_sdp: endpoint.local.clone(),
            client_ice_candidates: theirs,
            server_ice_candidates: own,
            local_candidate: local,
            remote_candidate: remote,
            events: Vec::new(),
        }
    }
}

/// The candidates that a description has in it.
fn candidates(sdp: &str) -> Vec<String> {
    let lines = sdp.lines().filter_map(|line| line.strip_prefix("a="));
    let mut found: Vec<String> = lines.filter(|line| line.starts_with("candidate:")).map(str::to_owned).collect();
    // Each line of media repeats them.
    let mut seen = BTreeSet::new();
    found.retain(|candidate| seen.insert(candidate.clone()));
    found
}

/// Whether a candidate (RFC 8839, section 5.1) is that address.
fn is_of(candidate: &str, transport: &str, ip: &str, port: u16) -> bool {
    let words: Vec<&str> = candidate.split(' ').collect();
    let is = |nth: usize, wanted: &str| words.get(nth).is_some_and(|word| word.eq_ignore_ascii_case(wanted));
    is(2, transport) && is(4, ip) && is(5, &port.to_string())
}

/// What somebody could take a connection over with is nobody's business.
fn without_password(sdp: &str) -> String {
    let line = |line: &str| if line.starts_with("a=ice-pwd:") { "a=ice-pwd:-".to_owned() } else { line.to_owned() };
    sdp.lines().map(line).collect::<Vec<_>>().join("\r\n")
}

impl Session {
    /// A candidate that a client tells. Nothing else is done with it: an ICE-lite server learns addresses from checks.
    pub(super) fn ice_candidate(&mut self, me: &str, params: &OnIceCandidate) {
        let (Some(endpoint), Some(candidate)) = (params.endpoint_name.as_deref(), params.candidate.as_deref()) else {
            return;
        };
        // Of one's own connection, or of the one whose stream is received.
        let Some(participant) = self.participant(me) else { return };
        let name = if endpoint == me {
            participant.stream.as_ref().map(|own| own.entry.id.clone())
        } else {
            let subscribed = participant.subscriptions.iter().find(|it| it.publisher == endpoint);
            subscribed.map(|it| subscriber(me, &it.stream))
        };
        if let Some(name) = name {
            self.endpoints.candidate(&name, candidate);
        }
    }

    /// Adds what is known of each peer connection.
    pub(super) async fn add_stats(&self, session: &mut SessionObject) {
        let mut all = self.endpoint_stats().await;
        for connection in &mut session.connections.content {
            for publisher in connection.publishers.iter_mut().flatten() {
                publisher.stats = all.remove(&publisher.stream_id);
            }
            for receives in connection.subscribers.iter_mut().flatten() {
                receives.stats = all.remove(&subscriber(&connection.connection_id, &receives.stream_id));
            }
        }
    }

    /// By their names.
    async fn endpoint_stats(&self) -> HashMap<String, EndpointStats> {
        let there: Vec<(String, Purpose)> = self.participants.iter().flat_map(peer_connections).collect();
        let measures = self.shared.media.measure(there.iter().map(|(_, purpose)| *purpose).collect()).await;
        let all = there.into_iter().zip(measures.into_iter().chain(std::iter::repeat(None)));
        all.map(|((name, _), measure)| (name.clone(), self.endpoints.stats(name, measure))).collect()
    }
}

fn peer_connections(participant: &Participant) -> Vec<(String, Purpose)> {
    let own = participant.stream.iter().map(|own| (own.entry.id.clone(), Purpose::Publish(own.key)));
    let others = participant.subscriptions.iter();
    own.chain(others.map(|it| (subscriber(&participant.id, &it.stream), Purpose::Subscribe(it.key)))).collect()
}

#[cfg(test)]
mod tests {
    use zvonok_sfu::Transport;

    use super::*;

    const LOCAL: &str = "v=0\r\na=ice-pwd:secret\r\na=candidate:1 1 udp 9 10.0.0.1 7000 typ host\r\na=candidate:2 1 tcp 9 10.0.0.1 7000 typ host tcptype passive\r\nm=video 9\r\na=candidate:1 1 udp 9 10.0.0.1 7000 typ host\r\n";
    const THEIRS: &str = "candidate:5 1 UDP 7 192.0.2.7 5000 typ host";

    #[test]
    fn descriptions_candidates_and_the_pair_in_use_are_told_without_the_password() {
        let mut endpoints = Endpoints::default();
        endpoints.begin("str", LOCAL, None);
        endpoints.candidate("str", THEIRS);
        endpoints.answered("str", "v=0\r\na=ice-pwd:other\r\n");
        let remote = Some((Transport::Udp, "192.0.2.7:5000".parse().unwrap()));
        let stats = endpoints.stats("str".to_owned(), Some(Measure { remote, ..Measure::default() }));
        assert_eq!(stats.server_ice_candidates.len(), 2, "each once");
        assert_eq!(stats.client_ice_candidates, [THEIRS]);
        assert_eq!(stats.remote_candidate.as_deref(), Some(THEIRS));
        assert_eq!(stats.local_candidate.as_deref(), Some("candidate:1 1 udp 9 10.0.0.1 7000 typ host"));
        let told = serde_json::to_string(&stats).unwrap();
        assert!(!told.contains("secret") && !told.contains("other") && told.contains("a=ice-pwd:-"));
        let remote = Some((Transport::Tcp, "192.0.2.8:1".parse().unwrap()));
        let stats = endpoints.stats("str".to_owned(), Some(Measure { remote, ..Measure::default() }));
        assert_eq!(stats.remote_candidate.as_deref(), Some("candidate:0 1 tcp 0 192.0.2.8 1 typ prflx"));
        assert!(stats.local_candidate.is_some_and(|candidate| candidate.contains("tcptype")));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut endpoints = Endpoints::default();
        for nth in 0..1_000 {
            let name = format!("str{nth}");
            endpoints.begin(&name, &"x".repeat(10_000), None);
            endpoints.answered(&name, &"y".repeat(10_000));
            endpoints.answered(&name, &"z".repeat(10_000));
            endpoints.candidate("str0", &format!("candidate:{nth}"));
        }
        endpoints.candidate("str0", &"x".repeat(10_000));
        assert_eq!(endpoints.kept["str0"].candidates.len(), CANDIDATES);
        assert_eq!(endpoints.bytes, endpoints.kept.values().map(Endpoint::bytes).sum::<usize>());
        assert!(endpoints.bytes <= BYTES && endpoints.bytes > BYTES / 2);
        endpoints.answered("nobody's", "x");
        for nth in 0..1_000 {
            endpoints.forget(&format!("str{nth}"));
        }
        assert_eq!((endpoints.kept.len(), endpoints.bytes), (0, 0));
    }
}
