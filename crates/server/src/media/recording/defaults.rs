//! Every number of recordings, with where it comes from.

use std::time::Duration;

/// Frames of this many milliseconds are written together: what a crash costs at most.
pub(super) const CLUSTER_MS: u64 = 1_000;
/// Frames of this many bytes are written together: a second of 32 Mbit/s.
pub(super) const CLUSTER_BYTES: usize = 4 * 1024 * 1024;
/// The longest picture, bytes: beyond any key frame of a screen. A publisher that never ends one costs no more.
pub(super) const PICTURE_BYTES: usize = 8 * 1024 * 1024;
/// Packets that wait for the recorder of one stream: several seconds of 2 Mbit/s, for a disk that is busy.
pub(super) const TAP: usize = 2_048;
/// How long a file waits for its first key frame before it begins without: after a request it takes a second or two.
pub(super) const FIRST_PICTURE: Duration = Duration::from_secs(5);
/// The same where it is H.264, of which a file can say nothing before: cameras, which cannot be asked for one, send one
/// every few seconds. One that comes later begins another file.
pub(super) const FIRST_H264: Duration = Duration::from_secs(15);
/// Bytes of frames that wait for it: half a minute of the loudest Opus. Who sends more than that without a picture gets a
/// file without.
pub(super) const EARLY_BYTES: usize = 2 * 1024 * 1024;
/// The size of pictures that nobody has said: what openvidu-browser captures unless told otherwise.
pub(super) const SIZE: (u32, u32) = (640, 480);
/// A key frame is asked for again after this time.
pub(super) const KEYFRAME_AGAIN: Duration = Duration::from_millis(500);
/// Files of one recording: a participant that publishes and unpublishes makes one each time.
pub(super) const FILES: usize = 1_000;
