//! The layers that a publisher's peer connection brings.

use str0m::bwe::Bitrate;
use str0m::media::{KeyframeRequestKind, Rid, Rids};
use str0m::rtp::RtpPacket;

use super::Peer;
use crate::defaults;

impl Peer {
    /// The layers of its pictures; none where they come in one size.
    pub(crate) fn layers(&self) -> Vec<Rid> {
        let media = self.incoming.video.and_then(|(_, mid)| self.rtc.media(mid));
        match media.map(str0m::media::Media::rids_rx) {
            Some(Rids::Specific(rids)) => rids.clone(),
            Some(Rids::None | Rids::Any) | None => Vec::new(),
        }
    }

    /// The layer that a packet of its pictures is of. Only the first packets say so; str0m remembers whose they were.
    pub(crate) fn layer_of(&mut self, packet: &RtpPacket) -> Option<Rid> {
        self.rtc.direct_api().stream_rx(&packet.header.ssrc)?.rid()
    }

    /// Asks it for a key frame of a layer.
    pub(crate) fn ask_layer(&mut self, rid: Rid, kind: KeyframeRequestKind) {
        let Some((_, mid)) = self.incoming.video else { return };
        if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, Some(rid)) {
            stream.request_keyframe(kind);
            self.dirty = true;
        }
    }

    /// It gets one of several layers: it is to be found out whether it could take the largest. What it gets is filled up
    /// with padding to `next` bit/s, what the next larger one takes, as far as the estimate goes: of a small picture alone
    /// nobody learns what else its link takes.
    pub(crate) fn reach_for(&mut self, next: u64) {
        // Rates vary a little all the time, which is no reason to set the pacer anew.
        let near = |before: u64| before.abs_diff(next) <= before / 8;
        if !self.reaches.is_some_and(near) {
            self.reaches = Some(next);
            self.rtc.bwe().set_bitrate(Bitrate::from(next), Bitrate::from(defaults::DESIRED_LAYERED));
        }
    }

    /// What it gets of pictures ends here; what comes next goes on from it.
    pub(crate) fn pause_pictures(&mut self) {
        if let Some(leg) = &mut self.video {
            leg.rewriter.pause();
        }
    }

    /// A picture that takes its link a second is not to fill a router's buffer at once. It stays so: what waits in the pacer
    /// must not be overtaken.
    pub(crate) fn pace_pictures(&mut self) {
        if let Some(leg) = &self.video
            && let Some(stream) = self.rtc.direct_api().stream_tx(&leg.ssrc)
        {
            stream.set_unpaced(false);
        }
    }

    /// It reaches for nothing any more.
    pub(crate) fn has_no_layers(&mut self) {
        if self.reaches.take().is_some() {
            self.rtc.bwe().set_bitrate(Bitrate::ZERO, Bitrate::from(defaults::DESIRED_BITRATE));
        }
    }
}
