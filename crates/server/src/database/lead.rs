//! Of many hubs on one database one leads and writes. Who does is decided elsewhere; that no other writes, here.

use std::sync::Arc;

use sqlx::{AnyConnection, Row as _};

use super::{Database, DatabaseError, big, small};

impl Database {
    /// This one leads from now on: whoever did before writes nothing any more, and what it wrote is seen by this one.
    ///
    /// # Errors
    /// The database failed, as in all of these.
    pub async fn lead(mut self) -> Result<Self, DatabaseError> {
        let mut to = self.pool.begin().await?;
        number(&mut to, "leader", 0).await?;
        // Waits for a transaction of the former leader that has not ended.
        let sql = "UPDATE revisions SET number = number + 1 WHERE name = 'leader'";
        sqlx::query(sql).execute(&mut *to).await?;
        self.term = Some(number(&mut to, "leader", 0).await?);
        to.commit().await?;
        Ok(self)
    }

    /// Of the same database as `other`: nothing is written where the claim that was made for that is not known any more.
    pub(crate) fn claimed_as(mut self, other: &Self) -> Self {
        self.claimed = Arc::clone(&other.claimed);
        self
    }

    /// A number of this database's own, for whoever has to tell it from others.
    ///
    /// # Errors
    /// The database failed.
    pub async fn identity(&self) -> Result<u64, DatabaseError> {
        let mut to = self.pool.begin().await?;
        let own = number(&mut to, "identity", rand::random::<u64>() >> 1).await?;
        to.commit().await?;
        Ok(own)
    }

    /// That this hub leads until the transaction is over.
    pub(super) async fn still_leads(&self, to: &mut AnyConnection) -> Result<(), DatabaseError> {
        let Some(term) = self.term else { return Ok(()) };
        let sql = "UPDATE revisions SET number = number WHERE name = 'leader' AND number = $1";
        let held = sqlx::query(sql).bind(big(term)).execute(to).await?.rows_affected();
        if held == 0 { Err(DatabaseError::Superseded) } else { Ok(()) }
    }
}

/// A number by its name, which is `first` where there is none.
async fn number(to: &mut AnyConnection, name: &str, first: u64) -> Result<u64, DatabaseError> {
    let sql = "INSERT INTO revisions (name, number) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    sqlx::query(sql).bind(name).bind(big(first)).execute(&mut *to).await?;
    let row = sqlx::query("SELECT number FROM revisions WHERE name = $1").bind(name).fetch_one(to).await?;
    Ok(small(row.try_get("number")?))
}
