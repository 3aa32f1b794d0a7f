//! The driver's side of TCP connections.

use std::time::Instant;

use tokio::sync::mpsc;
use zvonok_sfu::{Input, Transport};

use super::super::defaults;
use super::Driver;
use super::tcp::{Ends, Heard};

impl Driver {
    /// Takes what came of TCP connections, up to a bound; see [`Driver::receive`].
    pub(super) fn hear_all(&mut self, first: Heard) {
        let now = Instant::now();
        self.hear(first, now);
        for _ in 1..defaults::DATAGRAMS {
            let Ok(next) = self.heard.try_recv() else { return };
            self.hear(next, now);
        }
    }

    fn hear(&mut self, heard: Heard, now: Instant) {
        match heard {
            Heard::Opened { ends, connection } => {
                self.connections.insert(ends, connection);
            }
            Heard::Closed { ends, id } => {
                if self.connections.get(&ends).is_some_and(|it| it.id == id) {
                    self.connections.remove(&ends);
                }
            }
            Heard::Datagram { ends, bytes } => {
                let Some(connection) = self.connections.get_mut(&ends) else { return };
                let (transport, Ends { source, destination }) = (Transport::Tcp, ends);
                self.sfu.handle(Input::Datagram { transport, source, destination, bytes: &bytes }, now);
                match (self.sfu.knows(transport, source), connection.proven.is_some()) {
                    (true, true) => {
                        // Where nobody hears it, the connection is closed already.
                        let _ = connection.proven.take().map(|proven| proven.send(()));
                        // Its peer may have given up another one for it.
                        let sfu = &self.sfu;
                        self.connections.retain(|ends, it| it.proven.is_some() || sfu.knows(transport, ends.source));
                    }
                    // Its peer connection is gone, and it is no other's.
                    (false, false) => drop(self.connections.remove(&ends)),
                    (true, false) | (false, true) => {}
                }
            }
        }
    }

    pub(super) fn send_by_tcp(&mut self, ends: Ends, datagram: Vec<u8>) {
        let Some(connection) = self.connections.get(&ends) else { return };
        match connection.outgoing.try_send(datagram) {
            Ok(()) => {}
            // What a network does as well when it is slow; the estimate of its bandwidth follows.
            Err(mpsc::error::TrySendError::Full(_)) => self.lost("a TCP connection is slow"),
            Err(mpsc::error::TrySendError::Closed(_)) => drop(self.connections.remove(&ends)),
        }
    }
}
