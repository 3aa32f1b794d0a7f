//! What `zvonok status` prints.

use serde::Serialize;
use zvonok_ipc::{CallState, MediaReport, SignalingState, View};

/// The object of `zvonok status --json`, as `architecture.md` has it.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    profile: String,
    signaling: SignalingState,
    call: CallStatus,
    media: MediaReport,
}

#[derive(Debug, Serialize)]
struct CallStatus {
    state: &'static str,
    peer: Option<String>,
    call_id: Option<String>,
    since_ms: Option<i64>,
}

impl Status {
    /// `now` is in milliseconds since 1970; `media` are the last call's figures.
    pub(crate) fn new(view: &View, media: &MediaReport, now: i64) -> Self {
        let idle = CallStatus { state: "idle", peer: None, call_id: None, since_ms: None };
        let call = view.call.as_ref().map_or(idle, |call| {
            let state = match call.state {
                CallState::Calling => "calling",
                CallState::Ringing => "ringing",
                CallState::Connecting => "connecting",
                CallState::InCall => "in_call",
                CallState::Ended => return CallStatus { state: "idle", peer: None, call_id: None, since_ms: None },
            };
            CallStatus {
                state,
                peer: Some(call.login.clone()),
                call_id: Some(call.call_id.clone()),
                since_ms: Some(now.saturating_sub(call.since).max(0)),
            }
        });
        Self { profile: view.profile.clone(), signaling: view.signaling.state, call, media: media.clone() }
    }

    /// One JSON object; `media.recognised` only where something was to be recognised.
    pub(crate) fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        if self.media.recognised.is_none()
            && let Some(media) = value.get_mut("media").and_then(serde_json::Value::as_object_mut)
        {
            media.remove("recognised");
        }
        serde_json::to_string(&value)
    }

    /// A line or two for a person.
    pub(crate) fn to_text(&self) -> String {
        let signaling = match self.signaling {
            SignalingState::Offline => "offline",
            SignalingState::Connecting => "connecting",
            SignalingState::Online => "online",
        };
        let peer = self.call.peer.as_ref().map_or_else(String::new, |peer| format!(" with {peer}"));
        let mut text = format!("{}: {signaling}, {}{peer}", self.profile, self.call.state);
        if self.call.peer.is_some() {
            let media = &self.media;
            text.push_str(&format!(
                "\nsent {} frames, {} bytes; received {} frames, {} bytes",
                media.frames_sent, media.bytes_sent, media.frames_received, media.bytes_received
            ));
        }
        text
    }
}
