//! The signaling contract: events, bodies and Socket.IO packets, without I/O.
//!
//! Two layers, usable apart. [`packet`] turns text frames of Engine.IO 4 and Socket.IO 5 into values and back.
//! [`event`] and [`rest`] are the contract's own names on top: part A is what the tutorial's servers and pages speak,
//! spelled exactly so (`beasy`, `reciever_login`), part B is what a hub adds after negotiation.
//!
//! Nothing here panics on what came from outside: a bad packet or body is an error value. Unknown members are
//! ignored everywhere.

pub mod account;
pub mod event;
mod login;
pub mod media;
pub mod packet;
pub mod rest;
mod words;

pub use login::{BadId, BadLogin, CallId, Login};
pub use words::{
    Code, DeclineReason, Direction, EndReason, Media, Mode, Outcome, RingReason, RingState, Status, StatusWord,
    TokenRole,
};

/// Milliseconds since 1970 by the hub's clock, or a length of time in milliseconds where the name ends in `_ms`.
pub type Millis = u64;

/// The contract's version that a hub answers `login` with when it speaks part B.
pub const VERSION: u32 = 2;

/// Path of the Engine.IO endpoint.
pub const SOCKET_PATH: &str = "/socket.io/";

/// Longest display name, device name and the like, in characters.
pub const MAX_NAME_CHARS: usize = 100;

/// Longest words sent with a decline, in characters.
pub const MAX_MESSAGE_CHARS: usize = 200;
