//! What outlives the server: SQLite in the data directory, or PostgreSQL.
//!
//! One set of statements serves both (`sqlx`'s `Any`). Without a place to keep anything the same tables are in memory,
//! so that there is one way through the code. See [`crate::hub::change`] for what is written, and when.
//!
//! What is in memory only: sockets and presence, tries of passwords and requests that are counted per address, the
//! devices' unhandled socket packets, and the embedded media server's sessions.

mod accounts;
mod claim;
mod lead;
mod load;
mod migrate;
mod recordings;
mod rows;
mod sum;
mod write;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyPool, Executor as _};
use url::Url;

pub use claim::Claim;

/// File of the data directory that keeps everything.
pub const DATABASE_FILE: &str = "hub.sqlite";

/// How long one statement waits for a connection; a database that takes longer is down.
const ACQUIRE: Duration = Duration::from_secs(5);

/// Connections: one writes, the others sign in and read the history.
const CONNECTIONS: u32 = 4;

/// Where everything is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: it is gone with the process.
    Memory,
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL server, `postgresql://USER:PASSWORD@HOST/NAME`.
    Server(Url),
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("Memory"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            // The address may have a password.
            Self::Server(url) => f.debug_tuple("Server").field(&url.host_str()).finish_non_exhaustive(),
        }
    }
}

/// Why something was not kept or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The database refused, or cannot be reached.
    #[error("the database failed")]
    Sql(#[from] sqlx::Error),
    /// Its tables cannot be brought to this version.
    #[error("the database's tables cannot be brought to this version")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Something in it is not what this version writes.
    #[error("the database has a {0} that cannot be read")]
    Unreadable(&'static str),
    /// The path of the file cannot be written as an address.
    #[error("{} cannot be used as a database", .0.display())]
    Path(PathBuf),
    /// Another hub has claimed it.
    #[error("another zvonok-server uses this database")]
    Taken,
    /// The claim on it has ended, and another hub may have it by now.
    #[error("the claim on the database has ended")]
    Unclaimed,
    /// Another hub leads since: nothing of this one is written any more.
    #[error("another hub leads")]
    Superseded,
    /// Its file cannot be made.
    #[error("cannot make {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// An open database with tables of this version. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Database {
    pool: AnyPool,
    /// It keeps what it is given after the process.
    durable: bool,
    /// The number of the connection that has claimed it at a PostgreSQL server; 0 without one.
    claimed: Arc<AtomicI64>,
    /// Which of many leaders writes; none where there is one hub only.
    term: Option<u64>,
}

impl Database {
    /// Opens it, makes what is not there, and brings the tables to this version.
    ///
    /// # Errors
    /// A file that cannot be made, a server that cannot be reached, tables of a later version.
    pub async fn open(place: &Place) -> Result<Self, DatabaseError> {
        // Whoever comes second finds them installed.
        sqlx::any::install_default_drivers();
        let (options, durable, most) = match place {
            Place::Memory => (AnyConnectOptions::from_str("sqlite::memory:")?, false, 1),
            Place::File(path) => {
                private_file(path)?;
                (AnyConnectOptions::from_str(&file_url(path)?)?, true, CONNECTIONS)
            }
            Place::Server(url) => (AnyConnectOptions::from_str(url.as_str())?, true, CONNECTIONS),
        };
        let file = matches!(place, Place::File(_));
        let pool = AnyPoolOptions::new()
            .max_connections(most)
            // A database in memory is gone with its connection.
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(ACQUIRE)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if file {
                        // What was committed survives the process at once, and the machine's power a moment later.
                        connection.execute("PRAGMA journal_mode = WAL").await?;
                        connection.execute("PRAGMA synchronous = NORMAL").await?;
                        connection.execute("PRAGMA busy_timeout = 5000").await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        migrate::run(&pool).await?;
        Ok(Self { pool, durable, claimed: Arc::default(), term: None })
    }

    /// Whether it keeps what it is given after the process.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.durable
    }

    /// Asks it for a row.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        sqlx::query("SELECT 1").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// Closes it, after what is under way.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// The address of a file: `sqlite:/srv/hub.sqlite`, `sqlite:C:/srv/hub.sqlite`.
fn file_url(path: &Path) -> Result<String, DatabaseError> {
    let odd = || DatabaseError::Path(path.to_owned());
    let whole = std::path::absolute(path).map_err(|_| odd())?;
    let mut url = Url::from_file_path(whole).map_err(|()| odd())?;
    url.set_query(Some("mode=rwc"));
    let before = if cfg!(windows) { "file:///" } else { "file://" };
    Ok(url.as_str().replacen(before, "sqlite:", 1))
}

/// Makes the file for its owner only, before SQLite makes it for everybody: it has hashes of passwords and who called
/// whom. SQLite gives the files beside it the same mode.
fn private_file(path: &Path) -> Result<(), DatabaseError> {
    match crate::private::create(path, "") {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(DatabaseError::File { path: path.to_owned(), source: error })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// An error with what is below it.
pub(crate) fn full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        text.push_str(": ");
        text.push_str(&error.to_string());
        below = error.source();
    }
    text
}

/// A number as both databases have it.
pub(crate) fn big(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// And back.
pub(crate) fn small(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
