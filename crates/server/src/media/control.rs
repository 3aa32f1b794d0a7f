//! The hub's hand on the embedded media server, without REST in between.

use std::sync::Arc;

use zvonok_openvidu::wire::recorded::Recording;
use zvonok_openvidu::wire::{Reason, Role as WireRole};

use super::session::{Message, NewConnection, Properties, SessionHandle};
use super::{NotMade, Shared, ids};
use crate::media_control::{MediaControl, MediaControlError, MediaFuture, MintedToken, Role};
use crate::secret::Secret;

/// The longest session name the hub may ask for; its own contract's.
const NAME_LENGTH: usize = 64;
/// The longest server data the hub may give.
const DATA_LENGTH: usize = 1_000;

/// See [`MediaControl`].
#[derive(Debug)]
pub(super) struct EmbeddedControl {
    pub(super) shared: Arc<Shared>,
    pub(super) public_url: String,
}

impl EmbeddedControl {
    pub(super) fn session(&self, name: &str) -> Result<SessionHandle, MediaControlError> {
        self.shared.directory.session(name).ok_or_else(|| MediaControlError::NoSession(name.to_owned()))
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(DATA_LENGTH).collect()
}

impl MediaControl for EmbeddedControl {
    fn create_session<'a>(&'a self, name: Option<&'a str>) -> MediaFuture<'a, String> {
        Box::pin(async move {
            let name = match name {
                Some(name) if name.len() > NAME_LENGTH || !ids::is_session_name(name) => {
                    return Err(MediaControlError::BadSessionName(name.to_owned()));
                }
                Some(name) => name.to_owned(),
                None => ids::unguessable_session(),
            };
            let properties = Properties { custom_session_id: name.clone(), ..Properties::default() };
            match self.shared.create_session(&name, properties) {
                Ok(_) | Err(NotMade::Exists) => Ok(name),
                Err(NotMade::Full) => Err(MediaControlError::Full),
            }
        })
    }

    fn create_token<'a>(&'a self, session: &'a str, role: Role, server_data: &'a str) -> MediaFuture<'a, MintedToken> {
        Box::pin(async move {
            let handle = self.session(session)?;
            let new = NewConnection {
                role: match role {
                    Role::Publisher => WireRole::Publisher,
                    Role::Subscriber => WireRole::Subscriber,
                },
                data: shortened(server_data),
                record: true,
                ..NewConnection::default()
            };
            let connection = handle
                .ask(|reply| Message::Connect { new, reply })
                .await
                .ok_or_else(|| MediaControlError::NoSession(session.to_owned()))?
                .ok_or(MediaControlError::Full)?;
            Ok(MintedToken {
                token: Secret::new(connection.token.unwrap_or_default()),
                connection_id: connection.connection_id,
                openvidu: self.public_url.clone(),
            })
        })
    }

    fn revoke_token<'a>(&'a self, session: &'a str, connection_id: &'a str) -> MediaFuture<'a, ()> {
        Box::pin(async move {
            if let Some(handle) = self.shared.directory.session(session) {
                let connection = connection_id.to_owned();
                // Gone already is as good.
                let _: Option<bool> = handle.ask(|reply| Message::Disconnect { connection, reply }).await;
            }
            Ok(())
        })
    }

    fn close_session<'a>(&'a self, session: &'a str) -> MediaFuture<'a, ()> {
        Box::pin(async move {
            if let Some(handle) = self.shared.directory.session(session) {
                let reason = Reason::SessionClosedByServer;
                let _: Option<()> = handle.ask(|reply| Message::Close { reason, reply }).await;
            }
            Ok(())
        })
    }

    fn start_echo<'a>(&'a self, session: &'a str, server_data: &'a str) -> MediaFuture<'a, ()> {
        Box::pin(async move {
            let server_data = shortened(server_data);
            self.session(session)?
                .ask(|reply| Message::StartEcho { server_data, reply })
                .await
                .ok_or_else(|| MediaControlError::NoSession(session.to_owned()))
        })
    }

    fn stop_echo<'a>(&'a self, session: &'a str) -> MediaFuture<'a, ()> {
        Box::pin(async move {
            if let Some(handle) = self.shared.directory.session(session) {
                let _: Option<()> = handle.ask(|reply| Message::StopEcho { reply }).await;
            }
            Ok(())
        })
    }

    fn start_recording<'a>(&'a self, session: &'a str, name: &'a str) -> MediaFuture<'a, Recording> {
        Box::pin(self.record(session, name))
    }

    fn stop_recording<'a>(&'a self, _session: &'a str, id: &'a str) -> MediaFuture<'a, Recording> {
        Box::pin(self.stop_record(id))
    }

    fn recording<'a>(&'a self, _session: &'a str, id: &'a str) -> MediaFuture<'a, Recording> {
        Box::pin(async move { self.recorded(id) })
    }

    fn add_camera<'a>(&'a self, session: &'a str, uri: &'a Secret, server_data: &'a str) -> MediaFuture<'a, String> {
        Box::pin(self.let_camera_in(session, uri, shortened(server_data)))
    }

    fn public_url(&self) -> &str {
        &self.public_url
    }
}
