//! What a peer connection's reports say of its network.

use std::net::SocketAddr;
use std::time::Duration;

use str0m::stats::{MediaEgressStats, MediaIngressStats, PeerStats};

use crate::transport::Transport;

/// What is known of the network that a peer connection goes through: the last few seconds of it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measure {
    /// The part of the packets that were lost on the way, from 0 to 1: of those it sends us, or of those we send it. `None`
    /// while there are none.
    pub loss: Option<f32>,
    /// The time there and back; `None` where nothing has told it.
    pub round_trip: Option<Duration>,
    /// What it can take, bit/s; `None` for one that takes no pictures.
    pub estimate: Option<u64>,
    /// ICE hears of it.
    pub connected: bool,
    /// The other end, as ICE has proven it last.
    pub remote: Option<(Transport, SocketAddr)>,
}

/// What of str0m's figures makes a [`Measure`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reports {
    /// Packets of both ways together, by transport-wide feedback.
    loss: Option<f32>,
    /// There is such feedback.
    transport_wide: bool,
    round_trip: Option<Duration>,
}

impl Reports {
    /// Sums up one interval. `incoming` tells which way its media goes.
    pub(crate) fn take(&mut self, stats: &PeerStats, incoming: bool) {
        self.loss = if incoming { stats.ingress_loss_fraction } else { stats.egress_loss_fraction };
        self.transport_wide |= self.loss.is_some();
        self.round_trip = stats.rtt.or(self.round_trip);
    }

    /// A line that we receive on. Where there is no transport-wide feedback its own loss counts.
    pub(crate) fn take_incoming(&mut self, stats: &MediaIngressStats) {
        self.take_line(stats.loss, stats.rtt);
    }

    /// A line that we send on.
    pub(crate) fn take_outgoing(&mut self, stats: &MediaEgressStats) {
        self.take_line(stats.loss, stats.rtt);
    }

    fn take_line(&mut self, loss: Option<f32>, round_trip: Option<Duration>) {
        if !self.transport_wide {
            self.loss = self.loss.or(loss);
        }
        self.round_trip = round_trip.or(self.round_trip);
    }

    pub(crate) fn measure(self, estimate: Option<u64>, connected: bool) -> Measure {
        Measure { loss: self.loss, round_trip: self.round_trip, estimate, connected, remote: None }
    }
}
