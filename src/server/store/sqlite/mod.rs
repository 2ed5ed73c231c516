mod sqlite_connection;
mod sqlite_migrations;
mod sqlite_sessions;
mod sqlite_short_lived;
mod sqlite_tokens;

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqlitePool;

use crate::server::store::time_limit::{TIME_LIMIT, within};
use crate::server::store::{
    EndReason, SessionId, Store, StoreError, StoreFuture, StoredSession, StoredTokens, TokenHash,
};
use crate::{RateLimit, RateLimitState};

/// A [`Store`] in a SQLite database, for an app on one machine. SQLite is compiled into the binary.
///
/// All processes on the machine can open the same file, but not over a network file system. Tables are created when the
/// file is opened; [`SqliteOptions::migrate`] can turn this off.
///
/// The file uses write-ahead logging with `synchronous = NORMAL`. If a process ends in any way, nothing is lost. If the
/// machine loses power, the changes of the last moments can be lost, also the end of a session.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use aura_auth::store::{SqliteStore, Store, TokenHash};
///
/// let store = SqliteStore::open(":memory:").await?;
/// assert_eq!(store.session(&TokenHash::of("unknown")).await?, None);
/// # Ok::<(), aura_auth::store::StoreError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    /// One connection, so that writes of this process never wait for each other inside of SQLite.
    writer: SqlitePool,
    readers: SqlitePool,
    time_limit: Duration,
}

/// How a [`SqliteStore`] is opened.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use std::time::Duration;
///
/// use aura_auth::store::SqliteOptions;
///
/// let store = SqliteOptions::default().time_limit(Duration::from_secs(2)).open(":memory:").await?;
/// # Ok::<(), aura_auth::store::StoreError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SqliteOptions {
    time_limit: Duration,
    migrate: bool,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { time_limit: TIME_LIMIT, migrate: true }
    }
}

impl SqliteOptions {
    /// Sets how long a function of the store waits for the database before it fails. The default is 5 seconds.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Sets whether missing tables are created. By default they are. If not, run the SQL of
    /// [`SqliteStore::migrations`] before the app starts; [`open`](Self::open) fails if a table is missing.
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// Opens a file, and creates it if it does not exist. `:memory:` is a new database in memory.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the file can't be opened, is no SQLite database, or has no tables and must not get any.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        let path = path.as_ref();
        let (writer, readers) =
            sqlite_connection::open(path, self.time_limit, self.migrate).await.map_err(StoreError::new)?;
        Ok(SqliteStore { writer, readers, time_limit: self.time_limit })
    }
}

impl SqliteStore {
    /// Opens a file with the default [options](SqliteOptions), and creates it if it does not exist. `:memory:` is a new
    /// database in memory, for tests.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the file can't be opened, or is no SQLite database.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::default().open(path).await
    }

    /// Returns the SQL that creates the tables. It can run any number of times.
    #[must_use]
    pub fn migrations() -> String {
        sqlite_migrations::MIGRATIONS.concat()
    }

    fn within<'a, T: 'a>(&self, work: impl Future<Output = Result<T, sqlx::Error>> + Send + 'a) -> StoreFuture<'a, T> {
        within(self.time_limit, work)
    }
}

impl Store for SqliteStore {
    fn create_session<'a>(&'a self, session: &'a StoredSession, max_sessions: Option<u32>) -> StoreFuture<'a, bool> {
        self.within(sqlite_sessions::create(&self.writer, session, max_sessions))
    }

    fn session<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<StoredSession>> {
        self.within(sqlite_sessions::find(&self.readers, token))
    }

    fn sessions_of<'a>(&'a self, user: &'a str, now: i64) -> StoreFuture<'a, Vec<StoredSession>> {
        self.within(sqlite_sessions::list(&self.readers, user, now))
    }

    fn touch_session(&self, id: SessionId, last_seen_at: i64, idle_until: i64) -> StoreFuture<'_, bool> {
        self.within(sqlite_sessions::touch(&self.writer, id, last_seen_at, idle_until))
    }

    fn update_session<'a>(
        &'a self,
        id: SessionId,
        version: i64,
        content: &'a str,
        idle_until: i64,
        absolute_until: Option<i64>,
    ) -> StoreFuture<'a, bool> {
        self.within(sqlite_sessions::update(&self.writer, id, version, content, idle_until, absolute_until))
    }

    fn end_session(&self, id: SessionId, reason: EndReason, now: i64) -> StoreFuture<'_, bool> {
        self.within(sqlite_sessions::end(&self.writer, id, reason, now))
    }

    fn end_sessions_of<'a>(
        &'a self,
        user: &'a str,
        except: Option<SessionId>,
        reason: EndReason,
        now: i64,
    ) -> StoreFuture<'a, u64> {
        self.within(sqlite_sessions::end_all(&self.writer, user, except, reason, now))
    }

    fn tokens<'a>(&'a self, session: SessionId, provider: &'a str) -> StoreFuture<'a, Option<StoredTokens>> {
        self.within(sqlite_tokens::find(&self.readers, session, provider))
    }

    fn put_tokens<'a>(
        &'a self,
        session: SessionId,
        provider: &'a str,
        sealed: &'a [u8],
        version: Option<i64>,
    ) -> StoreFuture<'a, Option<i64>> {
        self.within(sqlite_tokens::put(&self.writer, session, provider, sealed, version))
    }

    fn delete_tokens<'a>(&'a self, session: SessionId, provider: &'a str) -> StoreFuture<'a, bool> {
        self.within(sqlite_tokens::delete(&self.writer, session, provider))
    }

    fn put_value<'a>(&'a self, key: &'a str, value: &'a [u8], expires_at: i64) -> StoreFuture<'a, ()> {
        self.within(sqlite_short_lived::put_value(&self.writer, key, value, expires_at))
    }

    fn take_value<'a>(&'a self, key: &'a str, now: i64) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.within(sqlite_short_lived::take_value(&self.writer, key, now))
    }

    fn take_lease<'a>(&'a self, name: &'a str, owner: &'a str, now: i64, until: i64) -> StoreFuture<'a, bool> {
        self.within(sqlite_short_lived::take_lease(&self.writer, name, owner, now, until))
    }

    fn release_lease<'a>(&'a self, name: &'a str, owner: &'a str) -> StoreFuture<'a, ()> {
        self.within(sqlite_short_lived::release_lease(&self.writer, name, owner))
    }

    fn count<'a>(&'a self, key: &'a str, limit: RateLimit, now: i64) -> StoreFuture<'a, RateLimitState> {
        self.within(sqlite_short_lived::count(&self.writer, &self.readers, key, limit, now))
    }

    fn delete_expired(&self, now: i64, ended_before: i64, limit: u32) -> StoreFuture<'_, u64> {
        self.within(sqlite_short_lived::delete_expired(&self.writer, now, ended_before, limit))
    }

    fn check(&self) -> StoreFuture<'_, ()> {
        self.within(async {
            sqlx::query("SELECT version FROM aura_auth_migrations").fetch_all(&self.readers).await?;
            Ok(())
        })
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SqliteStore")
    }
}
