//! The wire types under damage: an error value, or something that can be written and read again.

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zvonok_openvidu::wire::{call, join, notice, recording, rest, rpc};

/// One message a line, of every kind. Kept, and damaged below.
const MESSAGES: &str = include_str!("corpus/messages.txt");

fn messages() -> Vec<Value> {
    MESSAGES.lines().map(|line| serde_json::from_str(line).unwrap_or(Value::Null)).collect()
}

/// Reads `value` as `T`; what was understood must come through being written and read again. True if it was.
fn holds<T: DeserializeOwned + Serialize + PartialEq>(value: &Value) -> Result<bool, TestCaseError> {
    let Ok(read) = serde_json::from_value::<T>(value.clone()) else { return Ok(false) };
    let name = std::any::type_name::<T>();
    let written = serde_json::to_value(&read).map_err(|error| TestCaseError::fail(format!("{name}: {error}")))?;
    let again = serde_json::from_value::<T>(written.clone()).ok();
    prop_assert!(again.as_ref() == Some(&read), "{} reads {} and writes {}", name, value, written);
    Ok(true)
}

/// As everything that it could be; how many understood it.
fn check(value: &Value) -> Result<usize, TestCaseError> {
    let understood = [
        holds::<rpc::Request>(value)?,
        holds::<rpc::Response>(value)?,
        holds::<rpc::Notification>(value)?,
        holds::<rpc::ErrorObject>(value)?,
        holds::<join::JoinRoom>(value)?,
        holds::<join::Joined>(value)?,
        holds::<join::Participant>(value)?,
        holds::<join::Stream>(value)?,
        holds::<call::PublishVideo>(value)?,
        holds::<call::Published>(value)?,
        holds::<call::ReceiveVideoFrom>(value)?,
        holds::<call::Answer>(value)?,
        holds::<call::OnIceCandidate>(value)?,
        holds::<call::SendMessage>(value)?,
        holds::<call::Signal>(value)?,
        holds::<call::StreamPropertyChanged>(value)?,
        holds::<call::ReconnectStream>(value)?,
        holds::<call::Connect>(value)?,
        holds::<notice::Notice>(value)?,
        holds::<recording::RecordingRequest>(value)?,
        holds::<recording::RecordingProperties>(value)?,
        holds::<rest::SessionRequest>(value)?,
        holds::<rest::Session>(value)?,
        holds::<rest::ConnectionRequest>(value)?,
        holds::<rest::Connection>(value)?,
        holds::<rest::TokenRequest>(value)?,
        holds::<rest::SignalRequest>(value)?,
        holds::<rest::ErrorBody>(value)?,
    ];
    Ok(understood.into_iter().filter(|understood| *understood).count())
}

fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,40}".prop_map(Value::from),
        Just(Value::from(vec![Value::Null; 3])),
        Just(serde_json::json!({ "id": {}, "streams": [] })),
    ]
}

/// The `nth` value in `value`, counted depth first.
fn nth<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, left)),
        Value::Object(members) => members.values_mut().find_map(|member| nth(member, left)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[test]
fn the_kept_messages_are_understood_by_somebody() {
    for message in messages() {
        assert!(check(&message).is_ok_and(|understood| understood > 0), "{message}");
    }
}

proptest! {
    #[test]
    fn a_damaged_message_is_an_error_or_another_message(
        mut message in prop::sample::select(messages()),
        damage in prop::collection::vec((0_usize..30, odd()), 1..4),
    ) {
        for (mut place, odd) in damage {
            if let Some(there) = nth(&mut message, &mut place) {
                *there = odd;
            }
        }
        check(&message)?;
    }
}
