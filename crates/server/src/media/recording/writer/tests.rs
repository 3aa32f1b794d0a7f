use std::path::Path;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::*;

const SOUND: Codec = Codec::Audio(AudioCodec::Opus);

fn packet(codec: Codec, seq: u64, captured: Instant, payload: &[u8]) -> MediaPacket {
    MediaPacket { codec, run: 1, seq, time: 0, captured, marker: true, payload: payload.into() }
}

/// A writer of a stream of both kinds, and the way to it, which holds a single packet.
fn writer(dir: &Path, codecs: Codecs) -> (mpsc::Sender<MediaPacket>, JoinHandle<Option<FileFault>>) {
    crate::private::make_dir(dir).unwrap();
    let job = Job {
        stream: StreamId(1),
        codecs,
        path: sidecar::path(dir, 1),
        entry: IndexFile {
            name: "stream.webm".to_owned(),
            connection_id: "con_A".to_owned(),
            stream_id: "stream".to_owned(),
            size: 0,
            client_data: String::new(),
            server_data: String::new(),
            has_audio: true,
            has_video: true,
            type_of_video: Some("CAMERA".to_owned()),
            start_time_offset: 0,
            end_time_offset: 0,
        },
        size: None,
        began: Instant::now(),
        media: Media::of_nobody(),
        budget: Arc::new(Budget::new(u64::MAX, 0)),
    };
    let (sender, packets) = mpsc::channel(1);
    (sender, tokio::spawn(record(job, packets)))
}

fn dir() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("zvonok-writer-{}", uuid::Uuid::new_v4()))
}

/// Sends packets; the last but one is dealt with when it returns.
async fn send(to: &mpsc::Sender<MediaPacket>, packets: impl IntoIterator<Item = MediaPacket>) {
    for packet in packets {
        to.send(packet).await.unwrap();
    }
}

const BOTH: Codecs = Codecs { audio: Some(AudioCodec::Opus), video: Some(VideoCodec::Vp8) };

#[tokio::test]
async fn sound_whose_clock_stands_still_does_not_fill_the_memory() {
    let (dir, captured) = (dir(), Instant::now());
    let (to, task) = writer(&dir, BOTH);
    let most = u64::try_from(defaults::EARLY_BYTES / 1_000).unwrap() + 3;
    send(&to, (0..most).map(|seq| packet(SOUND, seq, captured, &[0x78; 1_000]))).await;
    assert!(sidecar::path(&dir, 1).exists(), "what came is on its way to the disk");
    drop(to);
    assert!(task.await.unwrap().is_none());
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_picture_is_waited_for_by_the_clock_of_the_server() {
    let (dir, captured) = (dir(), Instant::now());
    let (to, task) = writer(&dir, BOTH);
    send(&to, (0..3).map(|seq| packet(SOUND, seq, captured, &[0x78; 10]))).await;
    assert!(!sidecar::path(&dir, 1).exists(), "a picture may come yet");
    tokio::time::advance(Duration::from_secs(6)).await;
    send(&to, (3..6).map(|seq| packet(SOUND, seq, captured, &[0x78; 10]))).await;
    assert!(sidecar::path(&dir, 1).exists());
    drop(to);
    assert!(task.await.unwrap().is_none());
    std::fs::remove_dir_all(dir).unwrap();
}
