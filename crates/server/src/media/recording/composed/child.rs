//! A GStreamer process: what goes in, what comes out, and how it ends.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child as Process, ChildStdin, ChildStdout, Command};

use super::{ComposeFault, limits};

/// What a child gets of our environment: where programs and plugins are. Not the secret, which may be there too.
const KEPT: [&str; 10] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "LD_LIBRARY_PATH",
    "GST_PLUGIN_PATH",
    "GST_PLUGIN_SYSTEM_PATH",
    "GST_PLUGIN_SCANNER",
    "GST_REGISTRY",
    "SystemRoot",
];

/// Takes our environment from a command.
pub(super) fn cleaned(command: &mut Command) {
    command.env_clear();
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// A pipeline that runs. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Child {
    process: Process,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    what: &'static str,
    complaints: PathBuf,
}

impl Child {
    /// One that makes something of what it is given. `dir` is where its files are: no path is part of a pipeline, whose
    /// syntax has its own idea of blanks and quotes.
    pub(super) fn encoder(dir: &Path, what: &'static str, pipeline: &[String]) -> Result<Self, ComposeFault> {
        Self::start(dir, what, pipeline, Stdio::piped(), Stdio::null())
    }

    /// One that gives what it makes.
    pub(super) fn decoder(dir: &Path, what: &'static str, pipeline: &[String]) -> Result<Self, ComposeFault> {
        Self::start(dir, what, pipeline, Stdio::null(), Stdio::piped())
    }

    fn start(
        dir: &Path,
        what: &'static str,
        pipeline: &[String],
        input: Stdio,
        output: Stdio,
    ) -> Result<Self, ComposeFault> {
        let complaints = dir.join(format!("{}.complaints", uuid::Uuid::new_v4()));
        // Calls go first: what is composed here has time.
        let mut command = if cfg!(unix) {
            let mut command = Command::new("nice");
            command.args(["-n", "19", "gst-launch-1.0"]);
            command
        } else {
            Command::new("gst-launch-1.0")
        };
        cleaned(&mut command);
        let started = command
            // By itself it catches a crash and waits for a debugger, for ever.
            .args(["--quiet", "--no-fault"])
            .args(pipeline)
            .current_dir(dir)
            .stdin(input)
            .stdout(output)
            .stderr(fs::File::create(&complaints)?)
            .kill_on_drop(true)
            .spawn();
        let mut process = started.inspect_err(|_| forget(&complaints))?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        Ok(Self { process, input, output, what, complaints })
    }

    /// Its process, for who ends it in tests.
    #[cfg(test)]
    pub(super) fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Gives it something.
    pub(super) async fn give(&mut self, bytes: &[u8]) -> Result<(), ComposeFault> {
        let Some(input) = &mut self.input else { return Err(ComposeFault::Stalled(self.what)) };
        match tokio::time::timeout(limits::STALL, input.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => Err(self.ended().await),
            Ok(Err(error)) => Err(error.into()),
            Err(_elapsed) => Err(ComposeFault::Stalled(self.what)),
        }
    }

    /// Fills `into` with what it makes. False at its end, where there was not as much.
    pub(super) async fn take(&mut self, into: &mut [u8]) -> Result<bool, ComposeFault> {
        let Some(output) = &mut self.output else { return Ok(false) };
        match tokio::time::timeout(limits::STALL, output.read_exact(into)).await {
            Ok(Ok(_)) => Ok(true),
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.output = None;
                self.close().await?;
                Ok(false)
            }
            Ok(Err(error)) => Err(error.into()),
            Err(_elapsed) => Err(ComposeFault::Stalled(self.what)),
        }
    }

    /// Tells it that this was all, and waits until it is done.
    pub(super) async fn close(&mut self) -> Result<(), ComposeFault> {
        self.input = None;
        match tokio::time::timeout(limits::STALL, self.process.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(_)) => Err(self.ended().await),
            Ok(Err(error)) => Err(error.into()),
            Err(_elapsed) => Err(ComposeFault::Stalled(self.what)),
        }
    }

    async fn ended(&mut self) -> ComposeFault {
        let status = match tokio::time::timeout(limits::STALL, self.process.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_elapsed) => "no answer".to_owned(),
        };
        let said = fs::read(&self.complaints).unwrap_or_default();
        let said = String::from_utf8_lossy(said.get(..said.len().min(limits::COMPLAINT)).unwrap_or_default());
        let said = said.split_whitespace().collect::<Vec<&str>>().join(" ");
        ComposeFault::Died { what: self.what, status, said }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        forget(&self.complaints);
    }
}

fn forget(complaints: &Path) {
    if let Err(error) = fs::remove_file(complaints) {
        tracing::debug!(%error, "what a child complained of was not removed");
    }
}
