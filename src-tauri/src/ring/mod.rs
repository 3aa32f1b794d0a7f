//! Surfaces of a ring that are neither window nor tray: notification and sound. What really happened is reported back,
//! because the caller is told.

mod notification;
mod sound;
mod tone;

use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use notification::{plain, server};
pub(crate) use sound::probe;

/// What a surface reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ringing {
    /// The notification is on the screen.
    Shown,
    /// The notification service did not take it.
    NotShown,
    /// The ringtone plays.
    Sounding,
    /// There is no sound device.
    Silent,
    /// *Accept* on the notification.
    Accept,
    /// *Decline* on the notification.
    Decline,
    /// The notification itself was clicked.
    Open,
}

/// A ring under way; dropping it takes notification and sound away.
#[derive(Debug)]
pub(crate) struct Ring {
    cancel: CancellationToken,
}

impl Ring {
    /// Shows the notification and starts the ringtone.
    pub(crate) fn start(name: &str, watch: bool, reports: &mpsc::Sender<Ringing>, tasks: &TaskTracker) -> Self {
        let cancel = CancellationToken::new();
        tasks.spawn(notification::show(name.to_owned(), watch, reports.clone(), cancel.clone()));
        sound::start(reports.clone(), cancel.clone());
        Self { cancel }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
