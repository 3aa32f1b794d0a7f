//! A running `zvonok-server`.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{Child, wait};

/// How long the server may take to listen.
const START: Duration = Duration::from_secs(20);

/// The secret of a test's server. Nothing is protected by it, but it is what leak searches look for, so it is long and
/// found nowhere else.
const SECRET: &str = "wb1Zq7-planted-openvidu-secret-Kd83nX";

/// A server process with ports of its own.
#[derive(Debug)]
pub struct Server {
    child: Child,
    hub: String,
    media: String,
    log: PathBuf,
    command: Command,
}

impl Server {
    /// Starts `program` in `folder`, which keeps its data, on free ports. `arguments` are added.
    pub fn start(program: &Path, folder: &Path, arguments: &[&str]) -> Result<Self> {
        let mut command = Command::new(program);
        command
            .args(["--hub-listen", "127.0.0.1:0", "--media-listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder)
            .args(arguments)
            .env("OPENVIDU_SECRET", SECRET)
            .env("RUST_LOG", "info");
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let log = folder.join("server.log");
        let mut child = Child::spawn("zvonok-server", &command, &log)?;
        let (hub, media) = addresses(&mut child)?;
        Ok(Self { child, hub, media, log, command })
    }

    /// `http://127.0.0.1:PORT` of the hub.
    #[must_use]
    pub fn hub(&self) -> &str {
        &self.hub
    }

    /// `https://127.0.0.1:PORT` of the media server, or `http` without TLS.
    #[must_use]
    pub fn media(&self) -> &str {
        &self.media
    }

    /// SHA-256 of the media server's certificate as `AA:BB:…`; nothing without TLS.
    #[must_use]
    pub fn fingerprint(&self) -> Option<String> {
        printed(&self.log(), "certificate")
    }

    /// What OpenVidu's REST takes as password.
    #[must_use]
    pub fn secret(&self) -> &'static str {
        SECRET
    }

    /// What it printed so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.child.log()
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it at once, as a crash would.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()
    }

    /// Starts it again on the same ports, with the same data.
    pub fn restart(&mut self) -> Result<()> {
        let (hub, media) = (host(&self.hub).to_owned(), host(&self.media).to_owned());
        let mut command = Command::new(self.command.get_program());
        let mut words = self.command.get_args();
        while let Some(word) = words.next() {
            command.arg(word);
            let address = match word.to_str() {
                Some("--hub-listen") => &hub,
                Some("--media-listen") => &media,
                _ => continue,
            };
            command.arg(address);
            words.next();
        }
        command.env("OPENVIDU_SECRET", SECRET).env("RUST_LOG", "info");
        self.child = Child::spawn("zvonok-server", &command, &self.log)?;
        addresses(&mut self.child).map(drop)
    }

    /// Ends it and starts it again on the same ports, with another certificate.
    pub fn restart_with_another_certificate(&mut self) -> Result<()> {
        self.kill()?;
        for file in ["media-cert.pem", "media-key.pem"] {
            let file = self.log.with_file_name(file);
            std::fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
        self.restart()
    }

    /// Stops (`true`) or goes on with it, as a server that hangs does.
    pub fn freeze(&self, stop: bool) -> Result<()> {
        self.child.freeze(stop)
    }
}

fn host(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, host)| host)
}

/// The addresses, as the server prints them when it listens: `hub          URL` and `openvidu     URL`.
fn addresses(child: &mut Child) -> Result<(String, String)> {
    wait::until_some("zvonok-server to listen", START, || {
        let log = child.log();
        if !child.is_running()? {
            anyhow::bail!("zvonok-server ended: {log}");
        }
        Ok(printed(&log, "hub").zip(printed(&log, "openvidu")))
    })
}

/// The last word of the line that begins with `label`.
fn printed(log: &str, label: &str) -> Option<String> {
    log.lines().find(|line| line.split_whitespace().next() == Some(label))?.split_whitespace().last().map(str::to_owned)
}
