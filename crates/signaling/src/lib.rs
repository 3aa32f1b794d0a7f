//! The signaling client: one WebSocket that reconnects, and the REST calls beside it.
//!
//! [`client`] makes a [`Client`] (cheap to clone), a receiver of [`Event`]s, and a [`Driver`] whose
//! [`Driver::run`] is to be spawned. It connects, says `login`, answers the heartbeat, and comes back by itself with
//! growing, jittered pauses; after each return it says `login` again with the number of the last event it handed
//! out, so that the hub replays what was missed.
//!
//! The contract is negotiated: a hub that acknowledges `login` with version 2 is [`Contract::Extended`], every other
//! one is [`Contract::Plain`], and [`Client::call`], [`Client::decline`], [`Client::status`] then speak part A.
//!
//! Where a hub has accounts, [`Door::sign_in`] gives the token that [`Client::sign_in_with`] presents on every socket and
//! request from then on; a hub that does not take it any more is [`ConnectError::SessionOver`].
//!
//! Does not decide anything about calls, does not know the OpenVidu secret, does not keep anything on disk.

mod backoff;
mod client;
mod config;
mod dial;
mod driver;
mod error;
mod event;
mod memory;
mod reach;
mod rest;
mod session;
mod sign_in;

pub use backoff::Backoff;
pub use client::{Client, Decline, Placed};
pub use config::{Config, Timing};
pub use dial::check;
pub use driver::Driver;
pub use error::{ConnectError, RequestError};
pub use event::{Contract, Event};
pub use sign_in::{Door, SessionToken, may_carry_a_secret};
pub use zvonok_signaling_proto as proto;

use tokio::sync::{mpsc, watch};

/// Events waiting to be taken. A reader that is behind for so long stops the heartbeat, and is brought up to date by
/// the replay after the reconnect.
const EVENTS: usize = 256;
/// Commands waiting for the driver.
const COMMANDS: usize = 64;

/// A client of one hub, for one person on one device.
#[must_use]
pub fn client(config: Config) -> (Client, mpsc::Receiver<Event>, Driver) {
    let (events, receiver) = mpsc::channel(EVENTS);
    let (commands, inbox) = mpsc::channel(COMMANDS);
    let (online, seen) = watch::channel(None);
    let pocket = sign_in::Pocket::default();
    let rest = rest::Rest::new(config.server.clone(), config.http.clone(), config.timing.request, pocket.clone());
    let client = Client::new(rest, pocket.clone(), commands, seen);
    (client, receiver, Driver::new(config, pocket, events, inbox, online))
}
