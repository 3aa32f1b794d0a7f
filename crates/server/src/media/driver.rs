//! The task that owns the SFU: datagrams, timers, and the sessions' commands.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use zvonok_sfu::{Event, Input, Output, Sfu, SfuError, StreamId, SubscriptionId};

use super::addresses::Door;
use super::defaults;

type Reply<T> = oneshot::Sender<Result<T, SfuError>>;

enum Command {
    Publish { stream: StreamId, offer: String, loopback: bool, reply: Reply<String> },
    Echo { stream: StreamId, of: StreamId, reply: Reply<()> },
    Unpublish { stream: StreamId },
    Subscribe { subscription: SubscriptionId, stream: StreamId, offer: String, reply: Reply<String> },
    Unsubscribe { subscription: SubscriptionId },
}

/// The sessions' hand on the SFU.
#[derive(Debug, Clone)]
pub(super) struct Media {
    commands: mpsc::Sender<Command>,
    last: Arc<AtomicU64>,
}

/// Why media did not do what a session asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum MediaFault {
    /// The SFU refused.
    #[error(transparent)]
    Refused(#[from] SfuError),
    /// The server shuts down.
    #[error("the media server is shutting down")]
    Gone,
}

impl Media {
    /// A stream id that was never given before.
    pub(super) fn new_stream(&self) -> StreamId {
        StreamId(self.last.fetch_add(1, Ordering::Relaxed))
    }

    /// A subscription id that was never given before.
    pub(super) fn new_subscription(&self) -> SubscriptionId {
        SubscriptionId(self.last.fetch_add(1, Ordering::Relaxed))
    }

    /// See [`Sfu::publish`].
    pub(super) async fn publish(&self, stream: StreamId, offer: String, loopback: bool) -> Result<String, MediaFault> {
        self.ask(|reply| Command::Publish { stream, offer, loopback, reply }).await
    }

    /// See [`Sfu::publish_echo`].
    pub(super) async fn echo(&self, stream: StreamId, of: StreamId) -> Result<(), MediaFault> {
        self.ask(|reply| Command::Echo { stream, of, reply }).await
    }

    /// See [`Sfu::unpublish`].
    pub(super) async fn unpublish(&self, stream: StreamId) {
        self.tell(Command::Unpublish { stream }).await;
    }

    /// See [`Sfu::subscribe`].
    pub(super) async fn subscribe(
        &self,
        subscription: SubscriptionId,
        stream: StreamId,
        offer: String,
    ) -> Result<String, MediaFault> {
        self.ask(|reply| Command::Subscribe { subscription, stream, offer, reply }).await
    }

    /// See [`Sfu::unsubscribe`].
    pub(super) async fn unsubscribe(&self, subscription: SubscriptionId) {
        self.tell(Command::Unsubscribe { subscription }).await;
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, MediaFault> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_closed| MediaFault::Gone)?;
        Ok(answer.await.map_err(|_dropped| MediaFault::Gone)??)
    }

    async fn tell(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            tracing::debug!("the SFU is gone, and with it what was to be ended");
        }
    }
}

/// Makes the SFU for `doors`, and the task that drives it until `stop`.
pub(super) fn start(
    doors: Vec<Door>,
    stop: CancellationToken,
) -> Result<(Media, impl Future<Output = ()> + Send + 'static), SfuError> {
    let sfu = Sfu::new(doors.iter().map(|door| door.advertised).collect())?;
    let (commands, inbox) = mpsc::channel(defaults::COMMANDS);
    let driver = Driver { sfu, doors, inbox, buffer: vec![0; defaults::DATAGRAM_BYTES], unsent: 0 };
    Ok((Media { commands, last: Arc::new(AtomicU64::new(1)) }, driver.run(stop)))
}

struct Driver {
    sfu: Sfu,
    doors: Vec<Door>,
    inbox: mpsc::Receiver<Command>,
    buffer: Vec<u8>,
    /// Datagrams that found the socket's buffer full.
    unsent: u64,
}

enum Woken {
    Stop,
    Command(Option<Command>),
    Readable,
    Time,
}

impl Driver {
    async fn run(mut self, stop: CancellationToken) {
        let timer = tokio::time::sleep_until(tokio::time::Instant::now());
        tokio::pin!(timer);
        loop {
            self.send_all();
            let deadline = self.sfu.deadline();
            if let Some(at) = deadline {
                timer.as_mut().reset(at.into());
            }
            let woken = tokio::select! {
                () = stop.cancelled() => Woken::Stop,
                command = self.inbox.recv() => Woken::Command(command),
                () = readable(&self.doors) => Woken::Readable,
                () = &mut timer, if deadline.is_some() => Woken::Time,
            };
            match woken {
                Woken::Stop | Woken::Command(None) => return,
                Woken::Command(Some(command)) => self.obey(command),
                Woken::Readable => self.receive(),
                Woken::Time => self.sfu.handle(Input::Time, Instant::now()),
            }
        }
    }

    fn obey(&mut self, command: Command) {
        let now = Instant::now();
        // A dropped reply means the asking session is gone; it takes what it asked for with it.
        match command {
            Command::Publish { stream, offer, loopback, reply } => {
                drop(reply.send(self.sfu.publish(stream, &offer, loopback, now)));
            }
            Command::Echo { stream, of, reply } => drop(reply.send(self.sfu.publish_echo(stream, of))),
            Command::Unpublish { stream } => self.sfu.unpublish(stream),
            Command::Subscribe { subscription, stream, offer, reply } => {
                drop(reply.send(self.sfu.subscribe(subscription, stream, &offer, now)));
            }
            Command::Unsubscribe { subscription } => self.sfu.unsubscribe(subscription),
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
                        self.sfu.handle(Input::Datagram { source, destination: door.advertised, bytes }, now);
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
                Output::Transmit { source, destination, contents } => {
                    let door = self.doors.iter().find(|door| door.advertised == source);
                    let Some(door) = door.or(self.doors.first()) else { continue };
                    match door.socket.try_send_to(&contents, destination) {
                        Ok(_) => {}
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                            self.unsent += 1;
                            if self.unsent.is_power_of_two() {
                                tracing::warn!(unsent = self.unsent, "the UDP socket's buffer is full");
                            }
                        }
                        Err(error) => tracing::trace!(%error, "sending failed"),
                    }
                }
                Output::Event(Event::Connected(purpose)) => tracing::debug!(?purpose, "media connected"),
                Output::Event(Event::Disconnected(purpose)) => tracing::debug!(?purpose, "media went quiet"),
                Output::Event(Event::Failed(purpose)) => tracing::debug!(?purpose, "media failed"),
            }
        }
    }
}

/// Ready as soon as one of the sockets has something.
async fn readable(doors: &[Door]) {
    std::future::poll_fn(|context| {
        let ready = doors.iter().any(|door| door.socket.poll_recv_ready(context).is_ready());
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
