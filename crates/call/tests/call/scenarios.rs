//! Calls as people have them, by the extended contract.

use crate::support::{Side, has_surface, peer, record, signals};
use zvonok_call::*;

fn id(text: &str) -> CallId {
    CallId::new(text)
}

#[test]
fn a_two_way_call_goes_from_the_click_to_seeing_each_other() {
    let mut man = Side::online("man", Contract::Extended);
    let out = man.place("c1", "woman", Mode::TwoWay);
    assert!(matches!(signals(&out)[..], [Signal::Call { mode: Mode::TwoWay, .. }]));
    assert_eq!(man.state(), Some(CallState::Calling));

    let out = man.placed("c1", "ses_1");
    assert!(has_surface(&out, &SurfaceCommand::OpenCallWindow { call_id: id("c1") }));

    let out = man.hub(Signaling::Accepted { call_id: id("c1"), session: "ses_1".into() });
    let fetch = TokenCommand::Fetch { call_id: id("c1"), session: "ses_1".into(), role: Role::Publisher };
    assert_eq!(out, [Output::Token(fetch)], "the window is open already");
    assert_eq!(man.state(), Some(CallState::Connecting));

    let out = man.token("c1");
    assert!(matches!(
        out[..],
        [Output::Media(MediaCommand::Join { publish: true, subscribe: true, camera: true, .. })]
    ));
    man.media("c1", MediaInput::Joined);
    man.media("c1", MediaInput::RemoteStream);
    assert_eq!(man.state(), Some(CallState::Connecting), "a stream that shows nothing yet is no call yet");
    man.media("c1", MediaInput::RemoteMedia);
    assert_eq!(man.state(), Some(CallState::InCall));
    assert_eq!(man.machine.deadline(), None, "a healthy call lasts as long as people like");

    man.pass(60_000);
    let out = man.user(User::Stop);
    assert!(out.contains(&Output::Media(MediaCommand::Leave { call_id: id("c1") })));
    assert!(out.contains(&Output::Signal(Signal::Hangup { call_id: id("c1") })));
    assert!(out.contains(&Output::Token(TokenCommand::Drop { call_id: id("c1") })));
    assert!(has_surface(&out, &SurfaceCommand::CloseCallWindow { call_id: id("c1") }));
    let record = record(&out).expect("a line of history");
    assert_eq!(record.outcome, Outcome::Answered);
    assert_eq!(record.answered.map(|at| record.ended.since(at)), Some(60_000));
    assert_eq!(man.state(), None);
}

#[test]
fn an_incoming_call_rings_is_accepted_and_joined() {
    let mut woman = Side::online("woman", Contract::Extended);
    let out = woman.incoming("c1", "man", Mode::TwoWay);
    assert!(out.contains(&Output::Signal(Signal::RingAck { call_id: id("c1"), state: RingState::Delivered })));
    assert!(has_surface(
        &out,
        &SurfaceCommand::ShowRing { call_id: id("c1"), peer: peer("man"), mode: Mode::TwoWay, media: Media::Video }
    ));
    let (_, out) = woman.feed(Input::Surface(id("c1"), Surface::Sounding));
    assert!(out.contains(&Output::Signal(Signal::RingAck { call_id: id("c1"), state: RingState::Sounding })));

    let out = woman.user(User::Accept { media: Media::Audio });
    assert!(has_surface(&out, &SurfaceCommand::StopRing { call_id: id("c1") }));
    assert!(out.contains(&Output::Signal(Signal::Accept { call_id: id("c1"), media: Media::Audio })));
    assert!(has_surface(&out, &SurfaceCommand::OpenCallWindow { call_id: id("c1") }), "it opens while the hub answers");

    woman.pass(40);
    let out = woman.result("c1", RequestResult::AcceptOk { session: "ses_1".into(), mode: Mode::TwoWay });
    assert!(matches!(out[..], [Output::Token(TokenCommand::Fetch { role: Role::Publisher, .. })]));
    let out = woman.token("c1");
    assert!(matches!(
        out[..],
        [Output::Media(MediaCommand::Join { publish: true, camera: false, microphone: true, media: Media::Audio, .. })]
    ));
}

#[test]
fn in_a_watch_call_the_caller_only_sees_and_the_called_only_shows() {
    let mut man = Side::online("man", Contract::Extended);
    man.place("c1", "woman", Mode::Watch);
    man.placed("c1", "ses_1");
    let out = man.hub(Signaling::Accepted { call_id: id("c1"), session: "ses_1".into() });
    assert!(matches!(out[..], [Output::Token(TokenCommand::Fetch { role: Role::Subscriber, .. })]));
    let out = man.token("c1");
    assert!(matches!(
        out[..],
        [Output::Media(MediaCommand::Join { publish: false, subscribe: true, microphone: false, camera: false, .. })]
    ));
    let (reaction, out) = man.feed(Input::User(User::SetCamera(true)));
    assert_eq!(reaction, Reaction::NotNow(NotNow::OnlyWatching));
    assert!(out.is_empty(), "the watching side's camera is never opened");

    let mut woman = Side::online("woman", Contract::Extended);
    woman.incoming("c1", "man", Mode::Watch);
    woman.user(User::Accept { media: Media::Video });
    woman.result("c1", RequestResult::AcceptOk { session: "ses_1".into(), mode: Mode::Watch });
    let out = woman.token("c1");
    assert!(matches!(out[..], [Output::Media(MediaCommand::Join { publish: true, subscribe: false, .. })]));
    woman.media("c1", MediaInput::Joined);
    assert_eq!(woman.state(), Some(CallState::Connecting), "nobody sees her yet");
    woman.media("c1", MediaInput::RemoteJoined);
    assert_eq!(woman.state(), Some(CallState::InCall));
}

#[test]
fn a_declined_caller_reads_the_words_and_then_is_idle() {
    let mut woman = Side::online("woman", Contract::Extended);
    woman.incoming("c1", "man", Mode::TwoWay);
    let out = woman.user(User::Decline { message: "In ten minutes".into() });
    assert!(out.contains(&Output::Signal(Signal::Decline {
        call_id: id("c1"),
        reason: DeclineReason::Declined,
        message: "In ten minutes".into()
    })));
    assert_eq!(record(&out).map(|record| record.outcome), Some(Outcome::Declined));
    assert_eq!(woman.state(), None);

    let mut man = Side::online("man", Contract::Extended);
    man.place("c1", "woman", Mode::TwoWay);
    man.placed("c1", "ses_1");
    man.hub(Signaling::Declined {
        which: Which::Id(id("c1")),
        reason: DeclineReason::Declined,
        message: "In ten minutes".into(),
    });
    assert_eq!(man.ended(), Some(EndReason::Declined("In ten minutes".into())));
    let out = man.next_deadline();
    assert!(has_surface(&out, &SurfaceCommand::CloseCallWindow { call_id: id("c1") }));
    assert_eq!(man.state(), None);
}

#[test]
fn a_refused_call_opens_no_window_and_says_why() {
    for refusal in [Refusal::Offline, Refusal::Busy, Refusal::Dnd, Refusal::UnknownUser, Refusal::Other("No".into())] {
        let mut man = Side::online("man", Contract::Extended);
        man.place("c1", "woman", Mode::TwoWay);
        let out = man.result("c1", RequestResult::PlaceRefused(refusal.clone()));
        assert_eq!(man.ended(), Some(EndReason::Refused(refusal)));
        assert!(signals(&out).is_empty(), "the hub knows: {out:?}");
        assert!(man.machine.view().call.is_some_and(|call| !call.window_up));
        assert!(matches!(man.feed(Input::User(User::Stop)), (Reaction::Taken, _)), "the reason can be put away");
        assert_eq!(man.state(), None);
    }
}

#[test]
fn nobody_answering_ends_the_ring_on_both_sides_as_a_missed_call() {
    let mut man = Side::online("man", Contract::Extended);
    man.place("c1", "woman", Mode::TwoWay);
    man.placed("c1", "ses_1");
    let out = man.next_deadline();
    assert_eq!(man.ended(), Some(EndReason::NoAnswer));
    assert!(out.contains(&Output::Signal(Signal::Cancel { call_id: id("c1") })));
    assert_eq!(record(&out).map(|record| record.outcome), Some(Outcome::Missed));

    let mut woman = Side::online("woman", Contract::Extended);
    woman.incoming("c1", "man", Mode::TwoWay);
    let out = woman.next_deadline();
    assert_eq!(woman.state(), None);
    assert!(has_surface(&out, &SurfaceCommand::StopRing { call_id: id("c1") }));
    let missed = SurfaceCommand::NotifyMissed { call_id: id("c1"), peer: peer("man"), ago_ms: 45_000 };
    assert!(has_surface(&out, &missed));
    let out = woman.hub(Signaling::Missed { call_id: id("c1"), peer: peer("man"), mode: Mode::TwoWay, ago_ms: 45_100 });
    assert!(out.is_empty(), "it is missed once, whoever says so");
}

#[test]
fn the_caller_giving_up_stops_the_ringing() {
    let mut man = Side::online("man", Contract::Extended);
    man.place("c1", "woman", Mode::TwoWay);
    man.placed("c1", "ses_1");
    let out = man.user(User::Stop);
    assert_eq!(signals(&out), [&Signal::Cancel { call_id: id("c1") }]);
    assert_eq!(record(&out).map(|record| record.outcome), Some(Outcome::Cancelled));
    assert_eq!(man.state(), None);

    let mut woman = Side::online("woman", Contract::Extended);
    woman.incoming("c1", "man", Mode::TwoWay);
    let out = woman.hub(Signaling::Cancelled(Which::Id(id("c1"))));
    assert!(has_surface(&out, &SurfaceCommand::StopRing { call_id: id("c1") }));
    assert_eq!(record(&out).map(|record| record.outcome), Some(Outcome::Missed));
    assert_eq!(woman.state(), None);
    assert_eq!(woman.feed(Input::User(User::Accept { media: Media::Video })).0, Reaction::NotNow(NotNow::NothingRings));
}

#[test]
fn a_dismissed_ring_is_silent_and_can_still_be_answered() {
    let mut woman = Side::online("woman", Contract::Extended);
    woman.incoming("c1", "man", Mode::TwoWay);
    let out = woman.user(User::DismissRing);
    assert!(has_surface(&out, &SurfaceCommand::StopRing { call_id: id("c1") }));
    assert!(woman.incoming("c1", "man", Mode::TwoWay).is_empty(), "a ring that is repeated stays dismissed");
    assert_eq!(woman.state(), Some(CallState::Ringing));
    let out = woman.user(User::Accept { media: Media::Video });
    assert!(out.contains(&Output::Signal(Signal::Accept { call_id: id("c1"), media: Media::Video })));
}

#[test]
fn a_second_incoming_call_is_declined_busy_and_listed() {
    let mut woman = Side::connected_called("c1", "man", Mode::TwoWay);
    let out = woman.incoming("c2", "child", Mode::TwoWay);
    assert!(out.contains(&Output::Signal(Signal::Decline {
        call_id: id("c2"),
        reason: DeclineReason::Busy,
        message: String::new()
    })));
    assert_eq!(record(&out).map(|record| record.outcome), Some(Outcome::Missed));
    assert_eq!(woman.state(), Some(CallState::InCall));
    assert!(woman.incoming("c2", "child", Mode::TwoWay).is_empty(), "the same call is declined once");
}

#[test]
fn the_peer_hanging_up_is_shown_for_a_moment_and_the_window_goes() {
    let mut man = Side::connected_caller("c1", "woman");
    let out = man.hub(Signaling::Ended { call_id: id("c1"), reason: HubEnd::Hangup });
    assert_eq!(man.ended(), Some(EndReason::PeerHungUp));
    assert!(signals(&out).is_empty());
    assert!(out.contains(&Output::Media(MediaCommand::Leave { call_id: id("c1") })));
    let out = man.next_deadline();
    assert!(has_surface(&out, &SurfaceCommand::CloseCallWindow { call_id: id("c1") }));
    assert_eq!(man.machine.deadline(), None);
}

#[test]
fn closing_the_window_hangs_up_and_closes_nothing_twice() {
    let mut man = Side::connected_caller("c1", "woman");
    let out = man.media("c1", MediaInput::WindowClosed);
    assert!(out.contains(&Output::Signal(Signal::Hangup { call_id: id("c1") })));
    assert!(!has_surface(&out, &SurfaceCommand::CloseCallWindow { call_id: id("c1") }));
    assert_eq!(man.state(), None);
}

#[test]
fn a_new_call_does_not_wait_for_the_reason_of_the_last_one() {
    let mut man = Side::connected_caller("c1", "woman");
    man.hub(Signaling::Ended { call_id: id("c1"), reason: HubEnd::Hangup });
    let out = man.incoming("c2", "child", Mode::TwoWay);
    assert!(has_surface(&out, &SurfaceCommand::CloseCallWindow { call_id: id("c1") }));
    assert_eq!(man.state(), Some(CallState::Ringing));
}

#[test]
fn microphone_and_camera_follow_the_person() {
    let mut man = Side::connected_caller("c1", "woman");
    assert_eq!(man.user(User::SetMicrophone(false)), [Output::Media(MediaCommand::SetMicrophone(false))]);
    assert_eq!(man.user(User::SetCamera(false)), [Output::Media(MediaCommand::SetCamera(false))]);
    let call = man.machine.view().call.expect("a call");
    assert!(!call.microphone && !call.camera);
}

#[test]
fn wishes_that_cannot_be_fulfilled_are_said_so() {
    let mut man = Side { machine: Machine::new(Config::new("man")), now: Millis(0) };
    let place = |call_id: &str, login: &str| {
        Input::User(User::Place { call_id: id(call_id), peer: peer(login), mode: Mode::TwoWay, media: Media::Video })
    };
    assert_eq!(man.feed(place("c1", "woman")).0, Reaction::NotNow(NotNow::Offline));
    man.hub(Signaling::Back(Contract::Extended));
    assert_eq!(man.feed(place("c1", "man")).0, Reaction::NotNow(NotNow::OwnLogin));
    assert_eq!(man.feed(Input::User(User::Stop)).0, Reaction::NotNow(NotNow::NoCall));
    assert_eq!(man.feed(Input::User(User::SetCamera(true))).0, Reaction::NotNow(NotNow::NoCall));
    assert_eq!(man.feed(place("c1", "woman")).0, Reaction::Taken);
    assert_eq!(man.feed(place("c2", "child")).0, Reaction::NotNow(NotNow::InCall));
}
