//! A process that ends with the value that started it.

use std::{
    fs::File,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::{processes, wait};

/// How long a process gets to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// A running process in a process group of its own, its output in a file. Dropping it ends the process and all that
/// came from it.
#[derive(Debug)]
pub struct Child {
    name: String,
    child: std::process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts `command`, with both outputs in the file `log`.
    ///
    /// It is also ended by the kernel when the thread that started it ends, for a test that is killed runs no
    /// destructor.
    pub fn spawn(name: &str, command: &Command, log: &Path) -> Result<Self> {
        let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let errors = output.try_clone().context("cannot share the log file")?;
        let mut command = guarded(command);
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        Self::spawn_prepared(name, command, log.to_path_buf())
    }

    /// Starts a command whose streams are set up already.
    pub(crate) fn spawn_prepared(name: &str, mut command: Command, log: PathBuf) -> Result<Self> {
        command.process_group(0);
        let child = command.spawn().with_context(|| format!("could not start {name}"))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it printed so far.
    pub fn log(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The streams that were piped.
    pub(crate) fn streams(&mut self) -> &mut std::process::Child {
        &mut self.child
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait().with_context(|| format!("lost {}", self.name))?.is_none())
    }

    /// Waits for it to end by itself, and returns whether it said 0.
    pub fn wait(&mut self, limit: Duration) -> Result<bool> {
        let child = &mut self.child;
        let status =
            wait::until_some(&format!("{} to end", self.name), limit, || child.try_wait().context("lost a process"))?;
        Ok(status.success())
    }

    /// Kills it at once, as a crash would, without telling its children.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill().with_context(|| format!("could not kill {}", self.name))?;
        self.child.wait().with_context(|| format!("lost {}", self.name))?;
        Ok(())
    }

    /// Stops (`true`) or goes on with the whole process group, as a machine that sleeps does.
    pub fn freeze(&self, stop: bool) -> Result<()> {
        let signal = if stop { Signal::STOP } else { Signal::CONT };
        match pid(self.child.id()) {
            Some(group) => kill_process_group(group, signal).with_context(|| format!("cannot signal {}", self.name)),
            None => bail!("{} has no process id", self.name),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Those that left the group are found by their parent, as long as that one lives.
        let family: Vec<Pid> = processes::descendants(self.child.id())
            .map(|family| family.into_iter().filter_map(|process| pid(process.id)).collect())
            .unwrap_or_default();
        let Some(group) = pid(self.child.id()) else { return };
        let running = matches!(self.child.try_wait(), Ok(None));
        if running {
            // Nothing to be done about a process that cannot be signalled: it is gone already.
            let _ = kill_process_group(group, Signal::TERM);
            let child = &mut self.child;
            let _ = wait::until("the end", GRACE, || Ok(child.try_wait()?.is_some()));
        }
        let _ = kill_process_group(group, Signal::KILL);
        for member in family {
            let _ = kill_process(member, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// The same command, ended by the kernel together with the thread that starts it.
pub(crate) fn guarded(command: &Command) -> Command {
    let mut guarded = Command::new("setpriv");
    guarded.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => guarded.env(name, value),
            None => guarded.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        guarded.current_dir(folder);
    }
    guarded
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}
