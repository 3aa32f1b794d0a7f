//! What status and windows show.

use crate::state::State;
use crate::{CallId, Contract, Device, EndReason, Media, Millis, Mode, Peer};

/// The machine as seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The contract of the hub this side is signed in at; `None` while there is no connection.
    pub online: Option<Contract>,
    /// The call that is under way or has just ended.
    pub call: Option<CallView>,
}

/// A call as seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallView {
    /// Its id.
    pub call_id: CallId,
    /// The other person.
    pub peer: Peer,
    /// Placed by this side.
    pub outgoing: bool,
    /// Both ways or watching.
    pub mode: Mode,
    /// With or without camera on this side.
    pub media: Media,
    /// Where it stands.
    pub state: CallState,
    /// When that began.
    pub since: Millis,
    /// Microphone on.
    pub microphone: bool,
    /// Camera on.
    pub camera: bool,
    /// Signaling or media is being restored.
    pub reconnecting: bool,
    /// Where it rings, on the calling side of the extended contract.
    pub devices: Vec<Device>,
    /// Ring surfaces are up.
    pub ring_up: bool,
    /// The call window is open.
    pub window_up: bool,
}

/// `call.state` of `zvonok status --json`, and the moment after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallState {
    /// Outgoing, not answered.
    Calling,
    /// Incoming, not answered.
    Ringing,
    /// Answered, media is on its way.
    Connecting,
    /// See the crate's documentation for when this begins.
    InCall,
    /// Over.
    Ended(EndReason),
}

impl CallView {
    pub(crate) fn of(state: &State, online: bool) -> Option<Self> {
        let call = state.call()?;
        let (shown, since, restoring, devices) = match state {
            State::Idle => return None,
            State::Placing(s) => (CallState::Calling, s.since, false, Vec::new()),
            State::Calling(s) => {
                let restoring = s.leg.as_ref().is_some_and(|leg| leg.health.is_restoring());
                (CallState::Calling, s.since, restoring, s.devices.clone())
            }
            State::Ringing(s) => (CallState::Ringing, s.since, false, Vec::new()),
            State::Accepting(s) => (CallState::Connecting, s.since, false, Vec::new()),
            State::Connecting(s) => (CallState::Connecting, s.since, s.leg.health.is_restoring(), Vec::new()),
            State::InCall(s) => (CallState::InCall, s.since, s.health.is_restoring(), Vec::new()),
            State::Ended(s) => (CallState::Ended(s.reason.clone()), s.since, false, Vec::new()),
        };
        let over = matches!(shown, CallState::Ended(_));
        Some(Self {
            call_id: call.id.clone(),
            peer: call.peer.clone(),
            outgoing: call.outgoing,
            mode: call.mode,
            media: call.media,
            state: shown,
            since,
            microphone: call.microphone,
            camera: call.camera,
            reconnecting: !over && (restoring || !online),
            devices,
            ring_up: call.ring_up,
            window_up: call.window_up,
        })
    }
}
