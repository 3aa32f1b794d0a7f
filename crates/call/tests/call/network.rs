//! Three machines (one person's, and two devices of another) and a hub, joined by a network that drops, repeats and
//! reorders, with people who press anything at any time. Once the network heals, all end in the same state.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use zvonok_call::*;

use crate::hub::{DEVICES, Hub, Stage, login, session};
use crate::support::peer;
use crate::world::Checked;

/// What a person presses.
#[derive(Debug, Clone, Copy)]
enum Press {
    Call(Mode),
    Accept,
    Decline,
    Stop,
    Dismiss,
    CloseWindow,
    /// The socket goes, or comes back.
    Socket(bool),
}

/// Something under way.
#[derive(Debug, Clone)]
enum Packet {
    Request(usize, Signal),
    Feed(usize, Input),
}

struct Simulation {
    sides: Vec<Checked>,
    hub: Hub,
    now: Millis,
    under_way: BTreeMap<(Millis, u64), Packet>,
    sent: u64,
    /// Random bytes that decide the fate of packets, used round and round.
    dice: Vec<u8>,
    thrown: usize,
    calm: bool,
    /// Who is in which call's media session, and whether it publishes and subscribes.
    rooms: BTreeMap<CallId, BTreeMap<usize, (bool, bool)>>,
    /// A window reports its events in order.
    last_media: [Millis; DEVICES],
    placed: u32,
}

impl Simulation {
    fn new(dice: Vec<u8>) -> Self {
        let mut simulation = Self {
            sides: (0..DEVICES).map(|device| Checked::new(login(device))).collect(),
            hub: Hub::default(),
            now: Millis(1),
            under_way: BTreeMap::new(),
            sent: 0,
            dice,
            thrown: 0,
            calm: false,
            rooms: BTreeMap::new(),
            last_media: [Millis(0); DEVICES],
            placed: 0,
        };
        for device in 0..DEVICES {
            simulation.feed(device, Input::Signaling(Signaling::Back(Contract::Extended)));
        }
        simulation
    }

    fn die(&mut self) -> u64 {
        self.thrown += 1;
        self.dice.get(self.thrown % self.dice.len().max(1)).copied().map_or(128, u64::from)
    }

    fn delay(&mut self) -> u64 {
        if self.calm { 10 } else { 5 + self.die() * 8 }
    }

    fn put(&mut self, at: Millis, packet: Packet) {
        self.sent += 1;
        self.under_way.insert((at, self.sent), packet);
    }

    /// Sends over the network: later, perhaps twice, perhaps never. False when never.
    fn send(&mut self, packet: Packet) -> bool {
        let fate = if self.calm { 255 } else { self.die() };
        if fate < 40 {
            return false;
        }
        let copies = if fate < 70 { 2 } else { 1 };
        for _ in 0..copies {
            let at = self.now.plus(self.delay());
            self.put(at, packet.clone());
        }
        true
    }

    fn feed(&mut self, device: usize, input: Input) {
        let now = self.now;
        let Some(side) = self.sides.get_mut(device) else { return };
        side.now = now;
        let outputs = side.feed(input);
        for output in outputs {
            self.carry_out(device, output);
        }
    }

    fn carry_out(&mut self, device: usize, output: Output) {
        match output {
            Output::Signal(signal) => {
                if !self.send(Packet::Request(device, signal.clone())) {
                    self.unanswered(device, &signal);
                }
            }
            Output::Token(TokenCommand::Fetch { call_id, .. }) => {
                let fails = !self.calm && self.die() < 30;
                let token = if fails {
                    Token::Failed { call_id, failure: TokenFailure::Unreachable, retryable: true }
                } else {
                    Token::Ready(call_id)
                };
                let at = self.now.plus(self.delay());
                self.put(at, Packet::Feed(device, Input::Token(token)));
            }
            Output::Media(MediaCommand::Join { call_id, publish, subscribe, .. }) => {
                self.join(device, &call_id, publish, subscribe);
            }
            Output::Media(MediaCommand::Leave { call_id }) => self.leave(device, &call_id),
            Output::Token(TokenCommand::Drop { .. })
            | Output::Media(MediaCommand::SetMicrophone(_) | MediaCommand::SetCamera(_))
            | Output::Surface(_)
            | Output::Record(_) => {}
        }
    }

    /// The app's time-out of a request whose answer does not come.
    fn unanswered(&mut self, device: usize, signal: &Signal) {
        let (call_id, result) = match signal {
            Signal::Call { call_id, .. } => (call_id, RequestResult::PlaceUnanswered),
            Signal::Accept { call_id, .. } => (call_id, RequestResult::AcceptUnanswered),
            Signal::Decline { call_id, .. } | Signal::Cancel { call_id } | Signal::Hangup { call_id } => {
                (call_id, RequestResult::LastWordUnanswered)
            }
            Signal::RingAck { .. }
            | Signal::PlainDecline { .. }
            | Signal::PlainBusy
            | Signal::PlainFree
            | Signal::PlainLeave => return,
        };
        let input = Input::Signaling(Signaling::Result(call_id.clone(), result));
        self.put(self.now.plus(3_000), Packet::Feed(device, input));
    }

    fn report(&mut self, device: usize, call_id: &CallId, event: MediaInput) {
        let at = self.now.plus(self.delay()).max(self.last_media.get(device).copied().unwrap_or_default());
        if let Some(last) = self.last_media.get_mut(device) {
            *last = at;
        }
        self.put(at, Packet::Feed(device, Input::Media(call_id.clone(), event)));
    }

    /// Tells `device` what it sees of another one that is in the room.
    fn sees(&mut self, device: usize, call_id: &CallId, other_publishes: bool, subscribes: bool) {
        self.report(device, call_id, MediaInput::RemoteJoined);
        if other_publishes && subscribes {
            self.report(device, call_id, MediaInput::RemoteStream);
            // UDP may be blocked, then nothing is decoded.
            if self.calm || self.die() > 30 {
                self.report(device, call_id, MediaInput::RemoteMedia);
            }
        }
    }

    fn join(&mut self, device: usize, call_id: &CallId, publish: bool, subscribe: bool) {
        if self.hub.calls.get(call_id).is_some_and(|call| matches!(call.stage, Stage::Ended { .. })) {
            // Its token was revoked.
            self.report(device, call_id, MediaInput::Failed(MediaFailure::TokenRefused));
            return;
        }
        self.report(device, call_id, MediaInput::Joined);
        let others = self.rooms.get(call_id).cloned().unwrap_or_default();
        for (other, (publishes, subscribes)) in others {
            self.sees(device, call_id, publishes, subscribe);
            self.sees(other, call_id, publish, subscribes);
        }
        self.rooms.entry(call_id.clone()).or_default().insert(device, (publish, subscribe));
    }

    fn leave(&mut self, device: usize, call_id: &CallId) {
        let Some(room) = self.rooms.get_mut(call_id) else { return };
        if room.remove(&device).is_some() {
            let others: Vec<usize> = room.keys().copied().collect();
            for other in others {
                self.report(other, call_id, MediaInput::RemoteLeft);
            }
        }
    }

    fn after_hub(&mut self) {
        for call_id in std::mem::take(&mut self.hub.closed) {
            for device in self.rooms.remove(&call_id).unwrap_or_default().into_keys() {
                self.report(device, &call_id, MediaInput::Disconnected(Disconnect::ThrownOut));
            }
        }
        for (device, event) in std::mem::take(&mut self.hub.events) {
            self.send(Packet::Feed(device, Input::Signaling(event)));
        }
    }

    fn arrive(&mut self, packet: Packet) {
        match packet {
            Packet::Request(from, signal) => {
                let result = self.hub.request(from, &signal, self.now);
                self.after_hub();
                let Some((result, call_id)) = result.zip(call_of(&signal)) else { return };
                let input = Input::Signaling(Signaling::Result(call_id, result));
                if !self.send(Packet::Feed(from, input)) {
                    self.unanswered(from, &signal);
                }
            }
            Packet::Feed(device, input) => {
                if self.is_possible(device, &input) {
                    self.feed(device, input);
                }
            }
        }
    }

    /// A window that left its session, or was closed, reports nothing more of it.
    fn is_possible(&self, device: usize, input: &Input) -> bool {
        let Input::Media(call_id, _) = input else { return true };
        self.sides.get(device).is_some_and(|side| side.world.joined.as_ref() == Some(call_id))
    }

    /// The next thing that happens on its own.
    fn next(&self) -> Option<Millis> {
        let packet = self.under_way.keys().next().map(|(at, _)| *at);
        let deadlines = self.sides.iter().filter_map(|side| side.machine.deadline());
        let rings = self.hub.calls.values().filter_map(|call| match call.stage {
            Stage::Ringing { until } => Some(until),
            Stage::Answered { .. } | Stage::Ended { .. } => None,
        });
        packet.into_iter().chain(deadlines).chain(rings).min()
    }

    /// Lets everything happen up to `end`.
    fn run_until(&mut self, end: Millis) {
        while let Some(at) = self.next().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.hub.expire(self.now);
            self.after_hub();
            let due =
                self.under_way.first_entry().filter(|first| first.key().0 <= self.now).map(|first| first.remove());
            if let Some(packet) = due {
                self.arrive(packet);
            }
            for device in 0..DEVICES {
                let due = |side: &Checked| side.machine.deadline().is_some_and(|deadline| deadline <= self.now);
                if self.sides.get(device).is_some_and(due) {
                    self.feed(device, Input::Tick);
                }
            }
        }
        self.now = self.now.max(end);
    }

    fn press(&mut self, device: usize, press: Press) {
        let input = match press {
            Press::Call(mode) => {
                self.placed += 1;
                // Ids that grow with time for one, and shrink for the other, so that either may win a glare.
                let number = if device == 0 { self.placed } else { 1_000 - self.placed };
                let to = if device == 0 { "woman" } else { "man" };
                let call_id = CallId::new(format!("{number:04}"));
                Input::User(User::Place { call_id, peer: peer(to), mode, media: Media::Video })
            }
            Press::Accept => Input::User(User::Accept { media: Media::Video }),
            Press::Decline => Input::User(User::Decline { message: String::new() }),
            Press::Stop => Input::User(User::Stop),
            Press::Dismiss => Input::User(User::DismissRing),
            Press::Socket(true) => Input::Signaling(Signaling::Back(Contract::Extended)),
            Press::Socket(false) => Input::Signaling(Signaling::Lost),
            Press::CloseWindow => {
                let Some(window) = self.sides.get(device).and_then(|side| side.world.window.clone()) else { return };
                Input::Media(window, MediaInput::WindowClosed)
            }
        };
        self.feed(device, input);
    }

    /// The network heals: what was under way arrives, every device connects again and is told what it missed.
    fn heal(&mut self) {
        self.calm = true;
        for device in 0..DEVICES {
            self.feed(device, Input::Signaling(Signaling::Lost));
        }
        self.run_until(self.now.plus(5_000));
        for device in 0..DEVICES {
            self.feed(device, Input::Signaling(Signaling::Back(Contract::Extended)));
            for event in self.hub.replay(device, self.now) {
                self.feed(device, Input::Signaling(event));
            }
        }
        // Longer than a ring, an accept, a connecting and a last word, one after the other.
        self.run_until(self.now.plus(900_000));
    }

    /// Who is in which call, by the machines.
    fn in_calls(&self) -> BTreeMap<CallId, BTreeSet<usize>> {
        let mut calls: BTreeMap<CallId, BTreeSet<usize>> = BTreeMap::new();
        for (device, side) in self.sides.iter().enumerate() {
            let Some(call) = side.machine.view().call else { continue };
            assert_eq!(call.state, CallState::InCall, "device {device} came to no rest: {call:?}");
            calls.entry(call.call_id).or_default().insert(device);
        }
        calls
    }

    fn check(&self) {
        let by_hub: BTreeMap<CallId, BTreeSet<usize>> = self
            .hub
            .calls
            .iter()
            .filter(|(_, call)| !matches!(call.stage, Stage::Ended { .. }))
            .map(|(id, call)| (id.clone(), call.devices().into_iter().flatten().collect()))
            .collect();
        assert_eq!(self.in_calls(), by_hub, "all agree who is in which call");
        for (call_id, devices) in &by_hub {
            assert_eq!(devices.len(), 2, "a call of {devices:?} ({})", session(call_id));
        }
    }
}

fn call_of(signal: &Signal) -> Option<CallId> {
    match signal {
        Signal::Call { call_id, .. }
        | Signal::Accept { call_id, .. }
        | Signal::Decline { call_id, .. }
        | Signal::Cancel { call_id }
        | Signal::Hangup { call_id } => Some(call_id.clone()),
        Signal::RingAck { .. }
        | Signal::PlainDecline { .. }
        | Signal::PlainBusy
        | Signal::PlainFree
        | Signal::PlainLeave => None,
    }
}

fn press() -> impl Strategy<Value = Press> {
    prop_oneof![
        4 => Just(Press::Call(Mode::TwoWay)),
        2 => Just(Press::Call(Mode::Watch)),
        5 => Just(Press::Accept),
        1 => Just(Press::Decline),
        2 => Just(Press::Stop),
        1 => Just(Press::Dismiss),
        1 => Just(Press::CloseWindow),
        1 => any::<bool>().prop_map(Press::Socket),
    ]
}

fn run(dice: Vec<u8>, presses: Vec<(usize, Press, u64)>) -> Simulation {
    let mut simulation = Simulation::new(dice);
    for (device, press, pause) in presses {
        simulation.run_until(simulation.now.plus(pause));
        simulation.press(device, press);
    }
    simulation.heal();
    simulation
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn all_machines_and_the_hub_agree_once_the_network_heals(
        dice in proptest::collection::vec(any::<u8>(), 50..300),
        presses in proptest::collection::vec((0..DEVICES, press(), 0_u64..12_000), 1..25),
    ) {
        run(dice, presses).check();
    }

    #[test]
    fn on_a_good_network_accepting_leads_to_a_call(
        mode in prop_oneof![Just(Mode::TwoWay), Just(Mode::Watch)],
        device in 1..DEVICES,
        pause in 0_u64..40_000,
    ) {
        let mut simulation = Simulation::new(vec![255]);
        simulation.calm = true;
        simulation.press(0, Press::Call(mode));
        simulation.run_until(simulation.now.plus(100 + pause));
        simulation.press(device, Press::Accept);
        simulation.run_until(simulation.now.plus(2_000));
        simulation.check();
        prop_assert_eq!(simulation.in_calls().into_values().next(), Some(BTreeSet::from([0, device])));
    }

    #[test]
    fn both_calling_each_other_on_a_good_network_become_one_call(first in 0..2_usize, gap in 0_u64..30) {
        let mut simulation = Simulation::new(vec![255]);
        simulation.calm = true;
        simulation.press(first, Press::Call(Mode::TwoWay));
        simulation.run_until(simulation.now.plus(gap));
        simulation.press(1 - first, Press::Call(Mode::TwoWay));
        simulation.run_until(simulation.now.plus(5_000));
        if gap < 19 {
            prop_assert_eq!(simulation.in_calls().into_values().next(), Some(BTreeSet::from([0, 1])));
        }
        simulation.run_until(simulation.now.plus(100_000));
        simulation.check();
    }
}
