//! The asking side: a second launch.

use std::{fs::OpenOptions, io, time::Duration};

use interprocess::local_socket::{tokio::Stream, traits::tokio::Stream as _};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    sync::oneshot,
};

use super::{Answer, MAX_LINE, Verb, name};
use crate::profile::Profile;

/// How long an answer may take: placing a call waits for the hub, whose own limit is 10 s.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("Zvonok is not running for profile `{0}`; start it with `zvonok --profile {0}`")]
    NotRunning(String),
    #[error("the running instance belongs to somebody else")]
    SomebodyElse,
    #[error("the running instance gave no answer within {} s", PATIENCE.as_secs())]
    TimedOut,
    #[error("the running instance is still ending after {} s; if it hangs, end its process", PATIENCE.as_secs())]
    StillRuns,
    #[error("the running instance answered something else than an answer")]
    Malformed(#[source] serde_json::Error),
    #[error("cannot reach the running instance")]
    Io(#[from] io::Error),
}

/// Sends one verb and waits for what became of it.
pub(crate) async fn ask(profile: &Profile, verb: &Verb) -> Result<Answer, AskError> {
    tokio::time::timeout(PATIENCE, exchange(profile, verb)).await.map_err(|_elapsed| AskError::TimedOut)?
}

/// Waits until no instance of this profile runs any more.
pub(crate) async fn ended(profile: &Profile) -> Result<(), AskError> {
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(profile.lock_file())?;
    let (free, freed) = oneshot::channel();
    // The system wakes whoever waits for a lock, but cannot stop the waiting: this thread ends with the program.
    std::thread::spawn(move || free.send(lock.lock()));
    let waited = tokio::time::timeout(PATIENCE, freed).await.map_err(|_elapsed| AskError::StillRuns)?;
    Ok(waited.map_err(|_gone| AskError::StillRuns)??)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "two kinds of failure mean that nobody listens; the rest is passed on"
)]
async fn exchange(profile: &Profile, verb: &Verb) -> Result<Answer, AskError> {
    let stream = Stream::connect(name::socket_name(profile)?).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => AskError::NotRunning(profile.name.to_string()),
        _ => AskError::Io(error),
    })?;
    if !name::same_person(&stream)? {
        return Err(AskError::SomebodyElse);
    }
    let mut line = serde_json::to_string(verb).map_err(AskError::Malformed)?;
    line.push('\n');
    (&stream).write_all(line.as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new((&stream).take(MAX_LINE)).read_line(&mut answer).await?;
    serde_json::from_str(&answer).map_err(AskError::Malformed)
}
