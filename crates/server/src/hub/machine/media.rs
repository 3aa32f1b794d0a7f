//! Recordings and cameras of calls: who may have them, and what a call has of them.

use serde::{Deserialize, Serialize};
use zvonok_signaling_proto::{CallId, Code, Login};

use super::super::change::RecordingsQuery;
use super::super::limits::MAX_CAMERAS;
use super::answer::not_in_call;
use super::{Answer, Machine, Output, Party, Reply};
use crate::accounts::AccountRole;

/// A camera that the hub has let into a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCamera {
    /// The hub's id of it.
    pub id: String,
    /// Its connection in the session, which says of a real OpenVidu's where the camera is.
    pub connection_id: String,
    /// For people.
    pub name: String,
    /// Who let it in.
    pub by: Login,
}

/// Leave to have a call recorded and cameras in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaGrant {
    /// The call.
    pub call_id: CallId,
    /// The OpenVidu session.
    pub session: String,
    /// Who asked.
    pub login: Login,
    /// The call's newest recording, by the hub's id.
    pub recording: Option<String>,
    /// The call's cameras.
    pub cameras: Vec<CallCamera>,
}

impl Machine {
    /// Whether that person may have a call recorded and cameras in it: those in the call once it is answered, and admins.
    pub(super) fn media_grant(&self, who: &Party, id: &CallId) -> Result<MediaGrant, Answer> {
        if !self.gives_tokens() {
            return Err(Answer::refused(Code::NotAllowed, "This hub does not hand out its media server."));
        }
        let call = self.calls.get(id).map(|call| self.living(call)).ok_or_else(not_in_call)?;
        let allowed = call.is_answered() && (call.engages(&who.login) || self.is_admin(&who.login));
        if !allowed {
            return Err(not_in_call());
        }
        Ok(MediaGrant {
            call_id: call.id.clone(),
            session: call.session.clone(),
            login: who.login.clone(),
            recording: call.recording.clone(),
            cameras: call.cameras.clone(),
        })
    }

    /// The newest recording of a call.
    pub(super) fn recorded(&mut self, id: &CallId, recording: String) -> Reply {
        if let Some(call) = self.calls.get_mut(id) {
            call.recording = Some(recording);
        }
        Reply::Answer(Answer::ok())
    }

    /// A camera was let in. Where its call has ended meanwhile, or has too many, it is taken out again.
    pub(super) fn camera_in(&mut self, grant: &MediaGrant, camera: CallCamera) -> Reply {
        let call = self.calls.get_mut(&grant.call_id).filter(|call| call.is_answered());
        let refusal = match call {
            // Told twice, where the first answer was lost.
            Some(call) if call.cameras.iter().any(|known| known.id == camera.id) => return Reply::Answer(Answer::ok()),
            Some(call) if call.cameras.len() < MAX_CAMERAS => {
                call.cameras.push(camera);
                return Reply::Answer(Answer::ok());
            }
            Some(_) => too_many_cameras(),
            None => not_in_call(),
        };
        let (session, connections) = (grant.session.clone(), vec![camera.connection_id]);
        self.outputs.push_back(Output::CloseSession { session, connections, evict: false });
        Reply::Answer(refusal)
    }

    /// A camera was taken out.
    pub(super) fn camera_out(&mut self, id: &CallId, camera: &str) -> Reply {
        if let Some(call) = self.calls.get_mut(id) {
            call.cameras.retain(|known| known.id != camera);
        }
        Reply::Answer(Answer::ok())
    }

    /// Which recordings that person may see: of calls that were over, as the history has them, and of these.
    pub(super) fn recordings(&self, who: &Party) -> RecordingsQuery {
        let live = self.calls.of(&who.login).filter(|call| call.is_answered() && call.engages(&who.login));
        RecordingsQuery {
            login: who.login.clone(),
            all: self.is_admin(&who.login),
            live: live.map(|call| call.id.clone()).collect(),
        }
    }

    fn is_admin(&self, login: &Login) -> bool {
        let account = self.accounts.as_ref().and_then(|accounts| accounts.get(login));
        account.is_some_and(|account| account.role == AccountRole::Admin && !account.disabled)
    }
}

/// What somebody is told who wants one camera more.
pub(in super::super) fn too_many_cameras() -> Answer {
    Answer::refused(Code::TooMany, format!("A call has at most {MAX_CAMERAS} cameras. Take one out first."))
}
