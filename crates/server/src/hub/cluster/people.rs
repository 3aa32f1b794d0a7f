//! How everybody is seen by the sockets of a hub that is one of many. The leader says to all hubs what changes, and once
//! for each link how everybody is: what differs from what was said before is what a lost packet, or a lost leader, had.

use std::collections::{HashMap, HashSet};

use zvonok_signaling_proto::event::{Presence, ServerEvent};
use zvonok_signaling_proto::{Login, Status};

use super::super::machine::Shown;
use super::relay::Relay;

/// People that are remembered, but for those who are there: twice as many as a leader knows unless it is told otherwise.
const MOST: usize = 40_000;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct People {
    /// All that the sockets were told, by events or when they were let in.
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
    fn take(&mut self, now: Shown) -> Option<Change> {
        let login = &now.presence.login;
        if !self.current {
            self.heard.insert(login.clone());
        }
        let before = self.told.insert(login.clone(), now.clone());
        if self.told.len() > MOST {
            // Who comes back is told of all the same.
            self.told.retain(|_, shown| shown.presence.status != Status::Offline);
        }
        let same = |was: &Shown| was.presence.status == now.presence.status && was.hidden_from == now.hidden_from;
        (!before.as_ref().is_some_and(same)).then_some(Change { before, now })
    }

    /// That was everybody. Gives those who were seen before and are not among them: for others they are gone.
    fn complete(&mut self) -> Vec<Change> {
        let heard = std::mem::take(&mut self.heard);
        let mut gone = Vec::new();
        self.told.retain(|login, before| {
            let stays = heard.contains(login);
            if !stays && before.presence.status != Status::Offline {
                gone.push(Change::gone(before.clone()));
            }
            stays
        });
        self.current = true;
        gone
    }
}

impl Relay {
    /// Tells those who see somebody otherwise.
    pub(super) fn show(&mut self, shown: Shown) {
        if let Some(change) = self.seats.people.take(shown) {
            self.show_change(&change);
        }
    }

    /// That was everybody.
    pub(super) fn shown_all(&mut self) {
        for change in self.seats.people.complete() {
            self.show_change(&change);
        }
    }

    fn show_change(&mut self, change: &Change) {
        for (presence, sockets) in self.seats.who_sees(change) {
            let event = ServerEvent::Presence(presence);
            let payload = event.payload(None);
            sockets.into_iter().for_each(|socket| self.emit(socket, event.name(), &payload, None));
        }
    }
}

impl Change {
    /// That one is not among those who are known any more: an account that was closed.
    fn gone(before: Shown) -> Self {
        let mut now = before.clone();
        now.presence.status = Status::Offline;
        Self { before: Some(before), now }
    }

    /// How that one sees it, if otherwise than before.
    pub(super) fn to(&self, login: &Login) -> Option<Presence> {
        let (before, now) = (self.before.as_ref().map(|before| before.to(login)), self.now.to(login));
        (before.map(|before| before.status) != Some(now.status)).then_some(now)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
        assert!(people.complete().is_empty());
        assert!(people.is_current());
        assert_eq!(status(people.take(shown("man", Status::Available, &[]))), Some(Status::Available));
        people.unlink();
        assert!(!people.is_current());
        assert_eq!(status(people.take(shown("man", Status::Available, &[]))), None);
        assert_eq!(status(people.take(shown("woman", Status::Dnd, &[]))), Some(Status::Dnd));
        assert!(people.complete().is_empty(), "who was gone already is not so once more");
        assert_eq!(people.told.len(), 2, "who is not known any more is forgotten");
        people.unlink();
        people.take(shown("woman", Status::Dnd, &[]));
        let mut gone = people.complete();
        assert_eq!((status(gone.pop()), gone.len()), (Some(Status::Offline), 0), "the man has no account any more");
    }

    #[test]
    fn those_who_were_there_once_are_not_remembered_for_ever() {
        let mut people = People::default();
        people.take(shown("man", Status::Available, &[]));
        (0..MOST).for_each(|number| _ = people.take(shown(&format!("guest{number}"), Status::Offline, &[])));
        assert_eq!(people.told.len(), 1);
        assert!(people.take(shown("man", Status::Available, &[])).is_none());
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
