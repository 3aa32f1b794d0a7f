//! The tables, version by version: `migrations/` is compiled in.

use std::borrow::Cow;

use futures_util::future::BoxFuture;
use sqlx::AnyPool;
use sqlx::error::BoxDynError;
use sqlx::migrate::{MigrateError, Migration, MigrationSource, MigrationType, Migrator};

/// Every version, oldest first. One that was released never changes: its checksum is kept in the database.
const VERSIONS: &[(i64, &str, &str)] = &[
    (1, "hub", include_str!("../../migrations/0001_hub.sql")),
    (2, "accounts", include_str!("../../migrations/0002_accounts.sql")),
    (3, "recordings", include_str!("../../migrations/0003_recordings.sql")),
];

#[derive(Debug)]
struct CompiledIn;

impl<'s> MigrationSource<'s> for CompiledIn {
    fn resolve(self) -> BoxFuture<'s, Result<Vec<Migration>, BoxDynError>> {
        let version = |(version, name, sql): &(i64, &'static str, &'static str)| {
            Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, Cow::Borrowed(*sql), false)
        };
        Box::pin(async move { Ok(VERSIONS.iter().map(version).collect()) })
    }
}

/// Brings the tables to this version.
pub(super) async fn run(pool: &AnyPool) -> Result<(), MigrateError> {
    Migrator::new(CompiledIn).await?.run(pool).await
}

#[cfg(test)]
mod tests {
    use sqlx::Executor as _;

    use super::super::{Database, Place};
    use super::*;

    /// One text that a query gives.
    async fn text(pool: &AnyPool, query: &str) -> String {
        sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
    }

    #[tokio::test]
    async fn tables_of_every_older_version_are_brought_to_this_one_with_what_is_in_them() {
        sqlx::any::install_default_drivers();
        let folder = std::env::temp_dir().join(format!("zvonok-migrate-{:x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        for older in 1..=VERSIONS.len() {
            let file = folder.join(format!("{older}.sqlite"));
            let pool = AnyPool::connect(&format!("sqlite:{}?mode=rwc", file.display())).await.unwrap();
            let mut migrator = Migrator::new(CompiledIn).await.unwrap();
            migrator.migrations.to_mut().truncate(older);
            migrator.run(&pool).await.unwrap();
            pool.execute("INSERT INTO people (login, body) VALUES ('man', '{}')").await.unwrap();
            pool.close().await;

            let place = Place::File(file);
            let database = Database::open(&place).await.unwrap();
            assert_eq!(text(&database.pool, "SELECT login FROM people").await, "man", "of version {older}");
            assert_eq!(text(&database.pool, "PRAGMA journal_mode").await, "wal");
            let newest = text(&database.pool, "SELECT CAST(MAX(version) AS TEXT) FROM _sqlx_migrations").await;
            assert_eq!(newest, VERSIONS.len().to_string());
            // A later program has been here.
            let later = "UPDATE _sqlx_migrations SET version = 1000 WHERE version = 1";
            database.pool.execute(later).await.unwrap();
            database.close().await;
            assert!(Database::open(&place).await.is_err(), "what is not understood is not written to");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
