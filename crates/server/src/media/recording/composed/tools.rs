//! What of GStreamer is there.

use std::process::Stdio;

use tokio::process::Command;

/// What every composed recording needs: in Debian's packages `gstreamer1.0-plugins-base`, `-good` and,
/// for `opusparse`, `-bad`.
const NEEDED: [&str; 25] = [
    "fdsrc",
    "fdsink",
    "filesrc",
    "filesink",
    "queue",
    "matroskademux",
    "matroskamux",
    "webmmux",
    "decodebin",
    "videoconvert",
    "videoscale",
    "videorate",
    "rawvideoparse",
    "audioconvert",
    "audioresample",
    "audiorate",
    "rawaudioparse",
    "opusenc",
    "vp8enc",
    "vp8dec",
    "vp9dec",
    "opusparse",
    "opusdec",
    "alawdec",
    "mulawdec",
];
/// Decoders of H.264, which cameras send: in Debian's packages `gstreamer1.0-libav` and `-plugins-bad`.
const H264_DECODERS: [&str; 2] = ["avdec_h264", "openh264dec"];
/// What MP4 needs besides its two encoders.
const MP4: [&str; 3] = ["mp4mux", "h264parse", "aacparse"];
/// Encoders of H.264, the better ones first.
const H264: [&str; 2] = ["x264enc", "openh264enc"];
/// Encoders of AAC, the better ones first.
const AAC: [&str; 3] = ["fdkaacenc", "avenc_aac", "voaacenc"];

/// The kind of file that is made of pictures and sound. Sound alone is always WebM, as OpenVidu's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::media) enum Tools {
    /// H.264 and AAC, by these encoders.
    Mp4 { video: &'static str, audio: &'static str },
    /// VP8 and Opus.
    Webm,
}

/// What can be made here; else the element that is missing, or `gst-inspect-1.0` itself.
pub(in super::super) async fn find() -> Result<Tools, &'static str> {
    // The child is not needed to find it, only to run.
    if !answers("gst-launch-1.0", &["--version"]).await {
        return Err("gst-launch-1.0");
    }
    if let Some(missing) = first_missing(&NEEDED).await {
        return Err(missing);
    }
    if first_there(&H264_DECODERS).await.is_none() {
        return Err("avdec_h264");
    }
    let (video, audio) = (first_there(&H264).await, first_there(&AAC).await);
    Ok(match (video, audio) {
        (Some(video), Some(audio)) if first_missing(&MP4).await.is_none() => Tools::Mp4 { video, audio },
        _ => Tools::Webm,
    })
}

async fn first_missing(elements: &[&'static str]) -> Option<&'static str> {
    for element in elements {
        if !exists(element).await {
            return Some(element);
        }
    }
    None
}

async fn first_there(elements: &[&'static str]) -> Option<&'static str> {
    for element in elements {
        if exists(element).await {
            return Some(element);
        }
    }
    None
}

async fn exists(element: &str) -> bool {
    answers("gst-inspect-1.0", &["--exists", element]).await
}

async fn answers(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    super::child::cleaned(&mut command);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(super::limits::PROBE, command.status()).await;
    ended.is_ok_and(|status| status.is_ok_and(|status| status.success()))
}
