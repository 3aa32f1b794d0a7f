//! Records in files: one JSON object a line, one file a day.

use std::io;
use std::path::PathBuf;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Event;
use crate::private;

/// Writes records.
#[derive(Debug)]
pub(super) struct Writer {
    dir: PathBuf,
}

impl Writer {
    pub(super) fn open(dir: PathBuf) -> io::Result<Self> {
        private::make_dir(&dir)?;
        Ok(Self { dir })
    }

    pub(super) async fn run(self, mut inbox: mpsc::Receiver<Event>, stop: CancellationToken) {
        loop {
            let event = tokio::select! {
                event = inbox.recv() => event,
                () = stop.cancelled() => inbox.try_recv().ok(),
            };
            let Some((name, fields)) = event else { return };
            if let Err(error) = self.write(name, &fields).await {
                tracing::error!(%error, event = name, "a record was not written");
            }
        }
    }

    async fn write(&self, name: &str, fields: &Map<String, Value>) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Map::from_iter([(name.to_owned(), Value::Object(fields.clone()))]))?;
        line.push(b'\n');
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(self.dir.join(file_name(OffsetDateTime::now_utc()))).await?;
        file.write_all(&line).await?;
        file.flush().await
    }
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
            sender.send((name, Arc::new(fields))).await.unwrap();
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

    #[test]
    fn days_have_names_that_sort() {
        assert_eq!(file_name(OffsetDateTime::UNIX_EPOCH), "CDR-1970-01-01.log");
    }
}
