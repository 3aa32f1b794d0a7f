use tokio_util::sync::CancellationToken;
use zvonok_openvidu::wire::recording::RecordingRequest;

use super::super::sidecar::Places;
use super::*;

fn open(dir: &Path) -> Recordings {
    Recordings::open(dir.to_owned(), 1_000_000, String::new()).unwrap()
}

fn dir() -> PathBuf {
    std::env::temp_dir().join(format!("zvonok-store-{}", uuid::Uuid::new_v4()))
}

/// What is asked for: an archive of single streams.
fn single() -> RecordingRequest {
    RecordingRequest { output_mode: Some(OutputMode::Individual), ..RecordingRequest::default() }
}

/// A recording with one file that is whole but for its end.
fn recorded(store: &Recordings) -> Arc<Entry> {
    let entry = store.create("session", &single().complete()).unwrap();
    let path = Places::new(entry.dir.clone()).next().unwrap();
    let mut cluster = super::super::cluster::Cluster::default();
    cluster.push(super::super::webm::AUDIO_TRACK, 0, true, &[0x78; 100]);
    let head = super::super::webm::head(&[super::super::webm::Track::opus()]);
    fs::write(&path, [head, cluster.take().unwrap().0].concat()).unwrap();
    sidecar::write(&path, &sidecar::of_sound()).unwrap();
    entry
}

/// Makes packing fail: where the archive goes there is a directory.
fn spoil(entry: &Entry) -> PathBuf {
    let place = entry.dir.join(archive::ARCHIVE);
    fs::create_dir_all(place.join("in the way")).unwrap();
    place
}

#[test]
fn what_cannot_be_packed_after_a_crash_can_be_deleted() {
    let dir = dir();
    spoil(&recorded(&open(&dir)));
    let store = open(&dir);
    store.recover(&CancellationToken::new(), |_| ());
    assert_eq!(store.get("session").unwrap().object().status, RecordingStatus::Failed);
    store.delete("session").unwrap();
    assert!(store.list().is_empty() && fs::read_dir(&dir).unwrap().next().is_none());
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn what_could_not_be_packed_leaves_nothing_half_done_and_is_tried_again() {
    let dir = dir();
    let store = open(&dir);
    let entry = recorded(&store);
    let place = spoil(&entry);
    assert!(store.pack(&entry, false).is_err());
    entry.fail();
    let left: Vec<_> = fs::read_dir(&entry.dir).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name == "archive.zip.part"), "{left:?}");

    fs::remove_dir_all(place).unwrap();
    let store = open(&dir);
    store.recover(&CancellationToken::new(), |_| ());
    let recording = store.get("session").unwrap().object();
    assert_eq!(recording.status, RecordingStatus::Ready);
    assert!(recording.url.is_some() && recording.size > 0);
    store.recover(&CancellationToken::new(), |_| ());
    assert_eq!(store.get("session").unwrap().object(), recording, "what is finished stays so");
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn what_is_packed_is_never_packed_again_of_what_is_left() {
    let dir = dir();
    for failed in [false, true] {
        let store = open(&dir);
        let entry = recorded(&store);
        let packed = store.pack(&entry, failed).unwrap();
        let whole = fs::read(entry.dir.join(archive::ARCHIVE)).unwrap();
        // Half of what the archive has could not be deleted before the server was killed.
        let left = Places::new(entry.dir.clone()).next().unwrap();
        fs::write(&left, [0x1a]).unwrap();
        sidecar::write(&left, &sidecar::of_sound()).unwrap();
        let store = open(&dir);
        store.recover(&CancellationToken::new(), |_| ());
        assert_eq!(store.get(&packed.id).unwrap().object(), packed);
        assert_eq!(fs::read(entry.dir.join(archive::ARCHIVE)).unwrap(), whole);
        assert!(!left.exists(), "and it is deleted now");
    }
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn an_id_is_nobody_elses_and_is_free_again_where_nothing_could_be_kept() {
    let dir = dir();
    let store = open(&dir);
    let properties = single().complete();
    let mut ids: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| store.create("session", &properties).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap().object().id).collect()
    });
    ids.sort_unstable();
    assert_eq!(ids, ["session", "session~1", "session~2", "session~3"]);
    fs::remove_dir_all(&dir).unwrap();
    fs::write(&dir, "no directory").unwrap();
    assert!(store.create("other", &properties).is_err());
    assert!(store.get("other").is_none());
    fs::remove_file(dir).unwrap();
}
