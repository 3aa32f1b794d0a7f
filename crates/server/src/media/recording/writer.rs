//! The task that records one stream: packets in, a file out.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use zvonok_openvidu::wire::recorded::IndexFile;
use zvonok_sfu::{AudioCodec, Codec, Codecs, MediaPacket, StreamId, VideoCodec};

use super::super::driver::Media;
use super::budget::Budget;
use super::clock::Clock;
use super::early::Early;
use super::file::{FileFault, MediaFile};
use super::frames::{Frame, Lane, Made};
use super::webm::{AUDIO_TRACK, Track, VIDEO_TRACK};
use super::{defaults, picture, sidecar};

/// Everything that one file needs.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) stream: StreamId,
    pub(super) codecs: Codecs,
    /// Where the file goes; its description goes beside it.
    pub(super) path: PathBuf,
    /// What is known of it before.
    pub(super) entry: IndexFile,
    /// Width and height of pictures as the publisher said.
    pub(super) size: Option<(u32, u32)>,
    /// When the recording began.
    pub(super) began: Instant,
    pub(super) media: Media,
    pub(super) budget: Arc<Budget>,
}

/// Records until `packets` end. Gives why it ended before the stream did, if it did.
pub(super) async fn record(job: Job, mut packets: mpsc::Receiver<MediaPacket>) -> Option<FileFault> {
    let mut writer = Writer {
        job,
        sound: Lane::default(),
        pictures: Lane::default(),
        clocks: <(Clock, Clock)>::default(),
        start: None,
        early: Early::default(),
        file: None,
        asked: None,
    };
    let mut outcome = Ok(());
    while let Some(packet) = packets.recv().await {
        outcome = writer.take(packet).await;
        if outcome.is_err() {
            break;
        }
    }
    packets.close();
    outcome.and(writer.finish().await).err()
}

struct Writer {
    job: Job,
    sound: Lane,
    pictures: Lane,
    /// Of sound and of pictures.
    clocks: (Clock, Clock),
    /// When the file begins.
    start: Option<Instant>,
    /// Frames that wait for the file to begin.
    early: Early,
    file: Option<MediaFile>,
    asked: Option<Instant>,
}

impl Writer {
    async fn take(&mut self, packet: MediaPacket) -> Result<(), FileFault> {
        let wanted = match packet.codec {
            Codec::Audio(_) => self.job.entry.has_audio,
            Codec::Video(_) => self.job.entry.has_video,
        };
        if !wanted {
            return Ok(());
        }
        let made = match packet.codec {
            Codec::Audio(_) => self.sound.push(packet),
            Codec::Video(_) => self.pictures.push(packet),
        };
        if made.wants_keyframe && self.asked.is_none_or(|at| at.elapsed() >= defaults::KEYFRAME_AGAIN) {
            self.asked = Some(Instant::now());
            self.job.media.keyframe(self.job.stream).await;
        }
        self.write(made).await
    }

    async fn write(&mut self, made: Made) -> Result<(), FileFault> {
        for frame in made.frames {
            self.start.get_or_insert(frame.captured);
            if self.file.is_some() {
                self.add(frame).await?;
                continue;
            }
            self.early.push(frame);
            if self.may_begin() {
                self.begin().await?;
            }
        }
        Ok(())
    }

    fn may_begin(&self) -> bool {
        !self.job.entry.has_video
            || self.job.codecs.video.is_none()
            || self.early.has_picture()
            || self.early.waited_enough()
    }

    async fn begin(&mut self) -> Result<(), FileFault> {
        let tracks = self.tracks();
        let entry = &mut self.job.entry;
        entry.has_video = tracks.iter().any(|track| matches!(track, Track::Video { .. }));
        entry.has_audio = tracks.iter().any(|track| matches!(track, Track::Audio { .. }));
        if !entry.has_video {
            entry.type_of_video = None;
        }
        // Sound and pictures of the same moment may arrive in either order.
        let start =
            self.early.frames().iter().map(|frame| frame.captured).min().or(self.start).unwrap_or(self.job.began);
        self.start = Some(start);
        entry.start_time_offset =
            i64::try_from(start.saturating_duration_since(self.job.began).as_millis()).unwrap_or(0);
        entry.end_time_offset = entry.start_time_offset;
        sidecar::write(&self.job.path, entry)?;
        self.file = Some(MediaFile::create(&self.job.path, &tracks, &self.job.budget).await?);
        for frame in self.early.take() {
            self.add(frame).await?;
        }
        Ok(())
    }

    fn tracks(&self) -> Vec<Track> {
        let first = self.early.frames().iter().find(|frame| matches!(frame.codec, Codec::Video(_)));
        let data = first.map_or(&[][..], |frame| &frame.data);
        let video = self.job.codecs.video.filter(|_| self.job.entry.has_video).and_then(|codec| {
            let (width, height) = picture::size(codec, data).or(self.job.size).unwrap_or(defaults::SIZE);
            let (codec, private) = match codec {
                VideoCodec::Vp8 => ("V_VP8", Vec::new()),
                VideoCodec::Vp9 => ("V_VP9", Vec::new()),
                // Nobody could decode it without its parameter sets.
                VideoCodec::H264 => ("V_MPEG4/ISO/AVC", picture::avc_configuration(data)?),
            };
            Some(Track::Video { codec, private, width, height })
        });
        let audio = self.job.codecs.audio.filter(|_| self.job.entry.has_audio).map(|codec| match codec {
            AudioCodec::Opus => Track::opus(),
            AudioCodec::Pcma => Track::g711(6),
            AudioCodec::Pcmu => Track::g711(7),
        });
        video.into_iter().chain(audio).collect()
    }

    async fn add(&mut self, frame: Frame) -> Result<(), FileFault> {
        let (Some(file), Some(start)) = (&mut self.file, self.start) else { return Ok(()) };
        let (track, clock, there) = match frame.codec {
            Codec::Audio(_) => (AUDIO_TRACK, &mut self.clocks.0, self.job.entry.has_audio),
            Codec::Video(_) => (VIDEO_TRACK, &mut self.clocks.1, self.job.entry.has_video),
        };
        if !there {
            return Ok(());
        }
        let time = clock.place(&frame, start);
        // Every frame of sound can be decoded by itself.
        let keyframe = frame.keyframe || track == AUDIO_TRACK;
        file.add(track, time, keyframe, &frame.data, &self.job.budget).await
    }

    async fn finish(mut self) -> Result<(), FileFault> {
        let (sound, pictures) = (self.sound.end(), self.pictures.end());
        for made in [sound, pictures] {
            self.write(made).await?;
        }
        if self.file.is_none() && !self.early.frames().is_empty() {
            self.begin().await?;
        }
        let Some(file) = self.file.take() else { return Ok(()) };
        let (size, duration) = file.finish(&self.job.budget).await?;
        let mut entry = self.job.entry;
        entry.size = size;
        entry.end_time_offset = entry.start_time_offset + i64::try_from(duration).unwrap_or(0);
        sidecar::write(&self.job.path, &entry)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
