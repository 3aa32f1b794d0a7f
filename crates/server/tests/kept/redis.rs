//! A Redis of a test's own, from Debian's package.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use crate::Folder;

pub(crate) struct Redis {
    server: Child,
    pub(crate) port: u16,
    pub(crate) url: String,
    folder: Folder,
}

impl Redis {
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = Folder::new();
        Self { server: run(port, &folder), port, url: format!("redis://127.0.0.1:{port}"), folder }
    }

    /// It is gone with all it had.
    pub(crate) fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// It is there again, empty.
    pub(crate) fn revive(&mut self) {
        self.server = run(self.port, &self.folder);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn run(port: u16, folder: &Folder) -> Child {
    let mut server = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .current_dir(&folder.0)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Debian's package redis-server");
    let mut said = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("Ready to accept connections") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "redis-server ended");
    }
    // It writes a log for as long as it runs, and must not find its end closed.
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    server
}
