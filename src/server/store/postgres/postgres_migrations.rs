use sqlx::{Error, Row as _};

use crate::server::store::postgres::database::{Database, Work};

/// The version of a migration is its place in this list, from 1. Each one adds its version to `aura_auth_migrations`.
/// Never change one that was released; add another one.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_first.sql")];

/// The number of the lock that a migration holds until its transaction ends.
const LOCK: i64 = 0x6175_7261_6175_7468;

/// Applies the migrations that the database does not have.
pub(super) async fn migrate(database: &Database, may_migrate: bool) -> Result<(), Error> {
    let mut work = database.statement().await?;
    let applied = version(database, &mut work).await?;
    work.finish().await?;
    if applied >= MIGRATIONS.len() {
        return Ok(());
    }
    if !may_migrate {
        let cause = "the tables are missing or old: run the SQL of PostgresStore::migrations()";
        return Err(Error::Configuration(cause.into()));
    }
    let mut work = database.transaction().await?;
    // Other processes wait here, and then see that there is nothing left to do. `CREATE TABLE IF NOT EXISTS` alone fails
    // if two processes run it at the same time.
    database.query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *work).await?;
    let version = version(database, &mut work).await?;
    for migration in MIGRATIONS.iter().skip(version) {
        sqlx::raw_sql(*migration).execute(&mut *work).await?;
    }
    work.finish().await
}

/// Returns the number of migrations that the database has.
async fn version(database: &Database, work: &mut Work) -> Result<usize, Error> {
    let table = "SELECT to_regclass('aura_auth_migrations') IS NOT NULL";
    if !database.query(table).fetch_one(&mut **work).await?.try_get(0)? {
        return Ok(0);
    }
    let latest = database.query("SELECT COALESCE(MAX(version), 0) FROM aura_auth_migrations");
    let latest: i64 = latest.fetch_one(&mut **work).await?.try_get(0)?;
    Ok(usize::try_from(latest).unwrap_or(0))
}

/// Checks that the database answers and has its tables.
pub(super) async fn check(database: &Database) -> Result<(), Error> {
    let mut work = database.statement().await?;
    database.query("SELECT version FROM aura_auth_migrations").execute(&mut *work).await?;
    work.finish().await
}
