//! Typed client of OpenVidu's REST API, and the wire types of its JSON-RPC.

pub mod wire;
