//! Bodies of REST requests, up to where a session is asked.

use serde_json::Value;
use zvonok_openvidu::wire::recording::RecordingRequest;
use zvonok_openvidu::wire::rest::{ConnectionRequest, SessionRequest, SignalRequest, TokenRequest};

use super::fault::Fault;
use super::{body, check, typed};

/// A body as every request that has one reads it. What is refused is refused with words.
///
/// # Panics
/// Where there are none.
pub fn rest_body(bytes: &[u8]) {
    let mut faults = Vec::new();
    faults.extend(body::<SessionRequest>(bytes).err());
    faults.extend(body::<SignalRequest>(bytes).err());
    faults.extend(body::<TokenRequest>(bytes).err());
    let connection = body::<ConnectionRequest>(bytes).and_then(check::connection);
    faults.extend(connection.err());
    let recording = body::<Value>(bytes).and_then(typed::<RecordingRequest>);
    match recording {
        Ok(request) => drop(request.fault().map(|fault| assert!(!fault.message().is_empty()))),
        Err(fault) => faults.push(fault),
    }
    for fault in faults {
        if let Fault::Said(_, words) = fault {
            assert!(!words.is_empty());
        }
    }
}
