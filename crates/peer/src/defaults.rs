//! Every number of this crate: what it is, its unit, and where it comes from.

use std::time::Duration;

/// Longest control message in bytes. The longest real one is a session description; openvidu-browser's offers are
/// below 10 kB, so this leaves room for many media lines and still refuses a flood.
pub const MAX_CONTROL_BYTES: usize = 256 * 1024;

/// Longest media message in bytes. A VP8 key frame of 640x480 is 20 to 60 kB; 4K ones stay below this.
pub const MAX_MEDIA_BYTES: usize = 2 * 1024 * 1024;

/// How many media lines one connection may have. openvidu-browser uses two, 2.18.0 four.
pub const MAX_LINES: u8 = 16;

/// Audio sample rate in Hz on both sides of the socket, the only one Opus and the page both use without resampling.
pub const SAMPLE_RATE: u32 = 48_000;

/// Samples in one audio block: 10 ms, what the echo canceller and the jitter buffer work in.
pub const BLOCK: usize = 480;

/// Samples in one Opus packet: 20 ms, WebRTC's default.
pub const PACKET: usize = 960;

/// Opus target in bit/s for a mono voice with in-band error correction (WebRTC's default for voice is 32 kbit/s).
pub const OPUS_BITRATE: u32 = 32_000;

/// Packet loss in percent that Opus prepares for; below 10 the encoder puts in hardly any redundancy.
pub const OPUS_EXPECTED_LOSS: u8 = 10;

/// Opus complexity, 0 to 10. 10 is libopus' default on desktops; 6 costs half and is hardly distinguishable on voice.
pub const OPUS_COMPLEXITY: u8 = 6;

/// Quietest block that counts as audible: -50 dBFS root mean square. Comfort noise and dither stay below.
pub const AUDIBLE_RMS: f32 = 0.003_16;

/// Lost packets in a row that are concealed one by one; a longer gap is left to the jitter buffer's own expansion.
pub const MAX_CONCEALED_PACKETS: u64 = 5;

/// Packets the jitter buffer holds: 50 packets are one second.
pub const JITTER_PACKETS: usize = 50;

/// Most audio blocks a page may ask for in one message (it asks for one or two; a page that slept asks for more).
pub const MAX_PULL: u8 = 10;

/// Played blocks kept for the echo canceller per source: 50 ms, less than what the page and a sound card take to play
/// them, so that what was played is known before its echo is heard.
pub const PLAYOUT_BLOCKS: usize = 5;

/// First video bitrate in bit/s, before anything is known of the network.
pub const START_VIDEO_BITRATE: u64 = 1_000_000;

/// Lowest video bitrate in bit/s that still gives a picture at 640x480.
pub const MIN_VIDEO_BITRATE: u64 = 100_000;

/// Highest video bitrate in bit/s: what browsers send for 640x480 at 30 frames/s.
pub const MAX_VIDEO_BITRATE: u64 = 1_700_000;

/// How long a receiver's limit (REMB) holds unless it is repeated; senders of it repeat it at least every second.
pub const RECEIVER_LIMIT_LIFE: Duration = Duration::from_secs(5);

/// Share of the estimate in percent that goes to the encoder; the rest is for audio, retransmissions and headers.
pub const VIDEO_SHARE: u64 = 90;

/// A new target is sent when it differs by this many percent, or at once when it falls by more.
pub const TARGET_STEP: u64 = 10;

/// Shortest time between two rising targets: the encoder should not be reconfigured for noise.
pub const TARGET_INTERVAL: Duration = Duration::from_secs(2);

/// Shortest time between two key-frame requests to the remote side (browsers send at most one per 200 to 300 ms).
pub const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(300);

/// How long without connectivity until the state is `failed` when it never was connected (libwebrtc: 15 s).
pub const ICE_CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long `disconnected` lasts until it becomes `failed` (libwebrtc: about 15 s after the last answer).
pub const ICE_DISCONNECT_TIMEOUT: Duration = Duration::from_secs(12);

/// How often transport figures are refreshed.
pub const STATS_INTERVAL: Duration = Duration::from_secs(1);

/// Outgoing messages that wait for the page at most; beyond it audio and video are dropped, control ends the connection.
pub const OUTGOING_MESSAGES: usize = 256;

/// Outgoing messages beyond which video waits for the next key frame: half of them, so control and audio still fit.
pub const OUTGOING_VIDEO: usize = 128;

/// Video frames that the page was given and has not taken yet at most: a second. Beyond it the page is behind (its
/// socket buffers without bound), and gets nothing before it has caught up and a key frame has come.
pub const MOST_UNSEEN: u32 = 30;

/// Messages that wait for the audio thread at most: over half a second of audio both ways.
pub const AUDIO_MESSAGES: usize = 128;

/// Largest UDP datagram that is read.
pub const DATAGRAM: usize = 2048;

/// UDP datagrams handled before other work gets its turn.
pub const DATAGRAM_BATCH: usize = 32;

/// Host addresses of one connection at most.
pub const MAX_SOCKETS: usize = 8;

/// Candidates of the remote side at most (browsers send fewer than 20).
pub const MAX_REMOTE_CANDIDATES: usize = 64;
