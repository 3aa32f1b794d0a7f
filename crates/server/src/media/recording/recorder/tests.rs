use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;
use zvonok_openvidu::wire::recording::{OutputMode, RecordingRequest};
use zvonok_sfu::{AudioCodec, Codec, Codecs, MediaPacket};

use super::super::super::addresses::{self, Ports};
use super::super::super::driver;
use super::*;

const STREAM: StreamId = StreamId(7);

/// A recording that runs, of a stream that is fed, with everything that is behind it.
struct World {
    dir: PathBuf,
    media: Media,
    store: Arc<Recordings>,
    recorder: Recorder,
    stop: CancellationToken,
}

impl World {
    async fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("zvonok-recorder-{}", uuid::Uuid::new_v4()));
        let doors = addresses::open(Ipv4Addr::LOCALHOST.into(), Ports { udp: 0, tcp: None }, None).await.unwrap();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (media, task) = driver::start(doors, &tasks, stop.clone()).unwrap();
        tasks.spawn(task);
        media.feed(STREAM, Codecs { audio: Some(AudioCodec::Pcma), video: None }).await;
        let store = Arc::new(Recordings::open(dir.clone(), u64::MAX, String::new()).unwrap());
        let single = RecordingRequest { output_mode: Some(OutputMode::Individual), ..RecordingRequest::default() };
        let (properties, run) = (single.complete(), (tasks, stop.clone()));
        let (faults, _full) = mpsc::channel(1);
        let recorder =
            Recorder::start(Arc::clone(&store), media.clone(), run, "session", &properties, faults).await.unwrap();
        Self { dir, media, store, recorder, stop }
    }

    async fn add(&mut self) {
        let source = Source {
            key: STREAM,
            connection: "con_A".to_owned(),
            stream: "stream".to_owned(),
            client_data: String::new(),
            server_data: String::new(),
            has_audio: true,
            has_video: false,
            type_of_video: None,
            dimensions: None,
        };
        self.recorder.add(source).await;
    }

    /// Ends the recording; gives the files of its archive.
    async fn packed(self) -> BTreeMap<String, Vec<u8>> {
        self.recorder.stop().await;
        assert_eq!(self.recorder.finish().await.status, RecordingStatus::Ready);
        let archive = std::fs::File::open(self.store.get("session").unwrap().file("session.zip").unwrap()).unwrap();
        let mut archive = zip::ZipArchive::new(archive).unwrap();
        let mut files = BTreeMap::new();
        for at in 0..archive.len() {
            let mut file = archive.by_index(at).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            files.insert(file.name().unwrap().into_owned(), bytes);
        }
        self.stop.cancel();
        std::fs::remove_dir_all(self.dir).unwrap();
        files
    }

    async fn feed(&self, codec: AudioCodec, run: u64) {
        for seq in 0..10 {
            let packet = MediaPacket {
                codec: Codec::Audio(codec),
                run,
                seq,
                time: u32::try_from(seq * 160).unwrap(),
                captured: Instant::now(),
                marker: false,
                payload: [0xd5; 160].into(),
            };
            assert!(self.media.packet(STREAM, packet).await);
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_left_out_and_let_in_again_is_recorded() {
    let mut world = World::new().await;
    world.add().await;
    world.feed(AudioCodec::Pcma, 1).await;
    world.recorder.remove(STREAM).await;
    world.add().await;
    world.feed(AudioCodec::Pcma, 2).await;
    assert_eq!(names(&world.packed().await), ["session.json", "stream-1.mkv", "stream.mkv"]);
}

#[tokio::test]
async fn a_camera_that_turns_out_to_speak_otherwise_is_recorded_as_it_speaks() {
    let mut world = World::new().await;
    world.add().await;
    let codecs = Codecs { audio: Some(AudioCodec::Pcmu), video: None };
    world.media.feed(STREAM, codecs).await;
    world.feed(AudioCodec::Pcmu, 1).await;
    let files = world.packed().await;
    assert_eq!(names(&files), ["session.json", "stream.mkv"]);
    // The WAVEFORMATEX of one channel of u-law.
    assert!(files["stream.mkv"].windows(4).any(|four| four == [7, 0, 1, 0]), "its track says what is in it");
}

fn names(files: &BTreeMap<String, Vec<u8>>) -> Vec<&str> {
    files.keys().map(String::as_str).collect()
}

#[test]
fn nobody_waits_for_the_disk_but_who_asked() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let world = World::new().await;
        // The disk is busy.
        let (done, busy) = std::sync::mpsc::channel::<()>();
        let disk = tokio::task::spawn_blocking(move || busy.recv());
        let mut stopped = std::pin::pin!(world.recorder.stop());
        tokio::select! {
            biased;
            () = stopped.as_mut() => panic!("it was written in the middle of everything else"),
            () = std::future::ready(()) => {}
        }
        done.send(()).unwrap();
        stopped.await;
        disk.await.unwrap().unwrap();
        assert_eq!(world.recorder.object().status, RecordingStatus::Stopped);
        world.stop.cancel();
        std::fs::remove_dir_all(&world.dir).unwrap();
    });
}
