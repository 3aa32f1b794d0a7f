//! A PostgreSQL of a test's own, from Debian's package.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Folder;

pub(crate) struct Postgres {
    server: Child,
    pub(crate) url: String,
    _folder: Folder,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let (programs, folder) = (programs(), Folder::new());
        let data = folder.0.join("data");
        own(&folder.0);
        let made = as_postgres(&programs.join("initdb"), &folder.0)
            .args(["--username=zvonok", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = as_postgres(&programs.join("postgres"), &folder.0)
            .args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("port={port}"), "-c", "fsync=off"])
            .args(["-c", &format!("unix_socket_directories={}", folder.0.display())])
            .arg("-D")
            .arg(&data)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(server.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("ready to accept connections") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "postgres ended");
        }
        // It writes a log for as long as it runs, and must not find its end closed.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self { server, url: format!("postgresql://zvonok@127.0.0.1:{port}/postgres"), _folder: folder }
    }

    /// Stops it (`true`) or lets it go on, as a disk that hangs does.
    pub(crate) fn freeze(&self, stop: bool) {
        self.signal_all(if stop { "-STOP" } else { "-CONT" });
    }

    fn signal_all(&self, signal: &str) {
        let parent = self.server.id().to_string();
        let listed = Command::new("pgrep").args(["--parent", &parent]).output().unwrap();
        let children = String::from_utf8(listed.stdout).unwrap();
        let all = std::iter::once(parent.as_str()).chain(children.split_whitespace());
        // One of its children may have ended meanwhile.
        let _ = Command::new("kill").arg(signal).args(all).stderr(Stdio::null()).status().unwrap();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.freeze(false);
        // At once, without a checkpoint: its folder goes as well.
        let _ = Command::new("kill").args(["-QUIT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
    }
}

/// Debian's place for the newest version's programs.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("Debian's package postgresql");
    let newest = versions
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok()));
    newest.expect("a version of PostgreSQL").join("bin")
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

/// PostgreSQL refuses to run as root, so there it runs as its package's user.
fn as_postgres(program: &Path, folder: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(folder);
    command
}

fn own(folder: &Path) {
    if is_root() {
        assert!(Command::new("chown").arg("postgres:").arg(folder).status().unwrap().success());
    }
}
