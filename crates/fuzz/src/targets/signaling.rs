//! The contract with the hub, both ways.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zvonok_signaling_proto::event::{LoginAck, LoginRequest, RingAck, ServerEvent};
use zvonok_signaling_proto::packet::Engine;
use zvonok_signaling_proto::rest::{
    AcceptAnswer, AcceptRequest, BlockRequest, BlocksAnswer, CallAnswer, CallRef, CallRequest, CallsAnswer,
    DeclineRequest, Head, InviteRequest, Query, SettingsRequest, StatusRequest, TokenAnswer, UsersAnswer,
};

/// A frame: what is read can be written and read again.
pub(super) fn frame(text: &str) {
    let Ok(packet) = Engine::decode(text) else { return };
    let written = packet.encode();
    // Numbers may lose their last digit on the way, so it is what is written that has to stay the same.
    let again = Engine::decode(&written).map(|again| again.encode());
    assert!(again.is_ok(), "{written:?} was written and cannot be read");
}

/// An event: its name, then, on a line of its own, what it carries.
pub(super) fn event(text: &str) {
    let (name, payload) = text.split_once('\n').unwrap_or((text, "null"));
    let Ok(payload) = serde_json::from_str(payload) else { return };
    let Ok((event, _seq)) = ServerEvent::decode(name, payload) else { return };
    let again = ServerEvent::decode(event.name(), event.payload(None));
    assert_eq!(again.ok().map(|(again, _)| again), Some(event), "what is written is what was read");
}

/// What clients send the hub. What is read can be written and read again, as the same.
pub(super) fn body(data: &[u8]) {
    same::<CallRequest>(data);
    same::<AcceptRequest>(data);
    same::<DeclineRequest>(data);
    same::<CallRef>(data);
    same::<StatusRequest>(data);
    same::<InviteRequest>(data);
    same::<SettingsRequest>(data);
    same::<BlockRequest>(data);
    same::<Query>(data);
    same::<LoginRequest>(data);
    same::<RingAck>(data);
}

/// What hubs answer.
pub(super) fn answer(data: &[u8]) {
    same::<Head>(data);
    same::<CallAnswer>(data);
    same::<AcceptAnswer>(data);
    same::<TokenAnswer>(data);
    same::<UsersAnswer>(data);
    same::<CallsAnswer>(data);
    same::<BlocksAnswer>(data);
    same::<LoginAck>(data);
}

fn same<T: DeserializeOwned + Serialize + PartialEq>(data: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(data) else { return };
    let again = serde_json::to_vec(&read).and_then(|written| serde_json::from_slice::<T>(&written));
    assert!(again.is_ok_and(|again| again == read), "what is written is what was read");
}
