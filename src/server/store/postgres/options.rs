use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};

use crate::server::store::postgres::database::Database;
use crate::server::store::postgres::postgres_migrations::migrate;
use crate::server::store::time_limit::{TIME_LIMIT, within};
use crate::server::store::{PostgresStore, StoreError};

/// How long a start waits for the database, and for other processes that create the tables.
const START_LIMIT: Duration = Duration::from_secs(30);
/// A connection that was used in this time is not tested before it is used again.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// How a [`PostgresStore`] connects.
///
/// ```no_run
/// # async fn example() -> Result<(), aura_auth::store::StoreError> {
/// use aura_auth::store::PostgresOptions;
///
/// let options = PostgresOptions::default().max_connections(20).pooler_in_transaction_mode();
/// let store = options.connect("postgres://app:password@pgbouncer.example.com:6432/app").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct PostgresOptions {
    max_connections: u32,
    time_limit: Duration,
    migrate: bool,
    behind_pooler: bool,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { max_connections: 10, time_limit: TIME_LIMIT, migrate: true, behind_pooler: false }
    }
}

impl PostgresOptions {
    /// Sets the number of connections that [`connect`](Self::connect) opens at most. The default is 10.
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections;
        self
    }

    /// Sets how long a function of the store waits for a connection and for the database before it fails. The default is
    /// 5 seconds.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Sets whether missing tables are created. By default they are. If not, run the SQL of
    /// [`PostgresStore::migrations`] before the app starts; the start fails if a table is missing. The app's user then
    /// needs no right to create tables.
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// The database is behind a pooler that gives each transaction another connection, such as PgBouncer with
    /// `pool_mode = transaction`. Then no statement has a name, and each one runs in a transaction, so that all its
    /// messages reach the same connection. A read takes four round trips instead of one.
    ///
    /// PgBouncer from version 1.21 on follows named statements by itself (`max_prepared_statements`). Behind it, this is
    /// not needed.
    pub fn pooler_in_transaction_mode(mut self) -> Self {
        self.behind_pooler = true;
        self
    }

    /// Connects to the database at a URL, `postgres://user:password@host:port/database`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the URL is invalid, the database can't be reached, or it has no tables and must not get any.
    pub async fn connect(self, url: &str) -> Result<PostgresStore, StoreError> {
        let mut options = PgConnectOptions::from_str(url).map_err(StoreError::new)?.disable_statement_logging();
        if self.behind_pooler {
            // PgBouncer rejects this parameter, and no column is a floating-point number.
            options = options.statement_cache_capacity(0).extra_float_digits(None);
        }
        // By default, each use would have a round trip more.
        let pool = PgPoolOptions::new().max_connections(self.max_connections).test_before_acquire(false);
        let pool = pool.before_acquire(|connection, usage| {
            Box::pin(async move {
                let is_live = usage.idle_for < TRUSTED_FOR || connection.ping().await.is_ok();
                Ok(is_live)
            })
        });
        let pool = within(START_LIMIT, pool.connect_with(options)).await?;
        self.from_pool(pool).await
    }

    /// Uses the app's own pool of connections.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database can't be reached, or it has no tables and must not get any.
    pub async fn from_pool(self, pool: PgPool) -> Result<PostgresStore, StoreError> {
        let database = Database { pool, behind_pooler: self.behind_pooler };
        within(START_LIMIT, migrate(&database, self.migrate)).await?;
        Ok(PostgresStore { database, time_limit: self.time_limit })
    }
}
