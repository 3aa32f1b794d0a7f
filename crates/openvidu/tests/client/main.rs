//! The REST client against servers of the test's own: an honest one, strangers, and malicious ones.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod certificate;
mod honest;
mod malicious;
mod support;
