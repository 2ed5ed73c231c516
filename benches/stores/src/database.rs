use std::fmt::Write as _;
use std::str::FromStr as _;
use std::time::{SystemTime, UNIX_EPOCH};

use aura_auth::store::{PostgresStore, SqliteStore, Store as _, StoredSession, TokenHash};
use aura_auth::testing::{TestStore, begin_session};
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use crate::{Result, ada, auth};

/// The rows that one statement inserts, and the statements of one transaction.
const ROWS: u64 = 500;
const STATEMENTS: u64 = 100;

/// A store, and a way around it for what a store can't do.
pub(crate) struct Database {
    /// Counts the calls.
    pub(crate) store: TestStore,
    pool: Pool,
}

enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Database {
    pub(crate) async fn open(url: &str) -> Result<Self> {
        if let Some(file) = url.strip_prefix("sqlite:") {
            let store = TestStore::new(SqliteStore::open(file).await?);
            let options = SqliteConnectOptions::from_str(url)?.synchronous(SqliteSynchronous::Normal);
            return Ok(Self { store, pool: Pool::Sqlite(SqlitePool::connect_with(options).await?) });
        }
        let store = TestStore::new(PostgresStore::connect(url).await?);
        Ok(Self { store, pool: Pool::Postgres(PgPool::connect(url).await?) })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.pool {
            Pool::Sqlite(_) => "SQLite",
            Pool::Postgres(_) => "PostgreSQL",
        }
    }

    /// Returns how many statements PostgreSQL has run, or `None` for SQLite. BEGIN and COMMIT are not counted.
    pub(crate) async fn statements(&self) -> Result<Option<i64>> {
        let Pool::Postgres(pool) = &self.pool else { return Ok(None) };
        let counted = "SELECT COALESCE(SUM(calls), 0)::bigint FROM pg_stat_statements
            WHERE query NOT LIKE 'BEGIN%' AND query NOT LIKE 'COMMIT%' AND query NOT LIKE '%pg_stat_statements%'
            AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())";
        Ok(Some(sqlx::query_scalar(counted).fetch_one(pool).await?))
    }

    /// Inserts sessions with the tokens of these numbers. They are like the session of a sign-in, but each belongs to
    /// another user, and they were used in an hour, so that no read has to write that the session is used. `idle_until`
    /// is in seconds from now.
    pub(crate) async fn fill(&self, numbers: std::ops::Range<u64>, idle_until: i64) -> Result {
        let model = self.model().await?;
        let idle_until = now()? + idle_until;
        let mut first = numbers.start;
        while first < numbers.end {
            let mut sql = "BEGIN;".to_owned();
            for _ in 0..STATEMENTS {
                let last = (first + ROWS).min(numbers.end);
                if first < last {
                    self.insert(&mut sql, &model, first..last, idle_until)?;
                }
                first = last;
            }
            sql.push_str("COMMIT;");
            self.run(sql).await?;
        }
        let vacuum = match self.pool {
            Pool::Sqlite(_) => "PRAGMA wal_checkpoint(TRUNCATE)",
            // Autovacuum would do it some time later.
            Pool::Postgres(_) => "VACUUM ANALYZE aura_auth_sessions",
        };
        self.run(vacuum.to_owned()).await
    }

    /// Begins a session and reads its row.
    async fn model(&self) -> Result<StoredSession> {
        let cookie = begin_session(&auth("http://127.0.0.1", self)?, ada()).await?;
        let token = cookie.split_once('=').ok_or("no cookie")?.1;
        Ok(self.store.session(&TokenHash::of(token)).await?.ok_or("no session")?)
    }

    fn insert(
        &self,
        sql: &mut String,
        model: &StoredSession,
        numbers: std::ops::Range<u64>,
        idle_until: i64,
    ) -> Result {
        sql.push_str(
            "INSERT INTO aura_auth_sessions (id, token, user_id, created_at, last_seen_at, idle_until, user_agent,
                address, content, version) VALUES ",
        );
        let content = model.content.replace('\'', "''");
        let (created_at, last_seen_at) = (model.created_at, model.created_at + 3600);
        // How a literal of bytes, and one of a UUID, begins.
        let (bytes, uuid) = match self.pool {
            Pool::Sqlite(_) => ("x'", "x'"),
            Pool::Postgres(_) => (r"'\x", "'"),
        };
        let start = numbers.start;
        for number in numbers {
            let hash = TokenHash::of(&token(number)).as_bytes().iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            let comma = if number == start { "" } else { "," };
            write!(
                sql,
                "{comma}({uuid}{}', {bytes}{hash}', '{{user-{number}}}', {created_at}, {last_seen_at}, {idle_until},
                'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', '192.0.2.1', '{content}', 0)",
                &hash[..32]
            )?;
        }
        sql.push(';');
        Ok(())
    }

    async fn run(&self, sql: String) -> Result {
        let query = sqlx::raw_sql(AssertSqlSafe(sql));
        match &self.pool {
            Pool::Sqlite(pool) => query.execute(pool).await.map(drop)?,
            Pool::Postgres(pool) => query.execute(pool).await.map(drop)?,
        }
        Ok(())
    }
}

/// Returns the token of a session that [`Database::fill`] has inserted.
pub(crate) fn token(number: u64) -> String {
    format!("{number:0>85}A")
}

/// Returns the time in seconds since 1970.
pub(crate) fn now() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?)
}
