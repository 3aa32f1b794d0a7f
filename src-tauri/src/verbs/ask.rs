//! The asking side: a second launch.

use std::{io, time::Duration};

use interprocess::local_socket::{tokio::Stream, traits::tokio::Stream as _};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

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
    #[error("the running instance answered something else than an answer")]
    Malformed(#[source] serde_json::Error),
    #[error("cannot reach the running instance")]
    Io(#[from] io::Error),
}

/// Sends one verb and waits for what became of it.
pub(crate) async fn ask(profile: &Profile, verb: &Verb) -> Result<Answer, AskError> {
    tokio::time::timeout(PATIENCE, exchange(profile, verb)).await.map_err(|_elapsed| AskError::TimedOut)?
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
