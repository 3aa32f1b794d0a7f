//! What was sent and heard, readable from another thread while the sound goes on.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::defaults::MAX_LINES;

/// Figures of one media line, in samples at 48 kHz unless said otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AudioFigures {
    /// Captured and handed to the encoder.
    pub(crate) sent: u64,
    /// Handed to the page to play, concealment included (W3C `totalSamplesReceived`).
    pub(crate) received: u64,
    /// Made up because nothing had arrived (W3C `concealedSamples`).
    pub(crate) concealed: u64,
    /// Of those, the silent ones (W3C `silentConcealedSamples`).
    pub(crate) silent_concealed: u64,
    /// Decoded, not concealed, and above silence.
    pub(crate) audible: u64,
    /// How many times concealment began (W3C `concealmentEvents`).
    pub(crate) events: u64,
    /// Messages dropped because a queue was full.
    pub(crate) dropped: u64,
}

/// One line's figures as the audio thread writes them.
#[derive(Debug, Default)]
pub(crate) struct LineCounters {
    pub(crate) sent: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) concealed: AtomicU64,
    pub(crate) silent_concealed: AtomicU64,
    pub(crate) audible: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) dropped: AtomicU64,
}

/// Adds `amount`: figures are read apart from each other, so no order between them is promised.
pub(crate) fn add(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}

/// The figures of every line of one connection.
#[derive(Debug, Default)]
pub(crate) struct AudioCounters([LineCounters; MAX_LINES as usize]);

impl AudioCounters {
    pub(crate) fn line(&self, line: u8) -> Option<&LineCounters> {
        self.0.get(usize::from(line))
    }

    /// The figures of `line` now; zeros for a line that does not exist.
    pub(crate) fn figures(&self, line: u8) -> AudioFigures {
        self.line(line).map_or_else(AudioFigures::default, |counters| AudioFigures {
            sent: counters.sent.load(Ordering::Relaxed),
            received: counters.received.load(Ordering::Relaxed),
            concealed: counters.concealed.load(Ordering::Relaxed),
            silent_concealed: counters.silent_concealed.load(Ordering::Relaxed),
            audible: counters.audible.load(Ordering::Relaxed),
            events: counters.events.load(Ordering::Relaxed),
            dropped: counters.dropped.load(Ordering::Relaxed),
        })
    }
}
