//! A file that a crash left without its end: what is whole is kept, and the end is written.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::cluster::Written;
use super::ebml::{self, id};
use super::webm::{self, VIDEO_TRACK};

/// The longest element besides clusters that is believed: heads and tracks take a few hundred bytes, cues of a day a
/// few megabytes.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Finishes the file at `path`. Gives its length in bytes and in milliseconds; `None` where there is nothing to be seen or
/// heard in it.
pub(super) fn repair(path: &Path) -> io::Result<Option<(u64, u64)>> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let Some(found) = scan(&mut file)? else { return Ok(None) };
    let duration = found.clusters.iter().map(|(_, written)| written.last).max();
    let Some(duration) = duration else { return Ok(None) };
    if found.finished {
        return Ok(Some((found.length, duration)));
    }
    file.set_len(found.length)?;
    let (cues, patches) = webm::finish(found.ebml, found.length, &found.clusters, found.pictures);
    file.seek(SeekFrom::Start(found.length))?;
    file.write_all(&cues)?;
    for (offset, bytes) in patches {
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(&bytes)?;
    }
    file.sync_all()?;
    Ok(Some((found.length + cues.len() as u64, duration)))
}

#[derive(Debug)]
struct Found {
    /// Bytes of the EBML head.
    ebml: u64,
    /// Bytes up to the end of what is whole.
    length: u64,
    pictures: bool,
    clusters: Vec<(u64, Written)>,
    /// The segment says how long it is: that is written last of all.
    finished: bool,
}

fn scan(file: &mut File) -> io::Result<Option<Found>> {
    let total = file.metadata()?.len();
    let mut reader = BufReader::new(file);
    let mut at = 0;
    let mut found = Found { ebml: 0, length: 0, pictures: false, clusters: Vec::new(), finished: false };
    loop {
        let mut bytes = [0; 12];
        let got = read_some(&mut reader, &mut bytes)?;
        let Some(head) = ebml::head(bytes.get(..got).unwrap_or_default()) else { break };
        let content = at + head.length as u64;
        reader.seek(SeekFrom::Start(content))?;
        if head.id == id::SEGMENT {
            if found.ebml == 0 {
                return Ok(None);
            }
            found.finished = head.size.is_some_and(|size| content + size == total);
            at = content;
            continue;
        }
        let Some(size) = head.size.filter(|size| *size <= LONGEST && content + size <= total) else { break };
        match head.id {
            id::EBML => found.ebml = content + size,
            id::TRACKS | id::CLUSTER => {
                let mut content = vec![0; usize::try_from(size).unwrap_or(0)];
                reader.read_exact(&mut content)?;
                if head.id == id::TRACKS {
                    found.pictures = has_pictures(&content);
                } else if let Some(written) = cluster(&content) {
                    found.clusters.push((at, written));
                }
            }
            // What an attempt to finish it left is written anew.
            id::CUES if !found.finished => break,
            _ => {}
        }
        at = content + size;
        found.length = at;
        reader.seek(SeekFrom::Start(at))?;
    }
    Ok((found.ebml > 0).then_some(found))
}

/// Fills `into` as far as there is something. Gives how far.
pub(super) fn read_some(reader: &mut impl io::Read, into: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while let Some(rest) = into.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest)? {
            0 => break,
            more => got += more,
        }
    }
    Ok(got)
}

/// The elements of a content, each with its own.
pub(super) fn elements(mut bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let head = ebml::head(bytes)?;
        let end = head.length.checked_add(usize::try_from(head.size?).ok()?)?;
        let content = bytes.get(head.length..end)?;
        bytes = bytes.get(end..)?;
        Some((head.id, content))
    })
}

fn has_pictures(tracks: &[u8]) -> bool {
    elements(tracks).flat_map(|(_, entry)| elements(entry)).any(|(element, _)| element == id::VIDEO)
}

fn cluster(content: &[u8]) -> Option<Written> {
    let start = elements(content).find(|(element, _)| *element == id::TIMESTAMP).and_then(|(_, it)| ebml::uint(it))?;
    let mut written = Written { start, last: start, keyframe: None };
    for (_, block) in elements(content).filter(|(element, _)| *element == id::SIMPLE_BLOCK) {
        let [track, high, low, flags, ..] = *block else { continue };
        let time = start.saturating_add_signed(i16::from_be_bytes([high, low]).into());
        written.last = written.last.max(time);
        if track == 0x80 | VIDEO_TRACK && flags & 0x80 != 0 {
            written.keyframe.get_or_insert(time);
        }
    }
    Some(written)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::budget::{Budget, Share};
    use super::super::file::MediaFile;
    use super::super::webm::{AUDIO_TRACK, Track};
    use super::*;

    fn scratch() -> std::path::PathBuf {
        std::env::temp_dir().join(format!("zvonok-repair-{}", uuid::Uuid::new_v4()))
    }

    /// A file of 10 s, finished or as a crash would leave it.
    async fn written(path: &Path, finished: bool) -> u64 {
        let budget = Share::new(std::sync::Arc::new(Budget::new(u64::MAX, 0)), 0);
        let tracks = [Track::Video { codec: "V_VP8", private: Vec::new(), width: 64, height: 48 }, Track::opus()];
        let mut file = MediaFile::create(path, &tracks, &budget).await.unwrap();
        for at in 0..500_u64 {
            file.add(AUDIO_TRACK, at * 20, true, &[7; 40], &budget).await.unwrap();
            file.add(VIDEO_TRACK, at * 20, at % 100 == 0, &[9; 300], &budget).await.unwrap();
        }
        if finished {
            return file.finish(&budget).await.unwrap().0;
        }
        drop(file);
        std::fs::metadata(path).unwrap().len()
    }

    #[tokio::test]
    async fn what_a_crash_left_becomes_what_would_have_been_written() {
        let (crashed, whole) = (scratch(), scratch());
        written(&crashed, false).await;
        let length = written(&whole, true).await;
        assert_eq!(repair(&whole).unwrap(), Some((length, 9_980)), "a finished one is left as it is");
        let (_, duration) = repair(&crashed).unwrap().unwrap();
        assert!((8_900..=9_000).contains(&duration), "all but the last second: {duration}");
        let repaired = std::fs::read(&crashed).unwrap();
        assert_eq!(repair(&crashed).unwrap(), Some((repaired.len() as u64, duration)), "and then it is finished too");
        assert!(repaired.windows(4).any(|bytes| bytes == id::CUES.to_be_bytes()));
        for path in [crashed, whole] {
            std::fs::remove_file(path).unwrap();
        }
    }

    #[tokio::test]
    async fn wherever_it_is_cut_off_what_is_whole_is_kept() {
        let path = scratch();
        let length = written(&path, true).await;
        let bytes = std::fs::read(&path).unwrap();
        let mut before = 0;
        for cut in (0..length).step_by(997) {
            std::fs::write(&path, &bytes[..usize::try_from(cut).unwrap()]).unwrap();
            let duration = repair(&path).unwrap().map_or(0, |(_, duration)| duration);
            assert!(duration >= before, "{cut} bytes have {duration} ms, fewer had {before}");
            before = duration;
            if duration > 0 {
                let again = std::fs::metadata(&path).unwrap().len();
                assert_eq!(repair(&path).unwrap(), Some((again, duration)));
            }
        }
        assert!(before > 8_000);
        std::fs::remove_file(path).unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn no_file_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), real in any::<bool>()) {
            let path = scratch();
            let head = if real { webm::head(&[Track::opus()]) } else { Vec::new() };
            std::fs::write(&path, [head, bytes].concat()).unwrap();
            let _ = repair(&path);
            std::fs::remove_file(&path).unwrap();
        }
    }
}
