//! Writing the hub's changes.

use sqlx::Row as _;
use zvonok_signaling_proto::Millis;

use super::sum::Sum;
use super::{Database, DatabaseError, big, rows};
use crate::hub::change::Change;
use crate::hub::limits::{KEEP_EVENTS_MS, KEEP_HISTORY_MS, MAX_HISTORY};

impl Database {
    /// Writes changes in order, all or none.
    ///
    /// # Errors
    /// Nothing was written.
    pub async fn write(&self, changes: &[Change]) -> Result<(), DatabaseError> {
        let mut transaction = self.pool.begin().await?;
        self.check_claim(&mut transaction).await?;
        self.still_leads(&mut transaction).await?;
        rows::write(&mut transaction, Sum::of(changes)).await?;
        transaction.commit().await?;
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
