//! The task that owns the SFU: datagrams, timers, and the sessions' commands.

mod connections;
mod handle;
mod load;
mod strangers;
mod tcp;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::Poll;
use std::time::Instant;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zvonok_sfu::{Event, FloorId, Input, MediaPacket, Output, Sfu, SfuError, StreamId, Transport};

use super::addresses::{Door, Doors};
use super::defaults;
use handle::Command;
pub(super) use handle::{Media, MediaFault};
pub(crate) use load::Figures;
use load::Load;
use strangers::Strangers;
use tcp::{Connection, Ends, Heard, Listening};

/// Makes the SFU for `doors`, and the task that drives it until `stop`. TCP connections are served on `tasks`.
pub(super) fn start(
    doors: Doors,
    tasks: &TaskTracker,
    stop: CancellationToken,
) -> Result<(Media, impl Future<Output = ()> + Send + 'static), SfuError> {
    let sfu = Sfu::new(doors.advertised())?;
    let (commands, inbox) = mpsc::channel(defaults::COMMANDS);
    let (heard, connections) = mpsc::channel(defaults::TCP_HEARD);
    let listening = Listening { heard, strangers: Strangers::default(), tasks: tasks.clone(), stop: stop.clone() };
    for door in doors.tcp {
        tasks.spawn(tcp::accept(door, listening.clone()));
    }
    let driver = Driver {
        sfu,
        doors: doors.udp,
        inbox,
        heard: connections,
        connections: HashMap::new(),
        taps: HashMap::new(),
        floors: HashMap::new(),
        buffer: vec![0; defaults::DATAGRAM_BYTES],
        unsent: 0,
        untapped: 0,
        load: Load::start(),
    };
    Ok((Media { commands, last: Arc::new(AtomicU64::new(1)) }, driver.run(stop)))
}

struct Driver {
    sfu: Sfu,
    doors: Vec<Door<UdpSocket>>,
    inbox: mpsc::Receiver<Command>,
    /// What comes of TCP connections.
    heard: mpsc::Receiver<Heard>,
    connections: HashMap<Ends, Connection>,
    buffer: Vec<u8>,
    /// Where packets of streams go beside their subscribers.
    taps: HashMap<StreamId, mpsc::Sender<MediaPacket>>,
    /// Who is told who speaks.
    floors: HashMap<FloorId, watch::Sender<Option<StreamId>>>,
    /// Datagrams that found the socket's buffer, or their connection's queue, full.
    unsent: u64,
    /// Packets that found a tap full.
    untapped: u64,
    load: Load,
}

enum Woken {
    Stop,
    Command(Option<Command>),
    Readable,
    Heard(Heard),
    Time,
}

impl Driver {
    async fn run(mut self, stop: CancellationToken) {
        let timer = tokio::time::sleep_until(tokio::time::Instant::now());
        tokio::pin!(timer);
        self.load = Load::start();
        loop {
            self.send_all();
            let deadline = self.sfu.deadline();
            if let Some(at) = deadline {
                timer.as_mut().reset(at.into());
            }
            self.load.waits(&self.sfu);
            let woken = tokio::select! {
                () = stop.cancelled() => Woken::Stop,
                command = self.inbox.recv() => Woken::Command(command),
                () = readable(&self.doors) => Woken::Readable,
                Some(heard) = self.heard.recv() => Woken::Heard(heard),
                () = &mut timer, if deadline.is_some() => Woken::Time,
            };
            self.load.woken();
            match woken {
                Woken::Stop | Woken::Command(None) => return,
                Woken::Command(Some(command)) => self.obey(command),
                Woken::Readable => self.receive(),
                Woken::Heard(heard) => self.hear_all(heard),
                Woken::Time => self.sfu.handle(Input::Time, Instant::now()),
            }
        }
    }

    fn obey(&mut self, command: Command) {
        let now = Instant::now();
        // A dropped reply means the asking session is gone; it takes what it asked for with it.
        match command {
            Command::Publish { stream, offer, loopback, choice, reply } => {
                drop(reply.send(self.sfu.publish(stream, &offer, loopback, choice, now)));
            }
            Command::Feed { stream, codecs } => self.sfu.publish_fed(stream, codecs),
            Command::Packet { stream, packet } => self.sfu.handle(Input::Media { stream, packet }, now),
            Command::Tap { stream, tap, reply } => {
                let tapped = self.sfu.tap(stream, true, now);
                if tapped {
                    self.taps.insert(stream, tap);
                }
                let codecs = self.sfu.codecs(stream).filter(|_| tapped);
                if reply.send(codecs).is_err() {
                    self.taps.remove(&stream);
                    self.sfu.tap(stream, false, now);
                }
            }
            Command::Untap { stream } => {
                self.taps.remove(&stream);
                self.sfu.tap(stream, false, now);
            }
            Command::Codecs { stream, reply } => {
                if reply.send(self.sfu.codecs(stream)).is_err() {
                    tracing::debug!("whoever asked is gone");
                }
            }
            Command::Keyframe { stream } => {
                if self.taps.contains_key(&stream) {
                    self.sfu.tap(stream, true, now);
                }
            }
            Command::Echo { stream, of, reply } => drop(reply.send(self.sfu.publish_echo(stream, of))),
            Command::Unpublish { stream } => {
                self.taps.remove(&stream);
                self.sfu.unpublish(stream);
            }
            Command::Subscribe { subscription, stream, offer, reply } => {
                drop(reply.send(self.sfu.subscribe(subscription, stream, &offer, now)));
            }
            Command::Offer { subscription, stream, kinds, reply } => {
                drop(reply.send(self.sfu.offer(subscription, stream, kinds, now)));
            }
            Command::Accept { subscription, answer, reply } => {
                drop(reply.send(self.sfu.accept(subscription, &answer, now)));
            }
            Command::Measure { purposes, reply } => {
                drop(reply.send(purposes.into_iter().map(|purpose| self.sfu.measure(purpose)).collect()));
            }
            Command::Shows { subscription, size } => self.sfu.shows(subscription, Some(size)),
            Command::Unsubscribe { subscription } => self.sfu.unsubscribe(subscription),
            Command::Figures(reply) => drop(reply.send(self.load.figures(&self.sfu, self.unsent, self.untapped))),
            Command::OpenFloor { floor, tell } => {
                self.floors.retain(|_, tell| !tell.is_closed());
                self.floors.insert(floor, tell);
            }
            Command::JoinFloor { stream, floor } => self.sfu.join_floor(stream, floor, now),
        }
    }

    /// Reads what is there, up to a bound, before anything is sent: one wake-up and one polling of each peer for many
    /// datagrams.
    fn receive(&mut self) {
        let now = Instant::now();
        for door in &self.doors {
            for _ in 0..defaults::DATAGRAMS {
                match door.socket.try_recv_from(&mut self.buffer) {
                    Ok((length, source)) => {
                        let Some(bytes) = self.buffer.get(..length) else { continue };
                        let (transport, destination) = (Transport::Udp, door.advertised);
                        self.sfu.handle(Input::Datagram { transport, source, destination, bytes }, now);
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    // A client that is gone answers with "port unreachable", which says nothing about the socket.
                    Err(error) => tracing::trace!(%error, "receiving failed"),
                }
            }
        }
    }

    fn send_all(&mut self) {
        while let Some(output) = self.sfu.poll_output() {
            match output {
                Output::Transmit { transport: Transport::Tcp, source, destination, contents } => {
                    // From our side it is the other way round.
                    self.send_by_tcp(Ends { source: destination, destination: source }, contents.into());
                }
                Output::Transmit { transport: Transport::Udp, source, destination, contents } => {
                    let door = self.doors.iter().find(|door| door.advertised == source);
                    let Some(door) = door.or(self.doors.first()) else { continue };
                    match door.socket.try_send_to(&contents, destination) {
                        Ok(_) => {}
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                            self.lost("the UDP socket's buffer is full");
                        }
                        Err(error) => tracing::trace!(%error, "sending failed"),
                    }
                }
                Output::Media { stream, packet } => self.tapped(stream, packet),
                Output::Event(Event::Connected(purpose)) => tracing::debug!(?purpose, "media connected"),
                Output::Event(Event::Disconnected(purpose)) => tracing::debug!(?purpose, "media went quiet"),
                Output::Event(Event::Failed(purpose)) => tracing::debug!(?purpose, "media failed"),
                Output::Event(Event::Speaks { floor, stream }) => {
                    if let Some(tell) = self.floors.get(&floor) {
                        tell.send_replace(stream);
                    }
                }
            }
        }
    }
}

impl Driver {
    fn lost(&mut self, why: &'static str) {
        self.unsent += 1;
        if self.unsent.is_power_of_two() {
            tracing::warn!(unsent = self.unsent, why, "a datagram could not be sent");
        }
    }

    /// A disk that is slow must not hold up a call: what finds no room is lost, and the recorder sees the gap.
    fn tapped(&mut self, stream: StreamId, packet: MediaPacket) {
        let Some(tap) = self.taps.get(&stream) else { return };
        match tap.try_send(packet) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.untapped += 1;
                if self.untapped.is_power_of_two() {
                    tracing::warn!(packets = self.untapped, "the recorder is too slow");
                }
            }
            Err(mpsc::error::TrySendError::Closed(_)) => {
                self.taps.remove(&stream);
                self.sfu.tap(stream, false, Instant::now());
            }
        }
    }
}

/// Ready as soon as one of the sockets has something.
async fn readable(doors: &[Door<UdpSocket>]) {
    std::future::poll_fn(|context| {
        let ready = doors.iter().any(|door| door.socket.poll_recv_ready(context).is_ready());
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
