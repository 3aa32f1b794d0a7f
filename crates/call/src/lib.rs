//! The call state machine of the desktop app: inputs in, outputs out; no I/O, no clock, no randomness.
//!
//! ```
//! use zvonok_call::*;
//!
//! let mut machine = Machine::new(Config::new("man"));
//! machine.handle(Input::Signaling(Signaling::Back(Contract::Extended)), Millis(0));
//! let peer = Peer { login: "woman".into(), name: "Woman".into(), verified: false };
//! let call_id = CallId::new("0190-1");
//! let place = User::Place { call_id: call_id.clone(), peer, mode: Mode::TwoWay, media: Media::Video };
//! assert_eq!(machine.handle(Input::User(place), Millis(5)), Reaction::Taken);
//! assert!(matches!(machine.poll_output(), Some(Output::Signal(Signal::Call { .. }))));
//! assert!(machine.deadline().is_some(), "every state of waiting has an end");
//! ```
//!
//! # How to drive it
//!
//! Feed whatever happens to [`Machine::handle`], then take outputs until there are none, then wait for the next input
//! or for [`Machine::deadline`] (feed [`Input::Tick`]). An output is a request to start something, never to wait for
//! it. [`Machine::view`] is what status and windows show. What the app must not leave out:
//!
//! - every [`Signal`] with a result gets one ([`RequestResult`]), a time-out as `…Unanswered`: the machine repeats;
//! - [`TokenCommand::Fetch`] is answered by [`Token`]; the token itself stays with the app;
//! - the call window may join only after [`MediaCommand::Join`]: the answer to its `media_ticket` waits for that;
//! - media events carry the id of the call that the window was opened for, so that late ones are recognised.
//!   [`MediaInput::Joined`] means joined *and*, where this side publishes, published. Besides what the window decodes,
//!   [`MediaInput::RemoteJoined`] (`connectionCreated`) and [`MediaInput::RemoteStream`] (`streamCreated`) are needed:
//!   the first by the called side of a `watch` call, the second by a caller of the plain contract.
//!
//! # States
//!
//! ```text
//!                    Place            Placed                Accepted, or plain: RemoteStream
//!            ┌──────────────► Placing ─────────► Calling ───────────────┐
//!            │                   │ glare lost       │ glare lost        ▼
//!   Idle ────┤                   ├──────────────────┤              Connecting ─────────► InCall
//!    ▲       │                   ▼                  ▼                   ▲    RemoteMedia    │
//!    │       │ Incoming                                AcceptOk         │                   │
//!    │       └──────────────► Ringing ─────────► Accepting ─────────────┤                   │
//!    │                           │     Accept                           │                   │
//!    │                           └──────────────────────────────────────┘ plain: Accept     │
//!    │                                                                                      │
//!    └─── linger ─── Ended ◄─── every state: refused, declined, cancelled, time, lost, … ◄──┘
//! ```
//!
//! | state | ways out without any input (deadline) |
//! | --- | --- |
//! | `Idle` | none needed |
//! | `Placing` | `place_ms` without an answer: [`EndReason::SignalingDown`], and a `cancel` in case it arrived |
//! | `Calling` | the hub's `ttl_ms` (else `ring_ms`) and `retry_ms` more: [`EndReason::NoAnswer`] |
//! | `Ringing` | the hub's `ttl_ms` (else `ring_ms`): [`EndReason::NoAnswer`], a missed call |
//! | `Accepting` | `accept_ms` without an answer: [`EndReason::SignalingDown`], and a `hangup` in case it arrived |
//! | `Connecting` | `connecting_ms`: no token, [`EndReason::NotJoined`], [`EndReason::PeerLost`] or [`EndReason::MediaBlocked`], by what is missing |
//! | `InCall` | only in trouble: `restoring_ms`, `peer_gone_ms`, `thrown_out_ms`. Otherwise any end by a person, the hub or media |
//! | `Ended` | `linger_ms`, after a fault `fault_linger_ms`. A new call, placed or incoming, does not wait for it |
//!
//! A reason of this person's own (hung up, cancelled) and the end of a ring without a window do not linger.
//!
//! # Decisions
//!
//! - **`InCall` begins** with the first decoded remote picture or sound. The called side of a `watch` call receives
//!   nothing: it is in the call once it has joined and publishes **and** another participant is there to see it.
//! - **Glare.** The smaller `call_id` lives; in the plain contract, which has none, the call of the smaller login. The
//!   side whose call dies answers the other at once if both calls were two-way, since it had opened its devices for just
//!   this person; otherwise it rings, because answering would show somebody who only wanted to watch. A hub that answers
//!   in the place of both (another `call_id` in the result of `/call`, or `accepted` to both) is followed.
//! - **Busy.** A second incoming call while there is one is declined `busy` and listed as missed.
//! - **Lost signaling** ends only the waiting of a plain caller (the hub has told the other side `cancelled`). An
//!   extended hub keeps rings alive, and a call that is connected lives by its media.
//! - **Last words** (`cancel`, `decline`, `hangup`) of the extended contract are repeated until the hub answered one, eight
//!   times at most with growing pauses, and at once when the hub is back. Their `call_id` makes repeating harmless.
//! - **Crossing.** An `accepted` (or the result of `/call`, `/accept`) that comes after the call ended here is answered
//!   with another last word, so that the hub does not think there is a call.
//! - **Contract A.** Every call is `watch`; the session is the called login; the caller joins as soon as `/call`
//!   succeeded and the first stream is the answer; `beasy` accepts, `free` follows; the participant leaving is the
//!   hang-up; a caller gives up by leaving its socket.
//!
//! It does not know addresses, tokens, windows, wall-clock time or languages.

mod ended;
mod input;
mod machine;
mod output;
mod state;
mod types;
mod view;

pub use ended::{EndReason, MediaFailure, Outcome, Refusal, TokenFailure};
pub use input::{
    DeclineReason, Disconnect, HubEnd, Incoming, Input, MediaInput, RequestResult, Signaling, Surface, Token, User,
    Which,
};
pub use machine::{Machine, NotNow, Reaction};
pub use output::{MediaCommand, Output, Record, Signal, SurfaceCommand, TokenCommand};
pub use types::{CallId, Config, Contract, Device, Media, Millis, Mode, Peer, RingState, Role, Suppressed};
pub use view::{CallState, CallView, View};
