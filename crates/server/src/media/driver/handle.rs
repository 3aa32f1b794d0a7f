//! The sessions' hand on the SFU: commands, and the answers to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot, watch};
use zvonok_sfu::{
    Codecs, FloorId, Kinds, Measure, MediaPacket, Purpose, SfuError, Size, StreamId, SubscriptionId, VideoChoice,
};

use super::load::Figures;

type Reply<T> = oneshot::Sender<Result<T, SfuError>>;

pub(super) enum Command {
    Publish { stream: StreamId, offer: String, loopback: bool, choice: VideoChoice, reply: Reply<String> },
    Feed { stream: StreamId, codecs: Codecs },
    Packet { stream: StreamId, packet: MediaPacket },
    Tap { stream: StreamId, tap: mpsc::Sender<MediaPacket>, reply: oneshot::Sender<Option<Codecs>> },
    Untap { stream: StreamId },
    Codecs { stream: StreamId, reply: oneshot::Sender<Option<Codecs>> },
    Keyframe { stream: StreamId },
    Echo { stream: StreamId, of: StreamId, reply: Reply<()> },
    Unpublish { stream: StreamId },
    Subscribe { subscription: SubscriptionId, stream: StreamId, offer: String, reply: Reply<String> },
    Offer { subscription: SubscriptionId, stream: StreamId, kinds: Kinds, reply: Reply<String> },
    Accept { subscription: SubscriptionId, answer: String, reply: Reply<()> },
    Shows { subscription: SubscriptionId, size: Size },
    Unsubscribe { subscription: SubscriptionId },
    Measure { purposes: Vec<Purpose>, reply: oneshot::Sender<Vec<Option<Measure>>> },
    Figures(oneshot::Sender<Figures>),
    OpenFloor { floor: FloorId, tell: watch::Sender<Option<StreamId>> },
    JoinFloor { stream: StreamId, floor: FloorId },
}

/// The sessions' hand on the SFU.
#[derive(Debug, Clone)]
pub(in super::super) struct Media {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) last: Arc<AtomicU64>,
}

/// Why media did not do what a session asked.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum MediaFault {
    /// The SFU refused.
    #[error(transparent)]
    Refused(#[from] SfuError),
    /// The server shuts down.
    #[error("the media server is shutting down")]
    Gone,
}

impl Media {
    /// A stream id that was never given before.
    pub(in super::super) fn new_stream(&self) -> StreamId {
        StreamId(self.last.fetch_add(1, Ordering::Relaxed))
    }

    /// A subscription id that was never given before.
    pub(in super::super) fn new_subscription(&self) -> SubscriptionId {
        SubscriptionId(self.last.fetch_add(1, Ordering::Relaxed))
    }

    /// See [`Sfu::publish`].
    pub(in super::super) async fn publish(
        &self,
        stream: StreamId,
        offer: String,
        loopback: bool,
        choice: VideoChoice,
    ) -> Result<String, MediaFault> {
        self.ask(|reply| Command::Publish { stream, offer, loopback, choice, reply }).await
    }

    /// See [`Sfu::publish_fed`].
    pub(in super::super) async fn feed(&self, stream: StreamId, codecs: Codecs) {
        self.tell(Command::Feed { stream, codecs }).await;
    }

    /// A packet of a stream that is fed. False where the SFU is gone.
    pub(in super::super) async fn packet(&self, stream: StreamId, packet: MediaPacket) -> bool {
        self.commands.send(Command::Packet { stream, packet }).await.is_ok()
    }

    /// Sends a stream's packets to `tap` as well, beginning with a key frame, until it is untapped or ends; then `tap`
    /// is dropped. What `tap` has no room for is lost. Gives what the stream is coded with; `None` where there is none.
    pub(in super::super) async fn tap(&self, stream: StreamId, tap: mpsc::Sender<MediaPacket>) -> Option<Codecs> {
        let (reply, answer) = oneshot::channel();
        self.tell(Command::Tap { stream, tap, reply }).await;
        answer.await.ok().flatten()
    }

    /// Ends what [`Media::tap`] began.
    pub(in super::super) async fn untap(&self, stream: StreamId) {
        self.tell(Command::Untap { stream }).await;
    }

    /// What a stream is coded with now; `None` where there is none.
    pub(in super::super) async fn codecs(&self, stream: StreamId) -> Option<Codecs> {
        let (reply, answer) = oneshot::channel();
        self.tell(Command::Codecs { stream, reply }).await;
        answer.await.ok().flatten()
    }

    /// Whoever taps `stream` needs a key frame.
    pub(in super::super) async fn keyframe(&self, stream: StreamId) {
        self.tell(Command::Keyframe { stream }).await;
    }

    /// See [`Sfu::publish_echo`].
    pub(in super::super) async fn echo(&self, stream: StreamId, of: StreamId) -> Result<(), MediaFault> {
        self.ask(|reply| Command::Echo { stream, of, reply }).await
    }

    /// See [`Sfu::unpublish`].
    pub(in super::super) async fn unpublish(&self, stream: StreamId) {
        self.tell(Command::Unpublish { stream }).await;
    }

    /// See [`Sfu::subscribe`].
    pub(in super::super) async fn subscribe(
        &self,
        subscription: SubscriptionId,
        stream: StreamId,
        offer: String,
    ) -> Result<String, MediaFault> {
        self.ask(|reply| Command::Subscribe { subscription, stream, offer, reply }).await
    }

    /// See [`Sfu::offer`].
    pub(in super::super) async fn offer(
        &self,
        subscription: SubscriptionId,
        stream: StreamId,
        kinds: Kinds,
    ) -> Result<String, MediaFault> {
        self.ask(|reply| Command::Offer { subscription, stream, kinds, reply }).await
    }

    /// See [`Sfu::accept`].
    pub(in super::super) async fn accept(
        &self,
        subscription: SubscriptionId,
        answer: String,
    ) -> Result<(), MediaFault> {
        self.ask(|reply| Command::Accept { subscription, answer, reply }).await
    }

    /// See [`Sfu::measure`]; one for each of `purposes`, in their order. None at all where the SFU is gone.
    pub(in super::super) async fn measure(&self, purposes: Vec<Purpose>) -> Vec<Option<Measure>> {
        let (reply, answer) = oneshot::channel();
        self.tell(Command::Measure { purposes, reply }).await;
        answer.await.unwrap_or_default()
    }

    /// See [`Sfu::shows`].
    pub(in super::super) async fn shows(&self, subscription: SubscriptionId, size: Size) {
        self.tell(Command::Shows { subscription, size }).await;
    }

    /// See [`Sfu::unsubscribe`].
    pub(in super::super) async fn unsubscribe(&self, subscription: SubscriptionId) {
        self.tell(Command::Unsubscribe { subscription }).await;
    }

    /// What it has to say about itself; nothing where it is gone.
    pub(in super::super) async fn figures(&self) -> Option<Figures> {
        let (reply, answer) = oneshot::channel();
        self.tell(Command::Figures(reply)).await;
        answer.await.ok()
    }

    /// A floor that was never given before.
    pub(in super::super) fn new_floor(&self) -> FloorId {
        FloorId(self.last.fetch_add(1, Ordering::Relaxed))
    }

    /// Who speaks on a floor, from now on.
    pub(in super::super) async fn open_floor(&self, floor: FloorId) -> watch::Receiver<Option<StreamId>> {
        let (tell, speaker) = watch::channel(None);
        self.tell(Command::OpenFloor { floor, tell }).await;
        speaker
    }

    /// See [`Sfu::join_floor`].
    pub(in super::super) async fn join_floor(&self, stream: StreamId, floor: FloorId) {
        self.tell(Command::JoinFloor { stream, floor }).await;
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

#[cfg(test)]
impl Media {
    /// A hand on nothing: what is asked of it is not done.
    pub(in super::super) fn of_nobody() -> Self {
        Self { commands: mpsc::channel(1).0, last: Arc::default() }
    }
}
