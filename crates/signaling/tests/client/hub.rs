//! The client against the hub, in one process.

use std::time::Duration;

use crate::rig::{Rig, called, expect};
use zvonok_signaling::proto::event::{RingAck, ServerEvent};
use zvonok_signaling::proto::{Code, DeclineReason, EndReason, Media, Mode, RingState, Status, StatusWord, TokenRole};
use zvonok_signaling::{Contract, Decline, Event, Placed, RequestError};

#[tokio::test]
async fn two_people_ring_answer_and_hang_up() {
    let rig = Rig::start().await;
    let (man, mut man_hears) = rig.online("man").await;
    let (woman, mut woman_hears) = rig.online("woman").await;
    let presence = expect(&mut man_hears, |event| match event {
        Event::Hub(ServerEvent::Presence(presence)) => Some(presence),
        _ => None,
    });
    assert_eq!(presence.await.status, Status::Available);

    let placed = man.call("woman".parse().unwrap(), called("c1"), Mode::TwoWay, Media::Video).await.unwrap();
    let Placed::Extended(placed) = placed else { panic!("{placed:?}") };
    let ring = expect(&mut woman_hears, |event| match event {
        Event::Hub(ServerEvent::Calling(ring)) => Some(ring),
        _ => None,
    });
    assert_eq!(ring.await.session, placed.session);
    woman.ring_ack(RingAck { call_id: called("c1"), state: RingState::Sounding, reason: None }).await;
    let ringing = expect(&mut man_hears, |event| match event {
        Event::Hub(ServerEvent::Ringing(ringing)) => Some(ringing),
        _ => None,
    });
    assert_eq!(ringing.await.devices[0].state, Some(RingState::Sounding));
    assert_eq!(woman.accept(called("c1"), Media::Video).await.unwrap().session, placed.session);
    let accepted = expect(&mut man_hears, |event| match event {
        Event::Hub(ServerEvent::Accepted(accepted)) => Some(accepted),
        _ => None,
    });
    assert_eq!(accepted.await.session, placed.session);
    let token = man.token(called("c1")).await.unwrap();
    assert_eq!((token.role, token.openvidu.as_str()), (TokenRole::Publisher, crate::rig::MEDIA_URL));
    man.hangup(called("c1")).await.unwrap();
    let ended = expect(&mut woman_hears, |event| match event {
        Event::Hub(ServerEvent::Ended(ended)) => Some(ended),
        _ => None,
    });
    assert_eq!(ended.await.reason, EndReason::Hangup);
    let history = woman.calls(None, None).await.unwrap();
    assert_eq!(history.calls[0].with, ["man".parse().unwrap()]);
    let users = man.users().await.unwrap();
    assert_eq!(users.iter().map(|user| user.login.as_str()).collect::<Vec<_>>(), ["echo", "woman"]);
    rig.media.wait_for("close ").await;
}

#[tokio::test]
async fn a_no_carries_its_code() {
    let rig = Rig::start().await;
    let (man, _man_hears) = rig.online("man").await;
    let (woman, _woman_hears) = rig.online("woman").await;
    woman.status(StatusWord::Dnd).await.unwrap();
    for (login, code) in [("woman", Code::Dnd), ("nobody", Code::UnknownUser), ("man", Code::NotAllowed)] {
        let id = called(&format!("to-{login}"));
        let error = man.call(login.parse().unwrap(), id, Mode::Watch, Media::Video).await.unwrap_err();
        assert!(matches!(&error, RequestError::Refused { code: Some(c), .. } if c == &code), "{error:?}");
        assert!(!error.is_retryable());
    }
    woman.status(StatusWord::Available).await.unwrap();
    man.call("woman".parse().unwrap(), called("c"), Mode::TwoWay, Media::Audio).await.unwrap();
    let caller = "man".parse().unwrap();
    let message = Some("later".to_owned());
    woman.decline(Decline { call_id: called("c"), caller, reason: DeclineReason::Declined, message }).await.unwrap();
    let error = man.token(called("c")).await.unwrap_err();
    assert!(matches!(error, RequestError::Refused { code: Some(Code::NotInCall), .. }));
}

#[tokio::test]
async fn the_echo_answers_at_once_and_leaves_with_the_call() {
    let rig = Rig::start().await;
    let (man, mut hears) = rig.online("man").await;
    let placed = man.call("echo".parse().unwrap(), called("c1"), Mode::TwoWay, Media::Video).await.unwrap();
    let Placed::Extended(placed) = placed else { panic!("{placed:?}") };
    expect(&mut hears, |event| matches!(event, Event::Hub(ServerEvent::Accepted(_))).then_some(())).await;
    rig.media.wait_for(&format!("echo {}", placed.session)).await;
    man.hangup(called("c1")).await.unwrap();
    rig.media.wait_for(&format!("close {}", placed.session)).await;
}

#[tokio::test]
async fn a_cut_connection_comes_back_and_nothing_is_lost_or_doubled() {
    let rig = Rig::start().await;
    let (man, mut man_hears) = rig.online("man").await;
    let (_woman, mut woman_hears) = rig.online_through_a_cable("woman").await;
    man.call("woman".parse().unwrap(), called("c1"), Mode::TwoWay, Media::Video).await.unwrap();
    expect(&mut woman_hears, |event| matches!(event, Event::Hub(ServerEvent::Calling(_))).then_some(())).await;
    rig.cable.pull();
    expect(&mut woman_hears, |event| matches!(event, Event::Offline { .. }).then_some(())).await;
    man.cancel(called("c1")).await.unwrap();
    man.call("woman".parse().unwrap(), called("c2"), Mode::TwoWay, Media::Video).await.unwrap_err();
    rig.cable.plug();
    let ack = expect(&mut woman_hears, |event| match event {
        Event::Online(Contract::Extended(ack)) => Some(ack),
        _ => None,
    });
    assert_eq!(ack.await.pending.len(), 0);
    let mut heard = Vec::new();
    while heard.last() != Some(&"missed") {
        let name = expect(&mut woman_hears, |event| match event {
            Event::Hub(event) => Some(event.name()),
            _ => None,
        });
        heard.push(name.await);
    }
    heard.retain(|name| *name != "presence");
    assert_eq!(heard, ["cancelled", "missed"]);
    drop(man_hears.try_recv());
}

#[tokio::test]
async fn a_dead_connection_is_found_by_a_probe() {
    let rig = Rig::start().await;
    let (woman, mut hears) = rig.online_through_a_cable("woman").await;
    woman.probe().await;
    woman.users().await.unwrap();
    // Packets vanish without a word, as after sleep.
    rig.cable.freeze();
    woman.probe().await;
    expect(&mut hears, |event| matches!(event, Event::Offline { .. }).then_some(())).await;
    rig.cable.plug();
    expect(&mut hears, |event| matches!(event, Event::Online(_)).then_some(())).await;
}

#[tokio::test]
async fn leaving_and_closing() {
    let rig = Rig::start().await;
    let (man, mut hears) = rig.online("man").await;
    man.leave().await;
    expect(&mut hears, |event| matches!(event, Event::Online(_)).then_some(())).await;
    man.close().await;
    while tokio::time::timeout(Duration::from_secs(5), hears.recv()).await.unwrap().is_some() {}
    let error = man.users().await.unwrap_err();
    assert!(matches!(error, RequestError::NotConnected) && error.is_retryable());
}

#[tokio::test]
async fn nothing_at_the_address_is_said_and_tried_again() {
    let rig = Rig::start().await;
    let (_client, mut hears, driver) = zvonok_signaling::client(rig.config_at("man", "http://127.0.0.1:1"));
    rig.spawn(driver);
    for _ in 0..3 {
        let error = expect(&mut hears, |event| match event {
            Event::Offline { error, .. } => Some(error),
            _ => None,
        });
        assert_eq!(error.await.to_string(), "cannot reach the hub");
    }
}
