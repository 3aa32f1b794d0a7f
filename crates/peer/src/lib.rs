//! A peer connection for webviews that have none: the page captures, encodes, decodes and shows; this crate does ICE,
//! DTLS, SRTP, congestion control (str0m) and everything that decides how a voice sounds.
//!
//! [`serve`] runs one peer connection over one WebSocket of the page; [`wire`] says what crosses it; the page's end is
//! `ui/lib/peer`, whose `installPeerConnection` puts a W3C-shaped `RTCPeerConnection` in place. `webkit` switches on
//! what WebKitGTK needs for it.
//!
//! # Concepts
//!
//! - **Core**: one peer connection without sockets, clock or threads. **Driver**: UDP sockets, the WebSocket, the clock.
//!   **Audio engine**: all voices of one connection, on a thread of its own.
//! - **Media line**: the small number under which page and core know a transceiver.
//! - **Playout**: what the app plays, shared by all connections of one app, so that echo can be taken out of what it
//!   captures.
//!
//! # Boundaries
//!
//! Does not accept sockets nor check who connects (`Origin`, `Host`, handle): the caller does. Does no TURN, simulcast
//! or data channels.

mod audio;
mod core;
pub mod defaults;
mod driver;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(target_os = "linux")]
pub mod webkit;
pub mod wire;

pub use audio::Playout;
pub use driver::{PeerConfig, serve};
pub use error::{AudioError, PeerError, WireError};
