use sqlx::{Error, Row as _};

use crate::server::gcra::Gcra;
use crate::server::store::postgres::database::Database;
use crate::{RateLimit, RateLimitState};

pub(super) async fn put_value(database: &Database, key: &str, value: &[u8], expires_at: i64) -> Result<(), Error> {
    let mut work = database.statement().await?;
    let query = database.query(
        "INSERT INTO aura_auth_values (key, value, expires_at) VALUES ($1, $2, $3)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
    );
    query.bind(key).bind(value).bind(expires_at).execute(&mut *work).await?;
    work.finish().await
}

pub(super) async fn take_value(database: &Database, key: &str, now: i64) -> Result<Option<Vec<u8>>, Error> {
    let mut work = database.statement().await?;
    let query = database.query("DELETE FROM aura_auth_values WHERE key = $1 RETURNING value, expires_at");
    let row = query.bind(key).fetch_optional(&mut *work).await?;
    work.finish().await?;
    let Some(row) = row else { return Ok(None) };
    if row.try_get::<i64, _>("expires_at")? > now { row.try_get("value").map(Some) } else { Ok(None) }
}

pub(super) async fn take_lease(
    database: &Database,
    name: &str,
    owner: &str,
    now: i64,
    until: i64,
) -> Result<bool, Error> {
    let mut work = database.statement().await?;
    let query = database.query(
        "INSERT INTO aura_auth_leases AS lease (name, owner, expires_at) VALUES ($1, $2, $4)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
        WHERE lease.owner = excluded.owner OR lease.expires_at <= $3",
    );
    let done = query.bind(name).bind(owner).bind(now).bind(until).execute(&mut *work).await?;
    work.finish().await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn release_lease(database: &Database, name: &str, owner: &str) -> Result<(), Error> {
    let mut work = database.statement().await?;
    let query = database.query("DELETE FROM aura_auth_leases WHERE name = $1 AND owner = $2");
    query.bind(name).bind(owner).execute(&mut *work).await?;
    work.finish().await
}

/// The arithmetic is that of [`Gcra`]. If the request is rejected, nothing is written, and the second half of the
/// statement reads the time of the next one.
pub(super) async fn count(database: &Database, key: &str, limit: RateLimit, now: i64) -> Result<RateLimitState, Error> {
    let request = Gcra::shared(limit, now);
    let Some(first) = request.after(None) else { return Ok(request.refused(None)) };
    let mut work = database.statement().await?;
    let query = database.query(
        "WITH allowed AS (
            INSERT INTO aura_auth_limits AS counted (key, resets_at) VALUES ($1, $2)
            ON CONFLICT (key) DO UPDATE
            SET resets_at = CASE WHEN counted.resets_at > $6 THEN $3 ELSE GREATEST(counted.resets_at, $3) END + $4
            WHERE CASE WHEN counted.resets_at > $6 THEN $3 ELSE GREATEST(counted.resets_at, $3) END + $4 <= $5
            RETURNING resets_at)
        SELECT resets_at, TRUE FROM allowed
        UNION ALL
        SELECT resets_at, FALSE FROM aura_auth_limits WHERE key = $1 AND NOT EXISTS (SELECT FROM allowed)",
    );
    let query = query.bind(key).bind(first).bind(request.now).bind(request.step).bind(request.latest);
    let row = query.bind(request.ignored_after).fetch_optional(&mut *work).await?;
    work.finish().await?;
    // There is no row if another request has inserted it during this statement.
    let Some(row) = row else { return Ok(request.refused(None)) };
    let resets_at = row.try_get(0)?;
    Ok(if row.try_get(1)? { request.allowed(resets_at) } else { request.refused(Some(resets_at)) })
}

/// Deletes a batch of rows of one table. Rows that another process is deleting are skipped.
macro_rules! delete {
    ($table:literal, $key:literal, $end:literal) => {
        concat!(
            "WITH expired AS MATERIALIZED (SELECT ",
            $key,
            " AS key FROM ",
            $table,
            " WHERE ",
            $end,
            " < $1
                LIMIT $2 FOR UPDATE SKIP LOCKED)
            DELETE FROM ",
            $table,
            " AS gone USING expired WHERE gone.",
            $key,
            " = expired.key"
        )
    };
}

pub(super) async fn delete_expired(database: &Database, now: i64, ended_before: i64, limit: u32) -> Result<u64, Error> {
    let batches = [
        (delete!("aura_auth_sessions", "id", "lives_until"), ended_before),
        (delete!("aura_auth_values", "key", "expires_at"), now),
        (delete!("aura_auth_leases", "name", "expires_at"), now),
        (delete!("aura_auth_limits", "key", "resets_at"), now.saturating_mul(1000)),
    ];
    let mut deleted = 0;
    for (query, before) in batches {
        let mut work = database.statement().await?;
        let done = database.query(query).bind(before).bind(i64::from(limit)).execute(&mut *work).await?;
        work.finish().await?;
        deleted += done.rows_affected();
    }
    Ok(deleted)
}
