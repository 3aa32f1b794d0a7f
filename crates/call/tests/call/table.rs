//! Every state with every input: nothing panics, nothing is left behind, everything has a way out.

use proptest::prelude::*;
use zvonok_call::*;

use crate::support::peer;
use crate::world::Checked;

fn id(text: &str) -> CallId {
    CallId::new(text)
}

fn back(contract: Contract) -> Input {
    Input::Signaling(Signaling::Back(contract))
}

fn place(call_id: &str, mode: Mode) -> Input {
    let (call_id, media) = (id(call_id), Media::Video);
    Input::User(User::Place { call_id, peer: peer("woman"), mode, media })
}

fn incoming(call_id: &str, login: &str, contract: Contract, mode: Mode, ttl_ms: Option<u64>) -> Input {
    let (call_id, media) = (id(call_id), Media::Video);
    Input::Signaling(Signaling::Incoming(Incoming { call_id, contract, peer: peer(login), mode, media, ttl_ms }))
}

fn result(call_id: &str, result: RequestResult) -> Input {
    Input::Signaling(Signaling::Result(id(call_id), result))
}

fn placed(call_id: &str, session: Option<&str>) -> Input {
    let (lives, mode, session) = (id(call_id), None, session.map(Into::into));
    result(call_id, RequestResult::Placed { lives, mode, session, ttl_ms: Some(45_000) })
}

fn accept() -> Input {
    Input::User(User::Accept { media: Media::Video })
}

fn accept_ok(call_id: &str, mode: Mode) -> Input {
    result(call_id, RequestResult::AcceptOk { session: "ses_1".into(), mode })
}

fn media(call_id: &str, input: MediaInput) -> Input {
    Input::Media(id(call_id), input)
}

/// Ways into every state and every sub-state of it. The call is always `c5`, the other person `woman`.
fn ways() -> Vec<(&'static str, Vec<Input>)> {
    use Contract::{Extended, Plain};
    let token = || Input::Token(Token::Ready(id("c5")));
    let accepted = || Input::Signaling(Signaling::Accepted { call_id: id("c5"), session: "ses_1".into() });
    let retryable =
        || Input::Token(Token::Failed { call_id: id("c5"), failure: TokenFailure::Unreachable, retryable: true });
    let ring = |mode| incoming("c5", "woman", Extended, mode, Some(45_000));
    let connecting = || vec![back(Extended), place("c5", Mode::TwoWay), placed("c5", Some("ses_1")), accepted()];
    let shown = || vec![back(Extended), ring(Mode::Watch), accept(), accept_ok("c5", Mode::Watch), token()];
    let with = |mut way: Vec<Input>, more: Vec<Input>| {
        way.extend(more);
        way
    };
    let in_call =
        || with(connecting(), vec![token(), media("c5", MediaInput::Joined), media("c5", MediaInput::RemoteMedia)]);
    let waiting = || vec![back(Plain), place("c5", Mode::Watch), placed("c5", None), token()];
    vec![
        ("offline", vec![]),
        ("idle", vec![back(Extended)]),
        ("idle, plain", vec![back(Plain)]),
        ("placing", vec![back(Extended), place("c5", Mode::TwoWay)]),
        (
            "placing, to be repeated",
            vec![back(Extended), place("c5", Mode::TwoWay), result("c5", RequestResult::PlaceUnanswered)],
        ),
        ("placing, plain", vec![back(Plain), place("c5", Mode::Watch)]),
        ("calling", vec![back(Extended), place("c5", Mode::TwoWay), placed("c5", Some("ses_1"))]),
        ("calling to watch", vec![back(Extended), place("c5", Mode::Watch), placed("c5", Some("ses_1"))]),
        ("calling an old device", vec![back(Extended), place("c5", Mode::TwoWay), placed("c5", Some("woman"))]),
        ("calling, plain, without a token", vec![back(Plain), place("c5", Mode::Watch), placed("c5", None)]),
        ("calling, plain, waiting", waiting()),
        ("ringing", vec![back(Extended), ring(Mode::TwoWay)]),
        ("ringing, dismissed", vec![back(Extended), ring(Mode::TwoWay), Input::User(User::DismissRing)]),
        ("ringing, plain", vec![back(Plain), incoming("c5", "woman", Plain, Mode::Watch, None)]),
        ("accepting", vec![back(Extended), ring(Mode::TwoWay), accept()]),
        (
            "accepting, to be repeated",
            vec![back(Extended), ring(Mode::TwoWay), accept(), result("c5", RequestResult::AcceptUnanswered)],
        ),
        ("connecting without a token", connecting()),
        ("connecting, token to be repeated", with(connecting(), vec![retryable()])),
        ("connecting, joining", with(connecting(), vec![token()])),
        ("connecting, joined", with(connecting(), vec![token(), media("c5", MediaInput::Joined)])),
        ("connecting, being restored", with(connecting(), vec![token(), media("c5", MediaInput::Reconnecting)])),
        ("connecting, showing", shown()),
        ("connecting, plain", with(waiting(), vec![media("c5", MediaInput::RemoteStream)])),
        ("connecting, plain, called", vec![back(Plain), incoming("c5", "woman", Plain, Mode::Watch, None), accept()]),
        ("in call", in_call()),
        ("in call, offline", with(in_call(), vec![Input::Signaling(Signaling::Lost)])),
        ("in call, peer gone", with(in_call(), vec![media("c5", MediaInput::RemoteLeft)])),
        ("in call, being restored", with(in_call(), vec![media("c5", MediaInput::Reconnecting)])),
        ("in call, thrown out", with(in_call(), vec![media("c5", MediaInput::Disconnected(Disconnect::ThrownOut))])),
        (
            "in call, showing",
            with(shown(), vec![media("c5", MediaInput::Joined), media("c5", MediaInput::RemoteJoined)]),
        ),
        ("in call, plain", with(waiting(), vec![media("c5", MediaInput::RemoteMedia)])),
        (
            "ended, with a window",
            with(in_call(), vec![Input::Signaling(Signaling::Ended { call_id: id("c5"), reason: HubEnd::Hangup })]),
        ),
        (
            "ended, without a window",
            vec![back(Extended), place("c5", Mode::TwoWay), result("c5", RequestResult::PlaceRefused(Refusal::Busy))],
        ),
        ("hung up, not heard yet", with(in_call(), vec![Input::User(User::Stop)])),
    ]
}

/// Every kind of input, for the call `c5`, a smaller and a greater id.
fn inputs() -> Vec<Input> {
    use Contract::{Extended, Plain};
    let mut inputs = vec![
        Input::Tick,
        back(Extended),
        back(Plain),
        Input::Signaling(Signaling::Lost),
        accept(),
        Input::User(User::Accept { media: Media::Audio }),
        Input::User(User::Decline { message: "no".into() }),
        Input::User(User::Stop),
        Input::User(User::DismissRing),
    ];
    for on in [true, false] {
        inputs.push(Input::User(User::SetMicrophone(on)));
        inputs.push(Input::User(User::SetCamera(on)));
    }
    for call_id in ["c3", "c5", "c7"] {
        for mode in [Mode::TwoWay, Mode::Watch] {
            inputs.push(place(call_id, mode));
            inputs.push(accept_ok(call_id, mode));
            for login in ["woman", "child"] {
                for contract in [Extended, Plain] {
                    for ttl in [None, Some(0), Some(30_000), Some(u64::MAX)] {
                        inputs.push(incoming(call_id, login, contract, mode, ttl));
                    }
                }
            }
        }
        inputs.extend(named(call_id));
    }
    inputs
}

fn named(call_id: &str) -> Vec<Input> {
    let device = Device { id: "d".into(), name: "Office".into(), state: RingState::Sounding };
    let mut signaling = vec![
        Signaling::Ringing { call_id: id(call_id), devices: vec![device] },
        Signaling::Accepted { call_id: id(call_id), session: "ses_1".into() },
        Signaling::Accepted { call_id: id(call_id), session: "woman".into() },
        Signaling::Cancelled(Which::Id(id(call_id))),
        Signaling::Cancelled(Which::Login("woman".into())),
        Signaling::AnsweredElsewhere { call_id: id(call_id), device: None },
        Signaling::Missed { call_id: id(call_id), peer: peer("woman"), mode: Mode::TwoWay, ago_ms: 5 },
    ];
    for reason in [DeclineReason::Declined, DeclineReason::Busy, DeclineReason::Dnd] {
        for which in [Which::Id(id(call_id)), Which::Login("woman".into())] {
            signaling.push(Signaling::Declined { which, reason, message: "no".into() });
        }
    }
    for reason in [HubEnd::Hangup, HubEnd::Lost, HubEnd::Failed, HubEnd::Closed] {
        signaling.push(Signaling::Ended { call_id: id(call_id), reason });
    }
    for refusal in [Refusal::Busy, Refusal::Cancelled, Refusal::Expired, Refusal::AnsweredElsewhere] {
        signaling.push(Signaling::Result(id(call_id), RequestResult::PlaceRefused(refusal.clone())));
        signaling.push(Signaling::Result(id(call_id), RequestResult::AcceptRefused(refusal)));
    }
    for session in [None, Some("ses_1".to_owned()), Some("woman".to_owned())] {
        for ttl_ms in [None, Some(0), Some(u64::MAX)] {
            for lives in [call_id, "c3"] {
                let (session, lives, mode) = (session.clone(), id(lives), None);
                signaling.push(Signaling::Result(id(call_id), RequestResult::Placed { lives, mode, session, ttl_ms }));
            }
        }
    }
    for result in [
        RequestResult::PlaceUnanswered,
        RequestResult::AcceptUnanswered,
        RequestResult::LastWordHeard,
        RequestResult::LastWordUnanswered,
    ] {
        signaling.push(Signaling::Result(id(call_id), result));
    }
    let mut inputs: Vec<Input> = signaling.into_iter().map(Input::Signaling).collect();
    inputs.push(Input::Token(Token::Ready(id(call_id))));
    for retryable in [true, false] {
        let failure = TokenFailure::KeyringLocked;
        inputs.push(Input::Token(Token::Failed { call_id: id(call_id), failure, retryable }));
    }
    for surface in [Surface::Shown, Surface::Sounding, Surface::Suppressed(Suppressed::NoSurface)] {
        inputs.push(Input::Surface(id(call_id), surface));
    }
    for failure in [MediaFailure::CameraAbsent, MediaFailure::MicrophoneAbsent, MediaFailure::Blocked] {
        inputs.push(media(call_id, MediaInput::Failed(failure)));
    }
    for event in [
        MediaInput::Joined,
        MediaInput::RemoteJoined,
        MediaInput::RemoteStream,
        MediaInput::RemoteMedia,
        MediaInput::RemoteLeft,
        MediaInput::Reconnecting,
        MediaInput::Reconnected,
        MediaInput::Disconnected(Disconnect::ThrownOut),
        MediaInput::Disconnected(Disconnect::Network),
        MediaInput::WindowClosed,
    ] {
        inputs.push(media(call_id, event));
    }
    inputs
}

/// Media events of a session that the window never was told to join cannot happen; everything else can.
fn is_possible(side: &Checked, input: &Input) -> bool {
    let Input::Media(call_id, event) = input else { return true };
    match event {
        MediaInput::WindowClosed => side.world.window.as_ref() == Some(call_id),
        MediaInput::Failed(_) => true,
        MediaInput::Joined
        | MediaInput::RemoteJoined
        | MediaInput::RemoteStream
        | MediaInput::RemoteMedia
        | MediaInput::RemoteLeft
        | MediaInput::Reconnecting
        | MediaInput::Reconnected
        | MediaInput::Disconnected(_) => side.world.joined.as_ref() == Some(call_id),
    }
}

/// Ends whatever there is by nothing but time and at most one *Stop*.
fn has_a_way_out(side: &mut Checked, context: &str) {
    assert!(side.rest(40), "{context}: time alone leads to rest");
    if side.machine.view().call.is_some() {
        side.feed(Input::User(User::Stop));
        assert!(side.rest(40), "{context}: after Stop");
    }
    assert_eq!(side.machine.view().call, None, "{context}");
}

#[test]
fn every_state_takes_every_input_and_still_has_a_way_out() {
    for (name, way) in ways() {
        for input in inputs() {
            let context = format!("{name}, then {input:?}");
            let mut side = Checked::new("man");
            for step in &way {
                side.now = side.now.plus(10);
                side.feed(step.clone());
            }
            side.now = side.now.plus(10);
            if is_possible(&side, &input) {
                side.feed(input.clone());
                side.feed(input.clone());
                has_a_way_out(&mut side, &context);
            } else {
                // Still no panic, whatever the window makes of itself.
                side.machine.handle(input, side.now);
            }
        }
    }
}

#[test]
fn the_ways_lead_where_their_names_say() {
    for (name, way) in ways() {
        let mut side = Checked::new("man");
        for step in way {
            side.now = side.now.plus(10);
            side.feed(step);
        }
        let state = side.machine.view().call.map(|call| call.state);
        let wanted = name.split(',').next().unwrap_or_default().split(' ').next().unwrap_or_default();
        let found = match state {
            None => vec!["offline", "idle", "hung"],
            Some(CallState::Calling) => vec!["placing", "calling"],
            Some(CallState::Ringing) => vec!["ringing"],
            Some(CallState::Connecting) => vec!["accepting", "connecting"],
            Some(CallState::InCall) => vec!["in"],
            Some(CallState::Ended(_)) => vec!["ended"],
        };
        assert!(found.contains(&wanted), "{name} leads to {found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_sequence_of_inputs_leads_to_a_panic_or_a_dead_end(
        steps in proptest::collection::vec((any::<prop::sample::Index>(), 0_u64..30_000), 1..120),
    ) {
        let inputs = inputs();
        let mut side = Checked::new("man");
        for (index, pause) in steps {
            let input = index.get(&inputs).clone();
            side.now = side.now.plus(pause);
            side.feed(Input::Tick);
            if is_possible(&side, &input) {
                side.feed(input);
            }
        }
        has_a_way_out(&mut side, "after the sequence");
    }

    #[test]
    fn a_window_that_invents_events_leads_to_no_panic_either(
        steps in proptest::collection::vec((any::<prop::sample::Index>(), 0_u64..30_000), 1..120),
    ) {
        let inputs = inputs();
        let mut machine = Machine::new(Config::new("man"));
        let mut now = Millis(0);
        for (index, pause) in steps {
            now = now.plus(pause);
            machine.handle(index.get(&inputs).clone(), now);
            prop_assert!(machine.deadline().is_none_or(|deadline| deadline > now));
        }
    }
}
