use sqlx::sqlite::SqlitePool;
use sqlx::{Error, Row as _};

use crate::server::store::{SessionId, StoredTokens};

pub(super) async fn find(
    readers: &SqlitePool,
    session: SessionId,
    provider: &str,
) -> Result<Option<StoredTokens>, Error> {
    let query = sqlx::query(
        "SELECT sealed, version FROM aura_auth_provider_tokens
        WHERE session_id = $1 AND provider = $2 AND sealed IS NOT NULL",
    );
    let row = query.bind(&session.to_bytes()[..]).bind(provider).fetch_optional(readers).await?;
    row.map(|row| Ok(StoredTokens::new(row.try_get("sealed")?, row.try_get("version")?))).transpose()
}

pub(super) async fn put(
    writer: &SqlitePool,
    session: SessionId,
    provider: &str,
    sealed: &[u8],
    version: Option<i64>,
) -> Result<Option<i64>, Error> {
    // Sessions that have ended have no row here, so a write with a version need not look at the session.
    let query = match version {
        Some(_) => {
            "UPDATE aura_auth_provider_tokens SET sealed = $3, version = version + 1
            WHERE session_id = $1 AND provider = $2 AND version = $4 AND sealed IS NOT NULL RETURNING version"
        }
        None => {
            "INSERT INTO aura_auth_provider_tokens AS tokens (session_id, provider, sealed, version)
            SELECT id, $2, $3, 1 FROM aura_auth_sessions WHERE id = $1 AND ended_at IS NULL
            ON CONFLICT (session_id, provider) DO UPDATE SET sealed = excluded.sealed, version = tokens.version + 1
            RETURNING version"
        }
    };
    let mut query = sqlx::query(query).bind(session.to_bytes().to_vec()).bind(provider).bind(sealed);
    if version.is_some() {
        query = query.bind(version);
    }
    // Not `fetch_optional`, which does not wait for the end of the statement.
    query.fetch_all(writer).await?.first().map(|row| row.try_get(0)).transpose()
}

pub(super) async fn delete(writer: &SqlitePool, session: SessionId, provider: &str) -> Result<bool, Error> {
    let query = sqlx::query(
        "UPDATE aura_auth_provider_tokens SET sealed = NULL, version = version + 1
        WHERE session_id = $1 AND provider = $2 AND sealed IS NOT NULL",
    );
    Ok(query.bind(&session.to_bytes()[..]).bind(provider).execute(writer).await?.rows_affected() == 1)
}
