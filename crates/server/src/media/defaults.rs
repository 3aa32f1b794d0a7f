//! Every number of the media server that nobody needs to choose, with where it comes from.

use std::time::Duration;

/// A participant whose socket is lost is kept this long; OpenVidu's `ws.sessionReconnectionTime`.
pub(super) const GRACE: Duration = Duration::from_secs(10);
/// A socket over which no `ping` comes is closed after this many of its intervals; OpenVidu's.
pub(super) const PINGS_MISSED: u32 = 3;
/// The ping interval of a client that names none; OpenVidu's.
pub(super) const PING_INTERVAL: Duration = Duration::from_secs(20);
/// The longest ping interval a client may ask for: with it a dead socket is noticed within three minutes.
pub(super) const PING_INTERVAL_MAX: Duration = Duration::from_secs(60);
/// After leaving or eviction the client closes its socket; if it has not after this time, the server does. OpenVidu's.
pub(super) const CLOSE_AFTER_LEAVING: Duration = Duration::from_secs(10);
/// A socket that has not joined a session by then is closed. Joining takes a client two messages.
pub(super) const JOIN_WITHIN: Duration = Duration::from_secs(30);
/// A frame that cannot be written within this time ends the socket; OpenVidu's clients give up after 10 s as well.
pub(super) const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// Frames waiting for one socket. A join of a session of 100 causes about 200.
pub(super) const OUTBOX: usize = 512;
/// Bytes waiting for one socket: sixteen of the longest frames. An ordinary call has a few kilobytes.
pub(super) const OUTBOX_BYTES: usize = 16 * FRAME_BYTES;
/// Notifications kept for a participant whose socket is lost; more than that in 10 s evicts it.
pub(super) const MISSED: usize = 256;
/// Bytes of them: two seconds of the longest signals would be more than anybody reads.
pub(super) const MISSED_BYTES: usize = 4 * FRAME_BYTES;
/// Messages waiting for one session.
pub(super) const MAILBOX: usize = 256;
/// Commands waiting for the SFU.
pub(super) const COMMANDS: usize = 256;
/// How often a session looks at its participants' networks: as often as the SFU sums them up.
pub(super) const NETWORK_INTERVAL: Duration = Duration::from_secs(2);
/// So many looks in a row have to find a network worse than was told before that is told: a burst of loss within one
/// interval is over before anybody could do something about it.
pub(super) const NETWORK_WORSE: u32 = 2;
/// So many looks in a row have to find it better. What has just been bad is likely to become so again.
pub(super) const NETWORK_BETTER: u32 = 4;
/// The longest JSON-RPC frame unless set otherwise, bytes; see [`crate::limits::MediaLimits`].
pub(super) const FRAME_BYTES: usize = 256 * 1024;
/// Events that wait for a webhook or for the disk: some minutes of a busy server.
pub(super) const EVENTS: usize = 4_096;
/// Bytes of them: sixty of the longest frames, and many thousand ordinary ones.
pub(super) const EVENTS_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of records of one day: half a million of them. What is beyond is not kept, so that nobody can fill the disk.
pub(super) const CDR_DAY_BYTES: u64 = 256 * 1024 * 1024;
/// Bytes of all records. Old ones are not deleted: whoever keeps records has to put them away.
pub(super) const CDR_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// How often it is looked whether old records were put away, where there is no room.
pub(super) const CDR_LOOK: Duration = Duration::from_secs(60);
/// Signals of one participant at once: everything that an app has to tell when it begins,
pub(super) const SIGNALS_BURST: f64 = 200.0;
/// and a second in the long run: a pointer that is shown to others is told 30 times a second.
pub(super) const SIGNALS_PER_SECOND: f64 = 50.0;
/// Every so many bytes of a signal count as one more: 200 kB a second in the long run.
pub(super) const SIGNAL_BYTES: usize = 4 * 1024;
/// How long a webhook may take to be reached, and to answer; OpenVidu's.
pub(super) const WEBHOOK_WITHIN: Duration = Duration::from_secs(10);
/// How often an event is posted to a webhook that cannot be reached; OpenVidu's.
pub(super) const WEBHOOK_TRIES: u32 = 5;
/// The pause after the first failed try; after the nth n times as long.
pub(super) const WEBHOOK_PAUSE: Duration = Duration::from_millis(200);
/// Wrong secrets of one address in [`GUESSES_WINDOW`]: nine thousand a day find no secret that was not among the first
/// guessed. Behind a proxy all addresses are the proxy's.
pub(super) const GUESSES: usize = 30;
/// See [`GUESSES`].
pub(super) const GUESSES_WINDOW: Duration = Duration::from_secs(5 * 60);
/// Addresses whose wrong secrets are counted; beyond it those who guessed least are forgotten.
pub(super) const GUESSERS: usize = 10_000;
/// The longest REST body, bytes.
pub(super) const BODY_BYTES: usize = 256 * 1024;
/// Tokens of one session that nobody has used yet.
pub(super) const PENDING: usize = 1_000;
/// A session that nobody has joined for this long is dropped; OpenVidu's threshold.
pub(super) const UNUSED_SESSION: Duration = Duration::from_secs(3_600);
/// Datagrams read in a row before answers are sent and others get their turn: a few milliseconds of a full link.
pub(super) const DATAGRAMS: usize = 64;
/// The longest datagram, bytes: an Ethernet frame, with room for jumbo headers.
pub(super) const DATAGRAM_BYTES: usize = 2_000;
/// TCP connections for media at a time: as many as the SFU has peer connections.
pub(super) const TCP_CONNECTIONS: usize = 4_000;
/// Of these such as have not shown yet whose they are.
pub(super) const TCP_STRANGERS: usize = 512;
/// Of these from one address: an office behind one, of which thirty enter a call at the same moment, with two each.
pub(super) const TCP_STRANGERS_OF_ADDRESS: usize = 64;
/// How long a TCP connection may be nobody's. A client's first check comes at once.
pub(super) const TCP_PROVEN_WITHIN: Duration = Duration::from_secs(10);
/// A TCP connection that brings nothing for this long is closed: clients check theirs every 15 s at least (RFC 7675).
pub(super) const TCP_IDLE: Duration = Duration::from_secs(30);
/// A TCP connection that takes nothing for this long is closed: what waits for it is of no use any more.
pub(super) const TCP_WRITE_WITHIN: Duration = Duration::from_secs(10);
/// Datagrams that wait for one TCP connection, beyond which they are lost as they are in a network: half a second of a
/// stream of 2.5 Mbit/s.
pub(super) const TCP_QUEUE: usize = 128;
/// Buffers of a TCP connection, bytes: 50 ms of a stream of 2.5 Mbit/s.
pub(super) const TCP_BUFFER: usize = 16 * 1024;
/// Connections that wait to be accepted; the kernel's usual.
pub(super) const TCP_BACKLOG: i32 = 128;
/// The pause after a connection that could not be accepted.
pub(super) const TCP_ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What of TCP connections waits for the SFU: some milliseconds of a full link.
pub(super) const TCP_HEARD: usize = 256;
/// How long a shutdown waits for sockets to close.
pub(super) const SHUTDOWN: Duration = Duration::from_secs(2);
/// Receive and send buffers of the UDP sockets, bytes: 2 s of ten 1 Mbit/s streams. The system may allow less.
pub(super) const SOCKET_BUFFER: usize = 2 * 1024 * 1024;

/// How long who ends a recording waits for it to be made, as OpenVidu lets it; then it is told that it is `stopped`, and
/// the webhook tells the rest. Less than a request may take.
pub(super) const STOPPED_WITHIN: Duration = Duration::from_secs(20);
