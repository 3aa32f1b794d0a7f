//! What one server takes at the most, as far as whoever runs it may choose. What nobody needs to choose is in
//! [`crate::hub::limits`] and in the media server's own defaults.

/// How many sockets one address may have. Of IPv6 everybody has at least 64 bits to choose from: these count as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerAddress {
    /// So many.
    pub most: usize,
    /// This machine's own addresses are counted as well. A proxy on it stands for everybody.
    pub local: bool,
}

impl Default for PerAddress {
    /// An office behind one address with a thousand pages and apps; this machine itself is not counted.
    fn default() -> Self {
        Self { most: 1_000, local: false }
    }
}

/// What a hub takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubLimits {
    /// Signaling sockets at once.
    pub sockets: usize,
    /// And of one address.
    pub sockets_per_address: PerAddress,
    /// People known at once, each of whom costs about a kilobyte: those who are there, and those for whom something is
    /// kept. Who is gone longest makes room, and who finds none is refused.
    pub people: usize,
    /// The largest socket message, bytes; `login` is the largest of the contract, below 2 KiB.
    pub message_bytes: usize,
}

impl Default for HubLimits {
    fn default() -> Self {
        Self {
            sockets: 10_000,
            sockets_per_address: PerAddress::default(),
            // As many again as can be there: those who come on other days.
            people: 20_000,
            message_bytes: 64 * 1024,
        }
    }
}

/// What the embedded media server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaLimits {
    /// JSON-RPC sockets at once: what sessions may hold is bounded by file descriptors long before.
    pub sockets: usize,
    /// And of one address.
    pub sockets_per_address: PerAddress,
    /// The largest JSON-RPC message, bytes: an offer may have 128 kB, and JSON escapes its line ends.
    pub message_bytes: usize,
    /// Sessions at once.
    pub sessions: usize,
    /// Participants of one session.
    pub participants: usize,
    /// Streams that are published in one session at once.
    pub streams: usize,
}

impl Default for MediaLimits {
    fn default() -> Self {
        Self {
            sockets: 4_000,
            sockets_per_address: PerAddress::default(),
            message_bytes: 256 * 1024,
            sessions: 2_000,
            participants: 200,
            streams: 200,
        }
    }
}
