//! Messages for the page: one bounded queue, and what gives way when the page does not read.

use futures_util::{Sink, SinkExt};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::defaults::{OUTGOING_MESSAGES, OUTGOING_VIDEO};
use crate::error::PeerError;
use crate::wire::ToPage;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It waits its turn.
    Queued,
    /// There was no room.
    Dropped,
}

/// The way to the page.
#[derive(Debug)]
pub(super) struct Outgoing(mpsc::Sender<Message>);

impl Outgoing {
    pub(super) fn new() -> (Self, mpsc::Receiver<Message>) {
        let (sender, receiver) = mpsc::channel(OUTGOING_MESSAGES);
        (Self(sender), receiver)
    }

    /// A control message: a page that cannot take it is given up.
    pub(super) fn control(&self, message: &ToPage) -> Result<(), PeerError> {
        let text = match serde_json::to_string(message) {
            Ok(text) => text,
            Err(error) => {
                // Only numbers that JSON cannot say could lead here.
                tracing::error!(%error, "a control message that cannot be written");
                return Ok(());
            }
        };
        self.0.try_send(Message::text(text)).map_err(|_| PeerError::Stalled)
    }

    /// A block to play.
    pub(super) fn audio(&self, message: Vec<u8>) -> Sent {
        match self.0.try_send(Message::binary(message)) {
            Ok(()) => Sent::Queued,
            Err(_) => Sent::Dropped,
        }
    }

    /// A frame to show; it leaves room for sound and control.
    pub(super) fn video(&self, message: Vec<u8>) -> Sent {
        if self.0.capacity() < OUTGOING_MESSAGES - OUTGOING_VIDEO {
            return Sent::Dropped;
        }
        self.audio(message)
    }
}

/// Writes what waits until nothing more can come.
pub(super) async fn write(
    mut sink: impl Sink<Message, Error = tungstenite::Error> + Unpin,
    mut waiting: mpsc::Receiver<Message>,
) -> Result<(), PeerError> {
    while let Some(message) = waiting.recv().await {
        sink.feed(message).await?;
        while let Ok(message) = waiting.try_recv() {
            sink.feed(message).await?;
        }
        sink.flush().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_does_not_read_loses_video_first_then_sound_then_the_connection() {
        let (outgoing, _waiting) = Outgoing::new();
        let video = (0..1000).filter(|_| outgoing.video(vec![1]) == Sent::Queued).count();
        assert_eq!(video, OUTGOING_VIDEO + 1, "video leaves room");
        let audio = (0..1000).filter(|_| outgoing.audio(vec![2]) == Sent::Queued).count();
        assert_eq!(video + audio, OUTGOING_MESSAGES, "the queue is bounded");
        let error = outgoing.control(&ToPage::KeyFrame { line: 0 });
        assert!(matches!(error, Err(PeerError::Stalled)));
    }
}
