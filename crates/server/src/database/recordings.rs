//! Recordings of calls.

use sqlx::Row as _;
use sqlx::any::AnyRow;
use zvonok_openvidu::wire::recorded::Recording;
use zvonok_signaling_proto::rest::CallRecord;
use zvonok_signaling_proto::{CallId, Millis};

use super::load::body;
use super::write::json;
use super::{Database, DatabaseError, big, small};
use crate::hub::change::{KeptRecording, RecordingsQuery};

/// All columns but whose it is.
const COLUMNS: &str = "r.id AS id, r.call_id AS call_id, r.session AS session, r.media_id AS media_id, \
                       r.started_at AS started_at, r.body AS body";

/// Recordings that are read at once: more than a page, for whoever was in most of the calls.
const CHUNK: usize = 100;

impl Database {
    /// Keeps a new recording.
    ///
    /// # Errors
    /// The database failed, as in all of these.
    pub async fn add_recording(&self, new: &KeptRecording) -> Result<(), DatabaseError> {
        let sql = "INSERT INTO recordings (id, call_id, session, media_id, started_at, body)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let query = sqlx::query(sql).bind(new.id.as_str()).bind(new.call_id.as_str()).bind(new.session.as_str());
        let query = query.bind(new.media_id.as_str()).bind(big(new.started_at)).bind(json(&new.seen)?);
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// A recording is so now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn recording_seen(&self, id: &str, seen: &Recording) -> Result<(), DatabaseError> {
        let query = sqlx::query("UPDATE recordings SET body = $2 WHERE id = $1").bind(id).bind(json(seen)?);
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// A recording that this person may see.
    ///
    /// # Errors
    /// The database failed.
    pub async fn recording(&self, id: &str, of: &RecordingsQuery) -> Result<Option<KeptRecording>, DatabaseError> {
        let sql = format!(
            "SELECT {COLUMNS}, h.body AS history FROM recordings r
             LEFT JOIN history h ON h.call_id = r.call_id AND h.login = $2 WHERE r.id = $1"
        );
        let query = sqlx::query(&sql).bind(id).bind(of.login.as_str());
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        let found = recording(&row)?;
        let allowed = of.all || of.live.contains(&found.call_id) || was_in_it(&row)?;
        Ok(allowed.then_some(found))
    }

    /// Recordings that this person may see and that began before `before`, newest first: at most `limit` of those of calls
    /// that are over, and with them those of calls that are not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn recordings(
        &self,
        of: &RecordingsQuery,
        before: Option<Millis>,
        limit: usize,
    ) -> Result<Vec<KeptRecording>, DatabaseError> {
        let before = big(before.unwrap_or(u64::MAX));
        let mut found = self.over(of, before, limit).await?;
        let sql = format!("SELECT {COLUMNS} FROM recordings r WHERE r.call_id = $1 AND r.started_at < $2");
        for live in of.live.iter().filter(|_| !of.all) {
            let query = sqlx::query(&sql).bind(live.as_str()).bind(before);
            for row in query.fetch_all(&self.pool).await? {
                let live = recording(&row)?;
                if found.iter().all(|known| known.id != live.id) {
                    found.push(live);
                }
            }
        }
        found.sort_by_key(|recording| std::cmp::Reverse(recording.started_at));
        Ok(found)
    }

    /// The newest `limit` of calls that are over. Only what is read of a call's history says whether that person was in it,
    /// so it is read on until there are so many.
    async fn over(&self, of: &RecordingsQuery, before: i64, limit: usize) -> Result<Vec<KeptRecording>, DatabaseError> {
        let join = if of.all { "LEFT JOIN" } else { "JOIN" };
        let sql = format!(
            "SELECT {COLUMNS}, h.body AS history FROM recordings r
             {join} history h ON h.call_id = r.call_id AND h.login = $1
             WHERE r.started_at < $2 OR (r.started_at = $2 AND r.id < $3)
             ORDER BY r.started_at DESC, r.id DESC LIMIT $4"
        );
        // Ids are never empty: at first nothing of that very moment comes.
        let (mut found, mut last) = (Vec::new(), (before, String::new()));
        loop {
            let query = sqlx::query(&sql).bind(of.login.as_str()).bind(last.0).bind(last.1).bind(big(CHUNK as u64));
            let rows = query.fetch_all(&self.pool).await?;
            for row in &rows {
                if of.all || was_in_it(row)? {
                    found.push(recording(row)?);
                }
                if found.len() >= limit {
                    return Ok(found);
                }
            }
            match rows.last() {
                Some(row) if rows.len() == CHUNK => last = (row.try_get("started_at")?, row.try_get("id")?),
                Some(_) | None => return Ok(found),
            }
        }
    }
}

/// Whether the history has it that this person talked in the call. Who was only rung has no part in it.
fn was_in_it(row: &AnyRow) -> Result<bool, DatabaseError> {
    let Some(text) = row.try_get::<Option<String>, _>("history")? else { return Ok(false) };
    let record: CallRecord =
        serde_json::from_str(&text).map_err(|_| DatabaseError::Unreadable("call of the history"))?;
    Ok(record.answered_at.is_some())
}

fn recording(row: &AnyRow) -> Result<KeptRecording, DatabaseError> {
    let call_id: String = row.try_get("call_id")?;
    let call_id: CallId = call_id.parse().map_err(|_| DatabaseError::Unreadable("call id"))?;
    Ok(KeptRecording {
        id: row.try_get("id")?,
        call_id,
        session: row.try_get("session")?,
        media_id: row.try_get("media_id")?,
        started_at: small(row.try_get("started_at")?),
        seen: body(row, "recording")?,
    })
}
