//! The program, started and killed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;

use crate::{Folder, PATIENCE};

/// Where it keeps things.
pub(crate) enum Place<'p> {
    File,
    Server(&'p str),
}

pub(crate) struct Program {
    child: Child,
    pub(crate) hub: String,
    /// Where OpenVidu's REST is.
    pub(crate) media: String,
    log: Arc<Mutex<String>>,
    /// Reads its log until its end.
    reads: Option<JoinHandle<()>>,
    /// Ends when the program does.
    ended: Receiver<()>,
}

impl Program {
    pub(crate) fn start(folder: &Folder, place: &Place<'_>, args: &[&str]) -> Self {
        Self::start_secure(folder, place, args, "off")
    }

    /// As [`Program::start`], with that `--media-tls`.
    pub(crate) fn start_secure(folder: &Folder, place: &Place<'_>, args: &[&str], media_tls: &str) -> Self {
        let mut command = command(&folder.0, place);
        command
            .args(["--hub-listen", "127.0.0.1:0", "--media-listen", "127.0.0.1:0", "--media-tls", media_tls])
            .args(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (mut err, kept) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&log));
        let (running, ended) = mpsc::channel();
        let reads = std::thread::spawn(move || {
            let _running: mpsc::Sender<()> = running;
            let mut line = String::new();
            while err.read_line(&mut line).is_ok_and(|read| read > 0) {
                kept.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut printed = |label: &str| {
            let mut line = String::new();
            while !line.starts_with(label) {
                line.clear();
                assert!(out.read_line(&mut line).unwrap() > 0, "it ended: {}", log.lock().unwrap());
            }
            line.split_whitespace().last().unwrap().to_owned()
        };
        let (hub, media) = (printed("hub "), printed("openvidu "));
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        Self { child, hub, media, log, reads: Some(reads), ended }
    }

    /// What one says that does not start.
    pub(crate) fn refused(folder: &Folder, place: &Place<'_>, args: &[&str]) -> String {
        let mut command = command(&folder.0, place);
        command.args(["--hub-listen", "127.0.0.1:0", "--media-listen", "127.0.0.1:0", "--media-tls", "off"]).args(args);
        let ended = command.output().unwrap();
        assert!(!ended.status.success());
        String::from_utf8(ended.stderr).unwrap()
    }

    /// At once, as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As a service is stopped; what it has said.
    pub(crate) fn stop(self) -> String {
        self.ask_to_stop();
        self.stopped()
    }

    /// Asks it to stop, and does not wait for it.
    pub(crate) fn ask_to_stop(&self) {
        self.signal("TERM");
    }

    /// Waits until it has stopped, in good order; all that it has said.
    pub(crate) fn stopped(mut self) -> String {
        assert!(self.child.wait().unwrap().success(), "{}", self.log());
        self.reads.take().unwrap().join().unwrap();
        self.log()
    }

    /// Waits until it ends by itself, and has failed; all that it has said.
    pub(crate) fn failed(mut self) -> String {
        let end = self.ended.recv_timeout(PATIENCE);
        assert_eq!(end, Err(RecvTimeoutError::Disconnected), "it goes on: {}", self.log());
        let status = self.child.wait().unwrap();
        assert!(!status.success());
        self.reads.take().unwrap().join().unwrap();
        self.log()
    }

    /// The addresses of the cameras of all sessions, as the media server tells them who has its secret.
    pub(crate) async fn cameras(&self) -> Vec<String> {
        let request = crate::person::http().get(format!("{}/openvidu/api/sessions", self.media));
        let (_, all) = crate::person::answer(request.basic_auth("OPENVIDUAPP", Some("tests-secret"))).await;
        let list = |value: &Value, name: &str| value[name]["content"].as_array().cloned().unwrap_or_default();
        let sessions = all["content"].as_array().cloned().unwrap_or_default();
        let connections = sessions.iter().flat_map(|session| list(session, "connections"));
        connections.filter_map(|connection| connection["rtspUri"].as_str().map(str::to_owned)).collect()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for its end; exit code, and what it has said.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        self.reads.take().unwrap().join().unwrap();
        (code, self.log())
    }

    /// Waits until its log has these words.
    pub(crate) async fn says(&self, words: &str) {
        self.says_times(words, 1).await;
    }

    /// Waits until its log has these words so often.
    pub(crate) async fn says_times(&self, words: &str, times: usize) {
        let until = tokio::time::Instant::now() + crate::PATIENCE;
        let mut pause = tokio::time::interval(std::time::Duration::from_millis(20));
        while self.log().matches(words).count() < times {
            assert!(tokio::time::Instant::now() < until, "not {words:?} in: {}", self.log());
            pause.tick().await;
        }
    }

    /// Stops it (`true`) or lets it go on, as a machine that hangs does.
    pub(crate) fn freeze(&self, stop: bool) {
        let signal = if stop { "-STOP" } else { "-CONT" };
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            // Nobody reads it where it cannot be written.
            let _ = writeln!(std::io::stderr(), "the program said:\n{}", self.log());
        }
    }
}

fn command(folder: &Path, place: &Place<'_>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zvonok-server"));
    command
        .env("OPENVIDU_SECRET", "tests-secret")
        .env("RUST_LOG", "info,sqlx=warn")
        .current_dir(folder)
        .args(["--data-dir", "."]);
    if let Place::Server(url) = place {
        command.args(["--database-url", url]);
    }
    command
}

/// `zvonok-server user ...` with `input` on its standard input; whether it succeeded, and what it printed.
pub(crate) fn user(folder: &Folder, place: &Place<'_>, args: &[&str], input: &str) -> (bool, String) {
    let mut command = command(&folder.0, place);
    command.arg("user").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that takes no password does not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    (child.wait().unwrap().success(), text)
}
