//! One running profile of the app.

use std::{
    io::{BufRead as _, BufReader, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{Child, Desktop, Process, processes, wait};

/// How long the app may take until it answers verbs. A debug build on two busy cores needs seconds.
const START: Duration = Duration::from_secs(60);

/// How long a single verb may take.
const VERB: Duration = Duration::from_secs(30);

/// What a verb said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verb {
    /// Whether it exited with 0.
    pub done: bool,
    /// What it printed on standard output.
    pub said: String,
    /// What it printed on standard error.
    pub complained: String,
}

/// A running app. Dropping it ends it and its web processes.
#[derive(Debug)]
pub struct App {
    child: Mutex<Child>,
    process: u32,
    program: PathBuf,
    profile: String,
    socket: PathBuf,
    environment: Vec<(String, String)>,
}

impl App {
    /// Starts `program --profile PROFILE ARGUMENTS…` on a desktop and waits until it answers verbs.
    pub fn start(desktop: &Desktop, program: impl Into<PathBuf>, profile: &str, arguments: &[&str]) -> Result<Self> {
        Self::start_with(desktop, program, profile, arguments, &[])
    }

    /// The same, with environment variables on top of the desktop's.
    pub fn start_with(
        desktop: &Desktop,
        program: impl Into<PathBuf>,
        profile: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let program = program.into();
        let mut command = desktop.command(&program);
        command.args(["--profile", profile]).args(arguments).envs(environment.iter().copied());
        let child = Child::spawn(profile, &command, &desktop.folders().log(profile))?;
        let environment = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value?.to_str()?.to_owned())))
            .collect();
        let process = child.id();
        let socket = desktop.folders().runtime().join("zvonok").join(format!("{profile}.sock"));
        let child = Mutex::new(child);
        let app = Self { child, process, program, profile: profile.to_owned(), socket, environment };
        wait::until(&format!("the app of {profile} to answer"), START, || {
            if !app.is_running()? {
                bail!("the app of {profile} ended:\n{}", app.log());
            }
            Ok(app.status().is_ok())
        })
        .with_context(|| format!("it printed:\n{}", app.log()))?;
        Ok(app)
    }

    /// The profile's name.
    #[must_use]
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it printed so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.child().log()
    }

    /// Whether it still runs.
    pub fn is_running(&self) -> Result<bool> {
        self.child().is_running()
    }

    /// Says a verb to it, such as `["call", "woman", "--watch"]`.
    pub fn verb(&self, words: &[&str]) -> Result<Verb> {
        let mut command = Command::new("timeout");
        command.arg(VERB.as_secs().to_string()).arg(&self.program).args(["--profile", &self.profile]).args(words);
        command.env_clear().envs(std::env::vars_os()).env_remove("WAYLAND_DISPLAY");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let output = command.output().context("could not start a verb")?;
        Ok(Verb {
            done: output.status.success(),
            said: String::from_utf8_lossy(&output.stdout).into_owned(),
            complained: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Keeps a secret in the profile's keyring entry: `zvonok secret set --kind KIND`, with the secret on standard
    /// input. The app need not run.
    pub fn keep_secret(desktop: &Desktop, program: &Path, profile: &str, kind: &str, secret: &str) -> Result<()> {
        let mut command = desktop.command(program);
        command
            .args(["--profile", profile, "secret", "set", "--kind", kind])
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut child = command.spawn().context("could not start the app")?;
        let mut input = child.stdin.take().context("its input is not piped")?;
        input.write_all(secret.as_bytes()).context("it did not take the secret")?;
        drop(input);
        let status = child.wait().context("lost it")?;
        if !status.success() {
            bail!("`zvonok secret set` ended with {status}");
        }
        Ok(())
    }

    /// Says a verb that has to succeed.
    pub fn must(&self, words: &[&str]) -> Result<String> {
        let verb = self.verb(words)?;
        if !verb.done {
            bail!("`zvonok --profile {} {}` failed: {}{}", self.profile, words.join(" "), verb.said, verb.complained);
        }
        Ok(verb.said)
    }

    /// What `zvonok status --json` prints, asked at the socket of the verbs. It is looked at many times a second, and
    /// starting a program each time (0.1 s of a core in a debug build) would take the call's own time away.
    pub fn status(&self) -> Result<Value> {
        let mut stream = UnixStream::connect(&self.socket).context("the app does not listen for verbs")?;
        stream.set_read_timeout(Some(VERB)).context("a socket takes a time limit")?;
        stream.write_all(b"{\"verb\":\"status\",\"json\":true}\n").context("it took no verb")?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).context("it gave no answer")?;
        let answer: Value = serde_json::from_str(&line).with_context(|| format!("no answer: {line}"))?;
        let text = answer.get("text").and_then(Value::as_str).with_context(|| format!("no status: {line}"))?;
        serde_json::from_str(text).with_context(|| format!("the status is not JSON: {text}"))
    }

    /// Waits until the status is as `good` wants it, and returns it.
    pub fn wait_for(&self, what: &str, limit: Duration, good: impl Fn(&Value) -> bool) -> Result<Value> {
        let mut last = Value::Null;
        wait::until_some(&format!("{} of {}", what, self.profile), limit, || {
            last = self.status()?;
            Ok(good(&last).then(|| last.clone()))
        })
        .with_context(|| format!("the app of {} is not as it should be", self.profile))
        .map_err(|error| match self.status() {
            Ok(status) => error.context(format!("its status is {status}")),
            Err(_) => error,
        })
    }

    /// Waits until signaling is `online`.
    pub fn wait_online(&self) -> Result<()> {
        self.wait_for("signaling to be online", START, |status| status_text(status, "/signaling") == "online").map(drop)
    }

    /// Waits until the call is in this state: `idle`, `calling`, `ringing`, `connecting` or `in_call`.
    pub fn wait_call(&self, state: &str, limit: Duration) -> Result<Value> {
        self.wait_for(&format!("the call to be {state}"), limit, |status| status_text(status, "/call/state") == state)
    }

    /// Every process below it.
    pub fn processes(&self) -> Result<Vec<Process>> {
        processes::descendants(self.process)
    }

    /// How many webviews are alive (their web processes).
    pub fn webviews(&self) -> Result<usize> {
        // The kernel keeps 15 characters of a name.
        Ok(self.processes()?.iter().filter(|process| process.name.starts_with("WebKitWebProc")).count())
    }

    /// Kills the core at once, as a crash would.
    pub fn kill(&self) -> Result<()> {
        self.child().kill()
    }

    /// Stops (`true`) or goes on with it and its web processes, as a machine that sleeps does.
    pub fn freeze(&self, stop: bool) -> Result<()> {
        self.child().freeze(stop)
    }

    /// Asks it to quit and waits until it has.
    pub fn quit(&self) -> Result<bool> {
        self.must(&["quit"])?;
        self.child().wait(VERB)
    }
}

/// The text at a JSON pointer, or nothing.
fn status_text<'a>(status: &'a Value, pointer: &str) -> &'a str {
    status.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
