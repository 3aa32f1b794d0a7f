//! What the program is told by signals.

use std::io;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// End.
    Stop,
    /// Read the certificates anew.
    Reload,
}

/// Listens to signals, from its making on: none is lost between two waits.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Signals {
    term: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// # Errors
    /// The system lets nobody listen.
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The next thing asked for.
    pub(crate) async fn next(&mut self) -> io::Result<Asked> {
        tokio::select! {
            _ = self.term.recv() => Ok(Asked::Stop),
            _ = self.interrupt.recv() => Ok(Asked::Stop),
            _ = self.hang_up.recv() => Ok(Asked::Reload),
        }
    }
}

/// Listens to Ctrl-C, the only one that this system has.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// # Errors
    /// None.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// The next thing asked for.
    pub(crate) async fn next(&mut self) -> io::Result<Asked> {
        tokio::signal::ctrl_c().await.map(|()| Asked::Stop)
    }
}
