//! How a participant is reached, and what is kept for it while it is not.

use std::time::Instant;

use super::super::defaults;
use super::super::outbox::{Frame, Outbox};

/// How a participant is reached.
#[derive(Debug)]
pub(super) enum Link {
    /// By its socket.
    Online(Outbox),
    /// Its socket is lost; what it missed is kept until then.
    Away {
        /// The lost socket.
        from: u64,
        until: Instant,
        missed: Vec<String>,
    },
    /// It has none: the echo, or a camera.
    None,
}

impl Link {
    /// Sends a frame, or keeps it until the socket is back.
    pub(super) fn send(&mut self, text: &str) {
        match self {
            Self::Online(outbox) => {
                if let Err(Frame::Text(text)) = outbox.send(Frame::Text(text.to_owned())) {
                    // The socket is at its end, and will say so in a moment.
                    *self = Self::away(outbox.id, vec![text]);
                }
            }
            Self::Away { missed, .. } => {
                missed.push(text.to_owned());
                self.bound();
            }
            Self::None => {}
        }
    }

    /// The socket `socket` is lost, and with it `unsent`. False where it is not the participant's any more, or that is known.
    pub(super) fn lost(&mut self, socket: u64, mut unsent: Vec<String>) -> bool {
        match self {
            Self::Online(outbox) if outbox.id == socket => {
                *self = Self::away(socket, unsent);
                true
            }
            // The old socket of a participant that has reconnected reports its end late; what it had is sent by the new one.
            Self::Online(_) => {
                unsent.iter().for_each(|text| self.send(text));
                false
            }
            Self::Away { from, missed, .. } if *from == socket => {
                unsent.append(missed);
                *missed = unsent;
                self.bound();
                true
            }
            Self::Away { .. } | Self::None => false,
        }
    }

    /// Whether it can go on with another socket: it is somebody who has one, and has missed nothing that was not kept.
    pub(super) fn may_come_back(&self) -> bool {
        match self {
            Self::Online(_) => true,
            Self::Away { until, .. } => *until > Instant::now(),
            Self::None => false,
        }
    }

    /// The socket `from` is lost; `missed` is what could not be sent by it.
    fn away(from: u64, missed: Vec<String>) -> Self {
        let mut link = Self::Away { from, until: Instant::now() + defaults::GRACE, missed };
        link.bound();
        link
    }

    /// Who missed more than can be kept could not be told of it any more, and has to join anew.
    fn bound(&mut self) {
        if let Self::Away { until, missed, .. } = self {
            let bytes: usize = missed.iter().map(String::len).sum();
            if missed.len() > defaults::MISSED || bytes > defaults::MISSED_BYTES {
                missed.clear();
                *until = Instant::now();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::super::super::outbox::{self, Inbox};
    use super::*;

    fn socket(id: u64) -> (Outbox, Inbox) {
        outbox::channel(id, CancellationToken::new())
    }

    fn texts(mut inbox: Inbox) -> Vec<String> {
        std::iter::from_fn(|| inbox.try_recv())
            .filter_map(|frame| match frame {
                Frame::Text(text) => Some(text),
                Frame::Answer(_) | Frame::CloseAfter(_) => None,
            })
            .collect()
    }

    fn missed(link: &Link) -> Vec<String> {
        match link {
            Link::Away { missed, .. } => missed.clone(),
            Link::Online(_) | Link::None => panic!("it is not away"),
        }
    }

    #[test]
    fn what_a_lost_socket_did_not_send_comes_first() {
        let (outbox, inbox) = socket(1);
        let mut link = Link::Online(outbox);
        link.send("one");
        link.send("two");
        let unsent = inbox.close(Some("none".to_owned()));
        link.send("three");
        assert_eq!(missed(&link), ["three"], "the socket has not said yet that it is lost");
        assert!(link.lost(1, unsent));
        link.send("four");
        assert_eq!(missed(&link), ["none", "one", "two", "three", "four"]);
        assert!(!link.lost(7, vec!["stray".to_owned()]), "another socket's end says nothing");
        assert_eq!(missed(&link).len(), 5);
    }

    #[test]
    fn what_an_older_socket_had_goes_by_the_new_one() {
        let (outbox, inbox) = socket(2);
        let mut link = Link::Online(outbox);
        assert!(!link.lost(1, vec!["late".to_owned()]));
        assert_eq!(texts(inbox), ["late"]);
    }

    #[test]
    fn who_misses_too_much_has_to_join_anew() {
        let mut link = Link::away(1, Vec::new());
        (0..=defaults::MISSED).for_each(|_| link.send("x"));
        assert!(matches!(&link, Link::Away { until, missed, .. } if *until <= Instant::now() && missed.is_empty()));
    }
}
