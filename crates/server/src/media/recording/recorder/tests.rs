use std::net::Ipv4Addr;
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;
use zvonok_openvidu::wire::recording::RecordingRequest;
use zvonok_sfu::{AudioCodec, Codec, Codecs, MediaPacket};

use super::super::super::{addresses, driver};
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
        let doors = addresses::open(Ipv4Addr::LOCALHOST.into(), 0, None).await.unwrap();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (media, task) = driver::start(doors, stop.clone()).unwrap();
        tasks.spawn(task);
        media.feed(STREAM, Codecs { audio: Some(AudioCodec::Pcma), video: None }).await;
        let store = Arc::new(Recordings::open(dir.clone(), u64::MAX, String::new()).unwrap());
        let properties = RecordingRequest::default().complete();
        let (faults, _full) = mpsc::channel(1);
        let recorder =
            Recorder::start(Arc::clone(&store), media.clone(), tasks, "session", &properties, faults).unwrap();
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

    async fn feed(&self, run: u64) {
        for seq in 0..10 {
            let packet = MediaPacket {
                codec: Codec::Audio(AudioCodec::Pcma),
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
    world.feed(1).await;
    world.recorder.remove(STREAM).await;
    world.add().await;
    world.feed(2).await;
    world.recorder.stop().await;
    let recording = world.recorder.finish().await;
    assert_eq!(recording.status, RecordingStatus::Ready);
    let archive = std::fs::File::open(world.store.get("session").unwrap().archive()).unwrap();
    let archive = zip::ZipArchive::new(archive).unwrap();
    let mut names: Vec<_> = archive.file_names().collect();
    names.sort_unstable();
    assert_eq!(names, ["session.json", "stream-1.mkv", "stream.mkv"]);
    world.stop.cancel();
    std::fs::remove_dir_all(world.dir).unwrap();
}
