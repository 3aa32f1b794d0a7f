//! Reading what was kept.

use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use zvonok_signaling_proto::event::ServerEvent;
use zvonok_signaling_proto::rest::CallRecord;
use zvonok_signaling_proto::{Login, Millis};

use super::{Database, DatabaseError, big, small};
use crate::hub::change::{Kept, KeptDevice, KeptEvent};
use crate::hub::limits::MAX_CALL_IDS;

impl Database {
    /// Everything that the hub's machine starts from.
    ///
    /// # Errors
    /// The database failed, or has something that this version cannot read.
    pub async fn load(&self, now: Millis) -> Result<Kept, DatabaseError> {
        self.prune(now).await?;
        let mut kept = Kept::default();
        for row in sqlx::query("SELECT login, body FROM people").fetch_all(&self.pool).await? {
            kept.people.push((login(&row, "login")?, body(&row, "person")?));
        }
        for row in sqlx::query("SELECT login, device, seq, body FROM devices").fetch_all(&self.pool).await? {
            let mut device: KeptDevice = body(&row, "device")?;
            device.seq = small(row.try_get("seq")?);
            kept.devices.push((login(&row, "login")?, row.try_get("device")?, device));
        }
        let events = "SELECT login, device, seq, at, name, payload FROM events ORDER BY login, device, seq";
        for row in sqlx::query(events).fetch_all(&self.pool).await? {
            kept.events.push(event(&row)?);
        }
        for row in sqlx::query("SELECT body FROM calls").fetch_all(&self.pool).await? {
            kept.calls.push(row.try_get("body")?);
        }
        let over = "SELECT call_id FROM history ORDER BY started_at DESC LIMIT $1";
        for row in sqlx::query(over).bind(big(MAX_CALL_IDS as u64)).fetch_all(&self.pool).await? {
            let id: String = row.try_get("call_id")?;
            kept.over.push(id.parse().map_err(|_| DatabaseError::Unreadable("call id"))?);
        }
        kept.over.reverse();
        Ok(kept)
    }

    /// Calls of a person that are over and started before `before`, newest first, at most `limit`.
    ///
    /// # Errors
    /// As [`Database::load`].
    pub async fn history(
        &self,
        login: &Login,
        before: Option<Millis>,
        limit: usize,
    ) -> Result<Vec<CallRecord>, DatabaseError> {
        let sql = "SELECT body FROM history WHERE login = $1 AND started_at < $2
                   ORDER BY started_at DESC, call_id DESC LIMIT $3";
        let query = sqlx::query(sql).bind(login.as_str()).bind(big(before.unwrap_or(u64::MAX)));
        let rows = query.bind(big(limit as u64)).fetch_all(&self.pool).await?;
        rows.iter().map(|row| body(row, "call of the history")).collect()
    }
}

pub(super) fn login(row: &AnyRow, column: &str) -> Result<Login, DatabaseError> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| DatabaseError::Unreadable("login"))
}

pub(super) fn body<T: DeserializeOwned>(row: &AnyRow, what: &'static str) -> Result<T, DatabaseError> {
    let text: String = row.try_get("body")?;
    serde_json::from_str(&text).map_err(|_| DatabaseError::Unreadable(what))
}

fn event(row: &AnyRow) -> Result<KeptEvent, DatabaseError> {
    let unreadable = || DatabaseError::Unreadable("event");
    let payload: String = row.try_get("payload")?;
    let payload = serde_json::from_str(&payload).map_err(|_| unreadable())?;
    let name: String = row.try_get("name")?;
    let (event, _) = ServerEvent::decode(&name, payload).map_err(|_| unreadable())?;
    let (seq, at) = (small(row.try_get("seq")?), small(row.try_get("at")?));
    Ok(KeptEvent { login: login(row, "login")?, device: row.try_get("device")?, seq, at, event })
}
