//! The fuzz program: how it is built, what a run of it says, and which inputs are kept.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::wrapper;
use crate::{paths, steps::command};

/// One input may take so long, in seconds: each reads a few kilobytes.
const INPUT_WITHIN: u32 = 20;

/// Memory that one target may take, in megabytes: a reader that believes a length it was told takes more.
const MEMORY: u32 = 1_024;

/// Paths that every target has, were it only the first checks of its reader: with less, the counters do not work.
const LEAST_PATHS: u64 = 10;

/// Inputs of one target that are kept at the most, and the bytes of the longest.
const KEPT: usize = 40;
/// See [`KEPT`].
const KEPT_BYTES: u64 = 2_048;

/// The built program.
pub(super) struct Engine {
    program: PathBuf,
}

/// What a run without a finding did.
pub(super) struct Ran {
    target: String,
    inputs: u64,
    paths: u64,
    took: Duration,
}

impl Ran {
    pub(super) fn row(&self) -> String {
        let rate = u128::from(self.inputs) * 1_000 / self.took.as_millis().max(1);
        let (target, inputs, paths) = (&self.target, self.inputs, self.paths);
        format!("{target:<18} {inputs:>10} {rate:>9} {paths:>8} {:>5} s", self.took.as_secs())
    }
}

impl Engine {
    /// Compiles our own crates once more, with counters.
    pub(super) fn build() -> Result<Self> {
        // The same packages as everywhere, so that what they depend on is compiled once.
        let mut cargo = command(&["cargo", "build", "--locked", "--workspace", "--test", "fuzz"]);
        cargo.args(["--features", "zvonok-fuzz/engine", "--message-format", "json-render-diagnostics"]);
        cargo.env("RUSTC_WORKSPACE_WRAPPER", wrapper_program()?);
        cargo.env(wrapper::ASKED, "1").stdout(Stdio::piped());
        println!("$ cargo build --workspace --test fuzz --features zvonok-fuzz/engine");
        let built = cargo.stderr(Stdio::inherit()).output().context("could not start cargo")?;
        ensure!(built.status.success(), "the fuzz program cannot be built");
        let said = String::from_utf8_lossy(&built.stdout);
        let program = said.lines().rev().find_map(|line| {
            let message: Value = serde_json::from_str(line).ok()?;
            let name = message.pointer("/target/name")?.as_str()?;
            let path = message.get("executable")?.as_str()?;
            (name == "fuzz").then(|| PathBuf::from(path))
        });
        Ok(Self { program: program.context("cargo built no fuzz program")? })
    }

    /// The names of all targets. Each has inputs to begin with.
    pub(super) fn targets(&self) -> Result<Vec<String>> {
        let said = Command::new(&self.program).env("ZVONOK_FUZZ", "list").output().context("it does not start")?;
        let names: Vec<String> = String::from_utf8_lossy(&said.stdout).lines().map(str::to_owned).collect();
        ensure!(said.status.success() && !names.is_empty(), "the fuzz program has no targets");
        let mut folders = entries(&corpus(""))?;
        folders.retain(|folder| !names.iter().any(|name| folder.ends_with(name)));
        ensure!(folders.is_empty(), "{folders:?} are inputs of no target");
        for name in &names {
            ensure!(!entries(&corpus(name))?.is_empty(), "{name} has no inputs to begin with");
        }
        Ok(names)
    }

    /// Runs one target; an error is a finding, with the end of what the engine said.
    pub(super) fn run(&self, target: &str, time: Duration) -> Result<Ran> {
        let folder = work(target);
        let found = folder.join("inputs");
        fs::create_dir_all(&found).with_context(|| format!("cannot make {}", found.display()))?;
        let log = folder.join("log");
        let began = Instant::now();
        let status = self
            .command(target, &log)?
            .arg(format!("-max_total_time={}", time.as_secs().max(1)))
            .arg(format!("-timeout={INPUT_WITHIN}"))
            .arg(format!("-rss_limit_mb={MEMORY}"))
            .arg(format!("-artifact_prefix={}/", folder.display()))
            .arg("-print_final_stats=1")
            .args([&found, &corpus(target)])
            .status()
            .context("the fuzz program does not start")?;
        let said = fs::read(&log).with_context(|| format!("cannot read {}", log.display()))?;
        let said = String::from_utf8_lossy(&said);
        if !status.success() {
            let lines: Vec<&str> = said.lines().collect();
            let end = lines.get(lines.len().saturating_sub(40)..).unwrap_or_default().join("\n  ");
            bail!("{target}: a finding, or it did not run; the input is in {}\n  {end}", folder.display());
        }
        let inputs = number_after(&said, "stat::number_of_executed_units:").context("the engine counted nothing")?;
        let paths = number_after(&said, " cov: ").unwrap_or(0);
        ensure!(paths >= LEAST_PATHS, "{target}: the engine saw {paths} paths: its counters do not work");
        Ok(Ran { target: target.to_owned(), inputs, paths, took: began.elapsed() })
    }

    /// Of the inputs that cover what is known, copies the smallest into the repository.
    pub(super) fn keep(&self, target: &str) -> Result<()> {
        let folder = work(target);
        let merged = folder.join("merged");
        if merged.exists() {
            fs::remove_dir_all(&merged).context("cannot remove what was merged before")?;
        }
        fs::create_dir_all(&merged).context("cannot make a folder")?;
        let mut engine = self.command(target, &folder.join("merge-log"))?;
        engine.arg("-merge=1").args([&merged, &corpus(target), &folder.join("inputs")]);
        ensure!(engine.status().context("the fuzz program does not start")?.success(), "{target}: cannot merge");
        let mut inputs: Vec<(u64, PathBuf)> = entries(&merged)?
            .into_iter()
            .map(|path| Ok((fs::metadata(&path).context("an input is gone")?.len(), path)))
            .collect::<Result<_>>()?;
        inputs.retain(|(bytes, _)| (1..=KEPT_BYTES).contains(bytes));
        inputs.sort();
        let room = KEPT.saturating_sub(entries(&corpus(target))?.len());
        for (_, path) in inputs.iter().take(room) {
            let name = path.file_name().context("an input has no name")?;
            fs::copy(path, corpus(target).join(name)).context("cannot keep an input")?;
        }
        Ok(())
    }

    fn command(&self, target: &str, log: &Path) -> Result<Command> {
        let log = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut engine = Command::new(&self.program);
        engine.env("ZVONOK_FUZZ", target).stdin(Stdio::null());
        engine.stdout(log.try_clone().context("cannot share the log")?).stderr(log);
        Ok(engine)
    }
}

/// This program under a name of its own: cargo may have replaced the one that runs.
fn wrapper_program() -> Result<PathBuf> {
    let own = if cfg!(target_os = "linux") {
        PathBuf::from("/proc/self/exe")
    } else {
        std::env::current_exe().context("this program has no path")?
    };
    let folder = work("");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let program = folder.join("rustc-wrapper");
    if program.exists() {
        fs::remove_file(&program).with_context(|| format!("cannot replace {}", program.display()))?;
    }
    fs::copy(own, &program).with_context(|| format!("cannot write {}", program.display()))?;
    Ok(program)
}

/// The kept inputs of a target.
fn corpus(target: &str) -> PathBuf {
    paths::root().join("crates/fuzz/corpus").join(target)
}

/// What runs leave of a target.
fn work(target: &str) -> PathBuf {
    paths::target().join("fuzz").join(target)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    entries.map(|entry| Ok(entry.context("a folder cannot be read")?.path())).collect()
}

/// The number behind the last `words`.
fn number_after(text: &str, words: &str) -> Option<u64> {
    let rest = text.get(text.rfind(words)? + words.len()..)?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_s_last_figures_are_read() {
        let said =
            "#2 INITED cov: 11 ft: 12 corp: 1/1b\n#9\tDONE   cov: 345 ft: 6\nstat::number_of_executed_units: 81\n";
        assert_eq!(number_after(said, " cov: "), Some(345));
        assert_eq!(number_after(said, "stat::number_of_executed_units:"), Some(81));
        assert_eq!(number_after("nothing", " cov: "), None);
    }
}
