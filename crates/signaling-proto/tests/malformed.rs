//! Events of a hub that sends anything: an error value, or an event that can be written and read again.

use proptest::prelude::*;
use serde_json::Value;
use zvonok_signaling_proto::event::{EventError, ServerEvent};

/// One event a line: its name, a space, its payload. Kept, and damaged below.
const EVENTS: &str = include_str!("corpus/events.txt");

fn events() -> Vec<(String, Value)> {
    EVENTS
        .lines()
        .map(|line| {
            let (name, payload) = line.split_once(' ').unwrap_or((line, "null"));
            (name.to_owned(), serde_json::from_str(payload).unwrap_or(Value::Null))
        })
        .collect()
}

/// Every value in `value`, itself first.
fn places(value: &Value, here: String, found: &mut Vec<String>) {
    found.push(here.clone());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, format!("{here}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                places(member, format!("{here}/{name}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,200}".prop_map(Value::from),
        Just(Value::from(vec![Value::Null; 3])),
        Just(serde_json::json!({ "login": {}, "call_id": [] })),
    ]
}

/// Reads it; what was understood must come through being written and read again.
fn check(name: &str, payload: Value) -> Result<(), TestCaseError> {
    match ServerEvent::decode(name, payload) {
        Err(EventError::Unknown | EventError::Malformed(_)) => {}
        Err(other) => prop_assert!(false, "another kind of error: {other}"),
        Ok((event, seq)) => {
            let again = ServerEvent::decode(event.name(), event.payload(seq));
            let said = again.as_ref().map(|(event, seq)| event.payload(*seq)).unwrap_or_default();
            prop_assert_eq!(said, event.payload(seq), "{}", name);
        }
    }
    Ok(())
}

#[test]
fn the_kept_events_are_understood() {
    for (name, payload) in events() {
        let read = ServerEvent::decode(&name, payload.clone());
        assert!(read.is_ok(), "{name} {payload}: {read:?}");
    }
}

proptest! {
    #[test]
    fn a_damaged_event_is_an_error_or_another_event(
        event in prop::sample::select(events()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), odd(), any::<bool>()), 1..4),
    ) {
        let (name, mut payload) = event;
        for (place, odd, remove) in damage {
            let mut found = Vec::new();
            places(&payload, String::new(), &mut found);
            let pointer = place.get(&found).clone();
            let parent = pointer.rsplit_once('/').map(|(parent, last)| (parent.to_owned(), last.to_owned()));
            match parent.filter(|_| remove) {
                Some((parent, last)) => {
                    if let Some(Value::Object(members)) = payload.pointer_mut(&parent) {
                        members.remove(&last);
                    }
                }
                None => {
                    if let Some(there) = payload.pointer_mut(&pointer) {
                        *there = odd;
                    }
                }
            }
        }
        check(&name, payload)?;
    }

    #[test]
    fn a_payload_under_another_name_is_no_panic_either(
        name in prop::sample::select(events()),
        event in prop::sample::select(events()),
    ) {
        check(&name.0, event.1)?;
    }
}
