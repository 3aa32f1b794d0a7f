//! What crosses the loopback WebSocket, described once for both ends (`ui/lib/peer/wire.ts` is the page's copy).
//!
//! **Text messages** are JSON objects with a `type`: [`FromPage`] and [`ToPage`]. A request of the page carries an `id`,
//! and exactly one [`ToPage::Done`] or [`ToPage::Failed`] with that `id` answers it.
//!
//! **Binary messages** are one media unit each, behind a header of [`HEADER`] bytes, little-endian:
//!
//! | bytes | meaning |
//! | --- | --- |
//! | 0 | kind: 1 video frame, 2 audio block, 3 playout request, 4 receipt |
//! | 1 | media line (the number the page or the core gave the transceiver) |
//! | 2 | flags: bit 0 key frame |
//! | 3 | playout request: how many blocks are wanted; receipt: how many frames were taken; otherwise 0 |
//! | 4..8 | 0 |
//! | 8..16 | timestamp in microseconds, unsigned, rising, of no fixed beginning |
//!
//! A video frame's payload is one encoded frame. An audio block's payload is 480 samples, 32-bit float, 48 kHz, mono.
//! A playout request has no payload: the page asks for the sound it is about to play, so that the sound card's clock
//! paces the jitter buffer. A receipt has no payload either: the page says how many video frames its worker has taken,
//! since what a webview has read from a socket but not handed on is not to be seen from here. Sixteen bytes keep the samples aligned in a typed array.

use serde::{Deserialize, Serialize};

use crate::defaults::{BLOCK, MAX_LINES, MAX_MEDIA_BYTES, MAX_PULL};
use crate::error::WireError;

/// Length of the binary header in bytes.
pub const HEADER: usize = 16;

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// Direction of a transceiver, W3C's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Both ways.
    Sendrecv,
    /// Only out.
    Sendonly,
    /// Only in.
    Recvonly,
    /// Neither.
    Inactive,
}

/// Type of a session description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DescriptionKind {
    /// An offer.
    Offer,
    /// An answer.
    Answer,
}

/// A session description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Offer or answer.
    #[serde(rename = "type")]
    pub kind: DescriptionKind,
    /// The SDP text.
    pub sdp: String,
}

/// A candidate, W3C's `RTCIceCandidateInit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CandidateInit {
    /// `candidate:...`, or empty for the end of candidates.
    pub candidate: String,
    /// The media description's identification, when known.
    #[serde(default)]
    pub sdp_mid: Option<String>,
    /// The media description's index, when known.
    #[serde(default)]
    pub sdp_m_line_index: Option<u16>,
}

/// Which parts of the voice processing are on, W3C's constraint names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Processing {
    /// Remove what the loudspeaker plays.
    pub echo_cancellation: bool,
    /// Remove steady noise.
    pub noise_suppression: bool,
    /// Bring the voice to a usual level.
    pub auto_gain_control: bool,
}

impl Default for Processing {
    fn default() -> Self {
        Self { echo_cancellation: true, noise_suppression: true, auto_gain_control: true }
    }
}

/// Text messages of the page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum FromPage {
    /// A new transceiver under a line number that is not in use.
    AddTransceiver {
        /// Its number in binary messages.
        line: u8,
        /// Audio or video.
        kind: Kind,
        /// Wanted direction.
        direction: Direction,
        /// Name of the stream for the description.
        stream: Option<String>,
        /// Name of the track for the description.
        track: Option<String>,
    },
    /// Another wanted direction; takes effect with the next offer or answer.
    SetDirection {
        /// Which transceiver.
        line: u8,
        /// Wanted direction.
        direction: Direction,
    },
    /// What to do with the sound of this line before it is sent.
    SetProcessing {
        /// Which transceiver.
        line: u8,
        /// What is on.
        processing: Processing,
    },
    /// `createOffer`; answered with a description.
    CreateOffer {
        /// Number of the request.
        id: u32,
    },
    /// `createAnswer`; answered with a description.
    CreateAnswer {
        /// Number of the request.
        id: u32,
    },
    /// `setLocalDescription`; starts gathering; answered with the transceivers.
    SetLocalDescription {
        /// Number of the request.
        id: u32,
        /// What [`FromPage::CreateOffer`] or [`FromPage::CreateAnswer`] gave.
        description: Description,
    },
    /// `setRemoteDescription`; answered with the transceivers.
    SetRemoteDescription {
        /// Number of the request.
        id: u32,
        /// The other side's.
        description: Description,
    },
    /// `addIceCandidate`.
    AddCandidate {
        /// Number of the request.
        id: u32,
        /// The other side's.
        candidate: CandidateInit,
    },
    /// `getStats`; answered with reports.
    GetStats {
        /// Number of the request.
        id: u32,
    },
    /// The page's decoder needs a key frame of this line.
    RequestKeyFrame {
        /// Which transceiver.
        line: u8,
    },
}

/// A transceiver as both descriptions left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransceiverState {
    /// Its number in binary messages.
    pub line: u8,
    /// Its name in the descriptions.
    pub mid: Option<String>,
    /// Audio or video.
    pub kind: Kind,
    /// Wanted direction.
    pub direction: Direction,
    /// Agreed direction, none before an answer.
    pub current_direction: Option<Direction>,
    /// Negotiated codec as WebCodecs calls it (`vp8`, `opus`), none before an answer.
    pub codec: Option<&'static str>,
}

/// What a request gave.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Of `createOffer` and `createAnswer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Of `setLocalDescription` and `setRemoteDescription`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transceivers: Option<Vec<TransceiverState>>,
    /// Of `getStats`: W3C reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<Vec<serde_json::Value>>,
}

/// Text messages of the core.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ToPage {
    /// A request succeeded.
    Done {
        /// Number of the request.
        id: u32,
        /// What it gave.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// A request failed.
    Failed {
        /// Number of the request.
        id: u32,
        /// W3C's name of the error, as `InvalidStateError`.
        name: &'static str,
        /// What happened, for a log.
        message: String,
    },
    /// A local candidate; none after the last.
    Candidate {
        /// The candidate.
        candidate: Option<CandidateInit>,
    },
    /// `iceConnectionState` changed.
    IceConnectionState {
        /// W3C's name.
        state: &'static str,
    },
    /// `connectionState` changed.
    ConnectionState {
        /// W3C's name.
        state: &'static str,
    },
    /// The encoder of this line must send a key frame.
    KeyFrame {
        /// Which transceiver.
        line: u8,
    },
    /// The encoder of this line should produce this much.
    Target {
        /// Which transceiver.
        line: u8,
        /// In bit/s.
        bitrate: u64,
    },
}

/// What a binary message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// One encoded frame.
    Video {
        /// It can be decoded without an earlier one.
        key_frame: bool,
    },
    /// One block of samples.
    Audio,
    /// The page wants blocks to play.
    Pull {
        /// How many, at least one.
        count: u8,
    },
    /// The page has taken video frames.
    Seen {
        /// How many, at least one.
        count: u8,
    },
}

/// The header of a binary message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What follows.
    pub kind: MediaKind,
    /// Media line.
    pub line: u8,
    /// In microseconds.
    pub timestamp_us: u64,
}

impl Header {
    /// The bytes of this header.
    pub fn to_bytes(self) -> [u8; HEADER] {
        let (kind, flags, count) = match self.kind {
            MediaKind::Video { key_frame } => (1, u8::from(key_frame), 0),
            MediaKind::Audio => (2, 0, 0),
            MediaKind::Pull { count } => (3, 0, count),
            MediaKind::Seen { count } => (4, 0, count),
        };
        let [a, b, c, d, e, f, g, h] = self.timestamp_us.to_le_bytes();
        [kind, self.line, flags, count, 0, 0, 0, 0, a, b, c, d, e, f, g, h]
    }

    /// A message: header followed by `payload`.
    pub fn message(self, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + payload.len());
        bytes.extend_from_slice(&self.to_bytes());
        bytes.extend_from_slice(payload);
        bytes
    }

    /// Reads the header of a message and checks that the payload is of the length its kind must have.
    pub fn parse(message: &[u8]) -> Result<(Self, &[u8]), WireError> {
        if message.len() > MAX_MEDIA_BYTES {
            return Err(WireError::TooLong { length: message.len(), limit: MAX_MEDIA_BYTES });
        }
        let Some((&[kind, line, flags, count, 0, 0, 0, 0, ref time @ ..], payload)) =
            message.split_first_chunk::<HEADER>()
        else {
            return Err(WireError::Header);
        };
        if line >= MAX_LINES {
            return Err(WireError::Line(line));
        }
        let kind = match (kind, flags, count) {
            (1, 0 | 1, 0) if !payload.is_empty() => MediaKind::Video { key_frame: flags == 1 },
            (2, 0, 0) if payload.len() == BLOCK * 4 => MediaKind::Audio,
            (3, 0, 1..=MAX_PULL) if payload.is_empty() => MediaKind::Pull { count },
            (4, 0, 1..) if payload.is_empty() => MediaKind::Seen { count },
            _ => return Err(WireError::Header),
        };
        Ok((Self { kind, line, timestamp_us: u64::from_le_bytes(*time) }, payload))
    }
}

/// The samples of an audio block's payload.
pub fn samples(payload: &[u8]) -> [f32; BLOCK] {
    let mut block = [0.0; BLOCK];
    for (sample, bytes) in block.iter_mut().zip(payload.as_chunks::<4>().0) {
        let value = f32::from_le_bytes(*bytes);
        *sample = if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 };
    }
    block
}

/// An audio message for the page.
pub fn audio_message(line: u8, timestamp_us: u64, block: &[f32; BLOCK]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + BLOCK * 4);
    bytes.extend_from_slice(&Header { kind: MediaKind::Audio, line, timestamp_us }.to_bytes());
    for sample in block {
        bytes.extend_from_slice(&sample.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_as_it_was_written() {
        let kinds = [
            MediaKind::Video { key_frame: true },
            MediaKind::Audio,
            MediaKind::Pull { count: 2 },
            MediaKind::Seen { count: 255 },
        ];
        for kind in kinds {
            let payload: &[u8] = match kind {
                MediaKind::Video { .. } => &[1, 2, 3],
                MediaKind::Audio => &[0; BLOCK * 4],
                MediaKind::Pull { .. } | MediaKind::Seen { .. } => &[],
            };
            let header = Header { kind, line: 3, timestamp_us: 0x0102_0304_0506_0708 };
            assert_eq!(Header::parse(&header.message(payload)), Ok((header, payload)));
        }
    }

    #[test]
    fn malformed_media_is_refused() {
        let good = Header { kind: MediaKind::Audio, line: 0, timestamp_us: 0 }.message(&[0; BLOCK * 4]);
        for cut in 0..good.len() {
            assert!(Header::parse(&good[..cut]).is_err(), "a block cut to {cut} bytes must not be taken");
        }
        for (index, value) in [(0, 0), (0, 4), (0, 5), (1, MAX_LINES), (2, 2), (3, 1), (4, 1), (7, 9)] {
            let mut bad = good.clone();
            bad[index] = value;
            assert!(Header::parse(&bad).is_err(), "byte {index} must not be {value}");
        }
        assert!(Header::parse(&[3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is_err(), "a request for nothing");
        assert!(Header::parse(&vec![1; MAX_MEDIA_BYTES + 1]).is_err(), "longer than any frame");
    }

    #[test]
    fn samples_out_of_range_are_tamed() {
        let mut payload = vec![0; BLOCK * 4];
        payload[..4].copy_from_slice(&f32::NAN.to_le_bytes());
        payload[4..8].copy_from_slice(&7.0_f32.to_le_bytes());
        let block = samples(&payload);
        assert_eq!((block[0], block[1], block[2]), (0.0, 1.0, 0.0));
    }

    #[test]
    fn unknown_control_messages_are_refused() {
        for text in
            ["", "{}", "[]", r#"{"type":"nothing"}"#, r#"{"type":"createOffer"}"#, r#"{"type":"createOffer","id":-1}"#]
        {
            assert!(serde_json::from_str::<FromPage>(text).is_err(), "{text} must not be taken");
        }
        assert_eq!(
            serde_json::from_str::<FromPage>(r#"{"type":"requestKeyFrame","line":1}"#).unwrap(),
            FromPage::RequestKeyFrame { line: 1 }
        );
    }
}
