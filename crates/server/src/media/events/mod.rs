//! What happens, told to others: webhooks, and records in files (OpenVidu's CDR).
//!
//! Sessions never wait for either. Each has a task of its own with a bounded queue; what finds it full is lost, and that
//! is logged.

mod cdr;
mod webhook;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::defaults;
use crate::media_settings::WebhookSettings;

/// One event that waits to be told.
#[derive(Debug)]
struct Event {
    name: &'static str,
    fields: Arc<Map<String, Value>>,
    /// Given back when it was told.
    _room: Room,
}

/// Bytes that an event takes as long as it waits.
#[derive(Debug)]
struct Room {
    waiting: Arc<AtomicUsize>,
    bytes: usize,
}

impl Room {
    /// `None` where too many wait already.
    fn take(waiting: &Arc<AtomicUsize>, bytes: usize) -> Option<Self> {
        let room = Self { waiting: Arc::clone(waiting), bytes };
        // What is taken too much is given back with it.
        (waiting.fetch_add(bytes, Ordering::Relaxed) + bytes <= defaults::EVENTS_BYTES).then_some(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Where sessions tell what happens.
#[derive(Debug, Default)]
pub(super) struct Events {
    webhook: Option<Sink>,
    cdr: Option<Sink>,
    cdr_dir: Option<PathBuf>,
}

/// The way to one who is told. Who does not listen costs the other nothing.
#[derive(Debug)]
struct Sink {
    sender: mpsc::Sender<Event>,
    /// Bytes of all events that wait.
    waiting: Arc<AtomicUsize>,
    lost: AtomicUsize,
}

impl Sink {
    fn new() -> (Self, mpsc::Receiver<Event>) {
        let (sender, inbox) = mpsc::channel(defaults::EVENTS);
        (Self { sender, waiting: Arc::default(), lost: AtomicUsize::new(0) }, inbox)
    }

    fn tell(&self, to: &str, name: &'static str, fields: &Arc<Map<String, Value>>, bytes: usize) {
        let sent = Room::take(&self.waiting, bytes)
            .is_some_and(|room| self.sender.try_send(Event { name, fields: Arc::clone(fields), _room: room }).is_ok());
        if !sent {
            let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
            // Whoever makes so many could fill the log instead.
            if lost.is_power_of_two() {
                tracing::warn!(event = name, to, lost, "an event is not told: too much waits already");
            }
        }
    }
}

/// Why events are not told.
#[derive(Debug, thiserror::Error)]
pub(super) enum EventsFault {
    /// The directory of the records.
    #[error("cannot use the directory of records")]
    Cdr(#[source] std::io::Error),
    /// The webhook.
    #[error("cannot use the webhook: {0}")]
    Webhook(String),
}

impl Events {
    /// Starts the tasks that are wanted. They end, with what they have, after `stop`.
    pub(super) fn start(
        webhook: Option<&WebhookSettings>,
        cdr_dir: Option<PathBuf>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self, EventsFault> {
        let mut events = Self::default();
        if let Some(settings) = webhook {
            let (sink, inbox) = Sink::new();
            let poster = webhook::Poster::new(settings).map_err(EventsFault::Webhook)?;
            tasks.spawn(poster.run(inbox, stop.clone()).instrument(tracing::info_span!("webhook")));
            events.webhook = Some(sink);
        }
        if let Some(dir) = cdr_dir {
            let (sink, inbox) = Sink::new();
            let writer = cdr::Writer::open(dir.clone()).map_err(EventsFault::Cdr)?;
            tasks.spawn(writer.run(inbox, stop.clone()).instrument(tracing::info_span!("cdr")));
            events.cdr = Some(sink);
            events.cdr_dir = Some(dir);
        }
        Ok(events)
    }

    /// Whether anybody is told.
    pub(super) fn are_wanted(&self) -> bool {
        self.webhook.is_some() || self.cdr.is_some()
    }

    /// Where records are; `None` where none are kept.
    pub(super) fn cdr_dir(&self) -> Option<&std::path::Path> {
        self.cdr_dir.as_deref()
    }

    /// Tells an event.
    pub(super) fn tell(&self, name: &'static str, fields: Map<String, Value>) {
        if !self.are_wanted() {
            return;
        }
        let bytes = serde_json::to_string(&fields).map_or(0, |text| text.len());
        let fields = Arc::new(fields);
        for (to, sink) in [("webhook", &self.webhook), ("records", &self.cdr)] {
            if let Some(sink) = sink {
                sink.tell(to, name, &fields, bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_that_wait_take_so_much_memory_and_no_more() {
        let ((webhook, mut inbox), (cdr, mut records)) = (Sink::new(), Sink::new());
        let events = Events { webhook: Some(webhook), cdr: Some(cdr), cdr_dir: None };
        let tell = || events.tell("signalSent", Map::from_iter([("data".to_owned(), "x".repeat(256 * 1024).into())]));
        for nth in 0..200 {
            tell();
            assert!(records.try_recv().is_ok(), "{nth}: that one does not listen is not the other's loss");
        }
        let mut waited = 0;
        while inbox.try_recv().is_ok() {
            waited += 1;
        }
        assert_eq!(waited, 63, "as many as there is room for");
        tell();
        assert!(inbox.try_recv().is_ok(), "what is told makes room");
    }
}
