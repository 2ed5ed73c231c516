mod database;
mod options;
mod postgres_migrations;
mod postgres_sessions;
mod postgres_short_lived;
mod postgres_tokens;

use std::time::Duration;

use sqlx::PgPool;

use self::database::Database;
pub use self::options::PostgresOptions;
use crate::server::store::time_limit::within;
use crate::server::store::{
    EndReason, SessionId, Store, StoreError, StoreFuture, StoredSession, StoredTokens, TokenHash,
};
use crate::{RateLimit, RateLimitState};

/// A [`Store`] in a PostgreSQL database (version 12 or later), for an app on any number of machines.
///
/// The tables `aura_auth_…` are in the first schema of the connection's `search_path`. They are created at the start;
/// [`PostgresOptions::migrate`] can turn this off. The clocks of the machines may differ by a few minutes.
///
/// ```no_run
/// # async fn example() -> Result<(), aura_auth::store::StoreError> {
/// use aura_auth::store::PostgresStore;
///
/// let store = PostgresStore::connect("postgres://app:password@database.example.com/app").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    database: Database,
    time_limit: Duration,
}

impl PostgresStore {
    /// Connects with the default [options](PostgresOptions). The URL has the form
    /// `postgres://user:password@host:port/database`; parameters such as `sslmode=verify-full` follow a `?`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the URL is invalid, or the database can't be reached or used.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        PostgresOptions::default().connect(url).await
    }

    /// Uses the app's own pool of connections, with the default [options](PostgresOptions). Its connections must have
    /// PostgreSQL's default level of isolation (`READ COMMITTED`).
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use aura_auth::store::PostgresStore;
    ///
    /// let pool = sqlx::PgPool::connect("postgres://app:password@database.example.com/app").await?;
    /// let store = PostgresStore::from_pool(pool).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database can't be reached or used.
    pub async fn from_pool(pool: PgPool) -> Result<Self, StoreError> {
        PostgresOptions::default().from_pool(pool).await
    }

    /// Returns the SQL that creates the tables. It can run any number of times.
    ///
    /// ```
    /// use aura_auth::store::PostgresStore;
    ///
    /// assert!(PostgresStore::migrations().contains("CREATE TABLE IF NOT EXISTS aura_auth_sessions"));
    /// ```
    #[must_use]
    pub fn migrations() -> String {
        postgres_migrations::MIGRATIONS.concat()
    }

    fn within<'a, T: 'a>(&self, work: impl Future<Output = Result<T, sqlx::Error>> + Send + 'a) -> StoreFuture<'a, T> {
        within(self.time_limit, work)
    }
}

impl Store for PostgresStore {
    fn create_session<'a>(&'a self, session: &'a StoredSession, max_sessions: Option<u32>) -> StoreFuture<'a, bool> {
        self.within(postgres_sessions::create(&self.database, session, max_sessions))
    }

    fn session<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<StoredSession>> {
        self.within(postgres_sessions::find(&self.database, token))
    }

    fn sessions_of<'a>(&'a self, user: &'a str, now: i64) -> StoreFuture<'a, Vec<StoredSession>> {
        self.within(postgres_sessions::list(&self.database, user, now))
    }

    fn touch_session(&self, id: SessionId, last_seen_at: i64, idle_until: i64) -> StoreFuture<'_, bool> {
        self.within(postgres_sessions::touch(&self.database, id, last_seen_at, idle_until))
    }

    fn update_session<'a>(
        &'a self,
        id: SessionId,
        version: i64,
        content: &'a str,
        idle_until: i64,
        absolute_until: Option<i64>,
    ) -> StoreFuture<'a, bool> {
        self.within(postgres_sessions::update(&self.database, id, version, content, idle_until, absolute_until))
    }

    fn end_session(&self, id: SessionId, reason: EndReason, now: i64) -> StoreFuture<'_, bool> {
        self.within(postgres_sessions::end(&self.database, id, reason, now))
    }

    fn end_sessions_of<'a>(
        &'a self,
        user: &'a str,
        except: Option<SessionId>,
        reason: EndReason,
        now: i64,
    ) -> StoreFuture<'a, u64> {
        self.within(postgres_sessions::end_all(&self.database, user, except, reason, now))
    }

    fn tokens<'a>(&'a self, session: SessionId, provider: &'a str) -> StoreFuture<'a, Option<StoredTokens>> {
        self.within(postgres_tokens::find(&self.database, session, provider))
    }

    fn put_tokens<'a>(
        &'a self,
        session: SessionId,
        provider: &'a str,
        sealed: &'a [u8],
        version: Option<i64>,
    ) -> StoreFuture<'a, Option<i64>> {
        self.within(postgres_tokens::put(&self.database, session, provider, sealed, version))
    }

    fn delete_tokens<'a>(&'a self, session: SessionId, provider: &'a str) -> StoreFuture<'a, bool> {
        self.within(postgres_tokens::delete(&self.database, session, provider))
    }

    fn put_value<'a>(&'a self, key: &'a str, value: &'a [u8], expires_at: i64) -> StoreFuture<'a, ()> {
        self.within(postgres_short_lived::put_value(&self.database, key, value, expires_at))
    }

    fn take_value<'a>(&'a self, key: &'a str, now: i64) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.within(postgres_short_lived::take_value(&self.database, key, now))
    }

    fn take_lease<'a>(&'a self, name: &'a str, owner: &'a str, now: i64, until: i64) -> StoreFuture<'a, bool> {
        self.within(postgres_short_lived::take_lease(&self.database, name, owner, now, until))
    }

    fn release_lease<'a>(&'a self, name: &'a str, owner: &'a str) -> StoreFuture<'a, ()> {
        self.within(postgres_short_lived::release_lease(&self.database, name, owner))
    }

    fn count<'a>(&'a self, key: &'a str, limit: RateLimit, now: i64) -> StoreFuture<'a, RateLimitState> {
        self.within(postgres_short_lived::count(&self.database, key, limit, now))
    }

    fn delete_expired(&self, now: i64, ended_before: i64, limit: u32) -> StoreFuture<'_, u64> {
        self.within(postgres_short_lived::delete_expired(&self.database, now, ended_before, limit))
    }

    fn check(&self) -> StoreFuture<'_, ()> {
        self.within(postgres_migrations::check(&self.database))
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostgresStore")
    }
}
