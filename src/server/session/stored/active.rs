//! The sessions of a user, as a list.

use time::OffsetDateTime;

use crate::ActiveSession;
use crate::server::session::SessionError;
use crate::server::session::stored::content::Content;
use crate::server::session::stored::{MAX_KEY_BYTES, StoredSessions, unavailable};
use crate::server::store::{EndReason, SessionId, StoredSession};

impl StoredSessions {
    /// Returns the sessions of a user that have not ended, the newest first. `current` is the session of the request.
    pub(crate) async fn active_sessions_of(
        &self,
        user: &str,
        current: Option<SessionId>,
    ) -> Result<Vec<ActiveSession>, SessionError> {
        let rows = self.rows_of(user).await?;
        rows.into_iter().map(|row| active_session(row, current)).collect()
    }

    /// Ends a session of a user. Returns whether the user had a session with this id that had not ended. The store is
    /// asked for the sessions of the user alone, so the answer does not depend on other users' sessions.
    pub(crate) async fn end_one_of(&self, user: &str, id: &str, reason: EndReason) -> Result<bool, SessionError> {
        let Ok(id) = id.parse::<SessionId>() else { return Ok(false) };
        if self.rows_of(user).await?.iter().all(|row| row.id != id) {
            return Ok(false);
        }
        self.end_by_id(id, reason).await
    }

    /// Ends a session of any user. Returns whether there was one that had not ended.
    pub(crate) async fn end_by_id(&self, id: SessionId, reason: EndReason) -> Result<bool, SessionError> {
        let ended = self.store.end_session(id, reason, self.jose.now()).await;
        self.forget_all();
        ended.map_err(unavailable)
    }

    /// Ends the sessions of a user, except one. Returns how many of them the list had.
    pub(crate) async fn end_all_of(
        &self,
        user: &str,
        except: Option<SessionId>,
        reason: EndReason,
    ) -> Result<u64, SessionError> {
        if !is_key(user) {
            return Ok(0);
        }
        let listed = self.rows_of(user).await?.iter().filter(|row| Some(row.id) != except).count();
        // The store also ends sessions that have expired by the clock of this server, because another server's clock
        // may be behind.
        let ended = self.store.end_sessions_of(user, except, reason, self.jose.now()).await;
        self.forget_all();
        let ended = ended.map_err(unavailable)?;
        Ok(ended.min(u64::try_from(listed).unwrap_or(u64::MAX)))
    }

    async fn rows_of(&self, user: &str) -> Result<Vec<StoredSession>, SessionError> {
        if !is_key(user) {
            return Ok(Vec::new());
        }
        self.store.sessions_of(user, self.jose.now()).await.map_err(unavailable)
    }
}

/// Checks whether a store can have a user with this identifier. The app's code may ask for any.
fn is_key(user: &str) -> bool {
    user.len() <= MAX_KEY_BYTES && !user.contains('\0')
}

fn active_session(row: StoredSession, current: Option<SessionId>) -> Result<ActiveSession, SessionError> {
    let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| SessionError::Unreadable);
    let mut session = ActiveSession::new(row.id.to_string(), time(row.created_at)?, time(row.lives_until())?);
    session.last_seen_at = time(row.last_seen_at)?;
    session.current = current == Some(row.id);
    session.address = row.address;
    session.provider = row.identity.map(|identity| identity.provider);
    // If another release wrote the content, the person must still be able to see and end the session.
    session.device = Content::read(&row.content).ok().and_then(|content| content.device);
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::TokenHash;

    #[test]
    fn a_session_whose_content_cannot_be_read_is_still_in_the_list() {
        let id = SessionId::from_bytes([7; 16]);
        let mut row = StoredSession::new(id, TokenHash::of("token"), "{x}", 1_000, 4_600);
        row.content = r#"{"v":2}"#.to_owned();
        let session = active_session(row, Some(id)).unwrap();
        assert_eq!((session.id, session.device, session.current), (id.to_string(), None, true));
        assert_eq!(session.expires_at.unix_timestamp(), 4_600);
    }
}
