//! `getStats`: W3C's reports, of what the core knows. The page adds what its codecs know.

use std::collections::HashMap;
use std::time::Instant;

use serde_json::{Value, json};
use str0m::media::Mid;
use str0m::stats::{MediaEgressStats, MediaIngressStats, PeerStats};

use super::{Core, Transceiver};
use crate::wire::{Direction, Kind};

/// The newest figures of the transport.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) peer: Option<PeerStats>,
    pub(super) incoming: HashMap<Mid, MediaIngressStats>,
    pub(super) outgoing: HashMap<Mid, MediaEgressStats>,
    /// What the network carries, in bit/s.
    pub(super) estimate: Option<u64>,
    /// What the receiver asks for at most (REMB), in bit/s, and when it did.
    pub(super) receiver_limit: Option<(u64, Instant)>,
    /// Datagrams that were not for this connection.
    pub(super) strangers: u64,
}

fn add(report: &mut Value, more: Value) {
    if let (Value::Object(report), Value::Object(more)) = (report, more) {
        report.extend(more);
    }
}

impl Core {
    pub(super) fn reports(&self) -> Vec<Value> {
        let mut reports = vec![];
        for transceiver in &self.transceivers {
            if matches!(transceiver.direction, Direction::Sendrecv | Direction::Sendonly) {
                reports.push(self.outbound(transceiver));
            }
            if matches!(transceiver.direction, Direction::Sendrecv | Direction::Recvonly) {
                reports.push(self.inbound(transceiver));
            }
        }
        self.transport(&mut reports);
        reports
    }

    fn outbound(&self, transceiver: &Transceiver) -> Value {
        let line = transceiver.line;
        let mut report = json!({
            "id": format!("O{line}"), "type": "outbound-rtp", "kind": transceiver.kind, "mediaType": transceiver.kind,
            "mid": transceiver.mid.map(|mid| mid.to_string()), "transportId": "T", "line": line,
        });
        if let Some(stats) = transceiver.mid.and_then(|mid| self.figures.outgoing.get(&mid)) {
            add(
                &mut report,
                json!({
                    "bytesSent": stats.bytes, "packetsSent": stats.packets, "nackCount": stats.nacks,
                    "pliCount": stats.plis, "firCount": stats.firs,
                    "fractionLost": stats.loss, "roundTripTime": stats.rtt.map(|rtt| rtt.as_secs_f64()),
                }),
            );
        } else {
            add(&mut report, json!({ "bytesSent": 0, "packetsSent": 0, "nackCount": 0, "pliCount": 0, "firCount": 0 }));
        }
        match transceiver.kind {
            Kind::Video => add(
                &mut report,
                json!({
                    "framesSent": transceiver.sent, "targetBitrate": transceiver.target.map(|(bitrate, _)| bitrate),
                }),
            ),
            Kind::Audio => add(&mut report, json!({ "totalSamplesSent": self.audio.figures(line).sent })),
        }
        report
    }

    fn inbound(&self, transceiver: &Transceiver) -> Value {
        let line = transceiver.line;
        let mut report = json!({
            "id": format!("I{line}"), "type": "inbound-rtp", "kind": transceiver.kind, "mediaType": transceiver.kind,
            "mid": transceiver.mid.map(|mid| mid.to_string()), "transportId": "T", "line": line,
        });
        if let Some(stats) = transceiver.mid.and_then(|mid| self.figures.incoming.get(&mid)) {
            let clock = match transceiver.kind {
                Kind::Audio => 48_000.0,
                Kind::Video => 90_000.0,
            };
            add(
                &mut report,
                json!({
                    "bytesReceived": stats.bytes, "packetsReceived": stats.packets, "nackCount": stats.nacks,
                    "pliCount": stats.plis, "firCount": stats.firs, "fractionLost": stats.loss,
                    "jitter": f64::from(stats.jitter) / clock, "packetsLost": 0,
                }),
            );
        } else {
            add(&mut report, json!({ "bytesReceived": 0, "packetsReceived": 0, "packetsLost": 0, "jitter": 0 }));
        }
        match transceiver.kind {
            Kind::Video => add(
                &mut report,
                json!({
                    "framesReceived": transceiver.given + transceiver.incoming.dropped,
                    "framesDropped": transceiver.incoming.dropped,
                    "keyFramesRequested": transceiver.key_frames_asked,
                }),
            ),
            Kind::Audio => {
                let figures = self.audio.figures(line);
                add(
                    &mut report,
                    json!({
                        "totalSamplesReceived": figures.received, "concealedSamples": figures.concealed,
                        "silentConcealedSamples": figures.silent_concealed, "concealmentEvents": figures.events,
                        "audibleSamplesReceived": figures.audible,
                    }),
                );
            }
        }
        report
    }

    fn transport(&self, reports: &mut Vec<Value>) {
        let Some(peer) = &self.figures.peer else { return };
        let pair = peer.selected_candidate_pair.as_ref();
        reports.push(json!({
            "id": "T", "type": "transport", "bytesSent": peer.peer_bytes_tx, "bytesReceived": peer.peer_bytes_rx,
            "selectedCandidatePairId": pair.map(|_| "CP"), "dtlsState": "connected",
        }));
        let Some(pair) = pair else { return };
        let rtt = pair.current_round_trip_time.or(peer.rtt).map(|rtt| rtt.as_secs_f64());
        reports.push(json!({
            "id": "CP", "type": "candidate-pair", "transportId": "T", "localCandidateId": "CL", "remoteCandidateId": "CR",
            "state": "succeeded", "nominated": true, "selected": true, "currentRoundTripTime": rtt,
            "totalRoundTripTime": pair.total_round_trip_time.as_secs_f64(),
            "responsesReceived": pair.responses_received, "availableOutgoingBitrate": self.figures.estimate,
            "bytesSent": peer.peer_bytes_tx, "bytesReceived": peer.peer_bytes_rx,
        }));
        for (id, kind, address) in
            [("CL", "local-candidate", pair.local.addr), ("CR", "remote-candidate", pair.remote.addr)]
        {
            reports.push(json!({
                "id": id, "type": kind, "transportId": "T", "candidateType": "host", "protocol": "udp",
                "ip": address.ip().to_string(), "address": address.ip().to_string(), "port": address.port(),
            }));
        }
    }
}
