//! Real GStreamer on both ends: it makes the streams, and it looks at what became of them.

use std::path::PathBuf;
use std::process::{Command, Output};

use zvonok_openvidu::wire::recorded::{IndexFile, RecordingStatus};
use zvonok_openvidu::wire::recording::{OutputMode, RecordingLayout};

use super::child::Child;
use super::*;

/// A recording's directory, which is deleted with this.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn place() -> Place {
    let dir = std::env::temp_dir().join(format!("zvonok composed {}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&dir).unwrap();
    Place(dir)
}

fn run(program: &str, dir: &Path, arguments: &str) -> Output {
    let output = Command::new(program).current_dir(dir).args(words(arguments)).output().unwrap();
    assert!(output.status.success(), "{program} {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A stream of one colour, and with a tone if it is to be heard, that was there from `start` to `end` seconds.
fn stream(place: &Place, nth: usize, colour: &str, tone: bool, (start, end): (u32, u32)) {
    let (frames, blocks) = ((end - start) * 30, (end - start) * 50);
    let sound = format!(
        "audiotestsrc num-buffers={blocks} samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! opusenc ! queue ! out."
    );
    run(
        "gst-launch-1.0",
        &place.0,
        &format!(
            "--quiet videotestsrc pattern={colour} num-buffers={frames} ! video/x-raw,width=320,height=240,framerate=30/1 \
             ! vp8enc deadline=1 cpu-used=8 ! queue ! out. webmmux name=out ! filesink location={nth:04}.part {}",
            if tone { sound } else { String::new() }
        ),
    );
    let entry = IndexFile {
        name: format!("{nth}.webm"),
        connection_id: String::new(),
        stream_id: nth.to_string(),
        size: 0,
        client_data: String::new(),
        server_data: String::new(),
        has_audio: tone,
        has_video: true,
        type_of_video: None,
        start_time_offset: i64::from(start) * 1_000,
        end_time_offset: i64::from(end) * 1_000,
    };
    sidecar::write(&place.0.join(format!("{nth:04}.{}", sidecar::MEDIA)), &entry).unwrap();
}

fn recording(has_video: bool) -> Recording {
    Recording {
        id: "x".to_owned(),
        object: "recording".to_owned(),
        name: "x".to_owned(),
        output_mode: OutputMode::Composed,
        resolution: has_video.then(|| "640x360".to_owned()),
        frame_rate: has_video.then_some(10),
        recording_layout: Some(RecordingLayout::BestFit),
        custom_layout: None,
        session_id: "x".to_owned(),
        created_at: 0,
        size: 0,
        duration: 0.0,
        url: None,
        has_audio: true,
        has_video,
        status: RecordingStatus::Stopped,
        failure: None,
    }
}

async fn made(place: &Place, recording: &Recording, tools: Tools) -> Result<Made, ComposeFault> {
    let budget = Budget::new(u64::MAX, 0);
    compose(&place.0, recording, tools, (&budget, 0), &CancellationToken::new()).await
}

/// What `gst-discoverer-1.0` says of a file.
fn discovered(place: &Place, file: &str) -> String {
    String::from_utf8(run("gst-discoverer-1.0", &place.0, file).stdout).unwrap()
}

/// Every decoded picture.
fn pictures(place: &Place, file: &str) -> Vec<Vec<u8>> {
    let pipeline = format!(
        "--quiet filesrc location={file} ! decodebin ! videoconvert ! video/x-raw,format=I420,width=640,height=360 ! fdsink fd=1"
    );
    run("gst-launch-1.0", &place.0, &pipeline).stdout.chunks(640 * 360 * 3 / 2).map(<[u8]>::to_vec).collect()
}

/// The mean loudness of every tenth of a second.
fn loudness(place: &Place, file: &str) -> Vec<i64> {
    let pipeline = format!(
        "--quiet filesrc location={file} ! decodebin ! audioconvert ! audioresample \
         ! audio/x-raw,format=S16LE,rate=48000,channels=1 ! fdsink fd=1"
    );
    let samples = run("gst-launch-1.0", &place.0, &pipeline).stdout;
    let sample = |two: &[u8]| i64::from(i16::from_le_bytes([two[0], two[1]])).abs();
    samples.chunks_exact(9_600).map(|tenth| tenth.chunks_exact(2).map(sample).sum::<i64>() / 4_800).collect()
}

#[derive(Debug, PartialEq)]
enum Colour {
    Black,
    Red,
    Blue,
}

fn colour(picture: &[u8], x: usize, y: usize) -> Colour {
    let quarter = (y / 2) * 320 + x / 2;
    let (bright, blue, red) =
        (picture[y * 640 + x], picture[640 * 360 + quarter], picture[640 * 360 + 320 * 180 + quarter]);
    match (bright, blue, red) {
        (..=24, 120..=136, 120..=136) => Colour::Black,
        (_, _, 200..) => Colour::Red,
        (_, 200.., _) => Colour::Blue,
        other => panic!("{other:?} at {x} {y} is none of the colours"),
    }
}

#[tokio::test]
async fn one_file_shows_and_lets_hear_who_was_there_when() {
    let tools = find().await.unwrap();
    for tools in [tools, Tools::Webm] {
        let place = place();
        stream(&place, 1, "blue", false, (0, 6));
        stream(&place, 2, "red", true, (2, 4));
        let made = made(&place, &recording(true), tools).await.unwrap();
        let file = format!("composed.{}", made.extension);
        assert_eq!(made.bytes, std::fs::metadata(place.0.join(&file)).unwrap().len());
        assert!((made.seconds - 6.0).abs() < f64::EPSILON);

        let said = discovered(&place, &file);
        let (container, video, audio) = match tools {
            Tools::Mp4 { .. } => ("Quicktime", "H.264", "AAC"),
            Tools::Webm => ("WebM", "VP8", "Opus"),
        };
        for wanted in [container, video, audio, "Width: 640", "Height: 360", "Duration: 0:00:06.0"] {
            assert!(said.contains(wanted), "no {wanted}: {said}");
        }
        let pictures = pictures(&place, &file);
        assert_eq!(pictures.len(), 60, "6 s of 10 pictures/s");
        // Alone it is 480 wide and in the middle; two are 320 wide each.
        for (at, left, right, edge) in [
            (10, Colour::Blue, Colour::Blue, Colour::Black),
            (30, Colour::Blue, Colour::Red, Colour::Blue),
            (50, Colour::Blue, Colour::Blue, Colour::Black),
        ] {
            let picture = &pictures[at];
            assert_eq!(colour(picture, 200, 180), left, "left at {at}");
            assert_eq!(colour(picture, 440, 180), right, "right at {at}");
            assert_eq!(colour(picture, 40, 180), edge, "edge at {at}");
            assert_eq!(colour(picture, 320, 20), if edge == Colour::Black { Colour::Blue } else { Colour::Black });
        }
        let loud = loudness(&place, &file);
        assert!(loud[5..18].iter().all(|level| *level < 50), "nobody could be heard yet: {loud:?}");
        assert!(loud[22..38].iter().all(|level| *level > 5_000), "the tone is not there: {loud:?}");
        assert!(loud[42..55].iter().all(|level| *level < 50), "it had left: {loud:?}");
        assert_eq!(sidecar::read_all(&place.0).unwrap().len(), 2, "the single streams are untouched");
        assert_eq!(std::fs::read_dir(&place.0).unwrap().count(), 5, "and nothing else is left");
    }
}

#[tokio::test]
async fn sound_alone_is_webm() {
    let place = place();
    stream(&place, 1, "blue", true, (0, 2));
    stream(&place, 2, "red", true, (1, 3));
    let made = made(&place, &recording(false), Tools::Webm).await.unwrap();
    assert_eq!(made.extension, "webm");
    let said = discovered(&place, "composed.webm");
    assert!(said.contains("Opus") && !said.contains("video #") && said.contains("Duration: 0:00:03.0"), "{said}");
    let loud = loudness(&place, "composed.webm");
    assert!(loud[14] > loud[5] * 5 / 4, "two of the same are louder than one: {loud:?}");
}

#[tokio::test]
async fn a_child_that_dies_says_why_and_leaves_the_single_streams() {
    let place = place();
    stream(&place, 1, "blue", true, (0, 2));
    let tools = Tools::Mp4 { video: "noencoderatall", audio: "opusenc" };
    let fault = made(&place, &recording(true), tools).await.unwrap_err();
    assert!(matches!(&fault, ComposeFault::Died { what, .. } if what.contains("pictures")), "{fault}");
    assert!(fault.to_string().contains("noencoderatall"), "{fault}");
    assert_eq!(sidecar::read_all(&place.0).unwrap().len(), 1);
    assert_eq!(std::fs::read_dir(&place.0).unwrap().count(), 2, "nothing half made is left");
}

#[tokio::test]
async fn a_child_that_is_killed_is_no_end_of_a_stream() {
    let place = place();
    let pipeline = words("audiotestsrc ! fdsink fd=1");
    let mut child = Child::decoder(&place.0, "a decoder", &pipeline).unwrap();
    let mut bytes = vec![0; 1_024];
    assert!(child.take(&mut bytes).await.unwrap());
    run("kill", &place.0, &format!("-SEGV {}", child.id().unwrap()));
    let fault = loop {
        match child.take(&mut bytes).await {
            Ok(more) => assert!(more, "it did not end by itself"),
            Err(fault) => break fault,
        }
    };
    assert!(matches!(&fault, ComposeFault::Died { what: "a decoder", status, .. } if status.contains("11")), "{fault}");
}

#[tokio::test]
async fn it_ends_with_the_server_and_with_the_room_on_the_disk() {
    let place = place();
    stream(&place, 1, "smpte", true, (0, 4));
    let (stop, tools) = (CancellationToken::new(), Tools::Webm);
    let budget = Budget::new(20_000, 0);
    let fault = compose(&place.0, &recording(true), tools, (&budget, 0), &stop).await.unwrap_err();
    assert!(matches!(fault, ComposeFault::Full), "{fault}");
    assert!(budget.take(20_000).is_ok(), "what was made is deleted");
    let fault = compose(&place.0, &recording(true), tools, (&budget, 10_000), &stop).await.unwrap_err();
    assert!(matches!(fault, ComposeFault::Full), "{fault}");
    let made = compose(&place.0, &recording(true), tools, (&budget, 10_000_000), &stop).await.unwrap();
    assert!(made.bytes > 20_000, "what was set aside is used: {made:?}");
    std::fs::remove_file(place.0.join("composed.webm")).unwrap();

    stop.cancel();
    let budget = Budget::new(u64::MAX, 0);
    let fault = compose(&place.0, &recording(true), tools, (&budget, 0), &stop).await.unwrap_err();
    assert!(matches!(fault, ComposeFault::Stopping), "{fault}");
    assert_eq!(std::fs::read_dir(&place.0).unwrap().count(), 2);
}

#[tokio::test]
async fn nothing_becomes_nothing() {
    let fault = made(&place(), &recording(true), Tools::Webm).await.unwrap_err();
    assert!(matches!(fault, ComposeFault::Nothing), "{fault}");
}
