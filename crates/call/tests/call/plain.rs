//! Calls by contract A, the tutorial's.

use crate::support::{Side, has_surface, record, signals};
use zvonok_call::*;

fn id(text: &str) -> CallId {
    CallId::new(text)
}

/// A caller whose `/call` succeeded and who waits inside the session.
fn waiting() -> Side {
    let mut man = Side::online("man", Contract::Plain);
    man.place("c1", "woman", Mode::TwoWay);
    man.plainly_placed("c1");
    man.token("c1");
    man.media("c1", MediaInput::Joined);
    man
}

#[test]
fn the_caller_joins_the_session_named_after_the_called_and_only_watches() {
    let mut man = Side::online("man", Contract::Plain);
    man.place("c1", "woman", Mode::TwoWay);
    assert_eq!(man.machine.view().call.map(|call| call.mode), Some(Mode::Watch));
    let out = man.plainly_placed("c1");
    let fetch = TokenCommand::Fetch { call_id: id("c1"), session: "woman".into(), role: Role::Subscriber };
    assert!(out.contains(&Output::Token(fetch)));
    let out = man.token("c1");
    assert!(matches!(out[..], [Output::Media(MediaCommand::Join { publish: false, subscribe: true, .. })]));
    man.media("c1", MediaInput::Joined);
    man.media("c1", MediaInput::RemoteJoined);
    assert_eq!(man.state(), Some(CallState::Calling), "somebody in the session is not yet an answer");
    man.media("c1", MediaInput::RemoteStream);
    assert_eq!(man.state(), Some(CallState::Connecting), "the first stream is");
    man.media("c1", MediaInput::RemoteMedia);
    assert_eq!(man.state(), Some(CallState::InCall));
    let out = man.user(User::Stop);
    assert!(signals(&out).is_empty(), "a caller of this contract hangs up by leaving the session");
    assert!(out.contains(&Output::Media(MediaCommand::Leave { call_id: id("c1") })));
}

#[test]
fn accepting_says_beasy_and_ending_says_free() {
    let mut woman = Side::online("woman", Contract::Plain);
    let out = woman.plain_incoming("local-1", "man");
    assert!(signals(&out).is_empty(), "this contract has no acknowledgement");
    let out = woman.user(User::Accept { media: Media::Video });
    assert_eq!(signals(&out), [&Signal::PlainBusy]);
    let fetch = TokenCommand::Fetch { call_id: id("local-1"), session: "woman".into(), role: Role::Publisher };
    assert!(out.contains(&Output::Token(fetch)));
    let out = woman.token("local-1");
    assert!(matches!(out[..], [Output::Media(MediaCommand::Join { publish: true, subscribe: false, .. })]));
    woman.media("local-1", MediaInput::RemoteJoined);
    woman.media("local-1", MediaInput::Joined);
    assert_eq!(woman.state(), Some(CallState::InCall));
    let out = woman.media("local-1", MediaInput::RemoteLeft);
    assert_eq!(signals(&out), [&Signal::PlainFree]);
    assert_eq!(woman.ended(), Some(EndReason::PeerHungUp), "the watcher leaving is the hang-up");
    assert_eq!(record(&out).map(|record| record.outcome), Some(Outcome::Answered));
}

#[test]
fn declining_names_the_caller() {
    let mut woman = Side::online("woman", Contract::Plain);
    woman.plain_incoming("local-1", "man");
    let out = woman.user(User::Decline { message: String::new() });
    assert_eq!(signals(&out), [&Signal::PlainDecline { login: "man".into() }]);

    let mut man = waiting();
    let declined = |login: &str| Signaling::Declined {
        which: Which::Login(login.into()),
        reason: DeclineReason::Declined,
        message: String::new(),
    };
    assert!(man.hub(declined("child")).is_empty(), "somebody else's decline");
    man.hub(declined("woman"));
    assert_eq!(man.ended(), Some(EndReason::Declined(String::new())));
}

#[test]
fn a_caller_gives_up_by_leaving_its_socket_and_the_ring_stops() {
    let mut man = waiting();
    let out = man.user(User::Stop);
    assert_eq!(signals(&out), [&Signal::PlainLeave]);

    let mut woman = Side::online("woman", Contract::Plain);
    woman.plain_incoming("local-1", "man");
    let out = woman.hub(Signaling::Cancelled(Which::Login("man".into())));
    assert!(has_surface(&out, &SurfaceCommand::StopRing { call_id: id("local-1") }));
    assert_eq!(woman.state(), None);
}

#[test]
fn a_ring_that_is_repeated_is_one_ring() {
    let mut woman = Side::online("woman", Contract::Plain);
    woman.plain_incoming("local-1", "man");
    assert!(woman.plain_incoming("local-2", "man").is_empty());
    let out = woman.plain_incoming("local-3", "child");
    assert_eq!(signals(&out), [&Signal::PlainDecline { login: "child".into() }]);
}

#[test]
fn losing_the_socket_ends_the_waiting_but_not_the_call() {
    let mut man = waiting();
    man.hub(Signaling::Lost);
    assert_eq!(man.ended(), Some(EndReason::SignalingDown), "the hub has told the other side that it is cancelled");

    let mut man = waiting();
    man.media("c1", MediaInput::RemoteMedia);
    man.hub(Signaling::Lost);
    assert_eq!(man.state(), Some(CallState::InCall));
    assert!(man.machine.view().call.is_some_and(|call| call.reconnecting));
}

#[test]
fn both_calling_each_other_leaves_the_smaller_logins_call() {
    let mut man = waiting();
    assert!(man.plain_incoming("local-1", "woman").is_empty(), "man < woman: his call lives");

    let mut woman = Side::online("woman", Contract::Plain);
    woman.place("c2", "man", Mode::Watch);
    woman.plainly_placed("c2");
    let out = woman.plain_incoming("local-1", "man");
    assert!(out.contains(&Output::Token(TokenCommand::Drop { call_id: id("c2") })));
    assert!(has_surface(&out, &SurfaceCommand::CloseCallWindow { call_id: id("c2") }));
    assert_eq!(woman.state(), Some(CallState::Ringing), "she only wanted to watch, so she is asked");
}
