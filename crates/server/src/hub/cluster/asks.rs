//! What a hub has asked the leader and is not answered: bounded, in order, and asked again when the link was lost.

use std::collections::{BTreeMap, VecDeque};

use tokio::time::Instant;

use super::super::machine::SocketId;
use super::wire::Ask;

/// Asks at once. Beyond it those who ask wait before they are heard.
const MOST: usize = 4_096;

/// Of these on their way at once, so that what waits at the leader is bounded too.
const ON_WAY: usize = 256;

/// Asks that wait for an answer; `B` is who is told.
#[derive(Debug)]
pub(super) struct Asks<B> {
    all: BTreeMap<u64, Waiting<B>>,
    /// In order.
    unsent: VecDeque<u64>,
    on_way: usize,
    /// How many of all are a `login`.
    logins: usize,
    newest: u64,
}

#[derive(Debug)]
struct Waiting<B> {
    ask: Ask,
    back: B,
    sent: bool,
    /// Given up then.
    until: Option<Instant>,
    /// Belongs to its link, and is forgotten with it.
    passing: bool,
}

impl<B> Asks<B> {
    pub(super) fn new() -> Self {
        Self { all: BTreeMap::new(), unsent: VecDeque::new(), on_way: 0, logins: 0, newest: 0 }
    }

    /// One `login` of each of so many sockets waits as long as its socket is there, and sockets are counted elsewhere.
    pub(super) fn has_room(&self, sockets: usize) -> bool {
        self.all.len().saturating_sub(self.logins.min(sockets)) < MOST
    }

    /// To be asked, of whatever leader, until then.
    pub(super) fn add(&mut self, ask: Ask, back: B, until: Option<Instant>) {
        let id = self.insert(ask, back, until, false, false);
        self.unsent.push_back(id);
    }

    /// To be asked on this link only.
    pub(super) fn add_passing(&mut self, ask: Ask, back: B) {
        let id = self.insert(ask, back, None, false, true);
        self.unsent.push_back(id);
    }

    /// As [`Asks::add_passing`], before all others; nothing where too much is on its way.
    pub(super) fn send_first(&mut self, ask: Ask, back: B) -> Option<(u64, Ask)> {
        if self.on_way >= ON_WAY {
            return None;
        }
        let id = self.insert(ask.clone(), back, None, true, true);
        self.on_way += 1;
        Some((id, ask))
    }

    /// Whether [`Asks::send_first`] has room.
    pub(super) fn may_send(&self) -> bool {
        self.on_way < ON_WAY
    }

    fn insert(&mut self, ask: Ask, back: B, until: Option<Instant>, sent: bool, passing: bool) -> u64 {
        self.newest += 1;
        self.logins += usize::from(is_login(&ask));
        self.all.insert(self.newest, Waiting { ask, back, sent, until, passing });
        self.newest
    }

    /// That socket says again who it is: what it has said before and was not sent is asked no more.
    pub(super) fn forget_login(&mut self, of: &SocketId) {
        let is_older = |ask: &Waiting<B>| matches!(&ask.ask, Ask::Login { socket, .. } if !ask.sent && socket == of);
        let older: Vec<_> = self.all.iter().filter(|(_, waiting)| is_older(waiting)).map(|(id, _)| *id).collect();
        older.into_iter().for_each(|id| _ = self.take(id));
    }

    /// The next one to be sent. A `login` of a socket that is not there any more is forgotten.
    pub(super) fn next(&mut self, is_there: impl Fn(&SocketId) -> bool) -> Option<(u64, Ask)> {
        while self.on_way < ON_WAY {
            let id = self.unsent.pop_front()?;
            // It may have been given up.
            let Some(waiting) = self.all.get_mut(&id) else { continue };
            if matches!(&waiting.ask, Ask::Login { socket, .. } if !is_there(socket)) {
                self.all.remove(&id);
                self.logins -= 1;
                continue;
            }
            waiting.sent = true;
            self.on_way += 1;
            return Some((id, waiting.ask.clone()));
        }
        None
    }

    /// It is answered; who is told.
    pub(super) fn take(&mut self, id: u64) -> Option<B> {
        let waiting = self.all.remove(&id)?;
        self.logins -= usize::from(is_login(&waiting.ask));
        if waiting.sent {
            self.on_way = self.on_way.saturating_sub(1);
        }
        Some(waiting.back)
    }

    /// The link is lost: everything is asked again, but what belonged to it.
    pub(super) fn anew(&mut self) {
        self.all.retain(|_, waiting| {
            waiting.sent = false;
            !waiting.passing
        });
        self.unsent = self.all.keys().copied().collect();
        self.logins = self.all.values().filter(|waiting| is_login(&waiting.ask)).count();
        self.on_way = 0;
    }

    /// Those that are given up now: in time, or since their socket is not there any more, whose room they hold.
    pub(super) fn expired(&mut self, now: Instant, is_there: impl Fn(&SocketId) -> bool) -> Vec<B> {
        let is_over = |waiting: &Waiting<B>| {
            let left = matches!(&waiting.ask, Ask::Login { socket, .. } if !waiting.sent && !is_there(socket));
            left || waiting.until.is_some_and(|until| until <= now)
        };
        let over: Vec<_> = self.all.iter().filter(|(_, waiting)| is_over(waiting)).map(|(id, _)| *id).collect();
        let backs = over.into_iter().filter_map(|id| self.take(id)).collect();
        self.unsent.retain(|id| self.all.contains_key(id));
        backs
    }
}

fn is_login(ask: &Ask) -> bool {
    matches!(ask, Ask::Login { .. })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn over(session: &str) -> Ask {
        Ask::SessionOver { session: session.to_owned() }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_answered_is_asked_again_in_order_and_given_up_in_time() {
        let mut asks = Asks::new();
        let until = Instant::now() + Duration::from_secs(8);
        for who in ["one", "two", "three"] {
            asks.add(over(who), who, Some(until));
        }
        asks.add_passing(over("passing"), "passing");
        let ids: Vec<_> = std::iter::from_fn(|| asks.next(|_| true)).map(|(id, _)| id).collect();
        assert_eq!(ids, [1, 2, 3, 4]);
        assert_eq!(asks.take(2), Some("two"));
        assert_eq!(asks.take(2), None, "an answer counts once");
        asks.anew();
        let again: Vec<_> = std::iter::from_fn(|| asks.next(|_| true)).map(|(id, _)| id).collect();
        assert_eq!(again, [1, 3], "what belonged to the link is not");
        assert!(asks.expired(Instant::now(), |_| true).is_empty());
        assert_eq!(asks.expired(until, |_| true), ["one", "three"]);
        assert_eq!(asks.on_way, 0);
    }

    #[test]
    fn so_many_are_on_their_way_and_so_many_wait() {
        let mut asks = Asks::new();
        while asks.has_room(0) {
            asks.add(over("x"), (), None);
        }
        assert_eq!(std::iter::from_fn(|| asks.next(|_| true)).count(), ON_WAY);
        assert!(!asks.may_send() && asks.send_first(over("y"), ()).is_none());
        assert!(asks.take(1).is_some());
        assert!(asks.has_room(0) && asks.next(|_| true).is_some());
    }

    fn login(socket: &str) -> Ask {
        let body = serde_json::from_str(r#"{"login":"man"}"#).unwrap();
        Ask::Login { socket: socket.to_owned(), body, signed: None, again: false }
    }

    #[test]
    fn nobody_is_signed_in_who_has_left() {
        let mut asks = Asks::new();
        asks.add(login("gone"), "login", None);
        asks.add(over("x"), "over", None);
        assert!(matches!(asks.next(|_| false), Some((2, Ask::SessionOver { .. }))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_login_waits_once_for_each_socket_and_no_longer_than_it() {
        let mut asks = Asks::new();
        for (socket, back) in [("there", "older"), ("gone", "gone"), ("there", "newer")] {
            asks.forget_login(&socket.to_owned());
            asks.add(login(socket), back, None);
        }
        assert_eq!(asks.expired(Instant::now(), |socket| socket == "there"), ["gone"]);
        assert_eq!((asks.all.len(), asks.unsent.len(), asks.logins), (1, 1, 1));
        assert_eq!(asks.next(|_| true).and_then(|(id, _)| asks.take(id)), Some("newer"));
        while asks.has_room(10) {
            asks.add(login("there"), "again", None);
        }
        assert_eq!(asks.all.len(), MOST + 10, "more than one of each socket count like anything else");
    }
}
