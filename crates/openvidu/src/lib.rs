//! Typed client of OpenVidu's REST API, and the wire types of its JSON-RPC.
//!
//! [`Client`] makes sessions and tokens with the deployment's [`Secret`]; [`wire`] spells what crosses the wire, for
//! this client and for a server of the same kind. The client does no TLS of its own: trust, pins and proxies are in the
//! `reqwest::Client` it is given.

mod client;
mod secret;
pub mod wire;

pub use client::{CertificateProblem, Client, Error, Found, Minted, harden};
pub use secret::Secret;
