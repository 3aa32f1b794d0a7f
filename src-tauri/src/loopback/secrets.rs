//! Taking a secret out of JSON.

use std::ops::BitOr;

use serde_json::Value;

/// What stands in its place.
const GONE: &str = "-";

/// Takes `secret` out of every text and every name in a message. True where there was something to take out.
pub(super) fn scrub(message: &mut Value, secret: &str) -> bool {
    if secret.is_empty() {
        return false;
    }
    match message {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => {
            let there = text.contains(secret);
            if there {
                *text = text.replace(secret, GONE);
            }
            there
        }
        Value::Array(items) => items.iter_mut().map(|item| scrub(item, secret)).fold(false, BitOr::bitor),
        Value::Object(members) => {
            let mut found = members.values_mut().map(|member| scrub(member, secret)).fold(false, BitOr::bitor);
            let named: Vec<String> = members.keys().filter(|name| name.contains(secret)).cloned().collect();
            for name in named {
                let member = members.remove(&name).unwrap_or_default();
                members.insert(name.replace(secret, GONE), member);
                found = true;
            }
            found
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_taken_out_of_texts_and_names_at_any_depth() {
        let mut message = json!({ "a": ["x tok y", 1, null], "tok": { "b": "tok" }, "c": true });
        assert!(scrub(&mut message, "tok"));
        assert_eq!(message, json!({ "a": ["x - y", 1, null], "-": { "b": "-" }, "c": true }));
        assert!(!scrub(&mut message, "tok") && !scrub(&mut message, ""));
    }
}
