//! The task that keeps the connection.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use zvonok_signaling_proto::Code;
use zvonok_signaling_proto::event::RingAck;

use crate::config::Config;
use crate::memory::Memory;
use crate::session::{self, Session};
use crate::sign_in::Pocket;
use crate::{ConnectError, Event, dial};

/// What a handle asks of the driver.
#[derive(Debug)]
pub(crate) enum Command {
    /// Emit `ring_ack`.
    RingAck(RingAck),
    /// Find out whether the connection lives; try at once if there is none.
    Probe,
    /// Leave the socket and connect again.
    Leave,
    /// End.
    Close,
}

/// What REST needs to know of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Online {
    pub(crate) sid: String,
    pub(crate) extended: bool,
}

/// Keeps the connection; see [`Driver::run`].
#[derive(Debug)]
pub struct Driver {
    config: Config,
    pocket: Pocket,
    events: mpsc::Sender<Event>,
    commands: mpsc::Receiver<Command>,
    online: watch::Sender<Option<Online>>,
}

/// How a connection ended.
pub(crate) enum End {
    /// To be opened again after a pause.
    Failed(ConnectError),
    /// To be opened again at once: this side left.
    Left,
    /// Not to be opened again.
    Closed,
}

impl Driver {
    pub(crate) fn new(
        config: Config,
        pocket: Pocket,
        events: mpsc::Sender<Event>,
        commands: mpsc::Receiver<Command>,
        online: watch::Sender<Option<Online>>,
    ) -> Self {
        Self { config, pocket, events, commands, online }
    }

    /// Connects, and again whenever the connection is lost, until [`crate::Client::close`], or until every handle or
    /// the receiver of events is dropped.
    pub async fn run(mut self) {
        let mut failures = 0_u32;
        let mut memory = Memory::new(self.config.last_seq);
        loop {
            if self.events.send(Event::Connecting).await.is_err() {
                return;
            }
            let began = Instant::now();
            let end = self.connection(&mut memory).await;
            self.online.send_replace(None);
            let error = match end {
                End::Closed => return,
                End::Left => {
                    failures = 0;
                    ConnectError::Left
                }
                End::Failed(error) => {
                    let lasted = began.elapsed() >= self.config.timing.settled;
                    failures = if lasted { 1 } else { failures.saturating_add(1) };
                    error
                }
            };
            let pause = if failures == 0 {
                std::time::Duration::ZERO
            } else {
                self.config.timing.backoff.pause(failures, rand::random())
            };
            tracing::info!(%error, ?pause, failures, "signaling is offline");
            let offline = Event::Offline { error: Arc::new(error), retry_in: pause };
            if self.events.send(offline).await.is_err() || !self.rest(Instant::now() + pause).await {
                return;
            }
        }
    }

    /// Waits for the next try; false to give up.
    async fn rest(&mut self, until: Instant) -> bool {
        loop {
            tokio::select! {
                () = sleep_until(until) => return true,
                () = self.events.closed() => return false,
                command = self.commands.recv() => match command {
                    Some(Command::Probe | Command::Leave) => return true,
                    // The ring it is about will be there again as `pending`.
                    Some(Command::RingAck(_)) => {}
                    Some(Command::Close) | None => return false,
                }
            }
        }
    }

    /// One connection, from dialling to its end.
    async fn connection(&mut self, memory: &mut Memory) -> End {
        let timing = self.config.timing;
        let token = self.pocket.token_for(&self.config.socket);
        let dialled = dial::connect(&self.config.socket, &self.config.tls, token.as_ref(), timing.connect);
        let connected = tokio::select! {
            connected = dialled => connected,
            () = closed(&mut self.commands) => return End::Closed,
        };
        match connected {
            Ok(connected) => {
                let mut session = Session::new(connected, &self.config, memory, &self.events, &self.online);
                session::run(&mut session, &mut self.commands).await
            }
            // With a token that was exchanged meanwhile it says nothing about the one in use.
            Err(ConnectError::Refused { code: Some(Code::NotSignedIn), .. })
                if token.as_ref().is_some_and(|token| self.pocket.drop_if(token)) =>
            {
                End::Failed(ConnectError::SessionOver)
            }
            // The answer is to what was presented before; the wish to try at once came while this try was under way.
            Err(ConnectError::Refused { code: Some(Code::NotSignedIn), .. })
                if self.pocket.token_for(&self.config.socket) != token =>
            {
                End::Left
            }
            Err(error) => End::Failed(error),
        }
    }
}

/// Ends when the client is to end; everything else can wait until the connection stands.
async fn closed(commands: &mut mpsc::Receiver<Command>) {
    loop {
        match commands.recv().await {
            Some(Command::Close) | None => return,
            Some(Command::Probe | Command::Leave | Command::RingAck(_)) => {}
        }
    }
}
