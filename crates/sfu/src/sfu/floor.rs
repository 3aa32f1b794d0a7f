//! Floors: streams that are heard together, and who of them has the word.

use std::collections::HashMap;
use std::time::Instant;

use str0m::rtp::ExtensionValues;

use super::{Event, Output, Sfu};
use crate::speaker::Speakers;
use crate::{FloorId, StreamId};

/// All floors.
#[derive(Debug, Default)]
pub(super) struct Floors {
    floor_of: HashMap<StreamId, FloorId>,
    speakers: HashMap<FloorId, Speakers<StreamId>>,
}

impl Sfu {
    /// `stream` is heard together with others: who of them speaks is told by [`Event::Speaks`]. Its publisher's packets
    /// of sound have to carry their level (RFC 6464), as browsers' do. Nothing happens where it is on a floor already;
    /// it leaves it when it is unpublished.
    pub fn join_floor(&mut self, stream: StreamId, floor: FloorId, now: Instant) {
        if !self.streams.contains_key(&stream) || self.floors.floor_of.contains_key(&stream) {
            return;
        }
        self.floors.floor_of.insert(stream, floor);
        self.floors.speakers.entry(floor).or_default().came(stream, now);
    }

    /// Who speaks on a floor, or spoke last and is still there.
    #[must_use]
    pub fn speaker(&self, floor: FloorId) -> Option<StreamId> {
        self.floors.speakers.get(&floor)?.active()
    }

    /// A packet of sound of `stream` came.
    pub(super) fn heard(&mut self, stream: StreamId, extensions: &ExtensionValues, now: Instant) {
        let Some(level) = extensions.audio_level else { return };
        let Some(floor) = self.floors.floor_of.get(&stream).copied() else { return };
        let Some(speakers) = self.floors.speakers.get_mut(&floor) else { return };
        if speakers.heard(stream, level, now) {
            let stream = speakers.active();
            self.outputs.push_back(Output::Event(Event::Speaks { floor, stream }));
        }
    }

    /// `stream` ends.
    pub(super) fn leave_floor(&mut self, stream: StreamId) {
        let Some(floor) = self.floors.floor_of.remove(&stream) else { return };
        let Some(speakers) = self.floors.speakers.get_mut(&floor) else { return };
        if speakers.left(stream) {
            self.outputs.push_back(Output::Event(Event::Speaks { floor, stream: None }));
        }
        if speakers.is_empty() {
            self.floors.speakers.remove(&floor);
        }
    }
}
