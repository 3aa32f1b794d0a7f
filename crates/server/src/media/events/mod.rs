//! What happens, told to others: webhooks, and records in files (OpenVidu's CDR).
//!
//! Sessions never wait for either. Each has a task of its own with a bounded queue; what finds it full is lost, and that
//! is logged.

mod cdr;
mod webhook;

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::defaults;
use crate::media_settings::WebhookSettings;

/// One event, with its name.
pub(super) type Event = (&'static str, Arc<Map<String, Value>>);

/// Where sessions tell what happens.
#[derive(Debug, Default)]
pub(super) struct Events {
    webhook: Option<mpsc::Sender<Event>>,
    cdr: Option<mpsc::Sender<Event>>,
    cdr_dir: Option<PathBuf>,
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
            let (sender, inbox) = mpsc::channel(defaults::EVENTS);
            let poster = webhook::Poster::new(settings).map_err(EventsFault::Webhook)?;
            tasks.spawn(poster.run(inbox, stop.clone()).instrument(tracing::info_span!("webhook")));
            events.webhook = Some(sender);
        }
        if let Some(dir) = cdr_dir {
            let (sender, inbox) = mpsc::channel(defaults::EVENTS);
            let writer = cdr::Writer::open(dir.clone()).map_err(EventsFault::Cdr)?;
            tasks.spawn(writer.run(inbox, stop.clone()).instrument(tracing::info_span!("cdr")));
            events.cdr = Some(sender);
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
        let fields = Arc::new(fields);
        for (to, sender) in [("webhook", &self.webhook), ("records", &self.cdr)] {
            if let Some(Err(error)) = sender.as_ref().map(|sender| sender.try_send((name, Arc::clone(&fields)))) {
                tracing::warn!(event = name, to, %error, "an event is not told");
            }
        }
    }
}
