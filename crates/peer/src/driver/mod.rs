//! The thin part that does I/O: the page's socket, UDP sockets, the clock, the audio thread.

mod outgoing;
mod sockets;
mod sound;

use std::future::pending;
use std::sync::Arc;
use std::time::Instant;

use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::audio::{AudioCounters, AudioIn, AudioOut, Playout};
use crate::core::{Core, Input, Output};
use crate::defaults::MAX_CONTROL_BYTES;
use crate::error::{PeerError, WireError};
use crate::wire::{self, FromPage, Header, MediaKind};
use outgoing::{Outgoing, Sent};
use sockets::Sockets;
use sound::Sound;

/// What peer connections of one app have in common. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct PeerConfig {
    /// What the app plays, for the echo cancellers.
    pub playout: Playout,
}

/// Runs one peer connection until the page closes `socket`.
///
/// The caller has already checked who connects. The socket's own message limit should be at least
/// [`crate::defaults::MAX_MEDIA_BYTES`]. An error tells why the connection ended otherwise; nothing of it goes on.
pub async fn serve<S>(socket: WebSocketStream<S>, config: PeerConfig) -> Result<(), PeerError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (sink, stream) = socket.split();
    let (outgoing, waiting) = Outgoing::new();
    let mut driver = Driver::new(outgoing, config)?;
    let result = tokio::select! {
        result = driver.run(stream) => result,
        result = outgoing::write(sink, waiting) => result,
        () = tend_page() => Ok(()),
    };
    driver.close();
    result
}

/// What the page's own process needs as long as it has a peer connection; does not end.
async fn tend_page() {
    #[cfg(target_os = "linux")]
    crate::webkit::keep_sound_threads_normal().await;
    pending::<()>().await;
}

/// The clock of every driver.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

struct Driver {
    core: Core,
    sockets: Sockets,
    outgoing: Outgoing,
    sound: Sound,
}

impl Driver {
    fn new(outgoing: Outgoing, config: PeerConfig) -> Result<Self, PeerError> {
        let counters = Arc::new(AudioCounters::default());
        Ok(Self {
            core: Core::new(Arc::clone(&counters), now()),
            sockets: Sockets::default(),
            outgoing,
            sound: Sound::new(config.playout, counters)?,
        })
    }

    async fn run(
        &mut self,
        mut page: impl Stream<Item = Result<Message, tungstenite::Error>> + Unpin,
    ) -> Result<(), PeerError> {
        loop {
            let deadline = self.core.deadline();
            let timer = async {
                match deadline {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                message = page.next() => match message {
                    Some(Ok(message)) => {
                        if !self.on_message(message)? {
                            return Ok(());
                        }
                    }
                    // A page that goes away does not always say so.
                    Some(Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::Protocol(
                        tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
                    ))) | None => return Ok(()),
                    Some(Err(error)) => return Err(error.into()),
                },
                sound = self.sound.next() => self.on_sound(sound)?,
                () = self.sockets.readable() => self.on_datagrams()?,
                () = timer => self.handle(Input::Tick)?,
            }
        }
    }

    /// Takes one message; says whether to go on.
    fn on_message(&mut self, message: Message) -> Result<bool, PeerError> {
        match message {
            Message::Text(text) => {
                if text.len() > MAX_CONTROL_BYTES {
                    return Err(WireError::TooLong { length: text.len(), limit: MAX_CONTROL_BYTES }.into());
                }
                let message: FromPage =
                    serde_json::from_str(&text).map_err(|error| WireError::Control { column: error.column() })?;
                self.handle(Input::Control(message))?;
            }
            Message::Binary(bytes) => {
                let (header, payload) = Header::parse(&bytes)?;
                let line = header.line;
                match header.kind {
                    MediaKind::Video { .. } => {
                        let (timestamp_us, data) = (header.timestamp_us, payload.into());
                        self.handle(Input::Video { line, timestamp_us, data })?;
                    }
                    MediaKind::Audio => {
                        self.sound.send(AudioIn::Captured { line, block: Box::new(wire::samples(payload)) });
                    }
                    MediaKind::Pull { count } => self.sound.send(AudioIn::Pull { line, count }),
                    MediaKind::Seen { count } => self.handle(Input::PageSaw { line, count })?,
                }
            }
            Message::Close(_) => return Ok(false),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
        Ok(true)
    }

    fn on_sound(&mut self, sound: AudioOut) -> Result<(), PeerError> {
        match sound {
            AudioOut::Opus { line, rtp_time, data } => self.handle(Input::Opus { line, rtp_time, data }),
            AudioOut::Play(message) => {
                // A page that falls behind loses sound, which it conceals, rather than hearing it ever later.
                self.outgoing.audio(message);
                Ok(())
            }
        }
    }

    fn on_datagrams(&mut self) -> Result<(), PeerError> {
        let batch = self.sockets.read();
        for (source, destination, data) in batch.datagrams() {
            self.core.handle(Input::Datagram { source, destination, data }, now())?;
            self.perform()?;
        }
        self.sockets.done(batch);
        Ok(())
    }

    fn handle(&mut self, input: Input<'_>) -> Result<(), PeerError> {
        self.core.handle(input, now())?;
        self.perform()
    }

    /// Does what the core says.
    fn perform(&mut self) -> Result<(), PeerError> {
        while let Some(output) = self.core.poll_output() {
            match output {
                Output::Transmit(transmit) => self.sockets.send(&transmit),
                Output::Video { line, key_frame, timestamp_us, data } => {
                    let header = Header { kind: MediaKind::Video { key_frame }, line, timestamp_us };
                    if self.outgoing.video(header.message(&data)) == Sent::Dropped {
                        self.core.handle(Input::PageFellBehind { line }, now())?;
                    }
                }
                Output::Opus { line, packet } => self.sound.send(AudioIn::Received { line, packet }),
                Output::Processing { line, processing } => self.sound.send(AudioIn::Processing { line, processing }),
                Output::Control(message) => self.outgoing.control(&message)?,
                Output::Gather => {
                    for address in self.sockets.open_usual() {
                        self.core.handle(Input::LocalAddress(address), now())?;
                    }
                    self.core.handle(Input::Gathered, now())?;
                }
                Output::Reach(remote) => {
                    if let Some(address) = self.sockets.open_towards(remote) {
                        self.core.handle(Input::LocalAddress(address), now())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Says goodbye to the other side, as far as it can be said without waiting.
    fn close(&mut self) {
        if let Err(error) = self.core.close(now()) {
            tracing::debug!(%error, "closing without a goodbye");
        }
        while let Some(output) = self.core.poll_output() {
            if let Output::Transmit(transmit) = output {
                self.sockets.send(&transmit);
            }
        }
    }
}
