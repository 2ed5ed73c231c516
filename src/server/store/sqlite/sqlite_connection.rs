use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::server::store::sqlite::sqlite_migrations::migrate;

/// Each connection has a thread of its own.
const READERS: u32 = 4;
/// How long a start waits for other processes that create the same file.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Returns the pool of the one connection that writes, and the pool of the connections that read.
pub(super) async fn open(
    path: &Path,
    time_limit: Duration,
    may_migrate: bool,
) -> Result<(SqlitePool, SqlitePool), sqlx::Error> {
    // The wait inside of SQLite ends before the time limit, so that a write that is reported as failed is not done later.
    let options = SqliteConnectOptions::new().busy_timeout(time_limit * 4 / 5).disable_statement_logging();
    if path == Path::new(":memory:") {
        // Each connection would be a database of its own.
        let pool = pool(1).connect_with(options.in_memory(true)).await?;
        migrate(&pool, may_migrate).await?;
        return Ok((pool.clone(), pool));
    }
    create_private(path)?;
    let options = options.filename(path).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
    let start = Instant::now();
    let writer = loop {
        match open_writer(&options, may_migrate).await {
            // SQLite does not wait for the lock that a new file needs to change to write-ahead logging.
            Err(error) if is_busy(&error) && start.elapsed() < START_LIMIT => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            result => break result?,
        }
    };
    let readers = pool(READERS).connect_with(options.pragma("query_only", "ON")).await?;
    Ok((writer, readers))
}

async fn open_writer(options: &SqliteConnectOptions, may_migrate: bool) -> Result<SqlitePool, sqlx::Error> {
    let writer = pool(1).connect_with(options.clone()).await?;
    migrate(&writer, may_migrate).await?;
    Ok(writer)
}

/// Connections are never closed: a database in memory would be lost, and a file needs no new ones.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Creates the file so that only its owner can read it. SQLite gives the files beside it the same permissions.
fn create_private(path: &Path) -> Result<(), std::io::Error> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    const SQLITE_BUSY: u32 = 5;
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    // The lower 8 bits of an extended code are the primary one.
    code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}
