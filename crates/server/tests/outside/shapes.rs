//! What REST gives, member by member: clients read some of it by name, and whoever moves here from OpenVidu all of it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use zvonok_server::Running;
use zvonok_server::media::Transport;

use crate::peer::{Peer, address};
use crate::plain_server;
use crate::rpc::{Rpc, SESSION};

async fn rest(server: &Running, method: Method, path: &str, body: Value) -> Value {
    let url = server.media_url.join(&format!("openvidu/api/{path}")).unwrap();
    let request = crate::http().request(method, url).basic_auth("OPENVIDUAPP", Some(server.secret.reveal()));
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.unwrap()
}

/// Takes out a time in milliseconds, which has to be one of these days.
fn time(object: &mut Value, name: &str) -> u64 {
    let time = object.as_object_mut().unwrap().remove(name).unwrap().as_u64().unwrap();
    assert!(time > 1_600_000_000_000, "{name} is {time}");
    time
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_every_member_that_openvidu_gives() {
    let server = plain_server().await;
    let mut made = rest(&server, Method::POST, "sessions", json!({ "customSessionId": SESSION })).await;
    let listed = rest(&server, Method::GET, "sessions", Value::Null).await;
    assert_eq!(listed, json!({ "numberOfElements": 1, "content": [made] }));
    time(&mut made, "createdAt");
    let composed = json!({
        "name": "", "hasAudio": true, "hasVideo": true, "outputMode": "COMPOSED", "recordingLayout": "BEST_FIT",
        "resolution": "1280x720", "frameRate": 25, "shmSize": 536_870_912,
    });
    let wanted = json!({
        "id": SESSION, "sessionId": SESSION, "object": "session", "recording": false, "broadcasting": false,
        "mediaMode": "ROUTED", "recordingMode": "MANUAL", "defaultRecordingProperties": composed,
        "customSessionId": SESSION, "forcedVideoCodec": "MEDIA_SERVER_PREFERRED", "allowTranscoding": false,
        "connections": { "numberOfElements": 0, "content": [] },
    });
    assert_eq!(made, wanted);
    let properties = json!({
        "mediaMode": "RELAYED", "recordingMode": "ALWAYS", "forcedVideoCodec": "NONE", "allowTranscoding": true,
        "defaultRecordingProperties": { "outputMode": "INDIVIDUAL", "hasVideo": false }, "mediaNode": { "id": "n" },
    });
    let made = rest(&server, Method::POST, "sessions", properties.clone()).await;
    for name in ["mediaMode", "recordingMode", "forcedVideoCodec", "allowTranscoding", "mediaNode"] {
        assert_eq!(made[name], properties[name], "{name}");
    }
    let individual = json!({
        "name": "", "hasAudio": true, "hasVideo": false, "outputMode": "INDIVIDUAL", "ignoreFailedStreams": false,
    });
    assert_eq!((&made["defaultRecordingProperties"], &made["customSessionId"]), (&individual, &json!("")));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_every_member_before_and_after_it_joined() {
    let server = plain_server().await;
    rest(&server, Method::POST, "sessions", json!({ "customSessionId": SESSION })).await;
    let connections = format!("sessions/{SESSION}/connection");
    let properties = json!({
        "data": "server", "role": "MODERATOR", "record": false, "kurentoOptions": { "videoMaxRecvBandwidth": 300 },
    });
    let mut pending = rest(&server, Method::POST, &connections, properties).await;
    let id = pending["id"].as_str().unwrap().to_owned();
    let one = format!("{connections}/{id}");
    assert_eq!(rest(&server, Method::GET, &one, Value::Null).await, pending);
    let made_at = time(&mut pending, "createdAt");
    let token = pending["token"].as_str().unwrap().to_owned();
    let wanted = json!({
        "id": id, "connectionId": id, "object": "connection", "status": "pending", "sessionId": SESSION,
        "type": "WEBRTC", "record": false, "role": "MODERATOR",
        "kurentoOptions": { "videoMaxRecvBandwidth": 300 }, "customIceServers": [],
        "rtspUri": null, "adaptativeBitrate": null, "onlyPlayWithSubscribers": null, "networkCache": null,
        "serverData": "server", "token": token, "activeAt": null, "location": null, "ip": null, "platform": null,
        "clientData": null, "publishers": null, "subscribers": null,
    });
    assert_eq!(pending, wanted);
    let count = |of: Value| of["numberOfElements"].clone();
    assert_eq!(count(rest(&server, Method::GET, &connections, Value::Null).await), 1, "those that wait are listed");
    let without = format!("{connections}?pendingConnections=false");
    assert_eq!(count(rest(&server, Method::GET, &without, Value::Null).await), 0);
    let session = format!("sessions/{SESSION}");
    assert_eq!(count(rest(&server, Method::GET, &session, Value::Null).await["connections"].clone()), 0, "here not");
    let with = format!("{session}?pendingConnections=true");
    assert_eq!(count(rest(&server, Method::GET, &with, Value::Null).await["connections"].clone()), 1);

    let mut rpc = Rpc::open(&server).await;
    let params = json!({ "token": token, "session": SESSION, "secret": "", "metadata": "client", "platform": "test" });
    rpc.ask("joinRoom", params).await.unwrap();
    let to = address(&server, Transport::Udp);
    let (_sends, own) = Peer::new(Transport::Udp, to).await.publish(&mut rpc).await;
    let (_other, theirs) = {
        let mut other = Rpc::join(&server).await;
        let (sends, stream) = Peer::new(Transport::Udp, to).await.publish(&mut other).await;
        ((other, sends), stream)
    };
    let _receives = Peer::new(Transport::Udp, to).await.receive(&mut rpc, &theirs).await;
    let mut active = rest(&server, Method::GET, &one, Value::Null).await;
    assert_eq!(time(&mut active, "createdAt"), made_at);
    assert!(time(&mut active, "activeAt") >= made_at);
    for list in ["publishers", "subscribers"] {
        time(&mut active[list][0], "createdAt");
    }
    let mut wanted = wanted;
    wanted.as_object_mut().unwrap().remove("activeAt");
    let published = json!({
        "hasAudio": true, "audioActive": true, "hasVideo": true, "videoActive": true, "typeOfVideo": "CAMERA",
        "frameRate": 30, "videoDimensions": null, "filter": {},
    });
    for (name, value) in [
        ("status", json!("active")),
        ("location", json!("unknown")),
        ("ip", json!("127.0.0.1")),
        ("platform", json!("test")),
        ("clientData", json!("client")),
        ("publishers", json!([{ "streamId": own, "mediaOptions": published }])),
        ("subscribers", json!([{ "streamId": theirs }])),
    ] {
        wanted[name] = value;
    }
    assert_eq!(active, wanted);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_token_and_the_configuration_are_as_openvidu_gives_them() {
    let server = plain_server().await;
    rest(&server, Method::POST, "sessions", json!({ "customSessionId": SESSION })).await;
    let asked = json!({ "session": SESSION, "role": "SUBSCRIBER", "data": "d", "kurentoOptions": {}, "record": false });
    let mut token = rest(&server, Method::POST, "tokens", asked).await;
    time(&mut token, "createdAt");
    let url = token["token"].as_str().unwrap();
    assert!(url.starts_with("ws://") && url.contains("sessionId=call-1&token=tok_"), "{url}");
    let connection = token["connectionId"].as_str().unwrap();
    let made = rest(&server, Method::GET, &format!("sessions/{SESSION}/connection/{connection}"), Value::Null).await;
    assert_eq!((&made["token"], &made["record"]), (&token["token"], &json!(true)), "that member is new");
    let wanted = json!({
        "id": url, "token": url, "connectionId": connection, "session": SESSION, "data": "d", "role": "SUBSCRIBER",
        "kurentoOptions": {},
    });
    assert_eq!(token, wanted);

    let config = rest(&server, Method::GET, "config", Value::Null).await;
    let config = config.as_object().unwrap();
    for (name, is) in [
        ("VERSION", Value::is_string as fn(&Value) -> bool),
        ("DOMAIN_OR_PUBLIC_IP", Value::is_string),
        ("HTTPS_PORT", Value::is_u64),
        ("OPENVIDU_PUBLICURL", Value::is_string),
        ("OPENVIDU_CDR", Value::is_boolean),
        ("OPENVIDU_STREAMS_VIDEO_MAX_RECV_BANDWIDTH", Value::is_u64),
        ("OPENVIDU_STREAMS_VIDEO_MIN_RECV_BANDWIDTH", Value::is_u64),
        ("OPENVIDU_STREAMS_VIDEO_MAX_SEND_BANDWIDTH", Value::is_u64),
        ("OPENVIDU_STREAMS_VIDEO_MIN_SEND_BANDWIDTH", Value::is_u64),
        ("OPENVIDU_STREAMS_FORCED_VIDEO_CODEC", Value::is_string),
        ("OPENVIDU_STREAMS_ALLOW_TRANSCODING", Value::is_boolean),
        ("OPENVIDU_WEBRTC_SIMULCAST", Value::is_boolean),
        ("OPENVIDU_SESSIONS_GARBAGE_INTERVAL", Value::is_u64),
        ("OPENVIDU_SESSIONS_GARBAGE_THRESHOLD", Value::is_u64),
        ("OPENVIDU_RECORDING", Value::is_boolean),
        ("OPENVIDU_WEBHOOK", Value::is_boolean),
    ] {
        assert!(config.get(name).is_some_and(is), "{name} is {:?}", config.get(name));
    }
    server.shutdown().await;
}
