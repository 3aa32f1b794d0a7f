//! JSON-RPC on its way through the gateway: handle against session and token, older servers against what
//! openvidu-browser 2.32 insists on. No I/O.

use serde_json::{Value, json};
use zvonok_openvidu::{Secret, wire::call::SHOWS_VIDEO};

use super::{GatewayReport, room, secrets};

/// The part of a token that is the secret; what precedes it is the server's address and the session.
const TOKEN_PART: &str = "token=";
/// OpenVidu's error for a token that is not one of this session.
const UNAUTHORIZED: i64 = zvonok_openvidu::wire::rpc::code::UNAUTHORIZED;

/// One socket's translation.
#[derive(Debug)]
pub(super) struct Adapter {
    handle: String,
    session: String,
    token: Secret,
    /// Id of the `joinRoom` whose answer is awaited.
    join: Option<Value>,
    /// That OpenVidu sends nonsense was reported.
    told: bool,
    /// OpenVidu is told how large pictures are shown. Others than our own never answer that.
    told_sizes: bool,
}

/// What becomes of a message from OpenVidu.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Passed {
    /// For the window, if anything.
    pub(super) text: Option<String>,
    pub(super) report: Option<GatewayReport>,
}

impl Adapter {
    pub(super) fn new(handle: String, session: String, token: Secret) -> Self {
        Self { handle, session, token, join: None, told: false, told_sizes: false }
    }

    /// What the gateway answers itself: what this OpenVidu does not know. `None` for everything else.
    pub(super) fn answer(&self, text: &str) -> Option<String> {
        // Most messages are not read twice.
        if self.told_sizes || !text.contains(SHOWS_VIDEO) {
            return None;
        }
        let message: Value = serde_json::from_str(text).ok()?;
        let asks = message.get("method").and_then(Value::as_str) == Some(SHOWS_VIDEO);
        let id = message.get("id").filter(|_| asks)?;
        Some(json!({ "jsonrpc": "2.0", "id": id, "result": {} }).to_string())
    }

    /// For OpenVidu; `None` for what is no JSON-RPC request.
    pub(super) fn towards_openvidu(&mut self, text: &str) -> Option<String> {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            tracing::warn!("the window sent something that is no JSON-RPC");
            return None;
        };
        if message.get("method").and_then(Value::as_str) != Some("joinRoom") {
            return Some(text.to_owned());
        }
        self.join = message.get("id").cloned();
        let params = message.entry("params").or_insert_with(|| json!({}));
        if !params.is_object() {
            *params = json!({});
        }
        params["token"] = json!(self.token.reveal());
        params["session"] = json!(self.session);
        // A window can neither become an administrator nor a hidden recorder.
        params["secret"] = json!("");
        params["recorder"] = json!(false);
        Some(Value::Object(message).to_string())
    }

    /// For the window.
    pub(super) fn towards_window(&mut self, text: &str) -> Passed {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Passed { text: None, report: self.nonsense(text.len()) };
        };
        let answers_join = self.join.is_some() && message.get("id") == self.join.as_ref();
        let mut report = None;
        let changed = if answers_join {
            self.join = None;
            report = self.joined(&mut message);
            true
        } else {
            let names = ["participantJoined", "participantPublished"];
            let about = message.get("method").and_then(Value::as_str).is_some_and(|method| names.contains(&method));
            let participant = message.get_mut("params").filter(|_params| about);
            let found = participant.is_some();
            if participant.is_some_and(|participant| !room::mend_participant(participant)) {
                return Passed { text: None, report: self.nonsense(text.len()) };
            }
            found
        };
        // What was read is looked at, and not the text, in which the token can hide behind escapes.
        let mut message = Value::Object(message);
        let scrubbed = secrets::scrub(&mut message, self.part());
        let text = if changed || scrubbed { message.to_string() } else { text.to_owned() };
        Passed { text: Some(text), report }
    }

    /// Something of so many bytes that is no JSON-RPC: kept from the window, and reported the first time.
    pub(super) fn nonsense(&mut self, bytes: usize) -> Option<GatewayReport> {
        tracing::warn!(bytes, "OpenVidu sent something that is no JSON-RPC");
        let first = !std::mem::replace(&mut self.told, true);
        first.then_some(GatewayReport::Malformed)
    }

    /// Mends the answer to `joinRoom`, or turns one beyond mending into an error that the library understands.
    fn joined(&mut self, message: &mut serde_json::Map<String, Value>) -> Option<GatewayReport> {
        // `"error": null` beside a result makes the library discard both, and so do both together.
        match message.remove("error") {
            Some(Value::Object(error)) => {
                let refused = error.get("code").and_then(Value::as_i64) == Some(UNAUTHORIZED);
                message.remove("result");
                message.insert("error".to_owned(), Value::Object(error));
                return refused.then_some(GatewayReport::TokenRefused);
            }
            None | Some(Value::Null) => {
                if let Some(result) = message.get_mut("result")
                    && room::mend_join(result, &self.handle)
                {
                    let features = result.get("features").and_then(Value::as_array);
                    self.told_sizes = features.is_some_and(|names| names.contains(&json!(SHOWS_VIDEO)));
                    return Some(GatewayReport::Joined);
                }
            }
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {}
        }
        tracing::warn!("OpenVidu's answer to joinRoom is none");
        message.remove("result");
        message.insert("error".to_owned(), json!({ "code": 999, "message": "malformed answer to joinRoom" }));
        Some(GatewayReport::NoAnswer)
    }

    /// Of the token what is secret. It never goes to the window, whatever the server puts it into.
    fn part(&self) -> &str {
        let token = self.token.reveal();
        let part = token.split_once(TOKEN_PART).map_or(token, |(_, part)| part);
        part.split('&').next().unwrap_or(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "wss://office.example:4443?sessionId=ses_true&token=tok_Aabc";

    fn adapter() -> Adapter {
        Adapter::new("HANDLE".to_owned(), "ses_true".to_owned(), Secret::new(TOKEN.to_owned()))
    }

    fn join(adapter: &mut Adapter) -> Value {
        let sent = r#"{"jsonrpc":"2.0","method":"joinRoom","id":1,"params":{"token":"ws://127.0.0.1:1?sessionId=HANDLE&token=-","session":"HANDLE","platform":"x","metadata":"","secret":"guess","recorder":true}}"#;
        serde_json::from_str(&adapter.towards_openvidu(sent).unwrap()).unwrap()
    }

    fn answer(adapter: &mut Adapter, text: &str) -> Value {
        serde_json::from_str(&adapter.towards_window(text).text.unwrap()).unwrap()
    }

    #[test]
    fn session_and_token_are_put_in_on_the_way_to_openvidu() {
        let joined = join(&mut adapter());
        assert_eq!(joined["params"]["token"], TOKEN, "verbatim");
        assert_eq!(joined["params"]["session"], "ses_true");
        assert_eq!(joined["params"]["secret"], "");
        assert_eq!(joined["params"]["recorder"], false);
    }

    #[test]
    fn the_answer_names_the_handle_and_never_the_token() {
        let mut adapter = adapter();
        join(&mut adapter);
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"id":"con_1","session":"ses_true","sessionId":"rpc","role":"PUBLISHER","createdAt":1,"metadata":"{TOKEN}","value":[],"version":"2.32.2"}}}}"#
        );
        let joined = answer(&mut adapter, &text);
        assert_eq!(joined["result"]["session"], "HANDLE");
        assert_eq!(joined["result"]["sessionId"], "rpc", "openvidu-browser needs it to reconnect");
        assert!(!joined.to_string().contains("tok_Aabc"));
    }

    #[test]
    fn a_refused_token_is_reported_and_not_repeated() {
        let mut adapter = adapter();
        join(&mut adapter);
        let passed = adapter.towards_window(
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":401,"message":"Token wss://office.example:4443?sessionId=ses_true&token=tok_Aabc not valid"}}"#,
        );
        assert_eq!(passed.report, Some(GatewayReport::TokenRefused));
        assert!(!passed.text.unwrap().contains("tok_Aabc"));
    }

    #[test]
    fn how_large_pictures_are_shown_is_told_to_whom_knows_the_word() {
        let shows = r#"{"jsonrpc":"2.0","method":"showsVideo","id":7,"params":{"sender":"s","width":1,"height":1}}"#;
        let mut strange = adapter();
        join(&mut strange);
        answer(&mut strange, r#"{"jsonrpc":"2.0","id":1,"result":{"id":"con_A","value":[]}}"#);
        assert_eq!(strange.answer(shows).as_deref(), Some(r#"{"id":7,"jsonrpc":"2.0","result":{}}"#));
        let other = r#"{"jsonrpc":"2.0","method":"sendMessage","id":8,"params":{"message":"showsVideo"}}"#;
        assert_eq!(strange.answer(other), None);
        let mut own = adapter();
        join(&mut own);
        answer(&mut own, r#"{"jsonrpc":"2.0","id":1,"result":{"id":"con_A","value":[],"features":["showsVideo"]}}"#);
        assert_eq!(own.answer(shows), None);
    }

    #[test]
    fn what_only_looks_like_the_token_is_left_alone() {
        // A tabulator is written as the token's first letter behind a backslash.
        let text = r#"{"jsonrpc":"2.0","method":"sendMessage","params":{"data":"a\tok_Aabc"}}"#;
        assert_eq!(adapter().towards_window(text).text.as_deref(), Some(text));
        let hidden = r#"{"jsonrpc":"2.0","method":"sendMessage","params":{"\u0074ok_Aabc":["t\u006fk_Aabc"]}}"#;
        let passed = adapter().towards_window(hidden).text.unwrap();
        assert_eq!(passed, r#"{"jsonrpc":"2.0","method":"sendMessage","params":{"-":["-"]}}"#);
    }

    #[test]
    fn other_messages_pass_as_they_are() {
        let mut adapter = adapter();
        let ping = r#"{"jsonrpc":"2.0","method":"ping","id":0,"params":{"interval":5000}}"#;
        assert_eq!(adapter.towards_openvidu(ping).as_deref(), Some(ping));
        let pong = r#"{"id":0,"result":{"value":"pong"},"jsonrpc":"2.0"}"#;
        assert_eq!(adapter.towards_window(pong).text.as_deref(), Some(pong));
    }

    #[test]
    fn no_packet_of_the_server_panics_or_hangs_the_window() {
        for packet in [
            "",
            "null",
            "[]",
            "7",
            "{",
            "\"\u{0}\"",
            "{\"id\":1}",
            r#"{"id":1,"result":null}"#,
            r#"{"id":1,"result":[]}"#,
            r#"{"id":1,"result":{"value":{}}}"#,
            r#"{"id":1,"result":{"value":[1,null]}}"#,
            r#"{"id":1,"error":7}"#,
            r#"{"id":1,"error":null}"#,
            r#"{"id":1,"result":{"id":"c","customIceServers":7,"version":{}}}"#,
            r#"{"method":"participantJoined","params":7}"#,
            r#"{"method":"participantJoined","params":{"streams":7}}"#,
            r#"{"method":"participantPublished","params":{"streams":[7,{}]}}"#,
            r#"{"method":{}}"#,
        ] {
            let mut adapter = adapter();
            join(&mut adapter);
            let passed = adapter.towards_window(packet);
            let answered = passed.text.as_deref().map(|text| serde_json::from_str::<Value>(text).unwrap());
            if let Some(answer) = answered.filter(|answer| answer.get("id").is_some()) {
                assert!(answer.get("result").is_some() != answer.get("error").is_some(), "one of both: {answer}");
            }
        }
    }
}
