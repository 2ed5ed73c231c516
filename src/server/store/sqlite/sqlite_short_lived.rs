use sqlx::sqlite::SqlitePool;
use sqlx::{Error, Row as _};

use crate::server::gcra::Gcra;
use crate::{RateLimit, RateLimitState};

pub(super) async fn put_value(writer: &SqlitePool, key: &str, value: &[u8], expires_at: i64) -> Result<(), Error> {
    let query = sqlx::query(
        "INSERT INTO aura_auth_values (key, value, expires_at) VALUES ($1, $2, $3)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
    );
    query.bind(key).bind(value).bind(expires_at).execute(writer).await?;
    Ok(())
}

pub(super) async fn take_value(writer: &SqlitePool, key: &str, now: i64) -> Result<Option<Vec<u8>>, Error> {
    let query = sqlx::query("DELETE FROM aura_auth_values WHERE key = $1 RETURNING value, expires_at");
    // Not `fetch_optional`, which does not wait for the end of the statement.
    let rows = query.bind(key).fetch_all(writer).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    if row.try_get::<i64, _>("expires_at")? > now { row.try_get("value").map(Some) } else { Ok(None) }
}

pub(super) async fn take_lease(
    writer: &SqlitePool,
    name: &str,
    owner: &str,
    now: i64,
    until: i64,
) -> Result<bool, Error> {
    let query = sqlx::query(
        "INSERT INTO aura_auth_leases AS lease (name, owner, expires_at) VALUES ($1, $2, $4)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
        WHERE lease.owner = excluded.owner OR lease.expires_at <= $3",
    );
    Ok(query.bind(name).bind(owner).bind(now).bind(until).execute(writer).await?.rows_affected() == 1)
}

pub(super) async fn release_lease(writer: &SqlitePool, name: &str, owner: &str) -> Result<(), Error> {
    let query = sqlx::query("DELETE FROM aura_auth_leases WHERE name = $1 AND owner = $2");
    query.bind(name).bind(owner).execute(writer).await?;
    Ok(())
}

/// The arithmetic is that of [`Gcra`].
pub(super) async fn count(
    writer: &SqlitePool,
    readers: &SqlitePool,
    key: &str,
    limit: RateLimit,
    now: i64,
) -> Result<RateLimitState, Error> {
    let request = Gcra::shared(limit, now);
    let Some(first) = request.after(None) else { return Ok(request.refused(None)) };
    let query = sqlx::query(
        "INSERT INTO aura_auth_limits AS counted (key, resets_at) VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE
        SET resets_at = CASE WHEN counted.resets_at > $6 THEN $3 ELSE MAX(counted.resets_at, $3) END + $4
        WHERE CASE WHEN counted.resets_at > $6 THEN $3 ELSE MAX(counted.resets_at, $3) END + $4 <= $5
        RETURNING resets_at",
    );
    let query = query.bind(key).bind(first).bind(request.now).bind(request.step).bind(request.latest);
    if let Some(row) = query.bind(request.ignored_after).fetch_all(writer).await?.first() {
        return Ok(request.allowed(row.try_get(0)?));
    }
    // A rejected request has changed nothing. This read is only for the time of the next one.
    let query = sqlx::query("SELECT resets_at FROM aura_auth_limits WHERE key = $1").bind(key);
    let stored = query.fetch_optional(readers).await?.map(|row| row.try_get(0)).transpose()?;
    Ok(request.refused(stored))
}

pub(super) async fn delete_expired(writer: &SqlitePool, now: i64, ended_before: i64, limit: u32) -> Result<u64, Error> {
    let sessions = "DELETE FROM aura_auth_sessions WHERE rowid IN
        (SELECT rowid FROM aura_auth_sessions WHERE lives_until < $1 LIMIT $2)";
    let values = "DELETE FROM aura_auth_values WHERE rowid IN
        (SELECT rowid FROM aura_auth_values WHERE expires_at < $1 LIMIT $2)";
    let leases = "DELETE FROM aura_auth_leases WHERE rowid IN
        (SELECT rowid FROM aura_auth_leases WHERE expires_at < $1 LIMIT $2)";
    let limits = "DELETE FROM aura_auth_limits WHERE rowid IN
        (SELECT rowid FROM aura_auth_limits WHERE resets_at < $1 LIMIT $2)";
    let now_milliseconds = now.saturating_mul(1000);
    let mut deleted = 0;
    // Each in a transaction of its own, so that other writes need not wait for all of them.
    for (query, before) in [(sessions, ended_before), (values, now), (leases, now), (limits, now_milliseconds)] {
        let done = sqlx::query(query).bind(before).bind(i64::from(limit)).execute(writer).await?;
        deleted += done.rows_affected();
    }
    Ok(deleted)
}
