//! Writing the hub's changes.

use sqlx::{Any, AnyConnection, Row as _};
use zvonok_signaling_proto::Millis;

use super::{Database, DatabaseError, big};
use crate::hub::change::{Change, KeptEvent};
use crate::hub::limits::{KEEP_EVENTS_MS, KEEP_HISTORY_MS, MAX_EVENTS, MAX_HISTORY};

/// Writes of one transaction.
#[derive(Debug)]
pub struct Writer<'d> {
    transaction: sqlx::Transaction<'d, Any>,
}

impl Database {
    /// Writes changes in order, all or none.
    ///
    /// # Errors
    /// Nothing was written.
    pub async fn write(&self, changes: &[Change]) -> Result<(), DatabaseError> {
        let mut writer = Writer { transaction: self.pool.begin().await? };
        self.check_claim(&mut writer.transaction).await?;
        self.still_leads(&mut writer.transaction).await?;
        for change in changes {
            writer.change(change).await?;
        }
        writer.transaction.commit().await?;
        Ok(())
    }

    /// Forgets what is older than it is kept.
    ///
    /// # Errors
    /// The database failed.
    pub async fn prune(&self, now: Millis) -> Result<(), DatabaseError> {
        for (sql, keep) in [
            ("DELETE FROM sessions WHERE expires_at < $1", 0),
            ("DELETE FROM events WHERE at < $1", KEEP_EVENTS_MS),
            ("DELETE FROM history WHERE started_at < $1", KEEP_HISTORY_MS),
        ] {
            sqlx::query(sql).bind(big(now.saturating_sub(keep))).execute(&self.pool).await?;
        }
        self.prune_history(MAX_HISTORY).await
    }

    /// Leaves nobody more than the newest `most` calls in the history. Those of the oldest one's millisecond go with
    /// it.
    async fn prune_history(&self, most: usize) -> Result<(), DatabaseError> {
        let most = big(most as u64);
        let many = sqlx::query("SELECT login FROM history GROUP BY login HAVING COUNT(*) > $1").bind(most);
        for row in many.fetch_all(&self.pool).await? {
            let login: String = row.try_get("login")?;
            let sql = "DELETE FROM history WHERE login = $1 AND started_at <=
                       (SELECT started_at FROM history WHERE login = $1 ORDER BY started_at DESC LIMIT 1 OFFSET $2)";
            sqlx::query(sql).bind(login).bind(most).execute(&self.pool).await?;
        }
        Ok(())
    }
}

impl Writer<'_> {
    async fn change(&mut self, change: &Change) -> Result<(), DatabaseError> {
        let to: &mut AnyConnection = &mut self.transaction;
        match change {
            Change::Anew => {
                for sql in ["DELETE FROM people", "DELETE FROM devices", "DELETE FROM events", "DELETE FROM calls"] {
                    sqlx::query(sql).execute(&mut *to).await?;
                }
            }
            Change::Person(login, person) => {
                let sql = "INSERT INTO people (login, body) VALUES ($1, $2)
                           ON CONFLICT (login) DO UPDATE SET body = excluded.body";
                sqlx::query(sql).bind(login.as_str()).bind(json(person)?).execute(to).await?;
            }
            Change::NoPerson(login) => {
                sqlx::query("DELETE FROM people WHERE login = $1").bind(login.as_str()).execute(to).await?;
            }
            Change::Device(login, device, body) => {
                let sql = "INSERT INTO devices (login, device, seq, body) VALUES ($1, $2, $3, $4)
                           ON CONFLICT (login, device) DO UPDATE SET seq = excluded.seq, body = excluded.body";
                let query = sqlx::query(sql).bind(login.as_str()).bind(device.as_str()).bind(big(body.seq));
                query.bind(json(body)?).execute(to).await?;
            }
            Change::NoDevice(login, device) => {
                for sql in [
                    "DELETE FROM events WHERE login = $1 AND device = $2",
                    "DELETE FROM devices WHERE login = $1 AND device = $2",
                ] {
                    sqlx::query(sql).bind(login.as_str()).bind(device.as_str()).execute(&mut *to).await?;
                }
            }
            Change::Event(event) => self.event(event).await?,
            Change::Call(id, body) => {
                let sql = "INSERT INTO calls (id, body) VALUES ($1, $2)
                           ON CONFLICT (id) DO UPDATE SET body = excluded.body";
                sqlx::query(sql).bind(id.as_str()).bind(body.as_str()).execute(to).await?;
            }
            Change::NoCall(id) => {
                sqlx::query("DELETE FROM calls WHERE id = $1").bind(id.as_str()).execute(to).await?;
            }
            Change::History(login, record) => {
                // A second word about the same call of the same person is the later one: who left and came back. It moves to
                // where its time belongs, or a page would begin with it again.
                let sql = "INSERT INTO history (login, call_id, started_at, body) VALUES ($1, $2, $3, $4)
                           ON CONFLICT (login, call_id) DO UPDATE SET
                           started_at = excluded.started_at, body = excluded.body";
                let query = sqlx::query(sql).bind(login.as_str()).bind(record.call_id.as_str());
                query.bind(big(record.started_at)).bind(json(record)?).execute(to).await?;
            }
        }
        Ok(())
    }

    async fn event(&mut self, event: &KeptEvent) -> Result<(), DatabaseError> {
        let to: &mut AnyConnection = &mut self.transaction;
        let (login, device) = (event.login.as_str(), event.device.as_str());
        // Written again after a backlog was given up, it is the same event.
        let sql = "INSERT INTO events (login, device, seq, at, name, payload) VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (login, device, seq) DO NOTHING";
        let query = sqlx::query(sql).bind(login).bind(device).bind(big(event.seq)).bind(big(event.at));
        query.bind(event.event.name()).bind(event.event.payload(None).to_string()).execute(&mut *to).await?;
        let sql = "UPDATE devices SET seq = $3 WHERE login = $1 AND device = $2 AND seq < $3";
        sqlx::query(sql).bind(login).bind(device).bind(big(event.seq)).execute(&mut *to).await?;
        let sql = "DELETE FROM events WHERE login = $1 AND device = $2 AND seq <= $3";
        let oldest = event.seq.saturating_sub(MAX_EVENTS as u64);
        if oldest > 0 {
            sqlx::query(sql).bind(login).bind(device).bind(big(oldest)).execute(to).await?;
        }
        Ok(())
    }
}

/// Structs of strings, numbers and enumerations have no way to fail; an error is better than a panic all the same.
pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<String, DatabaseError> {
    serde_json::to_string(value).map_err(|_| DatabaseError::Unreadable("change"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::database::Place;

    #[tokio::test]
    async fn nobody_has_more_than_so_many_calls_in_the_history() {
        let database = Database::open(&Place::Memory).await.unwrap();
        let call = |login: &str, at: u64| {
            let body = json!({ "call_id": format!("{login}{at}"), "direction": "out", "with": [], "mode": "two_way",
                               "started_at": at });
            Change::History(login.parse().unwrap(), serde_json::from_value(body).unwrap())
        };
        let mut calls: Vec<_> = (1..=9).map(|at| call("man", at)).collect();
        calls.extend((1..=3).map(|at| call("woman", at)));
        database.write(&calls).await.unwrap();
        database.prune_history(5).await.unwrap();
        for (login, expected) in [("man", vec![9, 8, 7, 6, 5]), ("woman", vec![3, 2, 1])] {
            let kept = database.history(&login.parse().unwrap(), None, 99).await.unwrap();
            assert_eq!(kept.iter().map(|call| call.started_at).collect::<Vec<_>>(), expected, "{login}");
        }
        database.prune_history(5).await.unwrap();
        assert_eq!(database.history(&"man".parse().unwrap(), None, 99).await.unwrap().len(), 5, "and no fewer");
    }
}
