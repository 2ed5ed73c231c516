use std::sync::Arc;

use crate::server::auth_state::AuthState;
use crate::server::events::AuthEvent;
use crate::server::operations::failure::RoomError as _;
use crate::server::session::{SessionError, StoredSessions};
use crate::server::store::{EndReason, SessionId};
use crate::{ActiveSession, AuthError};

/// The sessions of all users, for an app's administrators. [`Auth::sessions`](crate::Auth::sessions) returns this.
///
/// The app must check who may call these functions. If the app's sessions are in cookies, all of them fail with
/// [`SessionsNotStored`](AuthError::SessionsNotStored). If the store does not answer, they fail with
/// [`StoreUnavailable`](AuthError::StoreUnavailable), and the log has the cause.
///
/// ```
/// use aura_auth::store::EndReason;
/// use aura_auth::{Auth, AuthError};
///
/// async fn suspend(auth: &Auth, sub: &str) -> Result<(), AuthError> {
///     let ended = auth.sessions().end_all_of(sub, EndReason::AccountSuspended).await?;
///     println!("{sub} was signed out in {ended} browsers");
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct UserSessions(Arc<AuthState>);

impl UserSessions {
    pub(in crate::server) fn new(auth: Arc<AuthState>) -> Self {
        Self(auth)
    }

    /// Returns the sessions of a user that have not ended, the newest first. `sub` is the user's
    /// [`sub`](crate::User::sub). None of them is [`current`](ActiveSession::current).
    ///
    /// # Errors
    ///
    /// See [`UserSessions`].
    pub async fn of_user(&self, sub: &str) -> Result<Vec<ActiveSession>, AuthError> {
        self.stored()?.active_sessions_of(sub, None).await.map_err(public)
    }

    /// Ends a session, by its [id](ActiveSession::id). Its browser is signed out at its next request. Returns whether
    /// there was such a session that had not ended.
    ///
    /// # Errors
    ///
    /// See [`UserSessions`].
    pub async fn end(&self, id: &str, reason: EndReason) -> Result<bool, AuthError> {
        let sessions = self.stored()?;
        let Ok(parsed) = id.parse::<SessionId>() else { return Ok(false) };
        let ended = sessions.end_by_id(parsed, reason).await.map_err(public)?;
        if ended {
            let session = Some(parsed.to_string());
            self.0.events.emit(&AuthEvent::SessionsRevoked { sub: None, session, count: 1, reason });
        }
        Ok(ended)
    }

    /// Ends all sessions of a user. Their browsers are signed out at their next requests. Returns how many sessions
    /// ended. The user can sign in again, unless the app's [`on_sign_in`](crate::AuthBuilder::on_sign_in) denies it.
    ///
    /// # Errors
    ///
    /// See [`UserSessions`].
    pub async fn end_all_of(&self, sub: &str, reason: EndReason) -> Result<u64, AuthError> {
        let count = self.stored()?.end_all_of(sub, None, reason).await.map_err(public)?;
        if count > 0 {
            let sub = Some(sub.to_owned());
            self.0.events.emit(&AuthEvent::SessionsRevoked { sub, session: None, count, reason });
        }
        Ok(count)
    }

    fn stored(&self) -> Result<&StoredSessions, AuthError> {
        self.0.sessions.stored().ok_or(AuthError::SessionsNotStored)
    }
}

impl std::fmt::Debug for UserSessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UserSessions")
    }
}

/// Returns the error for the caller. The cause is in the log already.
fn public(error: SessionError) -> AuthError {
    error.public()
}
