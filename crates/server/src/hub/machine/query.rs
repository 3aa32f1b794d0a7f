//! `/token`, `/users`, `/calls`.

use zvonok_signaling_proto::rest::UsersAnswer;

use zvonok_signaling_proto::{CallId, Code, Millis, Mode};

use super::super::change::HistoryQuery;
use super::super::limits::{MAX_PAGE, MAX_TOKENS};
use super::answer::not_in_call;
use super::call::{Call, Stage, Token};
use super::types::Grant;
use super::{Answer, Machine, Output, Party, Reply};
use crate::media_control::Role;

impl Machine {
    /// Whether this device may have a token for that call. While it rings, all that ring may prepare.
    pub(super) fn token(&self, who: &Party, id: &CallId) -> Result<Grant, Answer> {
        if !self.gives_tokens() {
            return Err(Answer::refused(Code::NotAllowed, "This hub does not hand out tokens."));
        }
        let call = self.calls.get(id).map(|call| self.living(call)).ok_or_else(not_in_call)?;
        let allowed = match &call.stage {
            Stage::Ringing { devices } => {
                call.has(&who.login, &who.device) || (call.callee == who.login && devices.contains_key(&who.device))
            }
            Stage::Answered { .. } => {
                let rings = call.guests.get(&who.login).and_then(|guest| guest.rings());
                call.has(&who.login, &who.device) || rings.is_some_and(|devices| devices.contains_key(&who.device))
            }
            Stage::Ended { .. } => false,
        };
        if !allowed {
            return Err(not_in_call());
        }
        let given = call.tokens.iter().filter(|token| token.login == who.login && token.device == who.device).count();
        if given >= MAX_TOKENS {
            return Err(Answer::refused(Code::TooMany, "Too many tokens for one call."));
        }
        let subscriber = call.mode == Mode::Watch && call.caller == who.login;
        Ok(Grant {
            call_id: call.id.clone(),
            login: who.login.clone(),
            device: who.device.clone(),
            session: call.session.clone(),
            role: if subscriber { Role::Subscriber } else { Role::Publisher },
        })
    }

    /// A token was made. When its call has ended meanwhile, it is taken back.
    pub(super) fn minted(&mut self, grant: Grant, connection_id: String) -> Reply {
        let party = Party { login: grant.login, device: grant.device };
        let still = self.token(&party, &grant.call_id).is_ok();
        match self.calls.get_mut(&grant.call_id).filter(|_| still) {
            Some(call) => {
                call.tokens.push(Token { login: party.login, device: party.device, connection_id });
                Reply::Answer(Answer::ok())
            }
            None => {
                let evict = self.is_free(&grant.session, &grant.call_id)
                    && !self.calls.get(&grant.call_id).is_some_and(Call::is_alive);
                let connections = vec![connection_id];
                self.outputs.push_back(Output::CloseSession { session: grant.session, connections, evict });
                Reply::Answer(not_in_call())
            }
        }
    }

    pub(super) fn users(&self, who: &Party) -> Answer {
        Answer::with(&UsersAnswer { users: self.contacts(&who.login) })
    }

    /// What is alive; what is over is the database's.
    pub(super) fn history(&self, who: &Party, before: Option<Millis>, limit: Option<usize>) -> HistoryQuery {
        let live = self.calls.of(&who.login).filter(|call| call.goes_on_for(&who.login));
        let live: Vec<_> = live.map(|call| call.record(&who.login)).collect();
        let alive = live.iter().map(|call| call.call_id.clone()).collect();
        let live = live.into_iter().filter(|call| before.is_none_or(|before| call.started_at < before)).collect();
        let limit = limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
        HistoryQuery { login: who.login.clone(), before, limit, live, alive }
    }
}
