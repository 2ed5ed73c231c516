use std::sync::LazyLock;

use sqlx::sqlite::{SqlitePool, SqliteRow, SqliteTransaction};
use sqlx::{Error, Row as _};

use crate::Identity;
use crate::server::store::{EndReason, SessionId, StoredSession, TokenHash};

/// A query for sessions with all that belongs to them.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, token, user_id, identity_provider, identity_subject, created_at, last_seen_at, idle_until,
                absolute_until, ended_at, end_reason, user_agent, address, content, version, imported_from,
                (SELECT json_group_array(provider) FROM aura_auth_provider_tokens
                    WHERE session_id = id AND sealed IS NOT NULL) AS providers
            FROM aura_auth_sessions ",
            $condition
        )
    };
}

/// There is no `DO UPDATE`: nothing changes a session by creating it.
const INSERT: &str = "
    INSERT INTO aura_auth_sessions (id, token, user_id, identity_provider, identity_subject, created_at, last_seen_at,
        idle_until, absolute_until, ended_at, end_reason, user_agent, address, content, version, imported_from)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

/// For a session that came from a cookie. All servers give it the same token, so both columns are there already if
/// another request was faster.
static IMPORT: LazyLock<String> = LazyLock::new(|| format!("{INSERT} ON CONFLICT DO NOTHING"));

pub(super) async fn create(
    writer: &SqlitePool,
    session: &StoredSession,
    max_sessions: Option<u32>,
) -> Result<bool, Error> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let id = session.id.to_bytes();
    let identity = session.identity.as_ref();
    let sql = if session.imported_from.is_some() { IMPORT.as_str() } else { INSERT };
    let inserted = sqlx::query(sql)
        .bind(&id[..])
        .bind(&session.token.as_bytes()[..])
        .bind(&session.user)
        .bind(identity.map(|identity| &identity.provider))
        .bind(identity.map(|identity| &identity.subject))
        .bind(session.created_at)
        .bind(session.last_seen_at)
        .bind(session.idle_until)
        .bind(session.absolute_until)
        .bind(session.ended.map(|(at, _)| at))
        .bind(session.ended.map(|(_, reason)| reason.as_str()))
        .bind(&session.user_agent)
        .bind(&session.address)
        .bind(&session.content)
        .bind(session.version)
        .bind(session.imported_from.as_ref().map(|from| &from.as_bytes()[..]))
        .execute(&mut *transaction)
        .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(max_sessions) = max_sessions {
        let oldest = sqlx::query(
            "UPDATE aura_auth_sessions SET ended_at = $2, end_reason = $3 WHERE id IN (
                SELECT id FROM aura_auth_sessions
                WHERE user_id = $1 AND ended_at IS NULL AND lives_until > $2 AND id <> $4
                ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET $5)
            RETURNING id",
        )
        .bind(&session.user)
        .bind(session.last_seen_at)
        .bind(EndReason::MaxSessionsExceeded.as_str())
        .bind(&id[..])
        .bind(i64::from(max_sessions.saturating_sub(1)))
        .fetch_all(&mut *transaction)
        .await?;
        delete_tokens(&mut transaction, &oldest).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

pub(super) async fn find(readers: &SqlitePool, token: &TokenHash) -> Result<Option<StoredSession>, Error> {
    let query = sqlx::query(select!("WHERE token = $1")).bind(&token.as_bytes()[..]);
    query.fetch_optional(readers).await?.map(|row| stored(&row)).transpose()
}

pub(super) async fn list(readers: &SqlitePool, user: &str, now: i64) -> Result<Vec<StoredSession>, Error> {
    let query = sqlx::query(select!(
        "WHERE user_id = $1 AND ended_at IS NULL AND lives_until > $2 ORDER BY created_at DESC, id DESC"
    ));
    query.bind(user).bind(now).fetch_all(readers).await?.iter().map(stored).collect()
}

pub(super) async fn touch(
    writer: &SqlitePool,
    id: SessionId,
    last_seen_at: i64,
    idle_until: i64,
) -> Result<bool, Error> {
    let query = sqlx::query(
        "UPDATE aura_auth_sessions SET last_seen_at = $2, idle_until = $3
        WHERE id = $1 AND ended_at IS NULL AND lives_until > $2",
    );
    let done = query.bind(&id.to_bytes()[..]).bind(last_seen_at).bind(idle_until).execute(writer).await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn update(
    writer: &SqlitePool,
    id: SessionId,
    version: i64,
    content: &str,
    idle_until: i64,
    absolute_until: Option<i64>,
) -> Result<bool, Error> {
    let query = sqlx::query(
        "UPDATE aura_auth_sessions
        SET content = $3, idle_until = $4, absolute_until = $5, version = version + 1
        WHERE id = $1 AND version = $2 AND ended_at IS NULL",
    );
    let query = query.bind(&id.to_bytes()[..]).bind(version).bind(content).bind(idle_until).bind(absolute_until);
    Ok(query.execute(writer).await?.rows_affected() == 1)
}

pub(super) async fn end(writer: &SqlitePool, id: SessionId, reason: EndReason, now: i64) -> Result<bool, Error> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let query = sqlx::query(
        "UPDATE aura_auth_sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL RETURNING id",
    );
    let query = query.bind(&id.to_bytes()[..]).bind(now).bind(reason.as_str());
    let ended = query.fetch_all(&mut *transaction).await?;
    delete_tokens(&mut transaction, &ended).await?;
    transaction.commit().await?;
    Ok(!ended.is_empty())
}

pub(super) async fn end_all(
    writer: &SqlitePool,
    user: &str,
    except: Option<SessionId>,
    reason: EndReason,
    now: i64,
) -> Result<u64, Error> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let query = sqlx::query(
        "UPDATE aura_auth_sessions SET ended_at = $3, end_reason = $4
        WHERE user_id = $1 AND id IS NOT $2 AND ended_at IS NULL RETURNING id",
    );
    let except = except.map(|id| id.to_bytes().to_vec());
    let query = query.bind(user).bind(except).bind(now).bind(reason.as_str());
    let ended = query.fetch_all(&mut *transaction).await?;
    delete_tokens(&mut transaction, &ended).await?;
    transaction.commit().await?;
    Ok(u64::try_from(ended.len()).unwrap_or(u64::MAX))
}

/// Deletes the provider tokens of sessions that have ended in this transaction.
async fn delete_tokens(transaction: &mut SqliteTransaction<'_>, ended: &[SqliteRow]) -> Result<(), Error> {
    for row in ended {
        let query = sqlx::query("DELETE FROM aura_auth_provider_tokens WHERE session_id = $1");
        query.bind(row.try_get::<&[u8], _>(0)?).execute(&mut **transaction).await?;
    }
    Ok(())
}

fn stored(row: &SqliteRow) -> Result<StoredSession, Error> {
    let identity = (row.try_get::<Option<&str>, _>("identity_provider")?, row.try_get("identity_subject")?);
    let identity: (_, Option<&str>) = identity;
    let ended_at: Option<i64> = row.try_get("ended_at")?;
    let reason: Option<&str> = row.try_get("end_reason")?;
    let imported_from: Option<&[u8]> = row.try_get("imported_from")?;
    let mut providers: Vec<String> = serde_json::from_str(row.try_get("providers")?).map_err(undecodable)?;
    providers.sort_unstable();
    Ok(StoredSession {
        id: SessionId::from_bytes(bytes(row.try_get("id")?)?),
        token: TokenHash::from_bytes(bytes(row.try_get("token")?)?),
        user: row.try_get("user_id")?,
        identity: identity.0.zip(identity.1).map(|(provider, subject)| Identity::new(provider, subject)),
        created_at: row.try_get("created_at")?,
        last_seen_at: row.try_get("last_seen_at")?,
        idle_until: row.try_get("idle_until")?,
        absolute_until: row.try_get("absolute_until")?,
        // A later release, on another server, may know more reasons.
        ended: ended_at.map(|at| (at, reason.and_then(EndReason::from_name).unwrap_or(EndReason::AdminAction))),
        user_agent: row.try_get("user_agent")?,
        address: row.try_get("address")?,
        content: row.try_get("content")?,
        version: row.try_get("version")?,
        imported_from: imported_from.map(bytes).transpose()?.map(TokenHash::from_bytes),
        providers,
    })
}

fn bytes<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Error> {
    bytes.try_into().map_err(undecodable)
}

fn undecodable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Decode(error.into())
}
