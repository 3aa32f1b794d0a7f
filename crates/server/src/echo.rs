//! The user `echo`, who answers every call at once and sends back what you publish.
//!
//! For the hub it is a person like any other, whose one device lives in the hub's own task; the picture and sound are
//! the media server's part ([`crate::MediaControl::start_echo`]). It leaves when its session is closed, which the hub
//! does at the end of every call.

use zvonok_signaling_proto::Login;
use zvonok_signaling_proto::event::ServerEvent;
use zvonok_signaling_proto::rest::AcceptRequest;

use crate::hub::machine::Request;

/// The login of the echo user.
pub const LOGIN: &str = "echo";
/// Its display name.
pub const NAME: &str = "Echo test";

/// The echo user's device.
#[derive(Debug)]
pub struct Echo {
    /// Stands for a socket's id, so it is as unguessable as one.
    socket: String,
}

impl Echo {
    /// A device with a new id.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "two of them are not the same")]
    pub fn new() -> Self {
        Self { socket: format!("echo-{:032x}", rand::random::<u128>()) }
    }

    /// What the hub takes for its socket.
    #[must_use]
    pub fn socket(&self) -> &str {
        &self.socket
    }

    /// Its login.
    #[must_use]
    pub fn login(&self) -> Option<Login> {
        LOGIN.parse().ok()
    }

    /// What it does about an event: it accepts whatever rings.
    #[must_use]
    pub fn react(&self, event: &ServerEvent) -> Option<(String, Request)> {
        let ServerEvent::Calling(calling) = event else { return None };
        let (sid, call_id) = (Some(self.socket.clone()), calling.call_id.clone());
        let media = Some(calling.media);
        Some((self.socket.clone(), Request::Accept(AcceptRequest { sid, call_id, media })))
    }
}
