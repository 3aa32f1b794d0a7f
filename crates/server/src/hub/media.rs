//! What the hub asks of the media server: tokens, and the ends of sessions.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::Instrument as _;
use zvonok_signaling_proto::rest::TokenAnswer;
use zvonok_signaling_proto::{Code, TokenRole};

use super::handle::Hub;
use super::limits::{MEDIA_TIMEOUT_MS, QUEUE};
use super::machine::{Answer, Grant, Input, Reply};
use super::rest::stopping;
use crate::media_control::{MediaControl, MediaControlError, Role};

/// Something for the media server, in order.
pub(super) enum MediaOp {
    StartEcho { session: String },
    Close { session: String, connections: Vec<String>, evict: bool },
}

impl Hub {
    /// Makes the token that the machine has granted.
    pub(super) async fn mint(&self, grant: Grant) -> Answer {
        let data = serde_json::json!({ "login": grant.login }).to_string();
        let role = grant.role;
        let made = within(async {
            self.media.create_session(Some(&grant.session)).await?;
            self.media.create_token(&grant.session, role, &data).await
        });
        let token = match made.await {
            Ok(token) => token,
            Err(error) => {
                tracing::warn!(call_id = %grant.call_id, %error, "no token was made");
                return Answer::refused(Code::Unavailable, "The media server did not make a token. Try again.");
            }
        };
        let kept = answered(self.reply_to(Input::Minted { grant, connection_id: token.connection_id }).await);
        if kept.head.status != 0 {
            return kept;
        }
        Answer::with(&TokenAnswer {
            token: token.token.reveal().to_owned(),
            openvidu: token.openvidu,
            role: match role {
                Role::Publisher => TokenRole::Publisher,
                Role::Subscriber => TokenRole::Subscriber,
            },
        })
    }
}

/// What the machine has answered where it gives nothing else.
pub(super) fn answered(said: Reply) -> Answer {
    match said {
        Reply::Answer(answer) => answer,
        Reply::None
        | Reply::Ack(_)
        | Reply::LoginRefused(_)
        | Reply::Grant(_)
        | Reply::Media(_)
        | Reply::Recordings(_)
        | Reply::History(_) => stopping(),
    }
}

impl MediaOp {
    fn session(&self) -> &str {
        match self {
            Self::StartEcho { session } | Self::Close { session, .. } => session,
        }
    }
}

/// Speaks to the media servers: to each one thing after the other, so that a session is not closed before its echo was
/// started, and to none after another that does not answer.
pub(super) async fn run(media: Arc<dyn MediaControl>, mut work: mpsc::Receiver<MediaOp>) {
    let (mut queues, mut speakers) = (HashMap::new(), JoinSet::new());
    while let Some(op) = work.recv().await {
        let queue = queues.entry(media.deployment(op.session())).or_insert_with(|| {
            let (queue, work) = mpsc::channel(QUEUE);
            speakers.spawn(speak(Arc::clone(&media), work).in_current_span());
            queue
        });
        if queue.try_send(op).is_err() {
            tracing::error!("the media server is too slow: a session is left to its own end");
        }
    }
    drop(queues);
    while speakers.join_next().await.is_some() {}
}

async fn speak(media: Arc<dyn MediaControl>, mut work: mpsc::Receiver<MediaOp>) {
    while let Some(op) = work.recv().await {
        match op {
            MediaOp::StartEcho { session } => {
                let data = serde_json::json!({ "login": crate::echo::LOGIN }).to_string();
                let started = within(async {
                    media.create_session(Some(&session)).await?;
                    media.start_echo(&session, &data).await
                });
                log(&started.await, "start the echo");
            }
            MediaOp::Close { session, connections, evict } => {
                for connection in connections {
                    let revoked = within(media.revoke_token(&session, &connection)).await;
                    log(&revoked, "revoke a token");
                    if evict && matches!(revoked, Err(MediaControlError::Unreachable(_))) {
                        // Each of the others would be waited for as long. They end with the session.
                        break;
                    }
                }
                if evict {
                    log(&within(media.close_session(&session)).await, "close a session");
                }
            }
        }
    }
}

pub(super) async fn within<T>(op: impl Future<Output = Result<T, MediaControlError>>) -> Result<T, MediaControlError> {
    within_ms(MEDIA_TIMEOUT_MS, op).await
}

pub(super) async fn within_ms<T>(
    limit: u64,
    op: impl Future<Output = Result<T, MediaControlError>>,
) -> Result<T, MediaControlError> {
    timeout(Duration::from_millis(limit), op)
        .await
        .unwrap_or_else(|_| Err(MediaControlError::Unreachable("no answer in time".to_owned())))
}

fn log(result: &Result<(), MediaControlError>, what: &'static str) {
    if let Err(error) = result {
        tracing::warn!(%error, what, "the media server did not do it");
    }
}

#[cfg(test)]
mod tests;
