//! What is known beside people and calls is what looking at all of them finds. Looked at after every input of every test.

use std::collections::BTreeSet;

use super::super::*;

impl Machine {
    pub(super) fn tables_are_true(&self) {
        let all: Vec<_> = self.calls.values().map(|call| &call.id).collect();
        let due = self.calls.values().filter_map(|call| self.due(call)).map(|(at, _)| at);
        let devices = self.people.values().flat_map(|person| person.devices.values());
        assert_eq!(self.deadline(), due.chain(devices.filter_map(Device::forget_at)).min());
        for login in self.people.keys() {
            let looked = self.calls.values().filter(|call| call.involves(login)).map(|call| &call.id);
            let found: Vec<_> = self.calls.of(login).map(|call| &call.id).collect();
            assert_eq!(found, looked.collect::<Vec<_>>(), "calls of {login:?}");
        }
        let alive: Vec<_> = self.calls.alive().map(|call| &call.id).collect();
        assert_eq!(alive, self.calls.values().filter(|call| call.is_alive()).map(|call| &call.id).collect::<Vec<_>>());
        for id in &alive {
            let session = &self.calls.get(id).unwrap().session;
            assert!(self.calls.in_session(session).any(|call| call.id == **id));
        }
        assert_eq!(self.calls.sizes(), [all.len(), alive.len()], "nothing is left of calls that are forgotten");
        let party = |(login, person): (&Login, &Person)| {
            let seeing = person.devices.iter().filter(|(_, device)| !device.plain && device.socket.is_some());
            let party = |(id, _): (&String, &Device)| Party { login: login.clone(), device: id.clone() };
            seeing.map(party).collect::<Vec<_>>()
        };
        let seeing: BTreeSet<Party> = self.people.iter().flat_map(party).collect();
        assert_eq!(self.seeing().cloned().collect::<BTreeSet<_>>(), seeing);
    }
}

#[test]
fn a_moment_that_is_wrong_is_mended_and_not_waited_for_for_ever() {
    let mut rig = super::Rig::new();
    rig.login("man/pc");
    rig.login("woman/pc");
    rig.call("man/pc", "woman", "c1");
    let (id, now) = ("c1".parse().unwrap(), rig.now);
    let due = rig.machine.deadline();
    rig.machine.calls.settle(&id, Some(now));
    assert_ne!(rig.machine.deadline(), due);
    rig.handle(Input::Tick);
    assert_eq!(rig.machine.deadline(), due);
}
