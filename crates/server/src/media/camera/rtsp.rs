//! The connection to one camera.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use retina::client::{
    Credentials, Described, InitialTimestampPolicy, PlayOptions, Session, SessionOptions, SetupOptions, Stream,
    TeardownPolicy,
};
use retina::codec::{CodecItem, FrameFormat, ParameterSetInsertion};
use tokio::sync::watch;
use zvonok_sfu::{AudioCodec, Codecs, StreamId, VideoCodec};

use super::super::driver::Media;
use super::packets::Packets;
use super::tunnel::{self, Tunnel};
use super::{Address, BadAddress, defaults};

/// Why a camera is not forwarded now.
#[derive(Debug, thiserror::Error)]
pub(super) enum CameraFault {
    /// Its address.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// It does not speak as it should. What it said may name it, and is not part of this.
    #[error("the camera does not answer as one (status {})", .0.map_or_else(|| "none".to_owned(), |it| it.to_string()))]
    Rtsp(Option<u16>),
    /// It has no H.264.
    #[error("the camera has no H.264")]
    NoPictures,
    /// It has stopped sending.
    #[error("the camera sends nothing any more")]
    Silent,
    /// It was not connected in time.
    #[error("the camera does not answer")]
    Late,
    /// The camera's TLS.
    #[error("the camera's TLS cannot be used: {0}")]
    Tls(String),
    /// The server ends.
    #[error("the server ends")]
    Gone,
}

/// What went wrong with a camera, without its address, which is in the library's own words.
fn broken(error: retina::Error) -> CameraFault {
    CameraFault::Rtsp(error.status_code())
}

/// Pulls a camera as long as it is wanted.
#[derive(Debug)]
pub(super) struct Puller {
    pub(super) address: Arc<Address>,
    pub(super) stream: StreamId,
    pub(super) media: Media,
    pub(super) wanted: watch::Receiver<bool>,
}

/// What the camera says that it has.
pub(super) async fn codecs(address: &Address) -> Result<Codecs, CameraFault> {
    let (session, _tunnel) = describe(address).await?;
    Ok(Tracks::of(&session)?.codecs())
}

/// Asks the camera what it has. The tunnel is to be kept as long as the session.
async fn describe(address: &Address) -> Result<(Session<Described>, Option<Tunnel>), CameraFault> {
    let mut at = address.resolve().await?;
    let mut tunnel = None;
    if let Some(name) = address.tls() {
        let opened = tunnel::open(at, name).await?;
        at = opened.entrance;
        tunnel = Some(opened);
    }
    let url = address.at(at).ok_or(CameraFault::Rtsp(None))?;
    let credentials = address.credentials().map(|(username, password)| Credentials { username, password });
    // To take leave, retina would connect anew to wherever the camera has said that it is, which nobody has checked. A camera
    // notices by itself that the connection its packets go by is closed.
    let options =
        SessionOptions::default().creds(credentials).user_agent("Zvonok".to_owned()).teardown(TeardownPolicy::Never);
    let session = Session::describe(url, options).await.map_err(broken)?;
    Ok((session, tunnel))
}

/// Which of a camera's streams are forwarded.
struct Tracks {
    video: usize,
    audio: Option<(usize, AudioCodec)>,
    /// It has sound that no browser takes.
    deaf: bool,
}

impl Tracks {
    fn of(session: &Session<Described>) -> Result<Self, CameraFault> {
        let streams = session.streams();
        let video = streams.iter().position(|it| it.media() == "video" && it.encoding_name() == "h264");
        let audio = streams.iter().enumerate().find_map(|(at, it)| Some((at, sound(it)?)));
        let deaf = audio.is_none() && streams.iter().any(|it| it.media() == "audio");
        Ok(Self { video: video.ok_or(CameraFault::NoPictures)?, audio, deaf })
    }

    fn codecs(&self) -> Codecs {
        Codecs { video: Some(VideoCodec::H264), audio: self.audio.map(|(_, codec)| codec) }
    }
}

fn sound(stream: &Stream) -> Option<AudioCodec> {
    let plain = stream.clock_rate_hz() == 8_000 && stream.channels().is_none_or(|it| it.get() == 1);
    match stream.encoding_name() {
        "pcma" if plain => Some(AudioCodec::Pcma),
        "pcmu" if plain => Some(AudioCodec::Pcmu),
        _ => None,
    }
}

impl Puller {
    pub(super) async fn run(mut self) {
        let mut pause = defaults::PAUSE;
        for run in 1.. {
            if self.wanted.wait_for(|wanted| *wanted).await.is_err() {
                return;
            }
            let began = Instant::now();
            match self.pull(run).await {
                Ok(()) => tracing::info!("nobody wants the camera any more"),
                Err(CameraFault::Gone) => return,
                Err(error) => {
                    if began.elapsed() > defaults::PAUSE_MAX {
                        pause = defaults::PAUSE;
                    }
                    tracing::warn!(%error, seconds = pause.as_secs(), "the camera is tried again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(defaults::PAUSE_MAX);
                }
            }
        }
    }

    /// Forwards until the camera fails, or nobody wants it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "retina's enum, which grows; the others are of no use here")]
    async fn pull(&mut self, run: u64) -> Result<(), CameraFault> {
        let begin = async {
            let (mut session, tunnel) = describe(&self.address).await?;
            let tracks = Tracks::of(&session)?;
            if tracks.deaf {
                tracing::warn!("the camera's sound is left out: browsers take G.711 only");
            }
            let format =
                FrameFormat { parameter_set_insertion: ParameterSetInsertion::EachKeyFrame, ..FrameFormat::MP4 };
            for at in [Some(tracks.video), tracks.audio.map(|(at, _)| at)].into_iter().flatten() {
                session.setup(at, SetupOptions::default().frame_format(format)).await.map_err(broken)?;
            }
            // Cameras that say nothing of where their clocks begin are as good as others.
            let options = PlayOptions::default().initial_timestamp(InitialTimestampPolicy::Permissive);
            let playing = session.play(options).await.map_err(broken)?.demuxed().map_err(broken)?;
            Ok::<_, CameraFault>((playing, tracks, tunnel))
        };
        let begun = tokio::time::timeout(defaults::ANSWER, begin).await.map_err(|_late| CameraFault::Late)?;
        let (playing, tracks, _tunnel) = begun?;
        let mut playing = Box::pin(playing);
        self.media.feed(self.stream, tracks.codecs()).await;
        tracing::info!("the camera sends");
        let mut packets = Packets::new(run);
        let mut clock = Clock::default();
        loop {
            let unwanted = async { self.wanted.wait_for(|wanted| !*wanted).await.is_ok() };
            let item = tokio::select! {
                item = tokio::time::timeout(defaults::SILENCE, playing.next()) => item,
                here = unwanted => return if here { Ok(()) } else { Err(CameraFault::Gone) },
            };
            let item = item.map_err(|_late| CameraFault::Silent)?.ok_or(CameraFault::Silent)?.map_err(broken)?;
            let made = match item {
                CodecItem::VideoFrame(frame) if frame.stream_id() == tracks.video => {
                    let captured = clock.captured(frame.timestamp().elapsed_secs());
                    packets.picture(frame.data(), rtp_time(frame.timestamp().timestamp()), captured)
                }
                CodecItem::AudioFrame(frame) => match tracks.audio {
                    Some((at, codec)) if frame.stream_id() == at => {
                        let captured = clock.captured(frame.timestamp().elapsed_secs());
                        vec![packets.sound(codec, frame.data(), rtp_time(frame.timestamp().timestamp()), captured)]
                    }
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            for packet in made {
                if !self.media.packet(self.stream, packet).await {
                    return Err(CameraFault::Gone);
                }
            }
        }
    }
}

/// RTP times wrap at 32 bits.
fn rtp_time(time: i64) -> u32 {
    u32::try_from(time.rem_euclid(1 << 32)).unwrap_or(0)
}

/// A camera's own time on our clock: one for sound and pictures, whose times begin together.
#[derive(Debug, Default)]
struct Clock {
    anchor: Option<(Instant, f64)>,
}

impl Clock {
    fn captured(&mut self, elapsed: f64) -> Instant {
        let now = Instant::now();
        let (at, first) = *self.anchor.get_or_insert((now, elapsed));
        let since = Duration::try_from_secs_f64(elapsed - first).unwrap_or_default();
        let captured = at + since;
        let off = captured.saturating_duration_since(now).max(now.saturating_duration_since(captured));
        if off > defaults::DRIFT {
            self.anchor = Some((now, elapsed));
            return now;
        }
        captured
    }
}

#[cfg(test)]
mod tests;
