//! One hub per database: two would each write what only one of them knows.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use sqlx::{AnyConnection, Row as _};
use tokio::time::{Instant, sleep};

use super::{Database, DatabaseError, Place};

/// The lock's number at a PostgreSQL server: any that nobody else in that database uses.
const NUMBER: i64 = 0x7a76_6f6e_6f6b;

/// How long a hub that was just killed may still be known to a PostgreSQL server, and how often it is asked.
const LINGERS: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(100);

/// As long as it is there no other hub starts on the same database; also a killed process gives it back.
#[derive(Debug)]
pub struct Claim {
    _lock: Lock,
}

#[derive(Debug)]
enum Lock {
    Nothing,
    File { _file: File },
    Server { _connection: Box<AnyConnection> },
}

impl Database {
    /// Claims the database for one hub. Accounts may be changed all the same.
    ///
    /// # Errors
    /// [`DatabaseError::Taken`] where another one has it.
    pub async fn claim(&self, place: &Place) -> Result<Claim, DatabaseError> {
        let lock = match place {
            Place::Memory => Lock::Nothing,
            Place::File(path) => Lock::File { _file: claim_file(&path.with_extension("lock"))? },
            Place::Server(_) => self.claim_server().await?,
        };
        Ok(Claim { _lock: lock })
    }

    async fn claim_server(&self) -> Result<Lock, DatabaseError> {
        let mut connection = self.pool.acquire().await?.detach();
        let until = Instant::now() + LINGERS;
        loop {
            let asked = sqlx::query("SELECT pg_try_advisory_lock($1) AS mine").bind(NUMBER);
            if asked.fetch_one(&mut connection).await?.try_get("mine")? {
                return Ok(Lock::Server { _connection: Box::new(connection) });
            }
            if Instant::now() >= until {
                return Err(DatabaseError::Taken);
            }
            sleep(AGAIN).await;
        }
    }
}

fn claim_file(path: &Path) -> Result<File, DatabaseError> {
    let failed = |source| DatabaseError::File { path: path.to_owned(), source };
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DatabaseError::Taken),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
