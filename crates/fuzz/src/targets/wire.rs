//! OpenVidu's protocol: JSON-RPC of clients, and REST's answers, which our client reads.

use serde::de::DeserializeOwned;
use serde_json::Value;
use zvonok_openvidu::wire::call::{
    Connect, ForceDisconnect, ForceUnpublish, OnIceCandidate, PublishVideo, ReceiveVideoFrom, ReconnectStream,
    SendMessage, ShowsVideo, Signal, StreamPropertyChanged, UnsubscribeFromVideo,
};
use zvonok_openvidu::wire::join::JoinRoom;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::recorded::{Index, Recording, Recordings};
use zvonok_openvidu::wire::rest::{Connection, ErrorBody, List, Session, Token};
use zvonok_openvidu::wire::rpc::{Notification, Request, Response};

/// A message, its parameters read as those of every method; and the text in a publisher's size of its picture.
pub(super) fn rpc(data: &[u8]) {
    let Ok(message) = serde_json::from_slice::<Value>(data) else { return };
    is::<Response>(&message);
    is::<Notification>(&message);
    is::<Notice>(&message);
    let Ok(request) = serde_json::from_value::<Request>(message) else { return };
    let params = &request.params;
    is::<JoinRoom>(params);
    is::<PublishVideo>(params);
    is::<ReceiveVideoFrom>(params);
    is::<UnsubscribeFromVideo>(params);
    is::<ShowsVideo>(params);
    is::<OnIceCandidate>(params);
    is::<StreamPropertyChanged>(params);
    is::<ForceDisconnect>(params);
    is::<ForceUnpublish>(params);
    is::<ReconnectStream>(params);
    is::<Connect>(params);
    if let Ok(sent) = serde_json::from_value::<SendMessage>(params.clone()) {
        let _ = serde_json::from_str::<Signal>(&sent.message);
    }
    if let Some(size) = params.get("videoDimensions").and_then(Value::as_str) {
        zvonok_server::fuzzing::dimensions(size);
    }
}

/// An answer of REST.
pub(super) fn rest_answer(data: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<Value>(data) else { return };
    is::<Session>(&answer);
    is::<List<Session>>(&answer);
    is::<Connection>(&answer);
    is::<List<Connection>>(&answer);
    is::<Token>(&answer);
    is::<Recording>(&answer);
    is::<Recordings>(&answer);
    is::<Index>(&answer);
    is::<ErrorBody>(&answer);
}

fn is<T: DeserializeOwned>(value: &Value) {
    let _ = serde_json::from_value::<T>(value.clone());
}
