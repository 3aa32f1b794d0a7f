//! What outlives the server, on SQLite and on a real PostgreSQL, and the program as it is run: killed, stopped, started
//! again, watched and limited.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod accounts;
mod cable;
mod certificates;
mod claim;
mod groups;
mod joined;
mod joined_again;
mod joined_faults;
mod limits;
mod metrics;
mod pages;
mod person;
mod postgres;
mod program;
mod recordings;
mod redis;
mod restart;
mod stop;
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

/// An address of this machine on which nobody listens.
fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
