//! Damaged and made-up messages through the gateway's translation: whatever a server sends, the window gets JSON-RPC or
//! nothing, one answer to its join, and never the token.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use zvonok_openvidu::Secret;

use super::{GatewayReport, adapt::Adapter};

const TOKEN: &str = "wss://office.example:4443?sessionId=ses_true&token=tok_Aabc";
const PART: &str = "tok_Aabc";
const JOIN: &str = r#"{"jsonrpc":"2.0","method":"joinRoom","id":1,"params":{"token":"ws://127.0.0.1:1?sessionId=HANDLE&token=-","session":"HANDLE","metadata":""}}"#;

fn joining() -> Adapter {
    let mut adapter = Adapter::new("HANDLE".to_owned(), "ses_true".to_owned(), Secret::new(TOKEN.to_owned()));
    adapter.towards_openvidu(JOIN).unwrap();
    adapter
}

/// Any JSON, with the words that mean something to somebody, and the token among them.
fn value() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just(TOKEN.to_owned()),
        Just(PART.to_owned()),
        Just("HANDLE".to_owned()),
        Just("2.32.2".to_owned()),
        "[a-z0-9.\\-+\u{0}-\u{1f}é]{0,12}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let name = prop_oneof![
            Just("id"),
            Just("session"),
            Just("sessionId"),
            Just("role"),
            Just("value"),
            Just("streams"),
            Just("version"),
            Just("metadata"),
            Just("createdAt"),
            Just("customIceServers"),
            Just("coturnIp"),
            Just("turnUsername"),
            Just("turnCredential"),
            Just("hasVideo"),
            Just("error"),
            Just("code"),
            Just(PART),
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            proptest::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

/// Every string and name of a value.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(words).collect(),
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| [vec![name.clone()], words(value)].concat()).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The same JSON with some letters of its strings written as escapes.
fn escaped(text: &str) -> String {
    text.replace("tok_", "t\\u006fk_")
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let mut adapter = joining();
    let passed = adapter.towards_window(text);
    let Some(out) = passed.text else {
        prop_assert_eq!(passed.report, Some(GatewayReport::Malformed));
        prop_assert_eq!(adapter.towards_window(text).report, None, "told once");
        return Ok(());
    };
    let out: Value = serde_json::from_str(&out).expect("the window gets JSON");
    prop_assert!(words(&out).iter().all(|word| !word.contains(PART)), "the token went through: {}", out);
    if out.get("id") == Some(&json!(1)) {
        prop_assert!(out.get("result").is_some() != out.get("error").is_some(), "not one answer: {}", out);
        if let Some(result) = out.get("result") {
            prop_assert_eq!(result.get("session"), Some(&json!("HANDLE")));
            prop_assert_eq!(passed.report, Some(GatewayReport::Joined));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn whatever_answers_a_join_is_one_answer_without_the_token(
        result in proptest::option::of(value()),
        error in proptest::option::of(value()),
        hide in any::<bool>(),
    ) {
        let mut message = Map::from_iter([("jsonrpc".to_owned(), json!("2.0")), ("id".to_owned(), json!(1))]);
        message.extend(result.map(|result| ("result".to_owned(), result)));
        message.extend(error.map(|error| ("error".to_owned(), error)));
        let text = Value::Object(message).to_string();
        check(&if hide { escaped(&text) } else { text })?;
    }

    #[test]
    fn whatever_is_announced_passes_without_the_token(
        method in "joinRoom|participantJoined|participantPublished|participantLeft|iceCandidate|[a-z]{0,8}",
        params in value(),
        hide in any::<bool>(),
    ) {
        let text = json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string();
        check(&if hide { escaped(&text) } else { text })?;
    }

    #[test]
    fn bytes_that_are_no_message_pass_nothing_or_json(text in ".{0,200}") {
        check(&text)?;
    }

    #[test]
    fn a_message_cut_short_passes_nothing(cut in 1_usize..200) {
        let whole = json!({ "jsonrpc": "2.0", "id": 1, "result": { "id": "con_1", "metadata": TOKEN, "value": [] } }).to_string();
        prop_assume!(cut < whole.len());
        prop_assert_eq!(joining().towards_window(&whole[..cut]).text, None);
    }

    #[test]
    fn whatever_the_window_sends_names_no_other_session(text in value()) {
        let mut adapter = joining();
        let sent = json!({ "jsonrpc": "2.0", "method": "joinRoom", "id": 2, "params": text }).to_string();
        let out: Value = serde_json::from_str(&adapter.towards_openvidu(&sent).unwrap()).unwrap();
        prop_assert_eq!(&out["params"]["session"], "ses_true");
        prop_assert_eq!(&out["params"]["token"], TOKEN);
        prop_assert_eq!(&out["params"]["secret"], "");
    }
}
