//! How everybody is seen by the sockets of a hub that is one of many. The leader says to all hubs what changes, and once
//! for each link how everybody is: what differs from what was said before is what a lost packet, or a lost leader, had.

use std::collections::{HashMap, HashSet};

use zvonok_signaling_proto::Login;
use zvonok_signaling_proto::event::Presence;

use super::super::machine::Shown;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct People {
    /// All that the sockets were told, by events or when they were let in. No more than the leader knows.
    told: HashMap<Login, Shown>,
    /// Of these people this link has said how they are, before it has of all.
    heard: HashSet<Login>,
    /// It has of all.
    current: bool,
}

/// How somebody is seen now, and was before.
#[derive(Debug)]
pub(super) struct Change {
    before: Option<Shown>,
    now: Shown,
}

impl People {
    /// The link is lost, and with it perhaps something that was said.
    pub(super) fn unlink(&mut self) {
        self.heard.clear();
        self.current = false;
    }

    /// Whether what changes is new. Until a link has said how everybody is, it may be of before that, and told to some of
    /// the sockets only.
    pub(super) fn is_current(&self) -> bool {
        self.current
    }

    /// Somebody is seen so; the change, where it is one.
    pub(super) fn take(&mut self, now: Shown) -> Option<Change> {
        let login = &now.presence.login;
        if !self.current {
            self.heard.insert(login.clone());
        }
        let before = self.told.insert(login.clone(), now.clone());
        let same = |was: &Shown| was.presence.status == now.presence.status && was.hidden_from == now.hidden_from;
        (!before.as_ref().is_some_and(same)).then_some(Change { before, now })
    }

    /// That was everybody.
    pub(super) fn complete(&mut self) {
        let heard = std::mem::take(&mut self.heard);
        self.told.retain(|login, _| heard.contains(login));
        self.current = true;
    }
}

impl Change {
    /// How that one sees it, if otherwise than before.
    pub(super) fn to(&self, login: &Login) -> Option<Presence> {
        let (before, now) = (self.before.as_ref().map(|before| before.to(login)), self.now.to(login));
        (before.map(|before| before.status) != Some(now.status)).then_some(now)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use zvonok_signaling_proto::Status;

    use super::*;

    fn shown(login: &str, status: Status, hidden_from: &[&str]) -> Shown {
        let presence = Presence { login: login.parse().unwrap(), status, last_seen: Some(1) };
        Shown { presence, hidden_from: hidden_from.iter().map(|login| login.parse().unwrap()).collect::<BTreeSet<_>>() }
    }

    #[test]
    fn a_link_tells_what_has_changed_since_the_one_before_and_nothing_else() {
        let mut people = People::default();
        let sees = |change: Option<Change>| change.and_then(|change| change.to(&"guest".parse().unwrap()));
        let status = |change: Option<Change>| sees(change).map(|presence| presence.status);
        assert!(!people.is_current());
        for login in ["man", "woman", "late"] {
            assert_eq!(status(people.take(shown(login, Status::Offline, &[]))), Some(Status::Offline));
        }
        people.complete();
        assert!(people.is_current());
        assert_eq!(status(people.take(shown("man", Status::Available, &[]))), Some(Status::Available));
        people.unlink();
        assert!(!people.is_current());
        assert_eq!(status(people.take(shown("man", Status::Available, &[]))), None);
        assert_eq!(status(people.take(shown("woman", Status::Dnd, &[]))), Some(Status::Dnd));
        people.complete();
        assert_eq!(people.told.len(), 2, "who is not known any more is forgotten");
    }

    #[test]
    fn for_whom_somebody_has_blocked_that_person_is_gone_and_stays_so() {
        let mut people = People::default();
        let (man, guest) = ("man".parse().unwrap(), "guest".parse().unwrap());
        people.take(shown("woman", Status::Available, &[]));
        let blocked = people.take(shown("woman", Status::Available, &["man"])).unwrap();
        assert_eq!(blocked.to(&man).map(|seen| (seen.status, seen.last_seen)), Some((Status::Offline, None)));
        assert_eq!(blocked.to(&guest), None);
        let away = people.take(shown("woman", Status::Away, &["man"])).unwrap();
        assert_eq!((away.to(&man), away.to(&guest).map(|seen| seen.status)), (None, Some(Status::Away)));
        assert!(people.take(shown("woman", Status::Away, &["man"])).is_none());
    }
}
