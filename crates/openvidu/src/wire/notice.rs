//! What the server sends on its own. Null members are never sent.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Reason;
use super::join::Stream;

/// A notification: its name and parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Notice {
    /// To all but the one who joined.
    ParticipantJoined {
        /// Connection id.
        id: String,
        /// Milliseconds.
        created_at: u64,
        /// Client and server data.
        metadata: String,
    },
    /// To all but the publisher, exactly once for each stream.
    ParticipantPublished {
        /// Connection id.
        id: String,
        /// One stream.
        streams: Vec<Stream>,
    },
    /// To all but the publisher, and to it too where it was forced.
    ParticipantUnpublished {
        /// Connection id.
        connection_id: String,
        /// Why.
        reason: Reason,
    },
    /// To those who remain.
    ParticipantLeft {
        /// Connection id.
        connection_id: String,
        /// Why.
        reason: Reason,
    },
    /// To the evicted one and all others.
    ParticipantEvicted {
        /// Connection id.
        connection_id: String,
        /// Why.
        reason: Reason,
    },
    /// A signal.
    SendMessage {
        /// Any text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<String>,
        /// As the sender gave it.
        #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        /// Absent where the server sends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    /// To all but the publisher.
    StreamPropertyChanged {
        /// Connection id.
        connection_id: String,
        /// Stream id.
        stream_id: String,
        /// See [`super::call::StreamPropertyChanged::property`].
        property: String,
        /// JSON **text** of the value that was received.
        new_value: Value,
        /// Carried.
        reason: String,
    },
    /// A candidate of the server, where it trickles.
    IceCandidate {
        /// One's own connection id for the publisher peer, the publisher's for a subscriber peer.
        sender_connection_id: String,
        /// Only logged by clients.
        endpoint_name: String,
        /// The m-line.
        sdp_m_line_index: u32,
        /// Its mid.
        sdp_mid: String,
        /// The candidate.
        candidate: String,
    },
    /// To the connection whose role or part in recordings was changed.
    ConnectionPropertyChanged {
        /// `role` or `record`.
        property: String,
        /// The role, or `true` or `false`.
        new_value: String,
    },
    /// To all: somebody's network is better or worse than it was.
    NetworkQualityLevelChanged {
        /// Connection id.
        connection_id: String,
        /// From 0 (no media gets through) to 5 (excellent).
        new_value: u8,
        /// What it was before.
        old_value: u8,
    },
    /// A recording began.
    RecordingStarted {
        /// The recording.
        id: String,
        /// Of its files.
        name: String,
    },
    /// A recording ended.
    RecordingStopped {
        /// The recording.
        id: String,
        /// Of its files.
        name: String,
        /// Why.
        reason: Reason,
    },
    /// Something in the media server failed.
    MediaError {
        /// For people.
        error: String,
    },
}

impl Notice {
    /// The whole frame, as it is sent.
    ///
    /// # Errors
    /// None that can happen with these types; serde's, in form.
    pub fn frame(&self) -> Result<String, serde_json::Error> {
        #[derive(Serialize)]
        struct Frame<'a> {
            jsonrpc: &'static str,
            #[serde(flatten)]
            notice: &'a Notice,
        }
        serde_json::to_string(&Frame { jsonrpc: super::rpc::JSONRPC, notice: self })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_notice_is_framed_without_an_id_and_without_nulls() {
        let notice =
            Notice::SendMessage { data: Some("hi".to_owned()), kind: Some("signal:chat".to_owned()), from: None };
        let frame: Value = serde_json::from_str(&notice.frame().unwrap()).unwrap();
        assert_eq!(frame, json!({"jsonrpc":"2.0","method":"sendMessage","params":{"data":"hi","type":"signal:chat"}}));
    }

    #[test]
    fn members_and_reasons_are_spelled_as_openvidu_spells_them() {
        let notice =
            Notice::ParticipantLeft { connection_id: "con_A".to_owned(), reason: Reason::ForceDisconnectByServer };
        let frame: Value = serde_json::from_str(&notice.frame().unwrap()).unwrap();
        assert_eq!(frame["params"], json!({"connectionId":"con_A","reason":"forceDisconnectByServer"}));
        let notice = Notice::IceCandidate {
            sender_connection_id: "a".to_owned(),
            endpoint_name: "b".to_owned(),
            sdp_m_line_index: 0,
            sdp_mid: "0".to_owned(),
            candidate: String::new(),
        };
        let frame: Value = serde_json::from_str(&notice.frame().unwrap()).unwrap();
        assert_eq!(frame["params"]["sdpMLineIndex"], json!(0));
    }
}
