//! The client against the hub in one process, against npm's own socket.io, and against nonsense.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failing test rig is a failing test"
)]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test waits for one event among many")]

mod accounts;
mod forgetful;
mod hub;
mod malformed;
mod plain;
mod rig;
mod slow;
