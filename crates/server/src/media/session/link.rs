//! How a participant is reached, and what is kept for it while it is not.

use std::time::Instant;

use super::super::defaults;
use super::super::outbox::{Frame, Outbox};
use super::missed::Missed;

/// How a participant is reached.
#[derive(Debug)]
pub(super) enum Link {
    /// By its socket.
    Online {
        outbox: Outbox,
        /// What sockets before it had, as long as they have not said so; newer notices wait for it.
        missed: Missed,
    },
    /// Its socket is lost; what it missed is kept until then.
    Away { until: Instant, missed: Missed },
    /// It has none: the echo, or a camera.
    None,
}

impl Link {
    /// By its first socket.
    pub(super) fn online(outbox: Outbox) -> Self {
        Self::Online { outbox, missed: Missed::default() }
    }

    /// The socket, where there is one.
    pub(super) fn outbox(&self) -> Option<&Outbox> {
        match self {
            Self::Online { outbox, .. } => Some(outbox),
            Self::Away { .. } | Self::None => None,
        }
    }

    /// Sends a frame, or keeps it until the socket is back.
    pub(super) fn send(&mut self, text: &str) {
        match self {
            Self::Online { outbox, missed } if missed.is_empty() => {
                if let Err(Frame::Text(text)) = outbox.send(Frame::Text(text.to_owned())) {
                    // The socket is at its end, and will say so in a moment.
                    let mut missed = Missed::default();
                    missed.lost(outbox.id, None);
                    missed.push(text);
                    *self = Self::away(missed);
                }
            }
            Self::Online { missed, .. } | Self::Away { missed, .. } => {
                missed.push(text.to_owned());
                self.bound();
            }
            Self::None => {}
        }
    }

    /// The socket `socket` is lost, and with it `unsent`. False where it is not the participant's any more, or that is known.
    pub(super) fn lost(&mut self, socket: u64, unsent: Vec<String>) -> bool {
        match self {
            Self::Online { outbox, missed } if outbox.id == socket => {
                missed.lost(socket, Some(unsent));
                *self = Self::away(std::mem::take(missed));
                true
            }
            // The old socket of a participant that has reconnected reports its end late; what it had is sent by the new one.
            Self::Online { missed, .. } => {
                missed.reported(socket, unsent);
                self.flush();
                false
            }
            Self::Away { missed, .. } => {
                let known = missed.reported(socket, unsent);
                self.bound();
                known
            }
            Self::None => false,
        }
    }

    /// Goes on with another socket, by which everything goes that was not sent by those before.
    pub(super) fn resume(&mut self, by: Outbox) {
        let missed = match std::mem::replace(self, Self::None) {
            Self::Online { outbox, mut missed } => {
                if outbox.id != by.id {
                    missed.lost(outbox.id, None);
                }
                outbox.replaced(&by);
                missed
            }
            Self::Away { missed, .. } => missed,
            Self::None => return,
        };
        *self = Self::Online { outbox: by, missed };
        self.flush();
    }

    /// Whether it can go on with another socket: it is somebody who has one, and has missed nothing that was not kept.
    pub(super) fn may_come_back(&self) -> bool {
        match self {
            Self::Online { .. } => true,
            Self::Away { until, .. } => *until > Instant::now(),
            Self::None => false,
        }
    }

    /// Sends what waited, once every socket before has said what it had.
    fn flush(&mut self) {
        if let Self::Online { missed, .. } = self
            && let Some(texts) = missed.take()
        {
            texts.iter().for_each(|text| self.send(text));
        }
        self.bound();
    }

    fn away(missed: Missed) -> Self {
        let mut link = Self::Away { until: Instant::now() + defaults::GRACE, missed };
        link.bound();
        link
    }

    /// Who missed more than can be kept could not be told of it any more, and has to join anew.
    fn bound(&mut self) {
        match self {
            Self::Online { missed, .. } | Self::Away { missed, .. } if missed.is_too_much() => {}
            Self::Online { .. } | Self::Away { .. } | Self::None => return,
        }
        if let Some(outbox) = self.outbox() {
            outbox.end();
        }
        *self = Self::Away { until: Instant::now(), missed: Missed::default() };
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

    fn texts(inbox: &mut Inbox) -> Vec<String> {
        std::iter::from_fn(|| inbox.try_recv())
            .filter_map(|frame| match frame {
                Frame::Text(text) => Some(text),
                Frame::Answer(_) | Frame::CloseAfter(_) => None,
            })
            .collect()
    }

    #[test]
    fn what_a_lost_socket_did_not_send_comes_first() {
        let (first, inbox) = socket(1);
        let mut link = Link::online(first);
        link.send("one");
        link.send("two");
        let unsent = inbox.close(Some("none".to_owned()));
        link.send("three");
        assert!(matches!(link, Link::Away { .. }), "the socket has not said yet that it is lost");
        assert!(link.lost(1, unsent));
        link.send("four");
        assert!(!link.lost(7, vec!["stray".to_owned()]), "another socket's end says nothing");
        let (second, mut inbox) = socket(2);
        link.resume(second);
        assert_eq!(texts(&mut inbox), ["none", "one", "two", "three", "four"]);
    }

    #[test]
    fn what_an_older_socket_had_comes_before_what_came_since() {
        let ((first, _), (second, mut inbox)) = (socket(1), socket(2));
        let mut link = Link::online(first);
        link.resume(second);
        link.send("newer");
        assert!(texts(&mut inbox).is_empty(), "the older one may have something yet");
        assert!(!link.lost(1, vec!["older".to_owned()]));
        link.send("newest");
        assert_eq!(texts(&mut inbox), ["older", "newer", "newest"]);
    }

    #[test]
    fn nothing_is_lost_with_a_socket_that_comes_and_goes_meanwhile() {
        for late in [true, false] {
            let (first, second, (third, mut inbox)) = (socket(1), socket(2), socket(3));
            let mut link = Link::online(first.0);
            link.resume(second.0);
            link.send("two");
            assert!(link.lost(2, Vec::new()));
            link.send("three");
            if !late {
                assert!(link.lost(1, vec!["one".to_owned()]));
            }
            link.resume(third);
            link.send("four");
            if late {
                assert!(!link.lost(1, vec!["one".to_owned()]));
            }
            assert_eq!(texts(&mut inbox), ["one", "two", "three", "four"]);
        }
    }

    #[test]
    fn who_misses_too_much_has_to_join_anew() {
        let ((first, gone), (second, _inbox)) = (socket(1), socket(2));
        drop(gone);
        for mut link in [Link::away(Missed::default()), Link::online(first)] {
            if let Link::Online { .. } = link {
                link.resume(second.clone());
            }
            (0..=defaults::MISSED).for_each(|_| link.send("x"));
            assert!(matches!(&link, Link::Away { until, missed } if *until <= Instant::now() && missed.is_empty()));
        }
    }
}
