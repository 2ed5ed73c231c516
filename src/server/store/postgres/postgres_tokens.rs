use sqlx::{Error, Row as _};

use crate::server::store::postgres::database::Database;
use crate::server::store::{SessionId, StoredTokens};

pub(super) async fn find(
    database: &Database,
    session: SessionId,
    provider: &str,
) -> Result<Option<StoredTokens>, Error> {
    let mut work = database.statement().await?;
    let query = database.query(
        "SELECT sealed, version FROM aura_auth_provider_tokens
        WHERE session_id = $1::uuid AND provider = $2 AND sealed IS NOT NULL",
    );
    let row = query.bind(session.to_string()).bind(provider).fetch_optional(&mut *work).await?;
    work.finish().await?;
    row.map(|row| Ok(StoredTokens::new(row.try_get("sealed")?, row.try_get("version")?))).transpose()
}

pub(super) async fn put(
    database: &Database,
    session: SessionId,
    provider: &str,
    sealed: &[u8],
    version: Option<i64>,
) -> Result<Option<i64>, Error> {
    let mut work = database.statement().await?;
    let query = match version {
        // Sessions that have ended have no row here, so this need not look at the session.
        Some(_) => {
            "UPDATE aura_auth_provider_tokens SET sealed = $3, version = version + 1
            WHERE session_id = $1::uuid AND provider = $2 AND version = $4 AND sealed IS NOT NULL RETURNING version"
        }
        // The lock of the session makes the end of the session wait, which then deletes these tokens.
        None => {
            "INSERT INTO aura_auth_provider_tokens AS tokens (session_id, provider, sealed, version)
            SELECT id, $2, $3, 1 FROM aura_auth_sessions WHERE id = $1::uuid AND ended_at IS NULL FOR SHARE
            ON CONFLICT (session_id, provider) DO UPDATE SET sealed = excluded.sealed, version = tokens.version + 1
            RETURNING version"
        }
    };
    let mut query = database.query(query).bind(session.to_string()).bind(provider).bind(sealed);
    if version.is_some() {
        query = query.bind(version);
    }
    let row = query.fetch_optional(&mut *work).await?;
    work.finish().await?;
    row.map(|row| row.try_get(0)).transpose()
}

pub(super) async fn delete(database: &Database, session: SessionId, provider: &str) -> Result<bool, Error> {
    let mut work = database.statement().await?;
    let query = database.query(
        "UPDATE aura_auth_provider_tokens SET sealed = NULL, version = version + 1
        WHERE session_id = $1::uuid AND provider = $2 AND sealed IS NOT NULL",
    );
    let done = query.bind(session.to_string()).bind(provider).execute(&mut *work).await?;
    work.finish().await?;
    Ok(done.rows_affected() == 1)
}
