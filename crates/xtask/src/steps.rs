//! Runs named steps one after the other, times them, counts what passed and failed, and sums up at the end.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::paths;

/// What a step found.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    /// Tests that passed, or 1 for a step that is one check.
    pub(crate) passed: usize,
    /// Tests that failed, or 1.
    pub(crate) failed: usize,
}

/// One line of the summary.
struct Done {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

enum Outcome {
    Ran(Counts),
    Skipped(String),
}

/// The steps so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Done>,
}

impl Steps {
    /// Runs one step. A step that fails does not keep the next ones from running: one run shows everything.
    pub(crate) fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<Counts>) -> bool {
        println!("\n=== {name}");
        let began = Instant::now();
        let counts = work().unwrap_or_else(|error| {
            println!("{name}: {error:#}");
            Counts { passed: 0, failed: 1 }
        });
        let took = began.elapsed();
        println!("=== {name}: {} in {}", if counts.failed == 0 { "good" } else { "FAILED" }, seconds(took));
        self.done.push(Done { name, outcome: Outcome::Ran(counts), took });
        counts.failed == 0
    }

    /// A step that is one check: good, or wrong with a reason.
    pub(crate) fn check(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) -> bool {
        self.step(name, || work().map(|()| Counts { passed: 1, failed: 0 }))
    }

    /// Says that a step was left out, and why. It counts neither as passed nor as failed.
    pub(crate) fn skip(&mut self, name: &'static str, why: impl Into<String>) {
        let why = why.into();
        println!("\n=== {name}: left out, {why}");
        self.done.push(Done { name, outcome: Outcome::Skipped(why), took: Duration::ZERO });
    }

    /// Prints the summary; the last line is `N passed, N failed`.
    pub(crate) fn finish(self) -> Result<()> {
        println!("\n{:<28} {:>8} {:>8} {:>9}", "step", "passed", "failed", "time");
        let mut total = Counts::default();
        let mut time = Duration::ZERO;
        for done in &self.done {
            match &done.outcome {
                Outcome::Ran(counts) => {
                    total.passed += counts.passed;
                    total.failed += counts.failed;
                    time += done.took;
                    println!("{:<28} {:>8} {:>8} {:>9}", done.name, counts.passed, counts.failed, seconds(done.took));
                }
                Outcome::Skipped(why) => println!("{:<28} left out: {why}", done.name),
            }
        }
        println!("{:<28} {:>8} {:>8} {:>9}", "all", total.passed, total.failed, seconds(time));
        println!("{} passed, {} failed", total.passed, total.failed);
        if total.failed > 0 {
            std::process::exit(1);
        }
        Ok(())
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// A command in the repository's root, its words given as one list.
pub(crate) fn command(words: &[&str]) -> Command {
    let mut words = words.iter();
    let mut command = Command::new(words.next().copied().unwrap_or("true"));
    command.args(words).current_dir(paths::root());
    command
}

/// How a command line reads to a person who wants to run it by hand.
fn line_of(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

/// Runs a command whose output the person sees; an exit status other than 0 is an error.
pub(crate) fn sh(mut command: Command) -> Result<()> {
    let line = line_of(&command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("could not start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// Runs a command and returns what it printed.
pub(crate) fn output_of(mut command: Command) -> Result<String> {
    let line = line_of(&command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("could not start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` ended with {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` printed something that is not text"))
}

/// Runs a test runner, shows its output and counts its tests out of it.
pub(crate) fn count_tests(mut command: Command) -> Result<Counts> {
    let line = line_of(&command);
    println!("$ {line}");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("could not start `{line}`"))?;
    let counts = Arc::new(Mutex::new(Counts::default()));
    let readers: Vec<_> = [
        child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    ]
    .into_iter()
    .flatten()
    .map(|pipe| {
        let counts = Arc::clone(&counts);
        std::thread::spawn(move || follow(pipe, &counts))
    })
    .collect();
    let status = child.wait().with_context(|| format!("lost `{line}`"))?;
    for reader in readers {
        if reader.join().is_err() {
            bail!("reading the output of `{line}` failed");
        }
    }
    let mut counts = counts.lock().map_or_else(|poisoned| *poisoned.into_inner(), |counts| *counts);
    if !status.success() && counts.failed == 0 {
        println!("`{line}` ended with {status}");
        counts.failed = 1;
    }
    Ok(counts)
}

fn follow(pipe: impl Read, counts: &Mutex<Counts>) {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line), Ok(length) if length > 0) {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        if std::io::stdout().flush().is_err() {
            return;
        }
        if let Some(found) = counts_in(&plain(&text)) {
            let mut counts = counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            counts.passed += found.passed;
            counts.failed += found.failed;
        }
        line.clear();
    }
}

/// The line without its colours (`ESC [ … letter`).
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            text.push(character);
            continue;
        }
        let _ = characters.by_ref().find(char::is_ascii_alphabetic);
    }
    text
}

/// Counts in the summary lines of cargo test, nextest, vitest and node's own runner.
fn counts_in(line: &str) -> Option<Counts> {
    let line = line.trim();
    let before = |word: &str| -> usize {
        line.split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|piece| !piece.is_empty())
            .collect::<Vec<_>>()
            .windows(2)
            .find_map(|pair| match pair {
                [number, next] if *next == word => number.parse().ok(),
                _ => None,
            })
            .unwrap_or(0)
    };
    if line.starts_with("test result:") || line.starts_with("Summary [") || line.starts_with("Tests  ") {
        return Some(Counts { passed: before("passed"), failed: before("failed") + before("timed") });
    }
    for prefix in ["# ", "\u{2139} "] {
        if let Some(rest) = line.strip_prefix(prefix) {
            if let Some(number) = rest.strip_prefix("pass ") {
                return Some(Counts { passed: number.parse().ok()?, failed: 0 });
            }
            if let Some(number) = rest.strip_prefix("fail ") {
                return Some(Counts { passed: 0, failed: number.parse().ok()? });
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> (usize, usize) {
        counts_in(&plain(line)).map_or((0, 0), |counts| (counts.passed, counts.failed))
    }

    #[test]
    fn every_runner_s_summary_line_is_understood() {
        assert_eq!(read("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out"), (12, 0));
        assert_eq!(read("     Summary [   5.2s] 41 tests run: 39 passed (1 slow), 2 failed, 3 skipped"), (39, 2));
        assert_eq!(read("     Summary [   5.2s] 2 tests run: 1 passed, 1 timed out, 3 skipped"), (1, 1));
        assert_eq!(read("\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m7 passed\u{1b}[22m (7)"), (7, 0));
        assert_eq!(read("      Tests  1 failed | 6 passed (7)"), (6, 1));
        assert_eq!(read("# pass 9"), (9, 0));
        assert_eq!(read("\u{2139} fail 3"), (0, 3));
        assert_eq!(read("running 3 tests"), (0, 0));
    }
}
