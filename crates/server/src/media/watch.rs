//! Looking at the media server from outside.

use std::sync::Arc;
use std::time::Duration;

use super::Shared;
pub(crate) use super::driver::Figures as Forwarding;

/// How long the task that forwards may take to answer: it is busy for milliseconds.
const WITHIN: Duration = Duration::from_secs(2);

/// Looks at a media server.
#[derive(Debug, Clone)]
pub(crate) struct Watch(pub(super) Arc<Shared>);

/// What a media server has to say about itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    pub(crate) sockets: usize,
    pub(crate) sessions: usize,
    pub(crate) forwarding: Forwarding,
}

impl Watch {
    /// Its figures; nothing where it does not answer.
    pub(crate) async fn figures(&self) -> Option<Figures> {
        let forwarding = tokio::time::timeout(WITHIN, self.0.media.figures()).await.ok().flatten()?;
        Some(Figures { sockets: self.0.sockets.count(), sessions: self.0.directory.count(), forwarding })
    }
}
