use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

/// The version of a migration is its place in this list, from 1. Each one adds its version to `aura_auth_migrations`.
/// Never change one that was released; add another one.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_first.sql")];

/// Applies the migrations that the database does not have.
pub(super) async fn migrate(writer: &SqlitePool, may_migrate: bool) -> Result<(), sqlx::Error> {
    if version(&mut *writer.acquire().await?).await? >= MIGRATIONS.len() {
        return Ok(());
    }
    if !may_migrate {
        let cause = "the tables are missing or old: run the SQL of SqliteStore::migrations()";
        return Err(sqlx::Error::Configuration(cause.into()));
    }
    // Other processes wait here, and then see that there is nothing left to do.
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let version = version(&mut transaction).await?;
    for migration in MIGRATIONS.iter().skip(version) {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// Returns the number of migrations that the database has.
async fn version(connection: &mut SqliteConnection) -> Result<usize, sqlx::Error> {
    let table = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'aura_auth_migrations'";
    if sqlx::query(table).fetch_all(&mut *connection).await?.is_empty() {
        return Ok(0);
    }
    let latest =
        sqlx::query("SELECT COALESCE(MAX(version), 0) FROM aura_auth_migrations").fetch_one(connection).await?;
    Ok(usize::try_from(latest.try_get::<i64, _>(0)?).unwrap_or(0))
}
