//! Every number of cameras, with where it comes from.

use std::time::Duration;

/// How long a camera may take to say what it has, and to begin: slow ones take a few seconds.
pub(super) const ANSWER: Duration = Duration::from_secs(10);
/// A camera that sends nothing for this long is gone: it sends many pictures a second.
pub(super) const SILENCE: Duration = Duration::from_secs(10);
/// The first pause before a camera that went away is tried again; it doubles with each try.
pub(super) const PAUSE: Duration = Duration::from_secs(1);
/// The longest such pause.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(30);
/// The longest payload that is sent: with all headers it fits into a datagram of 1,200 bytes, which every path takes.
pub(super) const PAYLOAD: usize = 1_100;
/// By how much a camera's clock may be off ours before it is set anew.
pub(super) const DRIFT: Duration = Duration::from_secs(2);
/// The port of RTSP.
pub(super) const RTSP_PORT: u16 = 554;
/// The port of RTSP over TLS.
pub(super) const RTSPS_PORT: u16 = 322;
