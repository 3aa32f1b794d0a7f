//! What a client is made with.

use std::sync::Arc;
use std::time::Duration;

use url::Url;
use zvonok_signaling_proto::Login;
use zvonok_signaling_proto::event::Device;

use crate::Backoff;

/// What a client is made with. TLS and HTTP come from the program's one place that decides whom to trust.
#[derive(Debug, Clone)]
pub struct Config {
    /// Base of the REST requests.
    pub server: Url,
    /// Base of the socket; only scheme, host and port count.
    pub socket: Url,
    /// Who this is.
    pub login: Login,
    /// Which device. Its id is kept over restarts.
    pub device: Device,
    /// Number of the last event handled in an earlier life of the program, if it is known.
    pub last_seq: Option<u64>,
    /// TLS of the socket.
    pub tls: Arc<rustls::ClientConfig>,
    /// HTTP of the REST requests.
    pub http: reqwest::Client,
    /// Time limits.
    pub timing: Timing,
}

/// Time limits.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Pauses between tries.
    pub backoff: Backoff,
    /// For TCP, TLS, the WebSocket and the Socket.IO handshake, each.
    pub connect: Duration,
    /// For the acknowledgement of `login`: the contract's 2 s, after which the hub counts as one of part A.
    pub login: Duration,
    /// For the answer to a probe.
    pub probe: Duration,
    /// For one REST request.
    pub request: Duration,
    /// A connection that lasted so long was a success: the pauses begin anew.
    pub settled: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            backoff: Backoff::default(),
            connect: Duration::from_secs(10),
            login: Duration::from_secs(2),
            probe: Duration::from_secs(3),
            request: Duration::from_secs(10),
            settled: Duration::from_secs(5),
        }
    }
}
