//! What OpenVidu and the window say to each other through the gateway.

use serde_json::Value;
use zvonok_openvidu::Secret;

use super::{GatewayReport, adapt::Adapter, secrets};

const PART: &str = "tok_Aabc";
const JOIN: &str = r#"{"jsonrpc":"2.0","method":"joinRoom","id":1,"params":{"token":"-","session":"HANDLE"}}"#;

/// A message either way. What reaches the window is JSON without the token.
#[expect(clippy::expect_used, reason = "a panic is what a fuzz target tells by")]
pub(crate) fn gateway(text: &str) {
    let token = format!("wss://office.example:4443?sessionId=ses_true&token={PART}");
    let mut adapter = Adapter::new("HANDLE".to_owned(), "ses_true".to_owned(), Secret::new(token));
    assert!(adapter.towards_openvidu(JOIN).is_some());
    let passed = adapter.towards_window(text);
    match &passed.text {
        Some(out) => {
            let mut out: Value = serde_json::from_str(out).expect("the window gets JSON");
            assert!(!secrets::scrub(&mut out, PART), "the token went through");
            if out.get("id").and_then(Value::as_u64) == Some(1) {
                assert!(out.get("result").is_some() != out.get("error").is_some(), "one of both");
            }
        }
        None => assert_eq!(passed.report, Some(GatewayReport::Malformed)),
    }
    if let Some(sent) = adapter.towards_openvidu(text) {
        let sent: Value = serde_json::from_str(&sent).expect("OpenVidu gets JSON");
        if sent.get("method").and_then(Value::as_str) == Some("joinRoom") {
            assert_eq!(sent.pointer("/params/session"), Some(&Value::from("ses_true")), "no other session");
        }
    }
}
