//! What driving the SFU costs.

use std::time::{Duration, Instant};

use zvonok_sfu::{Counts, Sfu};

use crate::cpu;

/// What the driver has to say about itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    /// What went through the SFU.
    pub(crate) counts: Counts,
    /// Streams that are published.
    pub(crate) streams: usize,
    /// Streams that are forwarded: one for each subscriber.
    pub(crate) forwarded: usize,
    /// Datagrams that found the socket's buffer full.
    pub(crate) unsent: u64,
    /// Packets that found a recorder too slow.
    pub(crate) unrecorded: u64,
    /// How long streams were forwarded, all added up. Processor time by it is processor time of one stream.
    pub(crate) stream_time: Duration,
    /// Processor time of the task that forwards; nothing where the system does not say.
    pub(crate) cpu: Option<Duration>,
}

/// Adds up what the task uses between two waits. It may wake up on another thread each time.
#[derive(Debug)]
pub(super) struct Load {
    used: Duration,
    woken: Option<Duration>,
    stream_time: Duration,
    at: Instant,
}

impl Load {
    /// The task runs, on this thread.
    pub(super) fn start() -> Self {
        Self { used: Duration::ZERO, woken: cpu::thread(), stream_time: Duration::ZERO, at: Instant::now() }
    }

    /// It runs again.
    pub(super) fn woken(&mut self) {
        self.woken = cpu::thread();
    }

    /// It is going to wait.
    pub(super) fn waits(&mut self, sfu: &Sfu) {
        if let (Some(woken), Some(now)) = (self.woken, cpu::thread()) {
            self.used = self.used.saturating_add(now.saturating_sub(woken));
            self.woken = Some(now);
        }
        let now = Instant::now();
        let forwarded = u32::try_from(sfu.subscription_count()).unwrap_or(u32::MAX);
        let passed = now.saturating_duration_since(self.at).saturating_mul(forwarded);
        self.stream_time = self.stream_time.saturating_add(passed);
        self.at = now;
    }

    /// The figures that go with what was not sent and not recorded.
    pub(super) fn figures(&self, sfu: &Sfu, unsent: u64, unrecorded: u64) -> Figures {
        Figures {
            counts: sfu.counts(),
            streams: sfu.stream_count(),
            forwarded: sfu.subscription_count(),
            unsent,
            unrecorded,
            stream_time: self.stream_time,
            cpu: self.woken.map(|_| self.used),
        }
    }
}
