//! `cargo xtask fuzz`: builds the fuzz program and runs its targets, as many at once as there are cores.

mod engine;
pub(crate) mod wrapper;

use std::{
    num::NonZero,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

use crate::steps::Counts;
use engine::{Engine, Ran};

/// How long the short run of `cargo xtask test` gives each target. The kept inputs come first; what is left looks for
/// new ones.
const SHORT: Duration = Duration::from_secs(4);

/// The command line.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    /// For each target.
    time: Duration,
    /// Copies the smallest inputs that found new paths into the repository.
    keep: bool,
    /// All where empty.
    targets: Vec<String>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        // The 10 minutes that every target has to run without a finding.
        let mut options = Self { time: Duration::from_secs(600), keep: false, targets: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--minutes" => {
                    let minutes = arguments.next().and_then(|number| number.parse::<f64>().ok());
                    let minutes = minutes.filter(|minutes| (0.01..=10_000.0).contains(minutes));
                    options.time = Duration::from_secs_f64(60.0 * minutes.context("--minutes needs a number")?);
                }
                "--keep" => options.keep = true,
                flag if flag.starts_with('-') => bail!("`{flag}` is not an option of `fuzz`"),
                name => options.targets.push(name.to_owned()),
            }
        }
        Ok(options)
    }
}

/// `cargo xtask fuzz [TARGET …] [--minutes N] [--keep]`.
pub(crate) fn fuzz(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let engine = Engine::build()?;
    let all = engine.targets()?;
    if let Some(unknown) = options.targets.iter().find(|name| !all.contains(name)) {
        bail!("`{unknown}` is none of the targets: {}", all.join(", "));
    }
    let chosen = if options.targets.is_empty() { all } else { options.targets.clone() };
    let failed = run(&engine, &chosen, options.time)?;
    if options.keep {
        for target in &chosen {
            engine.keep(target)?;
        }
    }
    ensure!(failed == 0, "{failed} targets failed");
    Ok(())
}

/// The step of `cargo xtask test`: the kept inputs, and a few seconds more for each target.
pub(crate) fn short() -> Result<Counts> {
    let engine = Engine::build()?;
    let all = engine.targets()?;
    let failed = run(&engine, &all, SHORT)?;
    Ok(Counts { passed: all.len() - failed, failed })
}

/// Runs targets; how many failed.
fn run(engine: &Engine, targets: &[String], time: Duration) -> Result<usize> {
    let waiting = Mutex::new(targets.iter());
    let results: Mutex<Vec<Result<Ran>>> = Mutex::new(Vec::new());
    println!("{:<18} {:>10} {:>9} {:>8} {:>7}", "target", "inputs", "inputs/s", "paths", "time");
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..cores.min(targets.len()) {
            scope.spawn(|| {
                loop {
                    let next = locked(&waiting).next();
                    let Some(target) = next else { break };
                    let ran = engine.run(target, time);
                    println!("{}", ran.as_ref().map_or_else(|error| format!("{error:#}"), Ran::row));
                    locked(&results).push(ran);
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    ensure!(results.len() == targets.len(), "some targets did not run");
    Ok(results.iter().filter(|ran| ran.is_err()).count())
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_targets_are_read_and_others_refused() {
        let parse = |line: &str| Options::parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let options = parse("json-rpc --minutes 0.5 --keep").expect("is a command line");
        assert_eq!((options.time, options.keep), (Duration::from_secs(30), true));
        assert_eq!(options.targets, ["json-rpc"]);
        assert!(parse("--minutes").is_err() && parse("--minutes -1").is_err() && parse("--hours").is_err());
    }
}
