//! JSON-RPC's methods and notifications that no library of these tests shows as they are on the wire: what each answers,
//! what others are told, and in which order.

use serde_json::{Value, json};
use zvonok_server::Running;
use zvonok_server::media::Transport;

use crate::peer::{self, Peer, address};
use crate::plain_server;
use crate::rpc::{Rpc, SESSION};

/// Publishes; what comes of it, and the stream's id.
async fn publish(server: &Running, rpc: &mut Rpc) -> (peer::Running, String) {
    Peer::new(Transport::Udp, address(server, Transport::Udp)).await.publish(rpc).await
}

/// The next notification; it has to be that one.
async fn hears(rpc: &mut Rpc, method: &str) -> Value {
    let message = rpc.next().await.expect("a notification");
    assert_eq!(message["method"], method, "{message}");
    message["params"].clone()
}

/// Somebody who knows the secret, and so may moderate. `who` is told.
async fn admin(server: &Running, who: &mut Rpc) -> (Rpc, Value) {
    let mut rpc = Rpc::open(server).await;
    let secret = server.secret.reveal();
    let params = json!({ "token": "", "session": SESSION, "secret": secret, "metadata": "", "platform": "" });
    let joined = rpc.ask("joinRoom", params).await.unwrap();
    hears(who, "participantJoined").await;
    (rpc, joined)
}

/// Whether it is all that `count` messages are: the names of their methods.
fn methods(messages: &[Value]) -> Vec<&str> {
    messages.iter().filter_map(|message| message["method"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_of_a_call_is_answered_as_openvidu_answers_it() {
    let server = plain_server().await;
    let (mut man, joined) = Rpc::join_and_hear(&server).await;
    let rpc = json!(man.rpc);
    for name in ["id", "metadata", "session", "sessionId", "role", "version", "mediaServer"] {
        assert!(joined[name].is_string(), "{name} in {joined}");
    }
    assert!(joined["createdAt"].is_u64() && joined["record"].is_boolean() && joined["value"] == json!([]), "{joined}");
    assert!(joined["videoSimulcast"].is_boolean() && joined.get("life").is_none(), "{joined}");
    let (_sends, stream) = publish(&server, &mut man).await;
    assert!(stream.starts_with("str_CAM_") && stream.ends_with(joined["id"].as_str().unwrap()), "{stream}");
    let nothing = json!({ "sessionId": rpc });
    let message = json!({ "to": [], "type": "signal:chat", "data": "" }).to_string();
    for (method, params) in [
        ("onIceCandidate", json!({ "endpointName": joined["id"], "candidate": "", "sdpMid": "0", "sdpMLineIndex": 0 })),
        ("videoData", json!({ "height": 480, "width": 640, "videoActive": true, "audioActive": true })),
        ("echo", json!({})),
        ("sendMessage", json!({ "message": message })),
        ("streamPropertyChanged", json!({ "streamId": stream, "property": "audioActive", "newValue": false })),
        ("unsubscribeFromVideo", json!({ "sender": joined["id"] })),
        ("unpublishVideo", json!({})),
    ] {
        assert_eq!(man.ask(method, params).await.unwrap(), nothing, "{method}");
    }
    let bye = man.ask("closeSession", json!({})).await.unwrap();
    assert_eq!(bye, json!({ "value": "bye", "sessionId": rpc }));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_stream_are_told_as_json_text_and_known_to_who_comes_later() {
    let server = plain_server().await;
    let mut man = Rpc::join(&server).await;
    let mut woman = Rpc::join(&server).await;
    hears(&mut man, "participantJoined").await;
    let (_sends, stream) = publish(&server, &mut man).await;
    let told = hears(&mut woman, "participantPublished").await;
    let entry = &told["streams"][0];
    assert_eq!((&entry["id"], &entry["videoActive"], &entry["filter"]), (&json!(stream), &json!(true), &json!({})));
    let (size, label) = (r#"{"width":2,"height":2}"#, json!({ "label": "screen" }));
    for (property, value, text, reason) in [
        ("audioActive", json!(false), "false".to_owned(), "publishAudio"),
        ("videoActive", json!(false), "false".to_owned(), "publishVideo"),
        // A text of JSON becomes a text of a text: the library parses twice.
        ("videoDimensions", json!(size), json!(size).to_string(), "deviceRotated"),
        ("videoTrack", label.clone(), label.to_string(), "trackReplaced"),
        ("audioTrack", label.clone(), label.to_string(), "trackReplaced"),
    ] {
        // Whose stream it is counts, and not what is said of it.
        let params = json!({ "streamId": "other", "property": property, "newValue": value, "reason": reason });
        man.ask("streamPropertyChanged", params).await.unwrap();
        let told = hears(&mut woman, "streamPropertyChanged").await;
        let own = json!({ "streamId": stream, "property": property, "newValue": text, "reason": reason });
        for (name, value) in own.as_object().unwrap() {
            assert_eq!(&told[name], value, "{name} of {told}");
        }
        assert!(stream.ends_with(told["connectionId"].as_str().unwrap()), "{told}");
    }
    let (_third, joined) = Rpc::join_and_hear(&server).await;
    let of = |stream: Option<&str>| {
        let others = joined["value"].as_array().unwrap();
        others.iter().find(|other| other["streams"][0]["id"].as_str() == stream).unwrap()
    };
    let known = &of(Some(&stream))["streams"][0];
    assert_eq!((&known["audioActive"], &known["videoActive"]), (&json!(false), &json!(false)));
    assert_eq!(known["videoDimensions"], size);
    assert!(of(None).get("streams").is_none(), "an empty list hangs the library");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_and_answered_comes_in_openvidus_order() {
    let server = plain_server().await;
    let (mut man, joined) = Rpc::join_and_hear(&server).await;
    let id = joined["id"].clone();
    let (mut boss, of_boss) = admin(&server, &mut man).await;
    assert_eq!((&of_boss["role"], &of_boss["value"][0]["id"]), (&json!("SUBSCRIBER"), &id));
    let (_sends, stream) = publish(&server, &mut man).await;
    hears(&mut boss, "participantPublished").await;

    let message = json!({ "to": [], "type": "signal:chat", "data": "x" }).to_string();
    let (before, _, _) = boss.ask_between("sendMessage", json!({ "message": message }), 0).await;
    assert_eq!(methods(&before), ["sendMessage"], "a signal comes before its answer");
    assert_eq!(hears(&mut man, "sendMessage").await["from"], of_boss["id"]);

    let (before, _, after) = boss.ask_between("forceUnpublish", json!({ "streamId": stream }), 1).await;
    assert_eq!((methods(&before), methods(&after)), (vec![], vec!["participantUnpublished"]));
    let told = json!({ "connectionId": id, "reason": "forceUnpublishByUser" });
    assert_eq!(after[0]["params"], told);
    assert_eq!(hears(&mut man, "participantUnpublished").await, told, "its owner too");

    let mut woman = Rpc::join(&server).await;
    for other in [&mut man, &mut boss] {
        hears(other, "participantJoined").await;
    }
    let (before, _, after) = boss.ask_between("forceDisconnect", json!({ "connectionId": id }), 1).await;
    assert_eq!((methods(&before), methods(&after)), (vec!["participantLeft"], vec!["participantEvicted"]));
    let told = json!({ "connectionId": id, "reason": "forceDisconnectByUser" });
    assert_eq!((&before[0]["params"], &after[0]["params"]), (&told, &told));
    assert_eq!(hears(&mut man, "participantEvicted").await, told);
    assert_eq!(hears(&mut woman, "participantLeft").await, told);
    assert_eq!(hears(&mut woman, "participantEvicted").await, told);

    woman.ask("leaveRoom", json!({})).await.unwrap();
    assert_eq!(hears(&mut boss, "participantLeft").await["reason"], "disconnect");
    server.shutdown().await;
}
