//! What is really in a file of one stream, whatever was announced: a stream may end before its first picture.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::super::ebml::{self, id};
use super::super::repair::{elements, read_some};
use super::super::webm::{AUDIO_TRACK, VIDEO_TRACK};
use super::grid::Aspect;

/// The longest element that is read whole: a cluster is a second of one stream.
const LONGEST: u64 = 64 * 1024 * 1024;

/// What there is to be heard and seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) sound: bool,
    /// The size of the pictures, where there are any that can be decoded.
    pub(super) pictures: Option<Aspect>,
}

/// Reads a finished file until everything that its tracks announce has been found; of sound only what is `wanted`.
pub(super) fn look(path: &Path, wanted: bool) -> io::Result<Contents> {
    let mut reader = BufReader::new(File::open(path)?);
    let (mut found, mut size, mut at) = (Contents::default(), None, 0);
    loop {
        let mut bytes = [0; 12];
        let got = read_some(&mut reader, &mut bytes)?;
        let Some(head) = ebml::head(bytes.get(..got).unwrap_or_default()) else { return Ok(found) };
        let content = at + head.length as u64;
        at = content;
        if head.id != id::SEGMENT {
            let Some(length) = head.size else { return Ok(found) };
            if matches!(head.id, id::TRACKS | id::CLUSTER) && length <= LONGEST {
                reader.seek(SeekFrom::Start(content))?;
                let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
                reader.read_exact(&mut bytes)?;
                if head.id == id::TRACKS {
                    size = picture_size(&bytes);
                } else {
                    found = with_blocks(found, &bytes, size);
                }
            }
            at = content.saturating_add(length);
        }
        // The tracks come before the first cluster.
        if head.id == id::CLUSTER && (found.sound || !wanted) && (found.pictures.is_some() || size.is_none()) {
            return Ok(found);
        }
        reader.seek(SeekFrom::Start(at))?;
    }
}

fn picture_size(tracks: &[u8]) -> Option<Aspect> {
    let entries = elements(tracks).flat_map(|(_, entry)| elements(entry));
    let (_, video) = entries.into_iter().find(|(element, _)| *element == id::VIDEO)?;
    let side = |wanted: u32| {
        let (_, value) = elements(video).find(|(element, _)| *element == wanted)?;
        u32::try_from(ebml::uint(value)?).ok().filter(|side| *side > 0)
    };
    Some((side(id::PIXEL_WIDTH)?, side(id::PIXEL_HEIGHT)?))
}

fn with_blocks(mut found: Contents, cluster: &[u8], size: Option<Aspect>) -> Contents {
    for (_, block) in elements(cluster).filter(|(element, _)| *element == id::SIMPLE_BLOCK) {
        let [track, _, _, flags, ..] = *block else { continue };
        found.sound |= track == 0x80 | AUDIO_TRACK;
        if track == 0x80 | VIDEO_TRACK && flags & 0x80 != 0 {
            found.pictures = size;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::budget::{Budget, Share};
    use super::super::super::file::MediaFile;
    use super::super::super::webm::Track;
    use super::*;

    #[tokio::test]
    async fn what_was_announced_and_never_came_is_not_there() {
        let budget = Share::new(std::sync::Arc::new(Budget::new(u64::MAX, 0)), 0);
        for (sound, pictures) in [(true, true), (true, false), (false, true), (false, false)] {
            let path = std::env::temp_dir().join(format!("zvonok-contents-{}", uuid::Uuid::new_v4()));
            let tracks = [Track::Video { codec: "V_VP8", private: Vec::new(), width: 64, height: 48 }, Track::opus()];
            let mut file = MediaFile::create(&path, &tracks, &budget).await.unwrap();
            for at in 0..200 {
                if sound && at > 60 {
                    file.add(AUDIO_TRACK, at * 20, true, &[7; 40], &budget).await.unwrap();
                }
                if pictures {
                    file.add(VIDEO_TRACK, at * 20, at == 100, &[9; 300], &budget).await.unwrap();
                }
            }
            file.finish(&budget).await.unwrap();
            let wanted = Contents { sound, pictures: pictures.then_some((64, 48)) };
            assert_eq!(look(&path, true).unwrap(), wanted);
            assert_eq!(look(&path, false).unwrap().pictures, wanted.pictures);
            std::fs::remove_file(path).unwrap();
        }
    }

    proptest::proptest! {
        #[test]
        fn no_file_makes_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let path = std::env::temp_dir().join(format!("zvonok-contents-{}", uuid::Uuid::new_v4()));
            std::fs::write(&path, bytes).unwrap();
            let _ = look(&path, true);
            std::fs::remove_file(&path).unwrap();
        }
    }
}
