//! The task that records one stream: packets in, a file out.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use zvonok_openvidu::wire::recorded::IndexFile;
use zvonok_sfu::{AudioCodec, Codec, Codecs, MediaPacket, StreamId, VideoCodec};

use super::super::driver::Media;
use super::budget::Share;
use super::clock::Clock;
use super::early::Early;
use super::file::{FileFault, MediaFile};
use super::frames::{Frame, Lane, Made};
use super::open::OpenFile;
use super::sidecar::{self, Places};
use super::webm::{self, Track};
use super::{defaults, picture};

/// Everything that the files of one stream need.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) stream: StreamId,
    pub(super) codecs: Codecs,
    /// Where its files go; their descriptions go beside them.
    pub(super) places: Arc<Places>,
    /// What is known of all of them before.
    pub(super) entry: IndexFile,
    /// Width and height of pictures as the publisher said.
    pub(super) size: Option<(u32, u32)>,
    /// When the recording began.
    pub(super) began: Instant,
    pub(super) media: Media,
    pub(super) budget: Arc<Share>,
}

/// Records until `packets` end. Gives why it ended before the stream did, if it did.
pub(super) async fn record(job: Job, mut packets: mpsc::Receiver<MediaPacket>) -> Option<FileFault> {
    let mut writer = Writer {
        job,
        sound: Lane::default(),
        pictures: Lane::default(),
        early: Early::default(),
        open: None,
        runs: (None, None),
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
    /// Frames that wait for the next file to begin.
    early: Early,
    open: Option<OpenFile>,
    /// Of sound and of pictures, see [`MediaPacket::run`].
    runs: (Option<u64>, Option<u64>),
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
        let run = match packet.codec {
            Codec::Audio(_) => &mut self.runs.0,
            Codec::Video(_) => &mut self.runs.1,
        };
        if run.replace(packet.run) != Some(packet.run) {
            self.begin_run().await?;
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

    /// The stream comes from the beginning of something: a camera that was not there before may have another sound than was
    /// supposed. A file that could not carry it ends now, and not in the middle of the first pictures.
    async fn begin_run(&mut self) -> Result<(), FileFault> {
        let Some(codecs) = self.job.media.codecs(self.job.stream).await else { return Ok(()) };
        self.job.codecs = codecs;
        let Some(open) = &self.open else { return Ok(()) };
        let other = open.codecs.audio.is_some_and(|audio| codecs.audio.is_some_and(|now| now != audio))
            || open.codecs.video.is_some_and(|video| codecs.video.is_some_and(|now| now != video));
        if other { self.close().await } else { Ok(()) }
    }

    async fn write(&mut self, made: Made) -> Result<(), FileFault> {
        for frame in made.frames {
            if let Some(open) = self.open.as_mut().filter(|open| open.carries(frame.codec)) {
                open.add(&frame, &self.job.budget).await?;
                continue;
            }
            // The file could not say how to decode it: it was begun without pictures, or the stream is coded otherwise
            // than it was. Another one begins, with a picture that needs no other where it has pictures at all.
            if matches!(frame.codec, Codec::Video(_)) && !begins(&frame) {
                continue;
            }
            self.close().await?;
            match frame.codec {
                Codec::Audio(codec) => self.job.codecs.audio = Some(codec),
                Codec::Video(codec) => self.job.codecs.video = Some(codec),
            }
            self.early.push(frame);
            if self.may_begin() {
                self.begin().await?;
            }
        }
        Ok(())
    }

    fn may_begin(&self) -> bool {
        let longest = match self.job.codecs.video.filter(|_| self.job.entry.has_video) {
            None => return true,
            // Without one nothing could be said of the pictures.
            Some(VideoCodec::H264) => defaults::FIRST_H264,
            Some(VideoCodec::Vp8 | VideoCodec::Vp9) => defaults::FIRST_PICTURE,
        };
        self.early.has_picture() || self.early.waited_enough(longest)
    }

    async fn begin(&mut self) -> Result<(), FileFault> {
        let frames = self.early.take();
        let path =
            self.job.places.next().ok_or_else(|| io::Error::other("the recording has as many files as it may"))?;
        let tracks = self.tracks(&frames);
        let has_video = tracks.iter().any(|track| matches!(track, Track::Video { .. }));
        let has_audio = tracks.iter().any(|track| matches!(track, Track::Audio { .. }));
        // Sound and pictures of the same moment may arrive in either order.
        let start = frames.iter().map(|frame| frame.captured).min().unwrap_or(self.job.began);
        let offset = i64::try_from(start.saturating_duration_since(self.job.began).as_millis()).unwrap_or(0);
        let extension = if webm::is_webm(&tracks) { "webm" } else { "mkv" };
        let entry = IndexFile {
            name: format!("{}.{extension}", self.job.entry.stream_id),
            has_audio,
            has_video,
            type_of_video: self.job.entry.type_of_video.clone().filter(|_| has_video),
            start_time_offset: offset,
            end_time_offset: offset,
            ..self.job.entry.clone()
        };
        sidecar::keep(&path, &entry).await?;
        let file = MediaFile::create(&path, &tracks, &self.job.budget).await?;
        let Codecs { audio, video } = self.job.codecs;
        let codecs = Codecs { audio: audio.filter(|_| has_audio), video: video.filter(|_| has_video) };
        let clocks = <(Clock, Clock)>::default();
        let open = self.open.insert(OpenFile { file, path, entry, codecs, start, clocks });
        for frame in &frames {
            open.add(frame, &self.job.budget).await?;
        }
        Ok(())
    }

    fn tracks(&self, frames: &[Frame]) -> Vec<Track> {
        let first = frames.iter().find(|frame| matches!(frame.codec, Codec::Video(_)));
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

    /// Ends the file that is open, if one is.
    async fn close(&mut self) -> Result<(), FileFault> {
        match self.open.take() {
            Some(open) => open.finish(&self.job.budget).await,
            None => Ok(()),
        }
    }

    async fn finish(mut self) -> Result<(), FileFault> {
        let last = self.write_last().await;
        // Whatever became of that, what is in the file is worth finishing.
        last.and(self.close().await)
    }

    async fn write_last(&mut self) -> Result<(), FileFault> {
        for made in [self.sound.end(), self.pictures.end()] {
            self.write(made).await?;
        }
        if self.open.is_none() && !self.early.frames().is_empty() {
            self.begin().await?;
        }
        Ok(())
    }
}

/// Whether a file may begin with that picture: it needs no other one, and says what the file has to say of it.
fn begins(frame: &Frame) -> bool {
    match frame.codec {
        Codec::Video(VideoCodec::H264) => frame.keyframe && picture::avc_configuration(&frame.data).is_some(),
        Codec::Video(VideoCodec::Vp8 | VideoCodec::Vp9) => frame.keyframe,
        Codec::Audio(_) => false,
    }
}

#[cfg(test)]
mod tests;
