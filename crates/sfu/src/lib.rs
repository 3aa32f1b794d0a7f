//! Publishers and subscribers on str0m, without I/O and without a clock of its own.
//!
//! An [`Sfu`] answers client-made SDP offers, and makes offers to subscribers, ICE-lite with the addresses it is given; it
//! forwards VP8, VP9, H.264 and Opus packets from each publisher to its subscribers. Nothing is decoded. Lost packets are asked for again on
//! both sides (NACK, RTX), key-frame requests go to the publisher once a burst, and sequence numbers, timestamps and
//! VP8 picture ids are rewritten, so that a publisher may come back with a new peer connection and keep its
//! subscribers. Of a publisher's simulcast layers each subscriber gets the largest that its connection takes and
//! that it has a place for; of one size alone, who can take far less than the others stands still now and then.
//! Who of several publishers speaks is known by the levels that their packets carry.
//!
//! ```
//! use std::time::Instant;
//! use zvonok_sfu::{Input, Sfu, StreamId, Transport, VideoChoice};
//!
//! let now = Instant::now(); // the caller's clock; the SFU has none
//! let mut sfu = Sfu::new(vec![(Transport::Udp, "127.0.0.1:9".parse().unwrap())]).unwrap();
//! assert!(sfu.publish(StreamId(1), "not an offer", false, VideoChoice::Offered, now).is_err());
//! sfu.handle(Input::Time, now);
//! assert!(sfu.poll_output().is_none());
//! ```
//!
//! Concepts: a **stream** is what one participant publishes; a **subscription** is one participant receiving one
//! stream; each has a peer connection of its own, as OpenVidu has. An **echo** stream has none: who subscribes to it
//! receives another stream.
//! A **fed** stream has none either: its packets are the caller's (those of a camera). A **tapped** stream's packets come
//! back to the caller as well (to be recorded).
//!
//! Does not: know sessions, participants or tokens; speak TURN; cut a TCP stream into datagrams; know how
//! large layers other than VP8 are.

mod capture;
mod codec;
mod counts;
mod defaults;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod keyframe;
mod layers;
mod limit;
mod measure;
mod meter;
mod offer;
mod peer;
mod rewrite;
mod sfu;
mod size;
mod speaker;
mod stream;
mod thin;
mod transport;

pub use codec::{AudioCodec, Codec, Codecs, VideoChoice, VideoCodec};
pub use counts::Counts;
pub use error::SfuError;
pub use measure::Measure;
pub use sfu::{Event, Input, MediaPacket, Output, Sfu};
pub use size::Size;
pub use transport::Transport;

/// Names a stream; the caller gives it and never gives it twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub u64);

/// Which kinds of media are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kinds {
    /// Sound.
    pub audio: bool,
    /// Pictures.
    pub video: bool,
}

/// Names a subscription; the caller gives it and never gives it twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(pub u64);

/// Names a floor: streams that are heard together. The caller gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FloorId(pub u64);

/// What a peer connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// It brings a stream.
    Publish(StreamId),
    /// It takes a stream away.
    Subscribe(SubscriptionId),
}
