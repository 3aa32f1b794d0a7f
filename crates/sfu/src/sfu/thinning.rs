//! What is done about those who can take far less than the others, see [`crate::thin`].

use std::time::Instant;

use str0m::media::KeyframeRequestKind;

use super::Sfu;
use crate::StreamId;
use crate::stream::{Entry, PeerId};

impl Sfu {
    /// Looks who is slow.
    pub(super) fn thin_out(&mut self, stream: StreamId, now: Instant) {
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        let estimate = |taker: &PeerId| {
            let peer = self.peers.get(taker).filter(|peer| peer.takes_video())?;
            Some((*taker, peer.estimate))
        };
        let takers: Vec<_> = entry.takers.iter().filter_map(estimate).collect();
        let before: Vec<bool> = takers.iter().map(|(taker, _)| entry.thin.is_slow(*taker)).collect();
        entry.thin.choose(&takers, !entry.fed, now);
        let mut changed = false;
        for ((taker, _), was) in takers.iter().zip(before) {
            let Some(peer) = self.peers.get_mut(taker) else { continue };
            let is = entry.thin.is_slow(*taker);
            changed |= is != was;
            if is {
                // Without it nobody would learn that the link has become wider.
                peer.reach_for(entry.thin.rate());
                peer.pace_pictures();
            } else if was {
                peer.has_no_layers();
            }
        }
        if changed {
            tracing::debug!(?stream, "somebody is slow, or is not any more");
            self.wait_for_stills(stream);
            self.steer(stream, now);
        }
    }

    /// A taker has lost something of its pictures. True where it is slow, and waits for a key frame that has room.
    pub(super) fn stands_still(&mut self, stream: StreamId, taker: PeerId) -> bool {
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return false };
        if !entry.thin.breaks(taker) {
            return false;
        }
        if let Some(peer) = self.peers.get_mut(&taker) {
            peer.pause_pictures();
        }
        self.wait_for_stills(stream);
        true
    }

    /// Comes back when somebody who stands still has room for a key frame.
    pub(super) fn wait_for_stills(&mut self, stream: StreamId) {
        if let Some(Entry::Published(entry)) = self.streams.get(&stream)
            && let Some(at) = entry.thin.deadline()
        {
            self.stream_timers.insert((at, stream));
        }
    }

    /// Time may make a difference to those who stand still.
    pub(super) fn thinning_is_due(&mut self, stream: StreamId, now: Instant) {
        let Some(Entry::Published(entry)) = self.streams.get_mut(&stream) else { return };
        if entry.thin.wants_keyframe(now) {
            self.stream_wants_keyframe(stream, KeyframeRequestKind::Pli, now);
            // It may be lost, or too large.
            self.wait_for_stills(stream);
        }
    }
}
