//! What outlives the server, on SQLite and on a real PostgreSQL, and the program that is killed and started again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod accounts;
mod claim;
mod groups;
mod pages;
mod person;
mod postgres;
mod program;
mod recordings;
mod restart;
mod tables;

use std::path::PathBuf;
use std::time::Duration;

/// How long anything may take. Far longer than it does: this is no measurement.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder of a test's own.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("zvonok-kept-{:x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
