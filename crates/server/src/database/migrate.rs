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
