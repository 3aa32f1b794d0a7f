//! Things that go wrong, cross each other, or come late.

use crate::support::{Side, has_surface, peer, record, signals};
use zvonok_call::*;

fn id(text: &str) -> CallId {
    CallId::new(text)
}

fn accepted(call_id: &str) -> Signaling {
    Signaling::Accepted { call_id: id(call_id), session: "ses_1".into() }
}

/// A caller who waits for the answer.
fn calling(call_id: &str) -> Side {
    let mut man = Side::online("man", Contract::Extended);
    man.place(call_id, "woman", Mode::TwoWay);
    man.placed(call_id, "ses_1");
    man
}

/// A caller who was answered and is about to fetch a token.
fn answered(call_id: &str) -> Side {
    let mut man = calling(call_id);
    man.hub(accepted(call_id));
    man
}

#[test]
fn of_two_calls_to_each_other_the_smaller_id_lives_on_both_sides() {
    // Man placed c1, Woman placed c2, and each is rung by the other.
    let mut man = calling("c1");
    let out = man.incoming("c2", "woman", Mode::TwoWay);
    let ack = Signal::RingAck { call_id: id("c2"), state: RingState::Suppressed(Suppressed::InCall) };
    assert_eq!(signals(&out), [&ack], "his call lives: nothing is declined");

    let mut woman = Side::online("woman", Contract::Extended);
    woman.place("c2", "man", Mode::TwoWay);
    woman.placed("c2", "ses_2");
    let out = woman.incoming("c1", "man", Mode::TwoWay);
    assert!(out.contains(&Output::Signal(Signal::Cancel { call_id: id("c2") })));
    assert!(out.contains(&Output::Signal(Signal::Accept { call_id: id("c1"), media: Media::Video })));
    assert!(has_surface(&out, &SurfaceCommand::OpenCallWindow { call_id: id("c1") }), "the window takes over");
    assert!(record(&out).is_none(), "the two calls became one, which is listed at its end");
    assert_eq!(woman.machine.view().call.map(|call| call.call_id), Some(id("c1")));
    assert!(woman.hub(Signaling::Cancelled(Which::Id(id("c2")))).is_empty());
}

#[test]
fn glare_reaches_a_caller_whose_request_is_not_answered_yet() {
    let mut woman = Side::online("woman", Contract::Extended);
    woman.place("c2", "man", Mode::TwoWay);
    woman.incoming("c1", "man", Mode::TwoWay);
    assert_eq!(woman.machine.view().call.map(|call| call.call_id), Some(id("c1")));
    let out = woman.placed("c2", "ses_2");
    assert_eq!(signals(&out), [&Signal::Cancel { call_id: id("c2") }], "the hub learns that this one is given up");
}

#[test]
fn a_hub_that_answers_for_both_connects_both() {
    // Woman's `/call` finds that Man is calling her: the hub names his call, which is answered by that.
    let mut woman = Side::online("woman", Contract::Extended);
    woman.place("c2", "man", Mode::TwoWay);
    let placed = RequestResult::Placed {
        lives: id("c1"),
        mode: Some(Mode::TwoWay),
        session: Some("ses_1".into()),
        ttl_ms: Some(40_000),
    };
    let out = woman.result("c2", placed);
    let fetch = TokenCommand::Fetch { call_id: id("c1"), session: "ses_1".into(), role: Role::Publisher };
    assert!(out.contains(&Output::Token(fetch)));
    assert_eq!(woman.state(), Some(CallState::Connecting));
    assert!(woman.incoming("c1", "man", Mode::TwoWay).is_empty(), "the ring that comes late is no other call");

    // The ring came first, and the hub's `accepted` before the answer to `/accept`.
    let mut woman = Side::online("woman", Contract::Extended);
    woman.place("c2", "man", Mode::TwoWay);
    woman.incoming("c1", "man", Mode::TwoWay);
    woman.hub(accepted("c1"));
    assert_eq!(woman.state(), Some(CallState::Connecting));
    let out = woman.result("c1", RequestResult::AcceptOk { session: "ses_1".into(), mode: Mode::TwoWay });
    assert!(out.is_empty());
}

#[test]
fn a_hub_that_answers_in_the_place_of_one_who_only_watches_is_not_followed() {
    for (own, theirs) in [(Mode::Watch, Mode::TwoWay), (Mode::TwoWay, Mode::Watch)] {
        let mut woman = Side::online("woman", Contract::Extended);
        woman.place("c2", "man", own);
        let placed = RequestResult::Placed {
            lives: id("c1"),
            mode: Some(theirs),
            session: Some("ses_1".into()),
            ttl_ms: Some(40_000),
        };
        let out = woman.result("c2", placed);
        assert!(!out.iter().any(|output| matches!(output, Output::Token(_) | Output::Media(_))), "{out:?}");
        assert_eq!(woman.ended(), Some(EndReason::Cancelled));
        woman.incoming("c1", "man", theirs);
        assert_eq!(woman.state(), Some(CallState::Ringing), "she is asked");
    }
}

#[test]
fn a_ring_that_the_hub_closes_is_one_that_nobody_answered() {
    let mut man = calling("c1");
    let out = man.hub(Signaling::Ended { call_id: id("c1"), reason: HubEnd::Closed });
    assert_eq!(man.ended(), Some(EndReason::NoAnswer));
    assert_eq!(record(&out).map(|record| record.outcome), Some(Outcome::Missed));
}

#[test]
fn who_only_wanted_to_watch_is_asked_before_being_shown() {
    let mut woman = Side::online("woman", Contract::Extended);
    woman.place("c2", "man", Mode::Watch);
    woman.placed("c2", "ses_2");
    let out = woman.incoming("c1", "man", Mode::Watch);
    assert!(has_surface(&out, &SurfaceCommand::CloseCallWindow { call_id: id("c2") }));
    assert_eq!(woman.state(), Some(CallState::Ringing));
}

#[test]
fn the_first_of_several_answers_counts() {
    let mut man = answered("c1");
    let (reaction, out) = man.feed(Input::Signaling(accepted("c1")));
    assert_eq!((reaction, out), (Reaction::Stale, vec![]));

    let mut woman = Side::online("woman", Contract::Extended);
    woman.incoming("c1", "man", Mode::TwoWay);
    woman.user(User::Accept { media: Media::Video });
    let out = woman.result("c1", RequestResult::AcceptRefused(Refusal::AnsweredElsewhere));
    assert_eq!(woman.ended(), Some(EndReason::AnsweredElsewhere(None)), "her other device was faster");
    assert!(signals(&out).is_empty());

    let mut third = Side::online("woman", Contract::Extended);
    third.incoming("c1", "man", Mode::TwoWay);
    let out = third.hub(Signaling::AnsweredElsewhere { call_id: id("c1"), device: Some("Office".into()) });
    assert!(has_surface(&out, &SurfaceCommand::StopRing { call_id: id("c1") }));
    assert_eq!(record(&out).map(|record| record.outcome), Some(Outcome::Answered), "not a missed call");
    assert_eq!(third.state(), None);
}

#[test]
fn an_answer_that_crosses_giving_up_is_hung_up() {
    let mut man = calling("c1");
    man.user(User::Stop);
    let out = man.hub(accepted("c1"));
    assert_eq!(signals(&out), [&Signal::Hangup { call_id: id("c1") }]);
    assert_eq!(man.state(), None);

    let mut woman = Side::online("woman", Contract::Extended);
    woman.incoming("c1", "man", Mode::TwoWay);
    woman.user(User::Accept { media: Media::Video });
    woman.user(User::Stop);
    let out = woman.result("c1", RequestResult::AcceptOk { session: "ses_1".into(), mode: Mode::TwoWay });
    assert_eq!(signals(&out), [&Signal::Hangup { call_id: id("c1") }]);
}

#[test]
fn hang_ups_that_cross_end_the_call_once() {
    let mut man = Side::connected_caller("c1", "woman");
    man.user(User::Stop);
    let (reaction, out) = man.feed(Input::Signaling(Signaling::Ended { call_id: id("c1"), reason: HubEnd::Hangup }));
    assert_eq!((reaction, out), (Reaction::Stale, vec![]));
}

#[test]
fn a_last_word_is_repeated_until_it_is_heard() {
    let mut man = Side::connected_caller("c1", "woman");
    man.user(User::Stop);
    let hangup = Signal::Hangup { call_id: id("c1") };
    let out = man.result("c1", RequestResult::LastWordUnanswered);
    assert!(out.is_empty(), "not at once");
    assert_eq!(signals(&man.next_deadline()), [&hangup]);
    man.hub(Signaling::Lost);
    assert_eq!(signals(&man.hub(Signaling::Back(Contract::Extended))), [&hangup], "the hub is back");
    man.result("c1", RequestResult::LastWordHeard);
    assert_eq!(man.machine.deadline(), None);

    let mut man = Side::connected_caller("c1", "woman");
    man.user(User::Stop);
    let mut said = 1;
    while man.machine.deadline().is_some() {
        said += signals(&man.next_deadline()).len();
    }
    assert_eq!(said, 8, "a hub that never answers is not told for ever");
}

#[test]
fn requests_without_an_answer_are_repeated_and_then_given_up() {
    let mut man = Side::online("man", Contract::Extended);
    man.place("c1", "woman", Mode::TwoWay);
    man.result("c1", RequestResult::PlaceUnanswered);
    let out = man.next_deadline();
    assert!(matches!(signals(&out)[..], [Signal::Call { .. }]), "under the same id: {out:?}");
    let out = man.next_deadline();
    assert_eq!(man.ended(), Some(EndReason::SignalingDown));
    assert_eq!(signals(&out), [&Signal::Cancel { call_id: id("c1") }], "in case it did arrive");

    let mut woman = Side::online("woman", Contract::Extended);
    woman.incoming("c1", "man", Mode::TwoWay);
    woman.user(User::Accept { media: Media::Video });
    woman.result("c1", RequestResult::AcceptUnanswered);
    assert!(matches!(signals(&woman.next_deadline())[..], [Signal::Accept { .. }]));
    let out = woman.next_deadline();
    assert_eq!(woman.ended(), Some(EndReason::SignalingDown));
    assert_eq!(signals(&out), [&Signal::Hangup { call_id: id("c1") }]);
}

#[test]
fn signaling_lost_while_it_rings_loses_no_call() {
    let mut man = calling("c1");
    man.hub(Signaling::Lost);
    assert_eq!(man.state(), Some(CallState::Calling));
    assert!(man.machine.view().call.is_some_and(|call| call.reconnecting));
    man.hub(Signaling::Back(Contract::Extended));
    man.hub(accepted("c1"));
    assert_eq!(man.state(), Some(CallState::Connecting));

    let mut woman = Side::online("woman", Contract::Extended);
    woman.incoming("c1", "man", Mode::TwoWay);
    woman.hub(Signaling::Lost);
    woman.hub(Signaling::Back(Contract::Extended));
    let out = woman.incoming("c1", "man", Mode::TwoWay);
    assert!(out.is_empty(), "a ring that is replayed rings once");
}

#[test]
fn signaling_lost_in_a_call_changes_nothing_of_the_call() {
    let mut man = Side::connected_caller("c1", "woman");
    man.hub(Signaling::Lost);
    assert_eq!(man.state(), Some(CallState::InCall));
    man.pass(120_000);
    assert_eq!(man.state(), Some(CallState::InCall));
    let out = man.hub(Signaling::Ended { call_id: id("c1"), reason: HubEnd::Hangup });
    assert_eq!(record(&out).map(|record| record.outcome), Some(Outcome::Answered));
}

#[test]
fn a_lost_peer_is_waited_for_and_then_given_up() {
    let mut man = Side::connected_caller("c1", "woman");
    man.media("c1", MediaInput::RemoteLeft);
    man.pass(2_000);
    man.media("c1", MediaInput::RemoteStream);
    assert_eq!(man.machine.deadline(), None, "it came back");
    man.media("c1", MediaInput::RemoteLeft);
    let out = man.next_deadline();
    assert_eq!(man.ended(), Some(EndReason::PeerLost));
    assert_eq!(signals(&out), [&Signal::Hangup { call_id: id("c1") }]);
    assert_eq!(record(&out).map(|record| record.outcome), Some(Outcome::Answered), "people did talk");
}

#[test]
fn being_thrown_out_waits_for_the_hubs_reason() {
    let mut man = Side::connected_caller("c1", "woman");
    man.media("c1", MediaInput::Disconnected(Disconnect::ThrownOut));
    man.hub(Signaling::Ended { call_id: id("c1"), reason: HubEnd::Hangup });
    assert_eq!(man.ended(), Some(EndReason::PeerHungUp));

    let mut man = Side::connected_caller("c1", "woman");
    man.media("c1", MediaInput::Disconnected(Disconnect::ThrownOut));
    man.next_deadline();
    assert_eq!(man.ended(), Some(EndReason::Closed));
}

#[test]
fn media_that_is_restored_goes_on_and_otherwise_ends() {
    let mut man = Side::connected_caller("c1", "woman");
    man.media("c1", MediaInput::Reconnecting);
    assert!(man.machine.view().call.is_some_and(|call| call.reconnecting));
    man.media("c1", MediaInput::Reconnected);
    assert_eq!(man.machine.deadline(), None);
    man.media("c1", MediaInput::Reconnecting);
    man.next_deadline();
    assert_eq!(man.ended(), Some(EndReason::MediaLost));

    let mut man = Side::connected_caller("c1", "woman");
    man.media("c1", MediaInput::Disconnected(Disconnect::Network));
    assert_eq!(man.ended(), Some(EndReason::MediaLost));
}

#[test]
fn connecting_ends_with_what_was_missing() {
    let mut man = answered("c1");
    man.next_deadline();
    assert_eq!(man.ended(), Some(EndReason::NoToken(TokenFailure::TimedOut)));

    let mut man = answered("c1");
    man.token("c1");
    man.next_deadline();
    assert_eq!(man.ended(), Some(EndReason::NotJoined));

    let mut man = answered("c1");
    man.token("c1");
    man.media("c1", MediaInput::Joined);
    man.next_deadline();
    assert_eq!(man.ended(), Some(EndReason::PeerLost), "the other side never came");

    let mut man = answered("c1");
    man.token("c1");
    man.media("c1", MediaInput::Joined);
    man.media("c1", MediaInput::RemoteStream);
    let out = man.next_deadline();
    assert_eq!(man.ended(), Some(EndReason::MediaBlocked), "it is there, and nothing of it arrives");
    assert_eq!(signals(&out), [&Signal::Hangup { call_id: id("c1") }]);
    assert_eq!(record(&out).map(|record| record.outcome), Some(Outcome::Failed));
}

#[test]
fn a_token_that_fails_is_asked_for_again_where_that_makes_sense() {
    let failed = |failure, retryable| Input::Token(Token::Failed { call_id: id("c1"), failure, retryable });
    let mut man = answered("c1");
    man.feed(failed(TokenFailure::Unreachable, true));
    assert_eq!(man.state(), Some(CallState::Connecting));
    assert!(matches!(man.next_deadline()[..], [Output::Token(TokenCommand::Fetch { .. })]));
    man.feed(failed(TokenFailure::SecretRefused, false));
    assert_eq!(man.ended(), Some(EndReason::NoToken(TokenFailure::SecretRefused)));
}

#[test]
fn a_token_that_comes_late_does_not_lie_around() {
    let mut man = answered("c1");
    man.user(User::Stop);
    assert_eq!(man.token("c1"), [Output::Token(TokenCommand::Drop { call_id: id("c1") })]);
}

#[test]
fn a_missing_camera_leaves_the_sound_and_blocked_media_leave_nothing() {
    let mut man = Side::connected_caller("c1", "woman");
    man.media("c1", MediaInput::Failed(MediaFailure::CameraBusy));
    let call = man.machine.view().call.expect("a call");
    assert_eq!((call.state, call.camera, call.microphone), (CallState::InCall, false, true));
    man.media("c1", MediaInput::Failed(MediaFailure::Blocked));
    assert_eq!(man.ended(), Some(EndReason::MediaBlocked));
}

#[test]
fn messages_of_other_calls_change_nothing() {
    let mut man = Side::connected_caller("c1", "woman");
    let before = man.machine.view();
    let stale = [
        Input::Signaling(accepted("c0")),
        Input::Signaling(Signaling::Ended { call_id: id("c0"), reason: HubEnd::Hangup }),
        Input::Signaling(Signaling::Cancelled(Which::Id(id("c0")))),
        Input::Signaling(Signaling::AnsweredElsewhere { call_id: id("c0"), device: None }),
        Input::Media(id("c0"), MediaInput::WindowClosed),
        Input::Media(id("c0"), MediaInput::Failed(MediaFailure::Internal)),
        Input::Surface(id("c0"), Surface::Shown),
    ];
    for input in stale {
        assert_eq!(man.feed(input.clone()), (Reaction::Stale, vec![]), "{input:?}");
    }
    assert_eq!(man.machine.view(), before);
}

#[test]
fn a_call_missed_while_away_is_told_once() {
    let mut woman = Side::online("woman", Contract::Extended);
    let missed = Signaling::Missed { call_id: id("c1"), peer: peer("man"), mode: Mode::TwoWay, ago_ms: 600_000 };
    let out = woman.hub(missed.clone());
    let notify = SurfaceCommand::NotifyMissed { call_id: id("c1"), peer: peer("man"), ago_ms: 600_000 };
    assert!(has_surface(&out, &notify), "although this machine's clock began a second ago: {out:?}");
    assert!(woman.hub(missed).is_empty());
}

#[test]
fn a_clock_that_goes_back_is_ignored() {
    let mut man = calling("c1");
    let deadline = man.machine.deadline();
    man.now = Millis(0);
    man.feed(Input::Tick);
    assert_eq!(man.machine.deadline(), deadline);
}

#[test]
fn a_clock_that_jumps_over_everything_ends_everything_in_one_go() {
    let mut man = calling("c1");
    man.pass(10_000_000);
    assert_eq!(man.ended(), Some(EndReason::NoAnswer));
    man.pass(10_000_000);
    assert_eq!((man.state(), man.machine.deadline().is_none()), (None, false), "only the last word is left");
}

#[test]
fn somebody_without_camera_and_microphone_is_in_the_call_all_the_same() {
    let mut man = answered("c1");
    man.token("c1");
    man.media("c1", MediaInput::Joined);
    man.media("c1", MediaInput::RemoteJoined);
    assert_eq!(man.state(), Some(CallState::Connecting), "a stream may still come");
    man.pass(Config::new("man").listener_ms - 1);
    assert_eq!(man.state(), Some(CallState::Connecting));
    man.pass(1);
    assert_eq!(man.state(), Some(CallState::InCall), "she sees and hears him");

    // A stream that is there and does not flow is another thing.
    let mut man = answered("c1");
    man.token("c1");
    for input in [MediaInput::Joined, MediaInput::RemoteJoined, MediaInput::RemoteStream] {
        man.media("c1", input);
    }
    man.pass(Config::new("man").connecting_ms);
    assert_eq!(man.ended(), Some(EndReason::MediaBlocked));
}

#[test]
fn a_listener_who_leaves_before_the_call_stands_was_never_in_it() {
    let mut man = answered("c1");
    man.token("c1");
    for input in [MediaInput::Joined, MediaInput::RemoteJoined, MediaInput::RemoteLeft] {
        man.media("c1", input);
    }
    man.pass(Config::new("man").peer_gone_ms);
    assert_eq!(man.ended(), Some(EndReason::PeerLost));
}

#[test]
fn what_broke_stays_readable_longer_than_how_it_went() {
    let config = Config::new("man");
    let mut man = answered("c1");
    man.feed(Input::Token(Token::Failed { call_id: id("c1"), failure: TokenFailure::SecretRefused, retryable: false }));
    man.pass(config.linger_ms);
    assert_eq!(man.ended(), Some(EndReason::NoToken(TokenFailure::SecretRefused)));
    man.pass(config.fault_linger_ms - config.linger_ms);
    assert_eq!(man.state(), None);

    let mut man = calling("c1");
    man.hub(Signaling::Ended { call_id: id("c1"), reason: HubEnd::Closed });
    man.pass(config.linger_ms);
    assert_eq!(man.state(), None, "that nobody answered is read at once");
}
