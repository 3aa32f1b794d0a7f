//! One hub per database: two would each write what only one of them knows. Those joined by `--redis-url` do not, and share it.
//!
//! At a PostgreSQL server the claim is a lock, which lives as long as the connection that took it. That connection may
//! end while the hub goes on (the server is started again, a firewall forgets it), and then another hub may start. So the
//! connection is looked after, and nothing is written unless the server knows the lock as ours.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::{AnyConnection, Connection as _, Row as _};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{Database, DatabaseError, Place, full};

/// The lock's number at a PostgreSQL server: any that nobody else in that database uses. The server lists its halves.
const NUMBER: i64 = 0x7a76_6f6e_6f6b;
const HALVES: (i64, i64) = (NUMBER >> 32, NUMBER & 0xffff_ffff);

/// The lock, where the connection of that number has it.
const HELD: &str = "FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid = $1
                    AND CAST(classid AS BIGINT) = $2 AND CAST(objid AS BIGINT) = $3";

/// How long a hub that was just killed may still be known to a PostgreSQL server, and how often it is asked.
const LINGERS: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(100);

/// How often the connection is asked for a sign of life: far below the minutes after which firewalls forget one.
const LOOK: Duration = Duration::from_secs(5);

/// How long it has for that. A server that is only slow keeps the lock, and it is taken from it in good order.
const ANSWER: Duration = Duration::from_secs(10);

/// As long as it or a clone is there no other hub starts on the same database; also a killed process gives it back.
#[derive(Debug, Clone)]
pub struct Claim {
    lock: Arc<Mutex<Lock>>,
    /// Hubs that know of each other have it as well.
    many: bool,
    lost: CancellationToken,
}

#[derive(Debug)]
enum Lock {
    Nothing,
    File { _file: File },
    Server(Server),
}

/// The connection that has the lock, and its number at the server.
#[derive(Debug)]
struct Server {
    connection: Box<AnyConnection>,
    pid: i64,
}

impl Claim {
    /// Comes back when another hub has the database: this one keeps nothing any more.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Looks after it until `stop`: makes it again where its connection has ended.
    pub(crate) async fn look_after(self, database: Database, stop: CancellationToken) {
        // Whether it was stopped or has nothing to look after, it is done.
        let _done = stop.run_until_cancelled(self.look(&database)).await;
    }

    async fn look(&self, database: &Database) {
        let mut down = false;
        loop {
            sleep(LOOK).await;
            let mut lock = self.lock.lock().await;
            let Lock::Server(server) = &mut *lock else { return };
            if timeout(ANSWER, server.connection.ping()).await.is_ok_and(|answer| answer.is_ok()) {
                down = false;
                continue;
            }
            match database.claim_again(server.pid, self.many).await {
                Ok(Some(again)) => {
                    *server = again;
                    down = false;
                    tracing::warn!("the database is claimed again: the connection that had claimed it has ended");
                }
                Ok(None) => {
                    self.lost.cancel();
                    tracing::error!("another zvonok-server has claimed the database: this one writes no more");
                    return;
                }
                Err(error) if !down => {
                    down = true;
                    tracing::error!(error = full(&error), "the database cannot be claimed again, which is tried on");
                }
                Err(_) => {}
            }
        }
    }
}

impl Database {
    /// Claims the database for one hub, or for one of `many` that know of each other. Accounts may be changed all the same.
    ///
    /// # Errors
    /// [`DatabaseError::Taken`] where another one has it.
    pub async fn claim(&self, place: &Place, many: bool) -> Result<Claim, DatabaseError> {
        let lock = match place {
            Place::Memory => Lock::Nothing,
            Place::File(path) => Lock::File { _file: claim_file(&path.with_extension("lock"))? },
            Place::Server(_) => {
                let connection = self.pool.acquire().await?.detach();
                Lock::Server(self.claim_server(connection, many).await?.ok_or(DatabaseError::Taken)?)
            }
        };
        Ok(Claim { lock: Arc::new(Mutex::new(lock)), many, lost: CancellationToken::new() })
    }

    /// As at the start, instead of the connection `old`; nothing where another hub was faster.
    async fn claim_again(&self, old: i64, many: bool) -> Result<Option<Server>, DatabaseError> {
        let mut connection = self.pool.acquire().await?.detach();
        // The server may not have noticed that it has ended, and would not for hours.
        let end = format!("SELECT pg_terminate_backend(pid) {HELD}");
        sqlx::query(&end).bind(old).bind(HALVES.0).bind(HALVES.1).execute(&mut connection).await?;
        self.claim_server(connection, many).await
    }

    async fn claim_server(&self, mut connection: AnyConnection, many: bool) -> Result<Option<Server>, DatabaseError> {
        let until = Instant::now() + LINGERS;
        loop {
            let lock = if many { "pg_try_advisory_lock_shared" } else { "pg_try_advisory_lock" };
            let sql = format!("SELECT {lock}($1) AS mine, CAST(pg_backend_pid() AS BIGINT) AS pid");
            let row = sqlx::query(&sql).bind(NUMBER).fetch_one(&mut connection).await?;
            if row.try_get("mine")? {
                let pid = row.try_get("pid")?;
                self.claimed.store(pid, Ordering::Release);
                return Ok(Some(Server { connection: Box::new(connection), pid }));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            sleep(AGAIN).await;
        }
    }

    /// Fails where a server that was claimed no longer knows it: another hub may have it by then.
    pub(super) async fn check_claim(&self, connection: &mut AnyConnection) -> Result<(), DatabaseError> {
        let pid = self.claimed.load(Ordering::Acquire);
        if pid == 0 {
            return Ok(());
        }
        let sql = format!("SELECT COUNT(*) AS held {HELD}");
        let row = sqlx::query(&sql).bind(pid).bind(HALVES.0).bind(HALVES.1).fetch_one(connection).await?;
        let held: i64 = row.try_get("held")?;
        if held > 0 { Ok(()) } else { Err(DatabaseError::Unclaimed) }
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
