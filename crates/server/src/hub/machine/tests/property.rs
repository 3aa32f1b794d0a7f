//! Whatever happens in whatever order.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const SOCKETS: [&str; 6] = ["man/pc", "man/phone", "woman/pc", "woman/phone", "third/pc", "page"];
const PEOPLE: [&str; 4] = ["man", "woman", "third", "nobody"];

#[derive(Debug, Clone)]
enum Step {
    Login(usize, Option<u64>),
    Gone(usize),
    Call(usize, usize, u8, bool),
    PlainCall(usize, usize),
    Accept(usize, u8),
    Decline(usize, u8),
    DeclineName(usize, usize),
    Cancel(usize, u8),
    Hangup(usize, u8),
    Token(usize, u8),
    Invite(usize, usize, u8),
    Waiting(usize, bool),
    Status(usize, usize),
    Ack(usize, u8),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let socket = || 0..SOCKETS.len();
    let call = || 0..6_u8;
    prop_oneof![
        3 => (socket(), any::<Option<u64>>()).prop_map(|(s, q)| Step::Login(s, q.map(|q| q % 8))),
        1 => socket().prop_map(Step::Gone),
        4 => (socket(), 0..PEOPLE.len(), call(), any::<bool>()).prop_map(|(s, p, c, w)| Step::Call(s, p, c, w)),
        1 => (socket(), 0..PEOPLE.len()).prop_map(|(s, p)| Step::PlainCall(s, p)),
        4 => (socket(), call()).prop_map(|(s, c)| Step::Accept(s, c)),
        1 => (socket(), call()).prop_map(|(s, c)| Step::Decline(s, c)),
        1 => (socket(), 0..PEOPLE.len()).prop_map(|(s, p)| Step::DeclineName(s, p)),
        1 => (socket(), call()).prop_map(|(s, c)| Step::Cancel(s, c)),
        1 => (socket(), call()).prop_map(|(s, c)| Step::Hangup(s, c)),
        2 => (socket(), call()).prop_map(|(s, c)| Step::Token(s, c)),
        3 => (socket(), 0..PEOPLE.len(), call()).prop_map(|(s, p, c)| Step::Invite(s, p, c)),
        1 => (socket(), any::<bool>()).prop_map(|(s, w)| Step::Waiting(s, w)),
        1 => (socket(), 0..6_usize).prop_map(|(s, w)| Step::Status(s, w)),
        1 => (socket(), call()).prop_map(|(s, c)| Step::Ack(s, c)),
        1 => (0..60_000_u64).prop_map(Step::Wait),
    ]
}

fn take(rig: &mut Rig, step: Step) {
    let call = |n: u8| format!("c{n}");
    // Requests of sockets that are not signed in are answered too; `ask` needs an answer in every case.
    match step {
        Step::Login(5, _) => rig.page("page", "woman"),
        Step::Login(s, seq) => drop(rig.login_after(SOCKETS[s], seq)),
        Step::Gone(s) => rig.gone(SOCKETS[s]),
        Step::Call(s, p, c, watch) => {
            rig.call_mode(SOCKETS[s], PEOPLE[p], &call(c), if watch { "watch" } else { "two_way" });
        }
        Step::PlainCall(s, p) => drop(rig.plain_call(SOCKETS[s], PEOPLE[p])),
        Step::Accept(s, c) => drop(rig.accept(SOCKETS[s], &call(c))),
        Step::Decline(s, c) => drop(rig.decline(SOCKETS[s], json!({"call_id": call(c)}))),
        Step::DeclineName(s, p) => drop(rig.decline(SOCKETS[s], json!({"reciever_login": PEOPLE[p]}))),
        Step::Cancel(s, c) => drop(rig.ask(SOCKETS[s], Request::Cancel(id(&call(c))))),
        Step::Hangup(s, c) => drop(rig.ask(SOCKETS[s], Request::Hangup(id(&call(c))))),
        Step::Token(s, c) => drop(rig.ask(SOCKETS[s], Request::Token(id(&call(c))))),
        Step::Invite(s, p, c) => drop(rig.invite(SOCKETS[s], PEOPLE[p], &call(c))),
        Step::Waiting(s, on) => drop(rig.waiting(SOCKETS[s], on)),
        Step::Status(s, w) => {
            let words = ["available", "free", "busy", "beasy", "dnd", "away"];
            rig.status(SOCKETS[s], words[w]);
        }
        Step::Ack(s, c) => {
            let body = serde_json::from_value(json!({"call_id": call(c), "state": "shown"})).unwrap();
            rig.handle(Input::RingAck { socket: SOCKETS[s].into(), body });
        }
        Step::Wait(ms) => rig.at(rig.now + ms),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_panics_nothing_hangs_and_everybody_is_told(steps in prop::collection::vec(step(), 1..60)) {
        let mut rig = Rig::new();
        for step in steps {
            take(&mut rig, step);
            for call in rig.machine.calls.values().filter(|call| call.is_alive() && !call.is_ringing()) {
                // Nobody but an answering device is in a call, and nobody is in two.
                let parties = call.parties();
                prop_assert!(parties.len() + call.waits_for() >= 2, "nobody talks alone");
                for Party { login, device } in parties {
                    let calls = rig.machine.calls.values().filter(|c| c.is_alive() && c.has(&login, &device)).count();
                    prop_assert_eq!(calls, 1, "one device is in one call");
                }
            }
            prop_assert!(rig.kept.is(rig.machine.everything()), "all that changed is kept");
            if let Some(deadline) = rig.machine.deadline() {
                prop_assert!(deadline > rig.now || rig.machine.calls.values().next().is_none(), "what is due was done");
            }
        }
        // A ring reaches a device once; tokens are given back once.
        let mut rung = BTreeSet::new();
        for (socket, name, payload) in &rig.told {
            if *name == "calling" && payload.get("call_id").is_some() && payload.get("group").is_none() {
                let device = socket.trim_end_matches('\'').to_owned();
                prop_assert!(rung.insert((device, payload["call_id"].to_string())), "rung twice");
            }
            for other in SOCKETS {
                prop_assert!(!payload.to_string().contains(&format!("\"{other}\"")), "a socket's id was told to others");
            }
        }
        // Everything ends by itself once everybody is gone.
        for socket in SOCKETS {
            rig.gone(socket);
        }
        rig.at(rig.now + TTL + 60_000);
        prop_assert!(rig.machine.calls.values().all(|call| !call.is_alive()));
        rig.at(rig.now + 8 * 24 * 3_600_000);
        prop_assert!(rig.machine.calls.values().next().is_none() && rig.machine.people.is_empty() && rig.machine.sockets.is_empty());
        prop_assert_eq!(rig.machine.deadline(), None);
    }
}
