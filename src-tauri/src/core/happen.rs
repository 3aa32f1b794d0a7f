//! What happened, fed to the machine or kept for windows.

use zvonok_call::{self as call, CallId, CallState, Input, MediaFailure, MediaInput, RequestResult, Signaling, User};
use zvonok_ipc::{ErrorCode, SignalingState};

use super::{
    Window,
    driver::Driver,
    happening::{Happening, HubEvent},
};
use crate::{loopback::GatewayReport, ring::Ringing, settings, trust::HostPort};

impl Driver {
    pub(super) fn happened(&mut self, happening: Happening) {
        match happening {
            Happening::Hub(link, event) => {
                if link == self.links {
                    self.hub(*event);
                }
            }
            Happening::Answered { call_id, result, malformed } => {
                if malformed {
                    self.notices.add(ErrorCode::Malformed, self.hub_name(), "an answer of the hub made no sense");
                }
                self.answered(call_id, result);
            }
            Happening::Token { call_id, got } => match got {
                Ok(granted) => {
                    let seat = self.seat.as_mut().filter(|seat| seat.call_id == call_id);
                    let taken = match seat {
                        Some(seat) => seat.take(granted),
                        None => Err(Box::new(granted)),
                    };
                    match taken {
                        Ok(()) => {
                            tracing::info!(%call_id, "token ready");
                            self.feed(Input::Token(call::Token::Ready(call_id)));
                        }
                        // The call ended meanwhile, or goes on in another session.
                        Err(late) => self.revoke(*late),
                    }
                }
                Err(no) => {
                    let (failure, retryable) = (no.failure, no.retryable);
                    self.feed(Input::Token(call::Token::Failed { call_id, failure, retryable }));
                }
            },
            Happening::Ring(call_id, report) => self.rang(call_id, report),
            Happening::Gateway(call_id, report) => self.gateway(call_id, report),
            Happening::Embedded { started, reply } => self.embedded_started(started, reply),
            Happening::Keyring { state, stored } => {
                self.keyring_state = state;
                self.secret_stored = stored;
                if stored {
                    self.tie_the_secret();
                }
            }
            Happening::SecretAsked { openvidu, kept, reply } => {
                if matches!(kept, Ok(true)) {
                    let place = settings::address(&openvidu).ok().as_ref().and_then(HostPort::of);
                    self.settings.secret_for = place.map(|place| place.to_string()).unwrap_or_default();
                    self.save();
                }
                _ = reply.send(kept);
                self.look_at_the_keyring();
            }
            Happening::SessionRead { link, got } => self.session_read(link, got),
            Happening::SignedIn { session, replaced, reply } => self.signed_in(session, replaced, reply),
            Happening::NotSignedIn { done, reply } => self.not_signed_in(done, reply),
            Happening::SessionKept { done, reply } => self.session_kept(done, reply),
            Happening::SignedOut { left, done, reply } => self.signed_out(left, done, reply),
            Happening::KeyringDone { done, reply } => {
                // That there is no secret of OpenVidu is said by a keyring that is open: it may have the session.
                if done.as_ref().map_or_else(|error| error.code == ErrorCode::SecretMissing, |()| true) {
                    self.look_for_the_session();
                }
                _ = reply.send(done);
                self.look_at_the_keyring();
            }
        }
    }

    fn hub(&mut self, event: HubEvent) {
        match event {
            HubEvent::Connecting => self.signaling = SignalingState::Connecting,
            HubEvent::Back { contract, people, me, pending } => {
                self.signaling = SignalingState::Online;
                self.notices.settle(ErrorCode::SignalingDown);
                self.notices.connected(&self.hub_name());
                self.me = me;
                self.people.replace((contract == call::Contract::Extended).then_some(people));
                self.feed(Input::Signaling(Signaling::Back(contract)));
                for incoming in pending {
                    self.feed(Input::Signaling(Signaling::Incoming(incoming)));
                }
            }
            HubEvent::Lost => {
                self.signaling = SignalingState::Offline;
                self.people.unknown();
                self.feed(Input::Signaling(Signaling::Lost));
            }
            HubEvent::WantsSession => self.hub_wants_a_session(),
            HubEvent::SessionOver => self.session_is_over(),
            HubEvent::Call(input) => _ = self.feed(Input::Signaling(input)),
            HubEvent::Presence { login, status, last_seen } => self.people.presence(&login, status, last_seen),
            HubEvent::Problem(code, detail) => {
                self.notices.add(code, self.hub_name(), detail);
            }
        }
    }

    fn answered(&mut self, call_id: CallId, result: RequestResult) {
        let placed = matches!(result, RequestResult::Placed { .. });
        self.feed(Input::Signaling(Signaling::Result(call_id.clone(), result)));
        if placed && let Some((_, reply)) = self.placing.take_if(|(placing, _)| *placing == call_id) {
            _ = reply.send(Ok(()));
        }
    }

    fn rang(&mut self, call_id: CallId, report: Ringing) {
        match report {
            Ringing::Shown => _ = self.feed(Input::Surface(call_id, call::Surface::Shown)),
            Ringing::Sounding => _ = self.feed(Input::Surface(call_id, call::Surface::Sounding)),
            Ringing::Silent => {
                self.notices.add(ErrorCode::NoSound, "", "");
                self.feed(Input::Surface(call_id, call::Surface::Suppressed(call::Suppressed::Muted)));
            }
            Ringing::NotShown => self.notices.add(ErrorCode::NoNotifications, "", ""),
            Ringing::Accept | Ringing::Decline | Ringing::Open if !self.rings(&call_id) => {}
            Ringing::Accept => {
                let media = self.machine.view().call.map_or(call::Media::Video, |call| call.media);
                self.feed(Input::User(User::Accept { media }));
            }
            Ringing::Decline => _ = self.feed(Input::User(User::Decline { message: String::new() })),
            Ringing::Open => self.parts.surface.open(Window::Main),
        }
    }

    /// A button of an older notification must not answer another call.
    fn rings(&self, call_id: &CallId) -> bool {
        self.machine.view().call.is_some_and(|call| call.call_id == *call_id && call.state == CallState::Ringing)
    }

    fn gateway(&mut self, call_id: CallId, report: GatewayReport) {
        let failure = match report {
            GatewayReport::Joined => {
                if let Some(seat) = self.seat.as_mut().filter(|seat| seat.call_id == call_id) {
                    seat.used = true;
                }
                return;
            }
            // A call that is under way lives as long as the library tries to come back.
            GatewayReport::Unreachable if self.seat.as_ref().is_some_and(|seat| seat.used) => return,
            GatewayReport::Unreachable => MediaFailure::Unreachable,
            GatewayReport::TokenRefused => MediaFailure::TokenRefused,
            GatewayReport::NoAnswer => MediaFailure::Malformed,
            // The call goes on: what made no sense was kept from the window.
            GatewayReport::Malformed => {
                self.notices.add(ErrorCode::Malformed, self.openvidu_name(), "a packet of OpenVidu made no sense");
                return;
            }
        };
        self.feed(Input::Media(call_id, MediaInput::Failed(failure)));
    }
}
