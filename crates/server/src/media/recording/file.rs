//! One file on disk: what is appended to it, and what is written over its beginning at the end.

use std::io::{self, SeekFrom};
use std::path::Path;

use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::budget::Share;
use super::cluster::{Cluster, Written};
use super::webm::{self, Track};
use super::{defaults, ebml};

/// A file of one stream that is being written. Between two calls it holds whole clusters only.
#[derive(Debug)]
pub(super) struct MediaFile {
    file: File,
    length: u64,
    /// Bytes of the EBML head.
    ebml: u64,
    pictures: bool,
    cluster: Cluster,
    clusters: Vec<(u64, Written)>,
}

/// Why a file does not go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileFault {
    /// Recordings may take no more of the disk.
    #[error("recordings may take no more of the disk")]
    Full,
    /// The system's answer.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl MediaFile {
    /// Makes the file and writes what comes before its first frame.
    pub(super) async fn create(path: &Path, tracks: &[Track], budget: &Share) -> Result<Self, FileFault> {
        let head = webm::head(tracks);
        budget.take(head.len() as u64)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(path).await?;
        file.write_all(&head).await?;
        file.flush().await?;
        let ebml = ebml::head(&head).map_or(0, |it| it.length as u64 + it.size.unwrap_or(0));
        let pictures = tracks.iter().any(|track| matches!(track, Track::Video { .. }));
        let cluster = Cluster::default();
        Ok(Self { file, length: head.len() as u64, ebml, pictures, cluster, clusters: Vec::new() })
    }

    /// Adds a frame at `time` milliseconds.
    pub(super) async fn add(
        &mut self,
        track: u8,
        time: u64,
        keyframe: bool,
        data: &[u8],
        budget: &Share,
    ) -> Result<(), FileFault> {
        if !self.cluster.takes(time, defaults::CLUSTER_MS, defaults::CLUSTER_BYTES) {
            self.write_cluster(budget).await?;
        }
        self.cluster.push(track, time, keyframe, data);
        Ok(())
    }

    async fn write_cluster(&mut self, budget: &Share) -> Result<(), FileFault> {
        let Some((bytes, written)) = self.cluster.take() else { return Ok(()) };
        budget.take(bytes.len() as u64)?;
        self.file.write_all(&bytes).await?;
        self.file.flush().await?;
        self.clusters.push((self.length, written));
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Writes what is left, and what is only known now. Gives the file's length in bytes and in milliseconds.
    pub(super) async fn finish(mut self, budget: &Share) -> Result<(u64, u64), FileFault> {
        let last = self.write_cluster(budget).await;
        // What is in the file already is worth finishing, whatever became of the last second.
        let (cues, patches) = webm::finish(self.ebml, self.length, &self.clusters, self.pictures);
        self.file.seek(SeekFrom::Start(self.length)).await?;
        self.file.write_all(&cues).await?;
        for (offset, bytes) in patches {
            self.file.seek(SeekFrom::Start(offset)).await?;
            self.file.write_all(&bytes).await?;
        }
        self.file.sync_all().await?;
        if let Err(error) = last {
            tracing::warn!(%error, "the end of a recording was not written");
        }
        let duration = self.clusters.iter().map(|(_, written)| written.last).max().unwrap_or(0);
        Ok((self.length + cues.len() as u64, duration))
    }
}
