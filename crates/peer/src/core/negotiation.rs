//! Offers and answers.

use std::time::Instant;

use str0m::change::{SdpAnswer, SdpOffer};
use str0m::format::Codec;
use str0m::media::{Direction as Dir, MediaKind, Mid};

use super::media::Incoming;
use super::{Core, Output, Refusal, Transceiver};
use crate::defaults::MAX_LINES;
use crate::wire::{Description, DescriptionKind, Direction, Kind, Outcome, TransceiverState};

fn to_dir(direction: Direction) -> Dir {
    match direction {
        Direction::Sendrecv => Dir::SendRecv,
        Direction::Sendonly => Dir::SendOnly,
        Direction::Recvonly => Dir::RecvOnly,
        Direction::Inactive => Dir::Inactive,
    }
}

fn from_dir(direction: Dir) -> Direction {
    match direction {
        Dir::SendRecv => Direction::Sendrecv,
        Dir::SendOnly => Direction::Sendonly,
        Dir::RecvOnly => Direction::Recvonly,
        Dir::Inactive => Direction::Inactive,
    }
}

fn state(message: impl Into<String>) -> Refusal {
    ("InvalidStateError", message.into())
}

fn offered(sdp: String) -> Outcome {
    Outcome { description: Some(Description { kind: DescriptionKind::Offer, sdp }), ..Outcome::default() }
}

impl Core {
    fn transceiver(line: u8, kind: Kind, direction: Direction) -> Transceiver {
        Transceiver {
            line,
            kind,
            direction,
            stream: None,
            track: None,
            mid: None,
            incoming: Incoming::default(),
            target: None,
            sent: 0,
            given: 0,
            key_frames_asked: 0,
        }
    }

    pub(super) fn add_transceiver(
        &mut self,
        line: u8,
        kind: Kind,
        direction: Direction,
        stream: Option<String>,
        track: Option<String>,
    ) {
        if line >= MAX_LINES || self.by_line(line).is_some() {
            tracing::warn!(line, "the page reused a media line");
            return;
        }
        // Names go into the description as they are: only what cannot break a line of it.
        let clean = |name: Option<String>| {
            name.filter(|name| {
                !name.is_empty()
                    && name.len() <= 64
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_{}".contains(&b))
            })
        };
        let (stream, track) = (clean(stream), clean(track));
        self.transceivers.push(Transceiver { stream, track, ..Self::transceiver(line, kind, direction) });
    }

    pub(super) fn set_direction(&mut self, line: u8, direction: Direction) {
        if let Some(transceiver) = self.by_line(line) {
            transceiver.direction = direction;
        }
    }

    pub(super) fn create_offer(&mut self) -> Result<Outcome, Refusal> {
        let lines: Vec<_> = self.transceivers.iter().map(|it| (it.line, it.direction)).collect();
        // The one that nobody has answered yet says all of it. Else it is replaced: its lines are not there yet, and are
        // offered anew.
        if self.pending.is_some()
            && let Some((_, sdp)) = self.offered.as_ref().filter(|(before, _)| *before == lines)
        {
            return Ok(offered(sdp.clone()));
        }
        let agreed: Vec<Option<Mid>> = self
            .transceivers
            .iter()
            .map(|transceiver| transceiver.mid.filter(|mid| self.rtc.media(*mid).is_some()))
            .collect();
        let mut changes = self.rtc.sdp_api();
        for (transceiver, agreed) in self.transceivers.iter_mut().zip(agreed) {
            let direction = to_dir(transceiver.direction);
            if let Some(mid) = agreed {
                changes.set_direction(mid, direction);
                continue;
            }
            let kind = match transceiver.kind {
                Kind::Audio => MediaKind::Audio,
                Kind::Video => MediaKind::Video,
            };
            let mid = changes.add_media(kind, direction, transceiver.stream.clone(), transceiver.track.clone(), None);
            transceiver.mid = Some(mid);
        }
        let Some((offer, pending)) = changes.apply() else {
            return Err(state("there is nothing to offer"));
        };
        let sdp = offer.to_sdp_string();
        self.pending = Some(pending);
        self.offered = Some((lines, sdp.clone()));
        Ok(offered(sdp))
    }

    pub(super) fn create_answer(&self) -> Result<Outcome, Refusal> {
        let Some(sdp) = self.answer.clone() else { return Err(state("there is no remote offer to answer")) };
        // The page may have narrowed a direction since the offer was applied.
        let sdp = self.narrowed(&sdp);
        Ok(Outcome { description: Some(Description { kind: DescriptionKind::Answer, sdp }), ..Outcome::default() })
    }

    /// `sdp` with `sendrecv` and `sendonly` taken back where the page only wants to receive, or nothing.
    fn narrowed(&self, sdp: &str) -> String {
        let mut text = String::with_capacity(sdp.len());
        for (index, section) in sdp.split("\r\nm=").enumerate() {
            if index > 0 {
                text.push_str("\r\nm=");
            }
            let wanted = self.transceivers.iter().find(|transceiver| {
                transceiver.mid.is_some_and(|mid| section.lines().any(|line| line == format!("a=mid:{mid}")))
            });
            match wanted.map(|transceiver| transceiver.direction) {
                Some(Direction::Recvonly) => {
                    text.push_str(&section.replace("a=sendrecv", "a=recvonly").replace("a=sendonly", "a=inactive"));
                }
                Some(Direction::Inactive) => text.push_str(
                    &section
                        .replace("a=sendrecv", "a=inactive")
                        .replace("a=sendonly", "a=inactive")
                        .replace("a=recvonly", "a=inactive"),
                ),
                Some(Direction::Sendrecv | Direction::Sendonly) | None => text.push_str(section),
            }
        }
        text
    }

    pub(super) fn set_local(&mut self, description: &Description) -> Result<Outcome, Refusal> {
        match description.kind {
            DescriptionKind::Offer if self.pending.is_none() => return Err(state("there is no offer to apply")),
            DescriptionKind::Answer if self.answer.take().is_none() => {
                return Err(state("there is no answer to apply"));
            }
            DescriptionKind::Offer | DescriptionKind::Answer => {}
        }
        self.outputs.push_back(Output::Gather);
        Ok(self.transceiver_states())
    }

    pub(super) fn set_remote(&mut self, description: &Description, now: Instant) -> Result<Outcome, Refusal> {
        let invalid = |error: &dyn std::fmt::Display| ("OperationError", format!("bad remote description: {error}"));
        match description.kind {
            DescriptionKind::Answer => {
                let answer = SdpAnswer::from_sdp_string(&description.sdp).map_err(|error| invalid(&error))?;
                let Some(pending) = self.pending.take() else { return Err(state("there is no offer to answer")) };
                self.rtc.sdp_api().accept_answer(pending, answer).map_err(|error| invalid(&error))?;
            }
            DescriptionKind::Offer => {
                let offer = SdpOffer::from_sdp_string(&description.sdp).map_err(|error| invalid(&error))?;
                let answer = self.rtc.sdp_api().accept_offer(offer).map_err(|error| invalid(&error))?;
                // One's own of before is void.
                (self.pending, self.offered) = (None, None);
                let answer = answer.to_sdp_string();
                self.take_lines_of(&answer);
                self.answer = Some(answer);
            }
        }
        self.reach_candidates_of(&description.sdp);
        self.change_states(|states| states.negotiated(now));
        self.first_targets(now);
        Ok(self.transceiver_states())
    }

    /// Makes transceivers for the lines of a remote offer, in its order.
    fn take_lines_of(&mut self, sdp: &str) {
        for section in sdp.split("\r\nm=").skip(1) {
            let kind = match section.split(' ').next() {
                Some("audio") => Kind::Audio,
                Some("video") => Kind::Video,
                _ => continue,
            };
            let Some(mid) = section.lines().find_map(|line| line.strip_prefix("a=mid:")) else { continue };
            let mid = Mid::from(mid);
            if self.rtc.media(mid).is_none() || self.by_mid(mid).is_some() {
                continue;
            }
            let Some(line) = (0..MAX_LINES).find(|line| self.by_line(*line).is_none()) else {
                tracing::warn!("the other side offers more media lines than are taken");
                return;
            };
            let transceiver = Self::transceiver(line, kind, Direction::Recvonly);
            self.transceivers.push(Transceiver { mid: Some(mid), ..transceiver });
        }
    }

    /// The transceivers as the descriptions left them.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only two codecs are ever negotiated")]
    fn transceiver_states(&mut self) -> Outcome {
        let mut states = Vec::with_capacity(self.transceivers.len());
        for transceiver in &self.transceivers {
            let media = transceiver.mid.and_then(|mid| self.rtc.media(mid));
            let current_direction = media.map(|media| from_dir(media.direction()));
            let mut codec = None;
            if let (Some(mid), Some(_)) = (transceiver.mid, current_direction) {
                codec = self.rtc.writer(mid).and_then(|writer| {
                    writer.payload_params().find_map(|params| match params.spec().codec {
                        Codec::Vp8 => Some("vp8"),
                        Codec::Opus => Some("opus"),
                        _ => None,
                    })
                });
            }
            states.push(TransceiverState {
                line: transceiver.line,
                mid: transceiver.mid.map(|mid| mid.to_string()),
                kind: transceiver.kind,
                direction: transceiver.direction,
                current_direction,
                codec,
            });
        }
        Outcome { transceivers: Some(states), ..Outcome::default() }
    }
}
