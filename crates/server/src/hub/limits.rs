//! Every bound of the hub that nobody needs to choose, with a name and a reason. The others: [`crate::limits`].

use zvonok_signaling_proto::Millis;

/// Largest REST body, in bytes: the largest request of the contract is a decline with its message, below 2 KiB.
pub const MAX_BODY: usize = 16 * 1024;
/// Packets that wait for one socket; a reader that is slower loses it. All events that are kept for a device, which come
/// at once when it is back, and a presence of everybody in an office of hundreds.
pub const MAX_QUEUED: usize = MAX_EVENTS + 1_000;
/// Events of one socket that are being handled; one that sends more than the hub can take is disconnected. Clients send
/// one event after the other, and few.
pub const EVENTS_AT_ONCE: usize = 64;
/// Devices of one person, those of today and of the last days; the one gone longest makes room.
pub const MAX_DEVICES: usize = 16;
/// Calls alive at once.
pub const MAX_LIVE_CALLS: usize = 5_000;
/// Events kept for one device: the contract's figure.
pub const MAX_EVENTS: usize = 1_000;
/// How long events are kept, and a device that does not come back: the contract's 7 days.
pub const KEEP_EVENTS_MS: Millis = 7 * 24 * 3_600_000;
/// Ids of calls that are over and answer a repeated `/call` as such; 64 bytes each. The oldest makes room.
pub const MAX_CALL_IDS: usize = 50_000;
/// How long calls stay in the history: a year and a day.
pub const KEEP_HISTORY_MS: Millis = 367 * 24 * 3_600_000;
/// Calls of one person in the history; the oldest make room. A hundred and more on each day of that year: without it who
/// calls somebody as often as he may fills the disk.
pub const MAX_HISTORY: usize = 50_000;
/// Calls of one person that may have been placed in the same millisecond, which no page separates.
pub const MAX_SAME_TIME: usize = 64;
/// Changes that wait for a database that is down. Then they are given up, and everything is written anew once it is back.
pub const MAX_BACKLOG: usize = 100_000;
/// How long what people are told waits until it is kept, in milliseconds: a database that is slower must not hold up calls.
pub const HOLD_MS: u64 = 1_000;
/// Largest page of `GET /calls`, and its size when none is asked for.
pub const MAX_PAGE: usize = 100;
/// How long an ended call still answers repeated requests: well over any client's last repetition.
pub const KEEP_ENDED_MS: Millis = 10 * 60_000;
/// How long a device of part B may be away from its call before the call is lost: a reconnect after a network change
/// takes up to 15 s of back-off.
pub const LOST_GRACE_MS: Millis = 30_000;
/// Calls one person may place in [`RINGS_WINDOW_MS`]; nobody dials faster for long.
pub const MAX_RINGS: usize = 30;
/// The window of [`MAX_RINGS`].
pub const RINGS_WINDOW_MS: Millis = 60_000;
/// What one device says of one ring: that it is shown, sounds or keeps quiet, and that again when that changes. Each is an
/// event of the caller that is kept.
pub const MAX_RING_ACKS: u8 = 16;
/// Tokens of one device for one call: each reconnect of the media may need one.
pub const MAX_TOKENS: usize = 16;
/// Wrong passwords of one account in [`TRIES_WINDOW_MS`], from anywhere,
pub const MAX_ACCOUNT_TRIES: usize = 10;
/// and from one address (an office behind one address forgets a few passwords on a Monday).
pub const MAX_ADDRESS_TRIES: usize = 30;
/// The window of [`MAX_ACCOUNT_TRIES`]: three thousand tries a day find no password that was not among the first guessed.
pub const TRIES_WINDOW_MS: u64 = 5 * 60_000;
/// Passwords hashed at once, each on a core of its own and with 19 MiB,
pub const MAX_HASHES: usize = 2;
/// and together with those that wait for one: an office that comes back signs in within seconds.
pub const MAX_HASHES_WAITING: usize = 64;
/// People in one call: a grid of twelve is what a screen shows.
pub const MAX_GROUP: usize = 12;
/// Cameras in one call: what a grid shows beside its people.
pub const MAX_CAMERAS: usize = 8;
/// Recordings on one page of `GET /recordings`: each that still runs is asked for at the media server.
pub const MAX_RECORDINGS: usize = 50;
/// People whom one person has blocked.
pub const MAX_BLOCKED: usize = 1_000;
/// REST requests of one address: this many at once,
pub const REQUEST_BURST: f64 = 300.0;
/// and this many a second in the long run. A loopback address may be a dozen apps under test.
pub const REQUESTS_PER_SECOND: f64 = 60.0;
/// Addresses whose requests are counted, beyond it the fullest buckets are forgotten; and addresses and accounts whose
/// tries are, beyond it those that tried least.
pub const MAX_ADDRESSES: usize = 10_000;
/// Commands waiting for the hub's task.
pub const QUEUE: usize = 1_024;
/// Heartbeat of the socket: a ping this often, in milliseconds,
pub const PING_INTERVAL_MS: u64 = 15_000;
/// and dead when no pong came for so long, in milliseconds.
pub const PING_TIMEOUT_MS: u64 = 10_000;
/// How long the media server may take for one request of the hub's, in milliseconds.
pub const MEDIA_TIMEOUT_MS: u64 = 10_000;
/// And for letting a camera in, which is asked for up to 10 s what it has.
pub const CAMERA_TIMEOUT_MS: u64 = 15_000;
