//! The nouns: ids, times, people, what a call is.

use std::fmt;

/// Milliseconds on a clock that does not jump, counted from any origin. The machine only compares and adds; it treats
/// a time smaller than one it has seen as that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub u64);

impl Millis {
    /// This time plus `ms` milliseconds; stays at the end of time instead of overflowing.
    #[must_use]
    pub const fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this time, 0 if it is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A call's id: made by the caller (UUIDv7), or by this app for a ring of the plain contract, which has none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub String);

impl CallId {
    /// The id spelled `id`.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the hub speaks (`signaling.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contract {
    /// A, the tutorial's: no call ids, no answer but the media itself.
    Plain,
    /// B, the extended one.
    Extended,
}

/// Both sides publish, or only the called one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Both publish.
    TwoWay,
    /// The caller only sees; the caller's camera and microphone are never opened.
    Watch,
}

/// What a side publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// Camera and microphone.
    Video,
    /// Microphone only.
    Audio,
}

/// The role a token gives in the OpenVidu session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// May publish and subscribe.
    Publisher,
    /// May only subscribe.
    Subscriber,
}

/// The other person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Login, `[A-Za-z0-9_-]{1,64}`.
    pub login: String,
    /// Display name; the login where there is none.
    pub name: String,
    /// A sign-in vouches for the name (a hub in open mode vouches for nobody).
    pub verified: bool,
}

/// A device of the person called, as the hub's `ringing` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Id of the device.
    pub id: String,
    /// Its name, such as `Office`.
    pub name: String,
    /// How far the ring got there.
    pub state: RingState,
}

/// How far a ring got on a device; `ring_ack`'s `state` and `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RingState {
    /// The device knows.
    Delivered,
    /// It is on the screen.
    Shown,
    /// It can be heard.
    Sounding,
    /// Nobody will notice.
    Suppressed(Suppressed),
}

/// Why a ring is not noticed; `ring_ack`'s `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suppressed {
    /// Do not disturb.
    Dnd,
    /// A rule of the person's.
    Rule,
    /// In a call.
    InCall,
    /// Neither notification nor window could be shown.
    NoSurface,
    /// Shown, but silent.
    Muted,
}

/// Names and time limits. Every limit is in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Own login. Decides a glare in the plain contract, and names the session of a plain incoming call.
    pub login: String,
    /// How long `/call` may stay unanswered, retries included. 15,000: longer than one TCP connect that is retried.
    pub place_ms: u64,
    /// How long `/accept` may stay unanswered, retries included. 10,000: a caller waits no longer for silence.
    pub accept_ms: u64,
    /// How long a call rings when the hub does not say. 45,000 (`signaling.md`).
    pub ring_ms: u64,
    /// From the answer to the first remote picture or sound, token and window included. 30,000: ICE alone may take 10 s
    /// on a bad network, and a window as long on a machine that is very busy; the ordinary case is under 1.5 s.
    pub connecting_ms: u64,
    /// How long another participant may be there without a stream until it counts as one who only listens. 10,000: what
    /// openvidu-browser gives its own request to publish.
    pub listener_ms: u64,
    /// How long media may be in the state of being restored. 30,000: openvidu-browser itself tries every 3 s.
    pub restoring_ms: u64,
    /// How long the other side may be gone from the session without the hub saying that the call is over. 5,000.
    pub peer_gone_ms: u64,
    /// How long the hub's `ended` may come after the media server threw this side out. 3,000.
    pub thrown_out_ms: u64,
    /// Pause before something that failed is tried again. 1,000.
    pub retry_ms: u64,
    /// How long a last word (`/cancel`, `/decline`, `/hangup`) waits for its result before it is repeated. 5,000.
    pub last_word_ms: u64,
    /// How long the reason stays on the screen after a call ended otherwise than by this person. 2,500.
    pub linger_ms: u64,
    /// The same for a call that broke: its sentence says what to do and takes longer to read. 10,000: 20 words at the
    /// pace of a slow reader.
    pub fault_linger_ms: u64,
}

impl Config {
    /// The limits above, for the person `login`.
    #[must_use]
    pub fn new(login: impl Into<String>) -> Self {
        Self {
            login: login.into(),
            place_ms: 15_000,
            accept_ms: 10_000,
            ring_ms: 45_000,
            connecting_ms: 30_000,
            listener_ms: 10_000,
            restoring_ms: 30_000,
            peer_gone_ms: 5_000,
            thrown_out_ms: 3_000,
            retry_ms: 1_000,
            last_word_ms: 5_000,
            linger_ms: 2_500,
            fault_linger_ms: 10_000,
        }
    }
}
