//! Packets and their sizes.

use zvonok_signaling_proto::Status;
use zvonok_signaling_proto::event::Presence;

use super::*;

#[test]
fn an_event_for_many_sockets_of_a_hub_is_one() {
    let stop = CancellationToken::new();
    let (out, mut told) = FarOut::new(stop.clone());
    let to = |node: &str| Far { node: node.into(), link: 1 };
    let event = ServerEvent::PlainCalling("man".parse().unwrap());
    let mut parcels = Parcels::default();
    for (node, socket) in [("a", "1"), ("b", "2"), ("a", "3")] {
        parcels.emit(&to(node), socket.into(), &event, None, false);
    }
    parcels.emit(&to("a"), "1".into(), &event, Some(1), false);
    parcels.emit(&to("a"), "3".into(), &event, Some(1), false);
    parcels.send(&out);
    let Told::One(first, body) = told.try_recv().unwrap() else { panic!("for one hub") };
    let said = |said: &FromLeader| {
        let FromLeader::Emit { sockets, seq, .. } = said else { panic!("{said:?}") };
        (sockets.join(","), *seq)
    };
    let sockets: Vec<_> = body.iter().map(said).collect();
    assert_eq!(first, to("a"));
    assert_eq!(sockets, [("1,3".into(), None), ("1".into(), Some(1)), ("3".into(), Some(1))], "a number is one's own");
    assert!(matches!(told.try_recv().unwrap(), Told::One(_, body) if body.len() == 1));

    while out.sender.capacity() > 0 {
        out.send(to("a"), Vec::new());
    }
    assert!(!stop.is_cancelled());
    out.send(to("a"), Vec::new());
    assert!(stop.is_cancelled(), "what cannot be told ends the leader");
}

#[test]
fn those_who_have_blocked_many_are_in_more_packets() {
    let (out, mut told) = FarOut::new(CancellationToken::new());
    let hidden_from: std::collections::BTreeSet<zvonok_signaling_proto::Login> =
        (0..1_000).map(|number| format!("{number:064}").parse().unwrap()).collect();
    let shown = |number: usize| Shown {
        presence: Presence { login: format!("man{number}").parse().unwrap(), status: Status::Dnd, last_seen: None },
        hidden_from: hidden_from.clone(),
    };
    out.roster(&Far { node: "a".into(), link: 1 }, (0..20).map(shown).collect());
    let mut seen = 0;
    while let Ok(Told::One(_, body)) = told.try_recv() {
        let size = serde_json::to_string(&body).unwrap().len();
        assert!(size < 512 * 1024, "{size}");
        for said in body {
            let FromLeader::Roster { people, .. } = said else { panic!("{said:?}") };
            seen += people.len();
        }
    }
    assert_eq!(seen, 20);
}

#[test]
fn no_packet_is_bigger_than_so_many_sockets_or_people() {
    let (out, mut told) = FarOut::new(CancellationToken::new());
    let to = Far { node: "a".into(), link: 1 };
    let shown = |number: usize| Shown {
        presence: Presence {
            login: format!("man{number:05}").parse().unwrap(),
            status: Status::Dnd,
            last_seen: Some(1_700_000_000_000),
        },
        hidden_from: std::collections::BTreeSet::new(),
    };
    let event = ServerEvent::PlainCalling("man".parse().unwrap());
    let mut parcels = Parcels::default();
    let sockets: Vec<_> = (0..12_000).map(|number| format!("{number:020}")).collect();
    for socket in &sockets {
        parcels.emit(&to, socket.clone(), &event, None, false);
    }
    for socket in &sockets[..1_000] {
        parcels.emit(&to, socket.clone(), &event, Some(1), false);
    }
    (0..1_000).for_each(|number| parcels.show(shown(number)));
    parcels.send(&out);
    out.roster(&to, (0..1_000).map(shown).collect());
    out.roster(&to, Vec::new());
    let (mut emitted, mut seen, mut roster, mut ends) = (Vec::new(), 0, 0, 0);
    while let Ok(said) = told.try_recv() {
        let (Told::One(_, body) | Told::All(body)) = &said;
        let size = serde_json::to_string(body).unwrap().len();
        assert!(size < 512 * 1024, "{size}");
        for said in body {
            match said {
                FromLeader::Emit { sockets, .. } => emitted.extend(sockets.clone()),
                FromLeader::Shown(people) => seen += people.len(),
                FromLeader::Roster { people, last } => {
                    assert!(seen > 0 && (!people.is_empty() || roster == 1_000));
                    roster += people.len();
                    ends += usize::from(*last);
                }
                FromLeader::Attached
                | FromLeader::Unknown
                | FromLeader::Done { .. }
                | FromLeader::Disconnect { .. } => panic!("{said:?}"),
            }
        }
    }
    assert_eq!((&emitted[..12_000], &emitted[12_000..]), (&sockets[..], &sockets[..1_000]), "in order");
    assert_eq!((seen, roster, ends), (1_000, 1_000, 2));
}
