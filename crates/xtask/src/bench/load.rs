//! The load generator (`crates/server/examples/load`), and the programs it is put on.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use zvonok_testkit::until;

use super::options::Options;
use crate::{
    paths,
    steps::{command, output_of, sh},
};

/// The variable that names a folder with `zvonok-server`, instead of building it.
const PROGRAMS: &str = "ZVONOK_BENCH_PROGRAMS";

/// File handles that a server of 10,000 sockets needs, and its load as many.
const HANDLES: u64 = 10_500;

/// What is measured, and what puts load on it.
pub(super) struct Programs {
    pub(super) server: PathBuf,
    load: PathBuf,
    /// For the table.
    pub(super) build: &'static str,
}

impl Programs {
    /// Builds both. The generator is not what is measured: it shares the machine all the same, so it is built like the
    /// server.
    pub(super) fn build(options: &Options) -> Result<Self> {
        let release = !options.debug;
        let folder = if release { "release" } else { "debug" };
        let given = std::env::var_os(PROGRAMS).map(PathBuf::from);
        let mut cargo = command(&["cargo", "build", "--locked", "--package", "zvonok-server", "--example", "load"]);
        if given.is_none() {
            cargo.args(["--bin", "zvonok-server"]);
        }
        if release && given.is_none() {
            cargo.arg("--release");
        }
        sh(cargo)?;
        let built = paths::target().join(if given.is_some() { "debug" } else { folder });
        let build = if given.is_some() { "given" } else { folder };
        let server = given.unwrap_or_else(|| built.clone()).join("zvonok-server");
        ensure!(server.is_file(), "{} is not there", server.display());
        Ok(Self { server, load: built.join("examples/load"), build })
    }
}

/// Lets this program, and what it starts, have as many files as the sockets need.
pub(super) fn raise_limits() -> Result<()> {
    let id = std::process::id().to_string();
    let limits =
        output_of(command(&["prlimit", "--pid", &id, "--nofile", "--noheadings", "--raw", "--output", "HARD"]))?;
    let most: u64 = limits.trim().parse().unwrap_or(u64::MAX);
    ensure!(most >= HANDLES, "a process may have {most} files here; {HANDLES} are needed (`ulimit -Hn`)");
    sh(command(&["prlimit", "--pid", &id, &format!("--nofile={}:", most.min(20_000))]))
}

/// How many file handles a process has.
pub(super) fn handles(id: u32) -> Result<f64> {
    let folder = format!("/proc/{id}/fd");
    let count = std::fs::read_dir(&folder).with_context(|| format!("cannot read {folder}"))?.count();
    Ok(count as f64)
}

/// A running generator. It ends with this.
pub(super) struct Load {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Load {
    /// Starts it on `hub` (`HOST:PORT`); with people, when they are all there.
    pub(super) fn start(programs: &Programs, hub: &str, people: usize, extended: bool) -> Result<Self> {
        let mut load = Command::new(&programs.load);
        load.args([hub, &people.to_string()]).args(extended.then_some("--extended"));
        let mut child = load.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("no load generator")?;
        let commands = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().context("the load generator has no output")?);
        let mut load = Self { child, commands, answers };
        if people > 0 {
            let up = load.answer()?;
            ensure!(up.get("up").and_then(Value::as_u64) == u64::try_from(people).ok(), "not everybody came: {up}");
        }
        Ok(load)
    }

    /// Gives it a command.
    pub(super) fn tell(&mut self, line: &str) -> Result<()> {
        let commands = self.commands.as_mut().context("the load generator has no input")?;
        writeln!(commands, "{line}").context("the load generator has ended")
    }

    /// Its next answer, however long it takes: it has deadlines of its own.
    pub(super) fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.answers.read_line(&mut line).context("the load generator said something odd")? == 0 {
            bail!("the load generator gave up; it says why above");
        }
        serde_json::from_str(&line).with_context(|| format!("the load generator said {line:?}"))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.commands = None;
        // Gone already, if it cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A number of an answer.
pub(super) fn number(answer: &Value, name: &str) -> Result<f64> {
    answer.get(name).and_then(Value::as_f64).with_context(|| format!("`{name}` is missing in {answer}"))
}

/// An empty folder for one program's data.
pub(super) fn folder(name: &str) -> Result<PathBuf> {
    let folder = paths::target().join("bench").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// `HOST:PORT` of an address.
pub(super) fn host(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, host)| host).trim_end_matches('/')
}

/// What a reader has to know about the machine.
pub(super) fn machine(build: &str) -> Result<String> {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").context("cannot read /proc/cpuinfo")?;
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1)).unwrap_or("unknown");
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let load = std::fs::read_to_string("/proc/loadavg").context("cannot read /proc/loadavg")?;
    let load = load.split_whitespace().next().unwrap_or("unknown").to_owned();
    Ok(format!("{build} build; {cores} cores ({model}), load {load} at the end"))
}

/// Where a program's own files are looked for.
pub(super) fn beside(name: &str) -> PathBuf {
    paths::root().join("tests/browser").join(Path::new(name))
}

/// Lets time pass.
pub(super) fn rest(time: Duration) -> Result<()> {
    let began = Instant::now();
    until("time to pass", time + Duration::from_secs(30), || Ok(began.elapsed() >= time))
}
