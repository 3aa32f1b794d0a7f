//! Past calls of this profile, in a small file.

use std::{fs, io, path::PathBuf};

use zvonok_ipc::{Outcome, RecentCall};

use crate::settings::replace;

/// Calls that the file keeps; a line has some 200 bytes.
const KEPT: usize = 500;
/// Calls that windows show.
const SHOWN: usize = 100;

/// Newest first.
#[derive(Debug)]
pub(super) struct History {
    path: PathBuf,
    calls: Vec<RecentCall>,
}

impl History {
    /// Reads the file. One that is not understood is put aside, so that nothing of it is lost.
    pub(super) fn load(path: PathBuf) -> Self {
        let calls = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                let aside = path.with_extension("unreadable.json");
                tracing::warn!(%error, aside = %aside.display(), "the history is not understood; it was put aside");
                if let Err(error) = fs::rename(&path, &aside) {
                    tracing::error!(%error, "and could not be put aside");
                }
                Vec::new()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                tracing::error!(%error, "the history cannot be read");
                Vec::new()
            }
        };
        Self { path, calls }
    }

    /// Adds a call and writes the file: some tens of kilobytes, once a call. A call is listed once.
    pub(super) fn add(&mut self, call: RecentCall) {
        if self.calls.iter().any(|known| known.call_id == call.call_id) {
            return;
        }
        let place = self.calls.iter().position(|older| older.at <= call.at).unwrap_or(self.calls.len());
        self.calls.insert(place, call);
        self.calls.truncate(KEPT);
        let written =
            serde_json::to_vec(&self.calls).map_err(io::Error::from).and_then(|text| replace(&self.path, &text));
        if let Err(error) = written {
            tracing::error!(%error, "the history cannot be written");
        }
    }

    pub(super) fn shown(&self) -> Vec<RecentCall> {
        self.calls.iter().take(SHOWN).cloned().collect()
    }

    /// Missed calls after `seen`.
    pub(super) fn missed(&self, seen: i64) -> u32 {
        let missed = |call: &&RecentCall| !call.outgoing && call.outcome == Outcome::Missed && call.at > seen;
        u32::try_from(self.calls.iter().filter(missed).count()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(id: &str, at: i64) -> RecentCall {
        RecentCall {
            call_id: id.to_owned(),
            outgoing: false,
            login: "man".to_owned(),
            name: "Man".to_owned(),
            at,
            duration_ms: 0,
            outcome: Outcome::Missed,
        }
    }

    #[test]
    fn calls_are_listed_once_and_newest_first_and_survive_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.json");
        let mut history = History::load(path.clone());
        for (id, at) in [("a", 1), ("c", 3), ("b", 2), ("c", 3)] {
            history.add(call(id, at));
        }
        let order: Vec<String> = History::load(path).shown().into_iter().map(|call| call.call_id).collect();
        assert_eq!(order, ["c", "b", "a"]);
        assert_eq!(history.missed(1), 2, "the first was looked at");
    }

    #[test]
    fn a_file_that_is_not_understood_is_kept_aside() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.json");
        fs::write(&path, "{").unwrap();
        assert!(History::load(path.clone()).shown().is_empty());
        assert_eq!(fs::read_to_string(path.with_extension("unreadable.json")).unwrap(), "{");
    }
}
