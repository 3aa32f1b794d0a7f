use std::path::Path;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::super::budget::Budget;
use super::*;

const SOUND: Codec = Codec::Audio(AudioCodec::Opus);

fn packet(codec: Codec, seq: u64, captured: Instant, payload: &[u8]) -> MediaPacket {
    MediaPacket { codec, run: 1, seq, time: 0, captured, marker: true, payload: payload.into() }
}

/// A writer of a stream of both kinds, and the way to it, which holds a single packet.
fn writer(dir: &Path, codecs: Codecs) -> (mpsc::Sender<MediaPacket>, JoinHandle<Option<FileFault>>) {
    writer_of(dir, codecs, |_| {})
}

/// The same of a recording that has come so far.
fn writer_of(
    dir: &Path,
    codecs: Codecs,
    before: impl FnOnce(&Places),
) -> (mpsc::Sender<MediaPacket>, JoinHandle<Option<FileFault>>) {
    crate::private::make_dir(dir).unwrap();
    let places = Arc::new(Places::new(dir.to_owned()));
    before(&places);
    let job = Job {
        stream: StreamId(1),
        codecs,
        places,
        entry: IndexFile { has_video: true, type_of_video: Some("CAMERA".to_owned()), ..sidecar::of_sound() },
        size: None,
        began: Instant::now(),
        media: Media::of_nobody(),
        budget: Arc::new(Share::new(Arc::new(Budget::new(u64::MAX, 0)), 0)),
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
    assert!(dir.join("0001.part").exists(), "what came is on its way to the disk");
    drop(to);
    assert!(task.await.unwrap().is_none());
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_picture_is_waited_for_by_the_clock_of_the_server() {
    let (dir, captured) = (dir(), Instant::now());
    let (to, task) = writer(&dir, BOTH);
    send(&to, (0..3).map(|seq| packet(SOUND, seq, captured, &[0x78; 10]))).await;
    assert!(!dir.join("0001.part").exists(), "a picture may come yet");
    tokio::time::advance(Duration::from_secs(6)).await;
    send(&to, (3..6).map(|seq| packet(SOUND, seq, captured, &[0x78; 10]))).await;
    assert!(dir.join("0001.part").exists());
    drop(to);
    assert!(task.await.unwrap().is_none());
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
async fn a_recording_with_as_many_files_as_it_may_have_says_so() {
    let (dir, captured) = (dir(), Instant::now());
    let (to, task) =
        writer_of(
            &dir,
            Codecs { audio: Some(AudioCodec::Opus), video: None },
            |places| {
                while places.next().is_some() {}
            },
        );
    let _refused = to.send(packet(SOUND, 0, captured, &[0x78; 10])).await;
    drop(to);
    assert!(matches!(task.await.unwrap(), Some(FileFault::Io(_))));
    std::fs::remove_dir_all(dir).unwrap();
}

/// A key frame of H.264 with its parameter sets, as it comes from a camera: 320x240, constrained baseline.
const KEYFRAME: [&[u8]; 3] =
    [&[0x67, 0x42, 0xc0, 0x0d, 0xda, 0x05, 0x07, 0xe4], &[0x68, 0xce, 0x3c, 0x80], &[0x65, 0x88, 0x84, 0x00, 0x10]];

fn h264(seq: u64, captured: Instant) -> Vec<MediaPacket> {
    let units = KEYFRAME.iter().enumerate().map(|(nth, unit)| MediaPacket {
        marker: nth == 2,
        ..packet(Codec::Video(VideoCodec::H264), seq + nth as u64, captured, unit)
    });
    units.collect()
}

fn entries(dir: &Path) -> Vec<IndexFile> {
    sidecar::read_all(dir).unwrap().into_iter().map(|(_, entry)| entry).collect()
}

#[tokio::test(start_paused = true)]
async fn pictures_that_begin_late_begin_another_file() {
    let (dir, start) = (dir(), Instant::now());
    let pcma = Codec::Audio(AudioCodec::Pcma);
    let (to, task) = writer(&dir, Codecs { audio: Some(AudioCodec::Pcma), video: Some(VideoCodec::H264) });
    let at = |seq: u64| start + Duration::from_secs(seq);
    for seq in 0..10 {
        send(&to, [packet(pcma, seq, at(seq), &[0xd5; 160])]).await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert!(!dir.join("0001.part").exists(), "cameras send a key frame every few seconds");
    for seq in 10..20 {
        send(&to, [packet(pcma, seq, at(seq), &[0xd5; 160])]).await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert!(dir.join("0001.part").exists(), "but not all of them");
    send(&to, h264(0, at(20))).await;
    send(&to, [packet(pcma, 20, at(20), &[0xd5; 160])]).await;
    drop(to);
    assert!(task.await.unwrap().is_none());
    let entries = entries(&dir);
    let had: Vec<_> = entries.iter().map(|it| (it.has_audio, it.has_video, &*it.name)).collect();
    assert_eq!(had, [(true, false, "stream.mkv"), (true, true, "stream.mkv")]);
    let first = entries.first().unwrap();
    assert!(first.type_of_video.is_none() && first.end_time_offset > 18_000, "{first:?}");
    assert!(entries.last().unwrap().start_time_offset >= 19_900);
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_first_pictures_of_a_camera_are_waited_for() {
    let (dir, start) = (dir(), Instant::now());
    let (to, task) = writer(&dir, Codecs { audio: Some(AudioCodec::Pcma), video: Some(VideoCodec::H264) });
    for seq in 0..9 {
        let captured = start + Duration::from_secs(seq);
        send(&to, [packet(Codec::Audio(AudioCodec::Pcma), seq, captured, &[0xd5; 160])]).await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    send(&to, h264(0, start + Duration::from_secs(9))).await;
    drop(to);
    assert!(task.await.unwrap().is_none());
    let entries = entries(&dir);
    assert!(matches!(&*entries, [one] if one.has_audio && one.has_video && one.end_time_offset > 8_900), "{entries:?}");
    std::fs::remove_dir_all(dir).unwrap();
}
