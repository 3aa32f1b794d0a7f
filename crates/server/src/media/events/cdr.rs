//! Records in files: one JSON object a line, one file a day.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use time::OffsetDateTime;
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Event;
use crate::media::defaults;
use crate::private;

/// Writes records.
#[derive(Debug)]
pub(super) struct Writer {
    dir: PathBuf,
    /// Bytes of all records that are there, and when that was looked at.
    kept: u64,
    looked: Instant,
    /// Bytes that those of one day may have, and all together.
    most: (u64, u64),
    /// Records that found no room.
    lost: u64,
}

/// Why a record was not kept.
#[derive(Debug, thiserror::Error)]
enum NotKept {
    /// There are as many as there may be.
    #[error("the records have reached their limit")]
    Full,
    /// The system's answer.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Writer {
    pub(super) fn open(dir: PathBuf) -> io::Result<Self> {
        private::make_dir(&dir)?;
        let kept = size(&dir)?;
        Ok(Self { dir, kept, looked: Instant::now(), most: (defaults::CDR_DAY_BYTES, defaults::CDR_BYTES), lost: 0 })
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Event>, stop: CancellationToken) {
        loop {
            let event = tokio::select! {
                event = inbox.recv() => event,
                () = stop.cancelled() => inbox.try_recv().ok(),
            };
            let Some(Event { name, fields, .. }) = event else { return };
            match self.write(name, &fields).await {
                Ok(()) => {}
                Err(NotKept::Full) => {
                    self.lost += 1;
                    // Whoever makes so many could fill the log instead.
                    if self.lost.is_power_of_two() {
                        tracing::error!(lost = self.lost, "no more records are kept: they have reached their limit");
                    }
                }
                Err(NotKept::Io(error)) => tracing::error!(%error, event = name, "a record was not written"),
            }
        }
    }

    async fn write(&mut self, name: &str, fields: &Map<String, Value>) -> Result<(), NotKept> {
        let record = Map::from_iter([(name.to_owned(), Value::Object(fields.clone()))]);
        let mut line = serde_json::to_vec(&record).map_err(io::Error::other)?;
        line.push(b'\n');
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(self.dir.join(file_name(OffsetDateTime::now_utc()))).await?;
        let bytes = line.len() as u64;
        if self.kept + bytes > self.most.1 {
            self.look_again().await?;
        }
        if file.metadata().await?.len() + bytes > self.most.0 || self.kept + bytes > self.most.1 {
            return Err(NotKept::Full);
        }
        file.write_all(&line).await?;
        file.flush().await?;
        self.kept += bytes;
        Ok(())
    }

    /// Whoever keeps records puts old ones away: then there is room again.
    async fn look_again(&mut self) -> io::Result<()> {
        if self.looked.elapsed() >= defaults::CDR_LOOK {
            let dir = self.dir.clone();
            self.kept = tokio::task::spawn_blocking(move || size(&dir)).await.map_err(io::Error::other).flatten()?;
            self.looked = Instant::now();
        }
        Ok(())
    }
}

/// Bytes of all files of a directory.
fn size(dir: &Path) -> io::Result<u64> {
    fs::read_dir(dir)?.try_fold(0, |sum, item| Ok(sum + item?.metadata()?.len()))
}

/// The file of a day (UTC).
fn file_name(day: OffsetDateTime) -> String {
    format!("CDR-{:04}-{:02}-{:02}.log", day.year(), u8::from(day.month()), day.day())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn every_event_is_a_line_of_its_own_in_the_file_of_the_day() {
        let dir = std::env::temp_dir().join(format!("zvonok-cdr-{}", uuid::Uuid::new_v4()));
        let (sender, inbox) = mpsc::channel(8);
        for name in ["sessionCreated", "sessionDestroyed"] {
            let fields = Map::from_iter([("sessionId".to_owned(), Value::from("line\nbreak"))]);
            sender.send(event(name, fields)).await.unwrap();
        }
        drop(sender);
        Writer::open(dir.clone()).unwrap().run(inbox, CancellationToken::new()).await;
        let names: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|it| it.unwrap().path()).collect();
        let text = std::fs::read_to_string(&names[0]).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(names.len(), 1);
        assert_eq!(lines[0]["sessionCreated"]["sessionId"], "line\nbreak");
        assert_eq!(lines.len(), 2);
        std::fs::remove_dir_all(dir).unwrap();
    }

    fn event(name: &'static str, fields: Map<String, Value>) -> Event {
        let room = super::super::Room { waiting: Arc::default(), bytes: 0 };
        Event { name, fields: Arc::new(fields), _room: room }
    }

    #[tokio::test]
    async fn records_do_not_fill_the_disk() {
        let dir = std::env::temp_dir().join(format!("zvonok-cdr-{}", uuid::Uuid::new_v4()));
        private::make_dir(&dir).unwrap();
        fs::write(dir.join("CDR-2026-01-01.log"), [b' '; 700]).unwrap();
        let fields = Map::from_iter([("data".to_owned(), "x".repeat(80).into())]);
        let mut bytes = Vec::new();
        for most in [(150, 10_000), (10_000, 850)] {
            let mut writer = Writer { most, ..Writer::open(dir.clone()).unwrap() };
            writer.write("signalSent", &fields).await.unwrap();
            let refused = writer.write("signalSent", &fields).await;
            assert!(matches!(refused, Err(NotKept::Full)), "{refused:?}");
            let today = dir.join(file_name(OffsetDateTime::now_utc()));
            bytes.push(fs::metadata(&today).unwrap().len());
            fs::remove_file(today).unwrap();
        }
        assert!(matches!(*bytes, [one, two] if one == two && one < 150), "{bytes:?}");
        fs::remove_dir_all(dir).unwrap();
    }

    #[tokio::test]
    async fn who_puts_old_records_away_makes_room_for_new_ones() {
        let dir = std::env::temp_dir().join(format!("zvonok-cdr-{}", uuid::Uuid::new_v4()));
        private::make_dir(&dir).unwrap();
        let old = dir.join("CDR-2026-01-01.log");
        fs::write(&old, [b' '; 700]).unwrap();
        let mut writer = Writer { most: (10_000, 700), ..Writer::open(dir.clone()).unwrap() };
        let refused = writer.write("signalSent", &Map::new()).await;
        assert!(matches!(refused, Err(NotKept::Full)), "{refused:?}");
        fs::remove_file(old).unwrap();
        let refused = writer.write("signalSent", &Map::new()).await;
        assert!(matches!(refused, Err(NotKept::Full)), "the disk is not looked at for each of them: {refused:?}");
        tokio::time::pause();
        tokio::time::advance(defaults::CDR_LOOK).await;
        tokio::time::resume();
        writer.write("signalSent", &Map::new()).await.unwrap();
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn days_have_names_that_sort() {
        assert_eq!(file_name(OffsetDateTime::UNIX_EPOCH), "CDR-1970-01-01.log");
    }
}
