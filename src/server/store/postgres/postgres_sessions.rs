use std::sync::LazyLock;

use sqlx::postgres::PgRow;
use sqlx::{Error, Row as _};

use crate::Identity;
use crate::server::store::postgres::database::{Database, Work};
use crate::server::store::{EndReason, SessionId, StoredSession, TokenHash};

/// A query for sessions with all that belongs to them.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT uuid_send(id) AS id, token, user_id, identity_provider, identity_subject, created_at, last_seen_at,
                idle_until, absolute_until, ended_at, end_reason, user_agent, address, content, version, imported_from,
                ARRAY(SELECT provider FROM aura_auth_provider_tokens
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
    VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

/// For a session that came from a cookie. All servers give it the same token, so both columns are there already if
/// another request was faster.
static IMPORT: LazyLock<String> = LazyLock::new(|| format!("{INSERT} ON CONFLICT DO NOTHING"));

pub(super) async fn create(
    database: &Database,
    session: &StoredSession,
    max_sessions: Option<u32>,
) -> Result<bool, Error> {
    let Some(max_sessions) = max_sessions else {
        let mut work = database.statement().await?;
        let inserted = insert(database, &mut work, session).await?;
        work.finish().await?;
        return Ok(inserted);
    };
    let mut work = database.transaction().await?;
    // Two sign-ins of a user at the same time would not see each other's session.
    let lock = database.query("SELECT pg_advisory_xact_lock(hashtextextended('aura_auth ' || $1, 0))");
    lock.bind(&session.user).execute(&mut *work).await?;
    let inserted = insert(database, &mut work, session).await?;
    if inserted {
        let query = database.query(
            "UPDATE aura_auth_sessions SET ended_at = $2, end_reason = $3 WHERE ended_at IS NULL AND id = ANY(
                SELECT id FROM aura_auth_sessions WHERE id = ANY(ARRAY(
                    SELECT id FROM aura_auth_sessions
                    WHERE user_id = $1 AND ended_at IS NULL AND lives_until > $2 AND id <> $4::uuid
                    ORDER BY created_at DESC, id DESC OFFSET $5))
                ORDER BY id FOR UPDATE)
            RETURNING id::text",
        );
        let query = query.bind(&session.user).bind(session.last_seen_at).bind(EndReason::MaxSessionsExceeded.as_str());
        let query = query.bind(session.id.to_string()).bind(i64::from(max_sessions.saturating_sub(1)));
        let oldest = query.fetch_all(&mut *work).await?;
        delete_tokens(database, &mut work, &oldest).await?;
    }
    work.finish().await?;
    Ok(inserted)
}

async fn insert(database: &Database, work: &mut Work, session: &StoredSession) -> Result<bool, Error> {
    let identity = session.identity.as_ref();
    let sql = if session.imported_from.is_some() { IMPORT.as_str() } else { INSERT };
    let inserted = database
        .query(sql)
        .bind(session.id.to_string())
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
        .execute(&mut **work)
        .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(super) async fn find(database: &Database, token: &TokenHash) -> Result<Option<StoredSession>, Error> {
    let mut work = database.statement().await?;
    let query = database.query(select!("WHERE token = $1")).bind(&token.as_bytes()[..]);
    let row = query.fetch_optional(&mut *work).await?;
    work.finish().await?;
    row.map(|row| stored(&row)).transpose()
}

pub(super) async fn list(database: &Database, user: &str, now: i64) -> Result<Vec<StoredSession>, Error> {
    let mut work = database.statement().await?;
    let query = database.query(select!(
        "WHERE user_id = $1 AND ended_at IS NULL AND lives_until > $2 ORDER BY created_at DESC, id DESC"
    ));
    let rows = query.bind(user).bind(now).fetch_all(&mut *work).await?;
    work.finish().await?;
    rows.iter().map(stored).collect()
}

pub(super) async fn touch(
    database: &Database,
    id: SessionId,
    last_seen_at: i64,
    idle_until: i64,
) -> Result<bool, Error> {
    let mut work = database.statement().await?;
    let query = database.query(
        "UPDATE aura_auth_sessions SET last_seen_at = $2, idle_until = $3
        WHERE id = $1::uuid AND ended_at IS NULL AND lives_until > $2",
    );
    let done = query.bind(id.to_string()).bind(last_seen_at).bind(idle_until).execute(&mut *work).await?;
    work.finish().await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn update(
    database: &Database,
    id: SessionId,
    version: i64,
    content: &str,
    idle_until: i64,
    absolute_until: Option<i64>,
) -> Result<bool, Error> {
    let mut work = database.statement().await?;
    let query = database.query(
        "UPDATE aura_auth_sessions
        SET content = $3, idle_until = $4, absolute_until = $5, version = version + 1
        WHERE id = $1::uuid AND version = $2 AND ended_at IS NULL",
    );
    let query = query.bind(id.to_string()).bind(version).bind(content).bind(idle_until).bind(absolute_until);
    let done = query.execute(&mut *work).await?;
    work.finish().await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn end(database: &Database, id: SessionId, reason: EndReason, now: i64) -> Result<bool, Error> {
    let mut work = database.transaction().await?;
    let query = database.query(
        "UPDATE aura_auth_sessions SET ended_at = $2, end_reason = $3
        WHERE id = $1::uuid AND ended_at IS NULL RETURNING id::text",
    );
    let ended = query.bind(id.to_string()).bind(now).bind(reason.as_str()).fetch_all(&mut *work).await?;
    delete_tokens(database, &mut work, &ended).await?;
    work.finish().await?;
    Ok(!ended.is_empty())
}

pub(super) async fn end_all(
    database: &Database,
    user: &str,
    except: Option<SessionId>,
    reason: EndReason,
    now: i64,
) -> Result<u64, Error> {
    let mut work = database.transaction().await?;
    // In the order of the ids, so that two callers don't wait for each other.
    let query = database.query(
        "UPDATE aura_auth_sessions SET ended_at = $3, end_reason = $4 WHERE ended_at IS NULL AND id = ANY(
            SELECT id FROM aura_auth_sessions
            WHERE user_id = $1 AND id IS DISTINCT FROM $2::uuid AND ended_at IS NULL
            ORDER BY id FOR UPDATE)
        RETURNING id::text",
    );
    let query = query.bind(user).bind(except.map(|id| id.to_string())).bind(now).bind(reason.as_str());
    let ended = query.fetch_all(&mut *work).await?;
    delete_tokens(database, &mut work, &ended).await?;
    work.finish().await?;
    Ok(u64::try_from(ended.len()).unwrap_or(u64::MAX))
}

/// Deletes the provider tokens of sessions that have ended in this transaction. This is a statement of its own, because
/// the first one does not see tokens that were written while it waited.
async fn delete_tokens(database: &Database, work: &mut Work, ended: &[PgRow]) -> Result<(), Error> {
    if ended.is_empty() {
        return Ok(());
    }
    let ids = ended.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
    let query =
        database.query("DELETE FROM aura_auth_provider_tokens WHERE session_id = ANY($1::text[]::uuid[])").bind(ids);
    query.execute(&mut **work).await?;
    Ok(())
}

fn stored(row: &PgRow) -> Result<StoredSession, Error> {
    let provider: Option<String> = row.try_get("identity_provider")?;
    let subject: Option<String> = row.try_get("identity_subject")?;
    let ended_at: Option<i64> = row.try_get("ended_at")?;
    let reason: Option<&str> = row.try_get("end_reason")?;
    let imported_from: Option<&[u8]> = row.try_get("imported_from")?;
    let mut providers: Vec<String> = row.try_get("providers")?;
    providers.sort_unstable();
    Ok(StoredSession {
        id: SessionId::from_bytes(bytes(row.try_get("id")?)?),
        token: TokenHash::from_bytes(bytes(row.try_get("token")?)?),
        user: row.try_get("user_id")?,
        identity: provider.zip(subject).map(|(provider, subject)| Identity::new(provider, subject)),
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
    bytes.try_into().map_err(|error: std::array::TryFromSliceError| Error::Decode(error.into()))
}
