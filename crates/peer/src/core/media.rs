//! Frames and packets between page and transport, key frames, bitrate targets.

use std::sync::Arc;
use std::time::Instant;

use str0m::bwe::BweKind;
use str0m::format::Codec;
use str0m::media::{Frequency, KeyframeRequestKind, MediaData, MediaTime, Pt};

use super::{Core, Output};
use crate::audio::Packet;
use crate::defaults::{
    KEY_FRAME_INTERVAL, MAX_VIDEO_BITRATE, MIN_VIDEO_BITRATE, MOST_UNSEEN, RECEIVER_LIMIT_LIFE, SAMPLE_RATE,
    START_VIDEO_BITRATE, TARGET_INTERVAL, TARGET_STEP, VIDEO_SHARE,
};
use crate::wire::{Direction, Kind, ToPage};

/// What a line's decoder in the page can make use of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Incoming {
    /// Frames that depend on one that was lost are of no use until the next key frame.
    broken: bool,
    /// A key frame is to be asked for.
    wanted: bool,
    /// When one was asked for last.
    asked: Option<Instant>,
    /// Frames that the page was given and has not taken yet.
    unseen: u32,
    /// Frames that were not given to the page.
    pub(super) dropped: u64,
}

impl Incoming {
    /// Whether the page must catch up first: once it is behind, until it has taken half of what it was given.
    fn behind(&self) -> bool {
        self.unseen >= if self.broken { MOST_UNSEEN / 2 } else { MOST_UNSEEN }
    }
}

impl Core {
    fn payload_type(&mut self, line: u8, kind: Kind) -> Option<(str0m::media::Mid, Pt)> {
        let transceiver = self.by_line(line).filter(|transceiver| transceiver.kind == kind)?;
        let (mid, direction) = (transceiver.mid?, transceiver.direction);
        if matches!(direction, Direction::Recvonly | Direction::Inactive) {
            return None;
        }
        let codec = match kind {
            Kind::Audio => Codec::Opus,
            Kind::Video => Codec::Vp8,
        };
        let writer = self.rtc.writer(mid)?;
        let pt = writer.payload_params().find(|params| params.spec().codec == codec)?.pt();
        Some((mid, pt))
    }

    fn write(&mut self, line: u8, kind: Kind, time: MediaTime, data: Arc<[u8]>, now: Instant) {
        // Nothing is sent before the other side is there; the encoder sends a key frame when it is.
        if !self.rtc.is_connected() {
            return;
        }
        let Some((mid, pt)) = self.payload_type(line, kind) else { return };
        let Some(writer) = self.rtc.writer(mid) else { return };
        match writer.write(pt, now, time, data) {
            Ok(()) => {
                if let Some(transceiver) = self.by_line(line) {
                    transceiver.sent += 1;
                }
            }
            Err(error) => tracing::debug!(line, %error, "media was not taken by the transport"),
        }
    }

    pub(super) fn send_video(&mut self, line: u8, timestamp_us: u64, data: Arc<[u8]>, now: Instant) {
        self.write(line, Kind::Video, MediaTime::from_micros(timestamp_us), data, now);
    }

    pub(super) fn send_opus(&mut self, line: u8, rtp_time: u64, data: Vec<u8>, now: Instant) {
        let time = MediaTime::new(rtp_time, Frequency::FORTY_EIGHT_KHZ);
        self.write(line, Kind::Audio, time, data.into(), now);
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only two codecs are ever negotiated")]
    pub(super) fn media_data(&mut self, data: MediaData) {
        let key_frame = data.is_keyframe();
        let Some(transceiver) = self.by_mid(data.mid) else { return };
        let line = transceiver.line;
        match data.params.spec().codec {
            Codec::Opus => {
                transceiver.given += 1;
                let packet = Packet {
                    sequence: **data.seq_range.start(),
                    rtp_time: data.time.rebase(Frequency::FORTY_EIGHT_KHZ).numer(),
                    data: data.data,
                };
                self.outputs.push_back(Output::Opus { line, packet });
            }
            Codec::Vp8 => {
                let incoming = &mut transceiver.incoming;
                if incoming.behind() {
                    incoming.broken = true;
                    incoming.dropped += 1;
                    return;
                }
                if key_frame {
                    incoming.broken = false;
                    incoming.wanted = false;
                } else if !data.contiguous || transceiver.given == 0 {
                    incoming.broken = true;
                    incoming.wanted = true;
                }
                if incoming.broken {
                    incoming.dropped += 1;
                    return;
                }
                incoming.unseen += 1;
                transceiver.given += 1;
                let timestamp_us = data.time.as_micros();
                self.outputs.push_back(Output::Video { line, key_frame, timestamp_us, data: data.data });
            }
            _ => {}
        }
    }

    pub(super) fn want_key_frame(&mut self, line: u8) {
        if let Some(transceiver) = self.by_line(line) {
            transceiver.incoming.wanted = true;
        }
    }

    pub(super) fn page_saw(&mut self, line: u8, count: u8) {
        let Some(transceiver) = self.by_line(line) else { return };
        let incoming = &mut transceiver.incoming;
        let was_behind = incoming.broken && incoming.behind();
        incoming.unseen = incoming.unseen.saturating_sub(u32::from(count));
        if was_behind && !incoming.behind() {
            incoming.wanted = true;
        }
    }

    pub(super) fn page_fell_behind(&mut self, line: u8) {
        if let Some(transceiver) = self.by_line(line) {
            transceiver.incoming.unseen = transceiver.incoming.unseen.saturating_sub(1);
            transceiver.incoming.broken = true;
            transceiver.incoming.wanted = true;
            transceiver.incoming.dropped += 1;
        }
    }

    /// Sends the key-frame requests that are due, not more often than [`KEY_FRAME_INTERVAL`].
    pub(super) fn ask_for_key_frames(&mut self, now: Instant) {
        let mut next: Option<Instant> = None;
        for transceiver in &mut self.transceivers {
            let Some(mid) = transceiver.mid.filter(|_| transceiver.incoming.wanted) else { continue };
            let due = transceiver.incoming.asked.map_or(now, |asked| asked + KEY_FRAME_INTERVAL);
            if due > now {
                next = Some(next.map_or(due, |next| next.min(due)));
                continue;
            }
            let Some(mut writer) = self.rtc.writer(mid) else { continue };
            transceiver.incoming.asked = Some(now);
            match writer.request_keyframe(None, KeyframeRequestKind::Pli) {
                // Asked again after the interval until one is there.
                Ok(()) => transceiver.key_frames_asked += 1,
                Err(error) => tracing::debug!(%error, "no key frame can be asked for"),
            }
            let again = now + KEY_FRAME_INTERVAL;
            next = Some(next.map_or(again, |next| next.min(again)));
            // The request goes out with the transport's next turn.
            self.wake = Some(now);
        }
        if let Some(next) = next {
            self.wake = Some(self.wake.map_or(next, |wake| wake.min(next)));
        }
    }

    /// Tells the encoders where to start.
    pub(super) fn first_targets(&mut self, now: Instant) {
        self.set_targets(START_VIDEO_BITRATE, now);
    }

    pub(super) fn estimate(&mut self, kind: &BweKind, now: Instant) {
        match kind {
            BweKind::Remb { estimate, .. } => self.figures.receiver_limit = Some((estimate.as_u64(), now)),
            BweKind::Twcc { estimate, can_probe: true } => self.figures.estimate = Some(estimate.as_u64()),
            // Without feedback there is nothing to go by: stay where we are.
            BweKind::Twcc { can_probe: false, .. } | _ => return,
        }
        // What the network carries to the other side, and what that one can pass on or take.
        let limit =
            self.figures.receiver_limit.filter(|(_, at)| now < *at + RECEIVER_LIMIT_LIFE).map(|(limit, _)| limit);
        if let Some(least) = [self.figures.estimate, limit].into_iter().flatten().min() {
            self.set_targets(least, now);
        }
    }

    fn set_targets(&mut self, estimate: u64, now: Instant) {
        let sends = |direction| matches!(direction, Direction::Sendrecv | Direction::Sendonly);
        let senders = self.transceivers.iter().filter(|one| one.kind == Kind::Video && sends(one.direction)).count();
        let Ok(senders @ 1..) = u64::try_from(senders) else { return };
        let share = estimate.saturating_mul(VIDEO_SHARE) / 100 / senders;
        let bitrate = share.clamp(MIN_VIDEO_BITRATE, MAX_VIDEO_BITRATE);
        for transceiver in self.transceivers.iter_mut().filter(|one| one.kind == Kind::Video && sends(one.direction)) {
            if let Some((last, at)) = transceiver.target {
                let step = last * TARGET_STEP / 100;
                let falls = bitrate + step < last;
                let rises = bitrate > last + step && now >= at + TARGET_INTERVAL;
                if !falls && !rises {
                    continue;
                }
            }
            transceiver.target = Some((bitrate, now));
            self.outputs.push_back(Output::Control(ToPage::Target { line: transceiver.line, bitrate }));
        }
    }
}

const _: () = assert!(SAMPLE_RATE == 48_000, "RTP time of Opus is the sample count");
