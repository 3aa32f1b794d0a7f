//! Frames of the wire, byte for byte, and damaged ones.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn event(name: &str, args: Vec<Value>, ack: Option<u64>) -> Engine {
    Engine::Message(Packet::main(Data::Event { name: name.into(), args, ack }))
}

#[test]
fn frames_are_those_of_the_protocol_pages() {
    let table = [
        ("2", Engine::Ping),
        ("40", Engine::Message(Packet::main(Data::Connect(None)))),
        ("40{\"sid\":\"x\"}", Engine::Message(Packet::main(Data::Connect(Some(json!({"sid": "x"})))))),
        ("41", Engine::Message(Packet::main(Data::Disconnect))),
        ("42[\"foo\"]", event("foo", vec![], None)),
        ("4212[\"foo\",{\"a\":1}]", event("foo", vec![json!({"a": 1})], Some(12))),
        ("4312[\"bar\"]", Engine::Message(Packet::main(Data::Ack { id: 12, args: vec![json!("bar")] }))),
        (
            "44{\"message\":\"Not authorized\"}",
            Engine::Message(Packet::main(Data::ConnectError(json!({"message": "Not authorized"})))),
        ),
        (
            "42/admin,1[\"foo\"]",
            Engine::Message(Packet {
                namespace: "/admin".into(),
                data: Data::Event { name: "foo".into(), args: vec![], ack: Some(1) },
            }),
        ),
    ];
    for (frame, packet) in table {
        assert_eq!(Engine::decode(frame), Ok(packet.clone()), "{frame}");
        assert_eq!(packet.encode(), frame);
    }
    let open = r#"0{"sid":"l","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
    assert!(matches!(Engine::decode(open), Ok(Engine::Open(o)) if o.ping_interval == 25_000));
    assert_eq!(Engine::decode("2probe"), Ok(Engine::Ping));
}

#[test]
fn every_kind_of_malformed_frame_is_an_error() {
    let table = [
        ("", PacketError::Empty),
        ("9", PacketError::UnknownEngine),
        ("4", PacketError::Empty),
        ("49", PacketError::UnknownSocket),
        ("0", PacketError::BadPayload),
        ("0{}", PacketError::BadPayload),
        ("40[]", PacketError::BadPayload),
        ("42", PacketError::BadPayload),
        ("42[]", PacketError::BadPayload),
        ("42[1]", PacketError::BadPayload),
        ("42{}", PacketError::BadPayload),
        ("42[\"a\"", PacketError::BadPayload),
        ("42123456789012345678901234567890[\"a\"]", PacketError::BadAck),
        ("43[]", PacketError::BadAck),
        ("44", PacketError::BadPayload),
        ("451-[\"a\",{\"_placeholder\":true,\"num\":0}]", PacketError::Binary),
    ];
    for (frame, error) in table {
        assert_eq!(Engine::decode(frame), Err(error), "{frame:?}");
    }
    assert_eq!(Engine::decode(&"2".repeat(MAX_FRAME + 1)), Err(PacketError::TooLarge));
    let deep = format!("42[\"a\",{}]", "[".repeat(10_000));
    assert_eq!(Engine::decode(&deep), Err(PacketError::BadPayload));
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..4).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn packet() -> impl Strategy<Value = Engine> {
    let args = || prop::collection::vec(value(), 0..4);
    let data = prop_oneof![
        Just(Data::Connect(None)),
        prop::collection::btree_map(".{0,6}", value(), 0..3)
            .prop_map(|m| Data::Connect(Some(Value::Object(m.into_iter().collect())))),
        Just(Data::Disconnect),
        (".{0,12}", args(), any::<Option<u64>>()).prop_map(|(name, args, ack)| Data::Event { name, args, ack }),
        (any::<u64>(), args()).prop_map(|(id, args)| Data::Ack { id, args }),
        value().prop_map(Data::ConnectError),
    ];
    let namespace = prop_oneof![Just("/".to_owned()), "/[a-z]{1,8}"];
    prop_oneof![
        Just(Engine::Close),
        Just(Engine::Ping),
        Just(Engine::Pong),
        Just(Engine::Noop),
        (namespace, data).prop_map(|(namespace, data)| Engine::Message(Packet { namespace, data })),
    ]
}

proptest! {
    #[test]
    fn what_was_written_is_read_again(packet in packet()) {
        prop_assert_eq!(Engine::decode(&packet.encode()), Ok(packet));
    }

    #[test]
    fn no_text_panics(text in ".{0,64}", prefix in "[0-9]{0,3}") {
        let _ = Engine::decode(&format!("{prefix}{text}"));
    }
}
