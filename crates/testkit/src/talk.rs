//! A program that is spoken to in lines of JSON: a browser page, or a hub of the test's own.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    child::{Child, guarded},
    wait,
};

/// The program, running. It prints one JSON object a line, and reads one a line.
#[derive(Debug)]
pub struct Talk {
    child: Child,
    input: ChildStdin,
    said: Arc<Mutex<Vec<Value>>>,
}

impl Talk {
    /// Starts it; what it complains about goes to the file `log`.
    pub fn start(name: &str, command: &Command, log: &Path) -> Result<Self> {
        let mut command = guarded(command);
        let errors = std::fs::File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut child = Child::spawn_prepared(name, command, log.to_path_buf())?;
        let input = child.streams().stdin.take().context("its input is not piped")?;
        let output = child.streams().stdout.take().context("its output is not piped")?;
        let said = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&said);
        // Ends with the output, which ends with the program.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Ok(value) = serde_json::from_str(&line) {
                    shared.lock().unwrap_or_else(PoisonError::into_inner).push(value);
                }
            }
        });
        Ok(Self { child, input, said })
    }

    /// Says one thing to it.
    pub fn say(&mut self, value: &Value) -> Result<()> {
        writeln!(self.input, "{value}").context("it does not listen any more")
    }

    /// Everything it said so far.
    #[must_use]
    pub fn said(&self) -> Vec<Value> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it says something that is as `good` wants it.
    pub fn wait_for(&mut self, what: &str, limit: Duration, good: impl Fn(&Value) -> bool) -> Result<Value> {
        let said = Arc::clone(&self.said);
        let child = &mut self.child;
        wait::until_some(what, limit, || {
            let found = said.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().find(|it| good(it)).cloned();
            if found.is_none() && !child.is_running()? {
                bail!("it ended: {}", child.log());
            }
            Ok(found)
        })
        .map_err(|error| error.context(format!("it said {:?} and complained {}", self.said(), self.child.log())))
    }
}
