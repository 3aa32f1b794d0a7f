//! This side's place in a call's media session: the token, the handle that stands for it, and the ticket that the call
//! window waits for.

use tokio::sync::mpsc;
use zvonok_call::{CallId, Media};
use zvonok_ipc::{ErrorCode, IpcError, MediaTicket};

use super::Ask;
use crate::{
    loopback::{Door, Doors, GatewayReport, Handle},
    tokens::Granted,
    trust::Trust,
};

/// What the machine said about joining.
#[derive(Debug, Clone, Copy)]
pub(super) struct Join {
    pub(super) publish: bool,
    pub(super) subscribe: bool,
    pub(super) media: Media,
}

/// One call's place. Both the token and the permission to join have to be there before a ticket is given.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) call_id: CallId,
    /// The session that a token is awaited for.
    session: String,
    token: Option<Granted>,
    join: Option<Join>,
    handle: Option<Handle>,
    waiting: Option<Ask<MediaTicket>>,
    /// OpenVidu took the token; it cannot be used again.
    pub(super) used: bool,
}

/// Who sits there.
pub(super) struct Sitter<'a> {
    pub(super) login: &'a str,
    pub(super) name: &'a str,
    pub(super) fake_media: bool,
}

impl Seat {
    pub(super) fn new(call_id: CallId) -> Self {
        Self { call_id, session: String::new(), token: None, join: None, handle: None, waiting: None, used: false }
    }

    /// A token for `session` is on its way.
    pub(super) fn expect(&mut self, session: String) {
        self.session = session;
    }

    /// Takes the token that is awaited; any other comes back.
    pub(super) fn take(&mut self, granted: Granted) -> Result<(), Box<Granted>> {
        if granted.session != self.session || self.token.is_some() {
            return Err(Box::new(granted));
        }
        self.token = Some(granted);
        Ok(())
    }

    pub(super) fn join(&mut self, join: Join) {
        self.join = Some(join);
    }

    /// The call window asks for its ticket; it is given as soon as there is one.
    pub(super) fn ask(&mut self, reply: Ask<MediaTicket>) {
        tracing::debug!(call_id = %self.call_id, token = self.token.is_some(), join = self.join.is_some(), "the window asks");
        if let Some(older) = self.waiting.replace(reply) {
            _ = older.send(Err(not_now("the window asked again")));
        }
    }

    /// Gives the ticket if it can be given and somebody waits. True when the window got one.
    pub(super) fn seat(
        &mut self,
        doors: &Doors,
        trust: &Trust,
        reports: &mpsc::Sender<GatewayReport>,
        who: &Sitter<'_>,
    ) -> bool {
        let (Some(granted), Some(join), true) = (&self.token, self.join, self.waiting.is_some()) else { return false };
        let Some(reply) = self.waiting.take() else { return false };
        if self.used {
            _ = reply.send(Err(not_now("this call's token was used already")));
            return false;
        }
        let token = &granted.token;
        let ticket = trust
            .endpoint(&token.openvidu)
            .map_err(|error| IpcError {
                code: ErrorCode::BadAddress,
                subject: token.openvidu.to_string(),
                message: error.to_string(),
            })
            .and_then(|endpoint| {
                let door = Door {
                    openvidu: token.openvidu.clone(),
                    tls: endpoint.tls,
                    session: granted.session.clone(),
                    token: token.token.clone(),
                    reports: reports.clone(),
                };
                doors.gateway(door).ok_or_else(|| not_now("too many handles"))
            })
            .map(|(handle, url)| {
                if let Some(older) = self.handle.replace(handle) {
                    doors.revoke(&older);
                }
                MediaTicket {
                    url,
                    login: who.login.to_owned(),
                    name: who.name.to_owned(),
                    publish: join.publish,
                    media: match join.media {
                        Media::Video => zvonok_ipc::Media::Video,
                        Media::Audio => zvonok_ipc::Media::Audio,
                    },
                    subscribe: join.subscribe,
                    fake_media: who.fake_media,
                }
            });
        let given = ticket.is_ok();
        tracing::info!(call_id = %self.call_id, given, "media ticket");
        _ = reply.send(ticket);
        given
    }

    /// Ends the gateway. Answers the token, for taking it back.
    pub(super) fn leave(&mut self, doors: &Doors) -> Option<Granted> {
        if let Some(handle) = self.handle.take() {
            doors.revoke(&handle);
        }
        if let Some(waiting) = self.waiting.take() {
            _ = waiting.send(Err(not_now("the call is over")));
        }
        self.token.take()
    }
}

fn not_now(message: &str) -> IpcError {
    IpcError { code: ErrorCode::NotNow, subject: String::new(), message: message.to_owned() }
}
