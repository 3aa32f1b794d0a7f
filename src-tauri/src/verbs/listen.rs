//! The answering side: the running instance, of which each profile has one.

use std::{
    fs::{File, OpenOptions, TryLockError},
    future::Future,
    io,
    time::Duration,
};

use interprocess::local_socket::{
    ListenerOptions,
    tokio::{Listener, Stream},
    traits::tokio::Listener as _,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use zvonok_ipc::{ErrorCode, IpcError};

use super::{Answer, MAX_LINE, Verb, name};
use crate::profile::Profile;

/// How long somebody may take to send their line.
const LINE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why this process is not the running instance.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error("this profile runs already")]
    AlreadyRunning,
    #[error("cannot listen for verbs")]
    Io(#[from] io::Error),
}

/// The right to be this profile's running instance, and its socket. The lock is the operating system's, so a crash frees
/// it; whoever holds it may replace a socket left over.
#[derive(Debug)]
pub(crate) struct Listening {
    listener: Listener,
    _lock: File,
}

impl Listening {
    /// Takes the lock and opens the socket. Needs a Tokio runtime.
    pub(crate) fn start(profile: &Profile) -> Result<Self, ListenError> {
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(profile.lock_file())?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ListenError::AlreadyRunning),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let options = ListenerOptions::new().name(name::socket_name(profile)?).try_overwrite(true);
        Ok(Self { listener: name::owner_only(options)?.create_tokio()?, _lock: lock })
    }

    /// Answers verbs with `handle` until cancelled.
    pub(crate) async fn serve<H, F>(self, handle: H, tasks: TaskTracker, cancel: CancellationToken)
    where
        H: Fn(Verb) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Answer> + Send,
    {
        loop {
            let stream = tokio::select! {
                () = cancel.cancelled() => return,
                accepted = self.listener.accept() => match accepted {
                    Ok(stream) => stream,
                    Err(error) => {
                        tracing::warn!(%error, "a verb's connection could not be accepted");
                        // The usual cause is a full table of descriptors; it needs a moment to empty.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
            };
            let handle = handle.clone();
            let cancel = cancel.clone();
            tasks.spawn(async move {
                let done = tokio::select! {
                    () = cancel.cancelled() => return,
                    done = answer(&stream, handle) => done,
                };
                if let Err(error) = done {
                    tracing::debug!(%error, "a verb went unanswered");
                }
            });
        }
    }
}

async fn answer<H, F>(stream: &Stream, handle: H) -> io::Result<()>
where
    H: Fn(Verb) -> F,
    F: Future<Output = Answer>,
{
    if !name::same_person(stream)? {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut line = String::new();
    let mut lines = BufReader::new(stream.take(MAX_LINE));
    tokio::time::timeout(LINE_TIMEOUT, lines.read_line(&mut line)).await??;
    let answer = match serde_json::from_str(&line) {
        Ok(verb) => handle(verb).await,
        Err(error) => Answer::Refused(IpcError {
            code: ErrorCode::Malformed,
            subject: String::new(),
            message: format!("not a verb of this version: {error}"),
        }),
    };
    let mut text = serde_json::to_string(&answer)?;
    text.push('\n');
    let mut sink = stream;
    sink.write_all(text.as_bytes()).await?;
    sink.flush().await
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::verbs::{AskError, ask};

    fn profile(directory: &Path) -> Profile {
        Profile {
            name: "test".parse().unwrap(),
            config: directory.to_path_buf(),
            data: directory.to_path_buf(),
            runtime: directory.to_path_buf(),
        }
    }

    /// What the running instance answers to these bytes.
    async fn said(profile: &Profile, bytes: &[u8]) -> io::Result<String> {
        use interprocess::local_socket::traits::tokio::Stream as _;
        let stream = Stream::connect(name::socket_name(profile)?).await?;
        (&stream).write_all(bytes).await?;
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).await?;
        Ok(line)
    }

    #[tokio::test]
    async fn a_verb_reaches_the_running_instance_and_its_answer_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let profile = profile(directory.path());
        let listening = Listening::start(&profile).unwrap();
        let cancel = CancellationToken::new();
        let tasks = TaskTracker::new();
        let handle = |verb| async move { Answer::Done { text: Some(format!("{verb:?}")) } };
        tasks.spawn(listening.serve(handle, tasks.clone(), cancel.clone()));
        let answer = ask(&profile, &Verb::Accept { audio: true }).await.unwrap();
        assert_eq!(answer, Answer::Done { text: Some("Accept { audio: true }".to_owned()) });
        cancel.cancel();
    }

    #[tokio::test]
    async fn a_verb_without_a_running_instance_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let error = ask(&profile(directory.path()), &Verb::Stop).await.unwrap_err();
        assert!(matches!(error, AskError::NotRunning(_)), "{error}");
    }

    #[tokio::test]
    async fn a_profile_runs_once_and_a_left_over_socket_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let profile = profile(directory.path());
        std::fs::write(directory.path().join("test.sock"), "").unwrap();
        let _first = Listening::start(&profile).unwrap();
        assert!(matches!(Listening::start(&profile), Err(ListenError::AlreadyRunning)));
    }

    #[tokio::test]
    async fn a_line_that_is_no_verb_is_refused_and_harms_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let profile = profile(directory.path());
        let listening = Listening::start(&profile).unwrap();
        let cancel = CancellationToken::new();
        let tasks = TaskTracker::new();
        let handle = |_verb| async move { Answer::Done { text: None } };
        tasks.spawn(listening.serve(handle, tasks.clone(), cancel.clone()));
        let limit = usize::try_from(MAX_LINE).unwrap();
        for nonsense in [
            b"{\"verb\":\"format_disk\"}\n".to_vec(),
            b"\n".to_vec(),
            b"null\n".to_vec(),
            b"{\"verb\":7}\n".to_vec(),
            b"{\"verb\":\"accept\",\"audio\":\"yes\"}\n".to_vec(),
            b"{\"verb\":\"call\",\"login\":[],\"mode\":\"watch\",\"media\":\"video\"}\n".to_vec(),
            b"\0\0\0\n".to_vec(),
            vec![b'['; limit],
        ] {
            let answered = said(&profile, &nonsense).await.unwrap();
            assert!(answered.contains("malformed"), "{answered}");
        }
        // What is no text is not answered at all.
        assert_eq!(said(&profile, &[0xff, 0xfe, b'\n']).await.unwrap(), "");
        assert_eq!(ask(&profile, &Verb::Stop).await.unwrap(), Answer::Done { text: None });
        cancel.cancel();
    }

    /// Runs as somebody else, which only root can arrange: opens the socket, sends a verb and prints what comes back.
    #[cfg(target_os = "linux")]
    async fn as_nobody(socket: &Path) -> std::process::Output {
        let script = r#"use IO::Socket::UNIX; $| = 1; $SIG{PIPE} = "IGNORE"; my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "no: $!";
            print "connected\n"; print $s "{\"verb\":\"stop\"}\n"; $s->flush; print <$s>;"#;
        let mut command = tokio::process::Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-e", script]).arg(socket);
        command.output().await.unwrap()
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn somebody_else_is_kept_out_by_mode_and_by_user_id() {
        use std::os::unix::fs::PermissionsExt;
        if !rustix::process::geteuid().is_root() {
            // Nobody but root can be somebody else.
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let profile = profile(directory.path());
        let listening = Listening::start(&profile).unwrap();
        let socket = directory.path().join("test.sock");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&socket), 0o600);
        let cancel = CancellationToken::new();
        let tasks = TaskTracker::new();
        let (heard, mut verbs) = tokio::sync::mpsc::channel(1);
        let handle = move |verb| {
            let heard = heard.clone();
            async move {
                heard.send(verb).await.unwrap();
                Answer::Done { text: None }
            }
        };
        tasks.spawn(listening.serve(handle, tasks.clone(), cancel.clone()));

        let said = as_nobody(&socket).await;
        assert!(!said.status.success() && said.stdout.is_empty(), "the directory and the socket are closed: {said:?}");
        // Somebody loosened both by hand.
        for (path, open) in [(directory.path(), 0o755), (socket.as_path(), 0o666)] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(open)).unwrap();
        }
        let said = as_nobody(&socket).await;
        assert_eq!(String::from_utf8_lossy(&said.stdout), "connected\n", "no answer to another user: {said:?}");
        assert!(verbs.try_recv().is_err(), "and the verb is not heard");
        ask(&profile, &Verb::Stop).await.unwrap();
        assert_eq!(verbs.recv().await, Some(Verb::Stop), "positive control: the owner's is");
        cancel.cancel();
    }
}
